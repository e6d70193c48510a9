// The page of the bench: builds every engine at one size, one after the other, and times all of them in turns, so that a
// machine that slows down slows all of them.

/** One engine in its worker. */
class Engine {
  constructor({ name, module, plan, built }) {
    Object.assign(this, { name, module, plan, built, reason: undefined });
    // The address tells the browser's account of memory which worker is whose.
    this.url = new URL(`worker.mjs?${encodeURIComponent(name)}`, location.href).href;
    this.worker = new Worker(this.url, { type: "module" });
  }

  /** Calls into the worker, which is stopped after `limit` seconds. */
  call(call, options, limit = Infinity) {
    return new Promise((resolve, reject) => {
      let timer;
      const settle = (action, value) => {
        clearTimeout(timer);
        action(value);
      };
      if (limit !== Infinity) timer = setTimeout(() => settle(reject, new Error(`to ${call} took more than ${limit} s`)), limit * 1000);
      this.worker.onmessage = ({ data }) => {
        if (data.reason !== undefined) settle(reject, new Error(data.reason));
        else if ("result" in data) settle(resolve, data.result);
      };
      this.worker.onerror = (event) => settle(reject, new Error(event.message || "its worker failed"));
      this.worker.postMessage({ call, options });
    });
  }

  /** Takes the engine out of the run, with the reason. */
  fail(error) {
    this.reason = error.message;
    this.worker.terminate();
    return this;
  }
}

/** Fetches the first `bytes` of a file into memory that workers share. */
async function fetchShared(url, bytes) {
  const shared = new SharedArrayBuffer(bytes);
  const target = new Uint8Array(shared);
  const response = await fetch(url);
  if (!response.ok) throw new Error(`${url}: status ${response.status}`);
  const reader = response.body.getReader();
  let at = 0;
  while (at < bytes) {
    const { done, value } = await reader.read();
    if (done) throw new Error(`${url}: ${at} bytes, ${bytes} are needed`);
    const part = value.subarray(0, bytes - at);
    target.set(part, at);
    at += part.length;
  }
  await reader.cancel();
  return shared;
}

/** Bytes of JavaScript a worker, by its address, as the browser counts them. */
async function measured() {
  const { breakdown } = await performance.measureUserAgentSpecificMemory();
  const bytes = new Map();
  for (const entry of breakdown) {
    for (const { url } of entry.attribution) bytes.set(url, (bytes.get(url) ?? 0) + entry.bytes / entry.attribution.length);
  }
  return bytes;
}

const median = (values) => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)];

/**
 * Runs all `engines` at one size. Gives a row an engine and setting: the first setting that reaches `goal`, and the fastest
 * one where that is another.
 */
globalThis.run = async ({ n, dimensions, vectors, queries, truth, engines, rounds, seconds, warmUp, limit, goal }) => {
  const shared = await fetchShared(vectors, n * dimensions * 4);
  const asked = new Float32Array(await (await fetch(queries)).arrayBuffer());
  const list = truth.map((_, at) => asked.slice(at * dimensions, (at + 1) * dimensions));
  const all = [];
  for (const definition of engines) {
    const engine = new Engine(definition);
    all.push(engine);
    const { module, plan, built } = engine;
    await atWork(engine.name);
    const options = { module, plan, built, dimensions, rows: n, vectors: shared, queries: list, truth, limit };
    try {
      Object.assign(engine, await engine.call("build", options, limit * 2));
      engine.levels = await engine.call("recall", { goal });
      say(`${engine.name}, ${n}: built in ${engine.build_s.toFixed(1)} s`);
    } catch (error) {
      engine.fail(error);
      say(`${engine.name}, ${n}: ${error.message}`);
    }
  }
  const bytes = await measured();
  for (const engine of all.filter(({ reason }) => reason === undefined)) {
    engine.worker_bytes = (bytes.get(engine.url) ?? 0) + (await engine.call("wasm"));
  }
  const runs = all
    .filter((engine) => engine.reason === undefined)
    .flatMap((engine) => {
      const [first] = engine.levels;
      const last = engine.levels.at(-1);
      return (first === last ? [last] : [first, last]).map((level) => ({ engine, ...level, times: [] }));
    });
  for (let round = 0; round <= rounds; round += 1) {
    for (const run of runs) {
      // The first round only warms up.
      await atWork(run.engine.name);
      const options = { setting: run.setting, seconds: round === 0 ? warmUp : seconds, least: 5 };
      try {
        const times = await run.engine.call("time", options);
        if (round > 0) run.times.push(...times);
      } catch (error) {
        run.engine.fail(error);
      }
    }
  }
  for (const engine of all) engine.worker.terminate();
  const failed = all.filter(({ reason }) => reason !== undefined).map(({ name, reason }) => ({ engine: name, n, reason }));
  const rows = runs
    .filter(({ engine }) => engine.reason === undefined)
    .map(({ engine, setting, recall, queries: count, times }) => ({
      engine: engine.name,
      setting,
      n,
      "recall@10": recall,
      recall_queries: count,
      ms_min: Math.min(...times),
      ms_median: median(times),
      searches: times.length,
      build_s: engine.build_s,
      built: engine.built === undefined ? "in the page" : "natively",
      memory_mb: (engine.memory ?? engine.worker_bytes) / 1e6,
      memory_by: engine.memory === null ? "worker" : "engine",
      worker_mb: engine.worker_bytes / 1e6,
      bytes: engine.bytes,
    }));
  return [...rows, ...failed];
};
