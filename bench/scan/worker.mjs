// One engine in a worker of its own: built chunk by chunk under a limit of time, held against the exact answer, timed.

/** Vectors that are added at a call: 1.5 MB of 384 dimensions. */
const CHUNK = 1000;
/** The share of vectors after which the time that the whole would take can be told. */
const TELLING = 0.05;
/** Seconds that a pass over the queries may take, and queries that it takes at least. */
const RECALL_SECONDS = 60;
const LEAST_QUERIES = 20;

/** What an engine cannot do: told, not thrown away. */
class Refusal extends Error {}

/** Memory of every WebAssembly instance in this worker, which the browser's account of it leaves out. */
const memories = new Set();
const watch = (instance, imports) => {
  const values = [instance.exports, ...Object.values(imports ?? {})].flatMap((group) => Object.values(group));
  for (const value of values) if (value instanceof WebAssembly.Memory) memories.add(value);
};
for (const name of ["instantiate", "instantiateStreaming"]) {
  const original = WebAssembly[name];
  WebAssembly[name] = async (source, imports) => {
    const made = await original(source, imports);
    watch(made.instance ?? made, imports);
    return made;
  };
}

const state = { index: undefined, queries: [], truth: [], next: 0 };

const calls = {
  /** Makes the index; gives the seconds that it took. */
  async build({ module, plan, built, dimensions, rows, vectors, queries, truth, limit }) {
    const { create } = await import(module);
    state.queries = queries;
    state.truth = truth;
    const index = await create({ dimensions, rows, plan, built });
    const start = performance.now();
    const seconds = () => (performance.now() - start) / 1000;
    const all = new Float32Array(vectors);
    for (let row = 0; row < rows; row += CHUNK) {
      const end = Math.min(row + CHUNK, rows);
      await index.add(all.slice(row * dimensions, end * dimensions), row);
      // Graphs and trees take more a vector as they grow: this is the least that the whole would take.
      const whole = (seconds() * rows) / end;
      if (end < rows && end >= rows * TELLING && whole > limit) {
        throw new Refusal(`building would take more than ${limit} s: ${end} of ${rows} vectors took ${seconds().toFixed(0)} s`);
      }
      postMessage({ progress: end / rows });
    }
    await index.build?.();
    state.index = index;
    return { build_s: built?.seconds ?? seconds(), bytes: (await index.bytes?.()) ?? null, memory: (await index.memory?.()) ?? null };
  },

  /** Recall@10 at each setting up to the first that reaches `goal`; an engine without settings has one, "". */
  async recall({ goal }) {
    const found = [];
    for (const setting of state.index.settings ?? [""]) {
      state.index.use?.(setting);
      const level = { setting, ...(await heldAgainstTruth()) };
      found.push(level);
      if (level.recall >= goal) break;
    }
    return found;
  },

  /** Bytes of WebAssembly memory. */
  wasm: () => [...memories].reduce((sum, memory) => sum + memory.buffer.byteLength, 0),

  /** Milliseconds of single searches, for `seconds`, at least `least` of them. */
  async time({ setting, seconds, least }) {
    state.index.use?.(setting);
    const times = [];
    const end = performance.now() + seconds * 1000;
    while (times.length < least || performance.now() < end) {
      const query = state.queries[state.next++ % state.queries.length];
      const start = performance.now();
      const answer = state.index.search(query, 10);
      if (answer instanceof Promise) await answer;
      times.push(performance.now() - start);
    }
    return times;
  },
};

/** The mean share of the exact ten that a search finds, and over how many queries. */
async function heldAgainstTruth() {
  const end = performance.now() + RECALL_SECONDS * 1000;
  let right = 0;
  let queries = 0;
  for (const [at, query] of state.queries.entries()) {
    if (queries >= LEAST_QUERIES && performance.now() > end) break;
    const wanted = new Set(state.truth[at]);
    const found = new Set(await state.index.search(query, 10));
    right += [...found].filter((row) => wanted.has(row)).length / wanted.size;
    queries += 1;
  }
  return { recall: right / queries, queries };
}

addEventListener("message", async ({ data: { call, options } }) => {
  try {
    postMessage({ result: await calls[call](options) });
  } catch (error) {
    // wasm-bindgen throws texts, and Emscripten the address of its exception.
    const told = error instanceof Error ? error.message || error.name : error;
    postMessage({ reason: typeof told === "string" ? told : `the engine failed (${String(told)})` });
  }
});
