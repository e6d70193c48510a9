// onnxruntime-web on WebAssembly, one thread, from token ids, which leaves its tokenizer out of the account.

export async function open({ runtime, model }) {
  const ort = await import(runtime);
  ort.env.wasm.numThreads = 1;
  const session = await ort.InferenceSession.create(model, { executionProviders: ["wasm"], graphOptimizationLevel: "all" });
  return {
    async encode({ ids }) {
      const tensor = (values) => new ort.Tensor("int64", BigInt64Array.from(values, BigInt), [1, ids.length]);
      const feeds = { input_ids: tensor(ids), attention_mask: tensor(ids.map(() => 1)) };
      const { last_hidden_state: rows } = await session.run(feeds);
      return pooled(rows.data, ids.length);
    },
  };
}

/** The mean of the rows, made a unit vector. */
function pooled(rows, tokens) {
  const sum = new Float32Array(rows.length / tokens);
  for (let i = 0; i < rows.length; i += 1) sum[i % sum.length] += rows[i];
  const norm = Math.hypot(...sum);
  return sum.map((value) => value / norm);
}
