// rten on WebAssembly with SIMD, one thread, from token ids, which leaves its tokenizer out of the account. The module is the crate in
// bench/encode/rten, which has no glue: bytes are written into its memory.

/** Values of a vector. */
const DIMENSIONS = 384;

export async function open({ module, model }) {
  const { instance } = await WebAssembly.instantiateStreaming(fetch(module), {});
  const { memory, input, load, encode } = instance.exports;
  const put = (bytes) => {
    // Making room may give the memory another buffer.
    const at = input(bytes.length);
    new Uint8Array(memory.buffer, at, bytes.length).set(bytes);
  };
  put(new Uint8Array(await (await fetch(model)).arrayBuffer()));
  load();
  return {
    encode({ ids }) {
      put(new Uint8Array(Int32Array.from(ids).buffer));
      const at = encode();
      return new Float32Array(memory.buffer, at, DIMENSIONS).slice();
    },
  };
}
