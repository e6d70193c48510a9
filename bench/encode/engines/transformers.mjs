// transformers.js with its own tokenizer and the int8 model, on WebAssembly, one thread.

export async function open({ library, wasm, models, model }) {
  const { env, pipeline } = await import(library);
  env.allowRemoteModels = false;
  env.allowLocalModels = true;
  env.localModelPath = models;
  env.backends.onnx.wasm.wasmPaths = wasm;
  env.backends.onnx.wasm.numThreads = 1;
  const extract = await pipeline("feature-extraction", model, { device: "wasm", dtype: "q8" });
  return {
    async encode({ text }) {
      return (await extract(text, { pooling: "mean", normalize: true })).data;
    },
  };
}
