// Our encoder on both devices, with one container.

/** @param {number} bytes Length of the container. */
export async function openOurs(bytes) {
  const cpuModule = await import("/wasm/encoder-relaxed/sextant_encoder_relaxed.js");
  const gpuModule = await import("/wasm/gpu/sextant_gpu.js");
  await Promise.all([cpuModule.default(), gpuModule.default()]);
  const part = new Uint8Array(await (await fetch("/made/encoder-0.bin")).arrayBuffer());
  const loader = () => {
    const all = new cpuModule.EncoderLoader(bytes);
    all.part("encoder-0.bin", part);
    return all;
  };
  const encoder = loader().finish();
  const lender = loader().lend();
  const device = await gpuModule.GpuDevice.open();
  const weights = device.loader(lender.model);
  for (let piece = lender.nextPart(); piece; piece = lender.nextPart()) weights.put(piece);
  lender.free();
  const gpu = weights.finish();
  return {
    /** Texts as the engines take them. */
    input: (texts) => {
      const { ids, starts } = encoder.passageTokens(texts);
      return { texts, ids, starts };
    },
    cpu: ({ texts }) => encoder.encodePassages(texts),
    gpu: ({ ids, starts }) => gpu.encode(ids, starts),
    status: () => gpu.status(),
  };
}
