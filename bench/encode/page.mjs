// The page of the bench: opens every engine, then times all of them in turns, so that a machine that slows down slows all.

/** One engine in its worker. */
class Engine {
  constructor(engine) {
    Object.assign(this, engine);
    this.worker = new Worker(new URL(`worker.mjs?${encodeURIComponent(this.name)}`, location.href), { type: "module" });
  }

  /** Calls into the worker. */
  call(call, options = {}) {
    return new Promise((resolve, reject) => {
      this.worker.onmessage = ({ data }) => {
        if (data.reason === undefined) resolve(data.result);
        else reject(new Error(data.reason));
      };
      this.worker.onerror = (event) => {
        reject(new Error(event.message || "its worker failed"));
      };
      this.worker.postMessage({ call, options });
    });
  }
}

/** How long `engine` takes from nothing to its first vector, and what it fetched for it. */
globalThis.start = async ({ engine, input }) => {
  const started = new Engine(engine);
  const result = await started.call("open", { ...engine, input });
  started.worker.terminate();
  return result;
};

/** Opens all engines and times them on each input. Gives rows with raw samples, and what each engine holds. */
globalThis.run = async ({ engines, inputs, rounds, seconds, warmUp }) => {
  const open = [];
  const failed = [];
  for (const engine of engines.map((engine) => new Engine(engine))) {
    try {
      const { vector } = await engine.call("open", { module: engine.module, options: engine.options, input: inputs[0] });
      open.push(Object.assign(engine, { vector }));
    } catch (error) {
      failed.push({ engine: engine.name, reason: error.message });
    }
  }
  const rows = [];
  for (const input of inputs) {
    const timed = new Map(open.map((engine) => [engine, { samples: [], cpu: [] }]));
    for (const engine of open) await engine.call("time", { input, seconds: warmUp });
    for (let round = 0; round < rounds; round += 1) {
      for (const [engine, { samples, cpu }] of timed) {
        const before = await globalThis.cpuSeconds();
        const times = await engine.call("time", { input, seconds });
        cpu.push(((await globalThis.cpuSeconds()) - before) / times.length);
        samples.push(...times);
      }
    }
    await globalThis.say(`${input.ids.length} tokens`);
    for (const [engine, { samples, cpu }] of timed) rows.push({ engine: engine.name, tokens: input.ids.length, samples, cpu });
  }
  const engineFacts = [];
  for (const engine of open) engineFacts.push({ engine: engine.name, vector: engine.vector, memory: await engine.call("memory") });
  return { rows, engines: engineFacts, failed };
};
