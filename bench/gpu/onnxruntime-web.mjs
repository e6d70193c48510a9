// onnxruntime-web on WebGPU, from token ids, which leaves its tokenizer out of the account. All texts of a batch have one length here.

export async function openOnnx(model) {
  const ort = await import("/peers/onnxruntime-web/dist/ort.webgpu.min.mjs");
  ort.env.wasm.numThreads = 1;
  const session = await ort.InferenceSession.create(model, { executionProviders: ["webgpu"], graphOptimizationLevel: "all" });
  return async ({ ids, starts }) => {
    const dims = [starts.length - 1, starts[1] - starts[0]];
    const tensor = (values) => new ort.Tensor("int64", BigInt64Array.from(values, BigInt), dims);
    const { last_hidden_state: rows } = await session.run({ input_ids: tensor(ids), attention_mask: tensor(ids.map(() => 1)) });
    return rows.getData();
  };
}
