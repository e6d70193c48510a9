// One engine in a worker of its own: opened, warmed up and timed on demand.

/** Every memory of WebAssembly in this worker, however it came to be: made here or by an instance. */
const memories = new Set();

/** `original` of `owner`, followed by a look at what it gave. */
const watch = (owner, name, look) => {
  const original = owner[name];
  owner[name] = async (...args) => {
    const result = await original.apply(owner, args);
    look(result);
    return result;
  };
};
const ofInstance = (result) => {
  for (const value of Object.values((result.instance ?? result).exports)) if (value instanceof WebAssembly.Memory) memories.add(value);
};
watch(WebAssembly, "instantiate", ofInstance);
watch(WebAssembly, "instantiateStreaming", ofInstance);
WebAssembly.Memory = new Proxy(WebAssembly.Memory, {
  construct(target, args) {
    const memory = new target(...args);
    memories.add(memory);
    return memory;
  },
});

let encoder;

const calls = {
  /** Opens the engine; gives the first vector, the time to it, and what was fetched for it. */
  async open({ module, options, input }) {
    const start = performance.now();
    const { open } = await import(module);
    encoder = await open(options);
    const vector = await encoder.encode(input);
    const ms = performance.now() - start;
    const fetched = performance.getEntriesByType("resource").map(({ name, decodedBodySize }) => ({ url: name, bytes: decodedBodySize }));
    return { vector: [...vector], ms, fetched };
  },
  /** Encodes for so many seconds; gives the milliseconds of each time. */
  async time({ input, seconds }) {
    const samples = [];
    const end = performance.now() + seconds * 1000;
    for (let start = performance.now(); start < end; start = performance.now()) {
      await encoder.encode(input);
      samples.push(performance.now() - start);
    }
    return samples;
  },
  /** Bytes of WebAssembly memory now. */
  memory: () => [...memories].reduce((sum, memory) => sum + memory.buffer.byteLength, 0),
};

self.onmessage = async ({ data: { call, options } }) => {
  try {
    self.postMessage({ result: await calls[call](options) });
  } catch (error) {
    self.postMessage({ reason: error instanceof Error ? error.message : String(error) });
  }
};
