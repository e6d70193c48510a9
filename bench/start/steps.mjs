// What a start of the encoder is made of, each step by itself and one after the other, in a worker as in the product. And the
// two places where a browser can keep files, read in turns.

/** Milliseconds that `work` takes, and what it gives. */
async function timed(work) {
  const start = performance.now();
  const value = await work();
  return [performance.now() - start, value];
}

const CACHE = "bench-start";

/** The ways to read what is kept; each gives the parts' bytes. */
const STORES = {
  cache: async (urls) => {
    const cache = await caches.open(CACHE);
    const parts = [];
    for (const url of urls) parts.push(new Uint8Array(await (await cache.match(url)).arrayBuffer()));
    return parts;
  },
  "cache, all at once": async (urls) => {
    const cache = await caches.open(CACHE);
    return Promise.all(urls.map(async (url) => new Uint8Array(await (await cache.match(url)).arrayBuffer())));
  },
  opfs: async (urls) => {
    const root = await navigator.storage.getDirectory();
    const parts = [];
    for (const url of urls) {
      const file = await (await root.getFileHandle(nameOf(url))).getFile();
      parts.push(new Uint8Array(await file.arrayBuffer()));
    }
    return parts;
  },
  "opfs, sync handle": async (urls) => {
    const root = await navigator.storage.getDirectory();
    const parts = [];
    for (const url of urls) {
      const handle = await (await root.getFileHandle(nameOf(url))).createSyncAccessHandle({ mode: "read-only" });
      const bytes = new Uint8Array(handle.getSize());
      handle.read(bytes, { at: 0 });
      handle.close();
      parts.push(bytes);
    }
    return parts;
  },
};

const nameOf = (url) => url.split("/").at(-1);

const calls = {
  /** Keeps every part in both places; gives the milliseconds of each. */
  async keep({ urls }) {
    const parts = await Promise.all(urls.map(async (url) => new Uint8Array(await (await fetch(url)).arrayBuffer())));
    const [cache] = await timed(async () => {
      const cache = await caches.open(CACHE);
      for (const [at, url] of urls.entries()) await cache.put(url, new Response(parts[at]));
    });
    const [opfs] = await timed(async () => {
      const root = await navigator.storage.getDirectory();
      for (const [at, url] of urls.entries()) {
        const handle = await (await root.getFileHandle(nameOf(url), { create: true })).createSyncAccessHandle();
        handle.write(parts[at], { at: 0 });
        handle.flush();
        handle.close();
      }
    });
    return { cache, opfs };
  },

  /** Milliseconds of each way to read, in an order that `first` turns. */
  async read({ urls, first }) {
    const names = Object.keys(STORES);
    const order = names.map((_, at) => names[(at + first) % names.length]);
    const found = {};
    for (const name of order) [found[name]] = await timed(async () => STORES[name](urls));
    return found;
  },

  /** Milliseconds of each step of a start. */
  async steps({ urls, bytes, module }) {
    const [script, glue] = await timed(() => import(module));
    const [compile] = await timed(() => glue.default());
    const [read, parts] = await timed(async () => STORES.cache(urls));
    const loader = new glue.EncoderLoader(bytes);
    const [check] = await timed(() => {
      for (const [at, part] of parts.entries()) loader.part(urls[at], part);
    });
    const [unpack, encoder] = await timed(() => loader.finish());
    const [first] = await timed(() => encoder.encode("warm-up"));
    const [second] = await timed(() => encoder.encode("stop a download"));
    return { script, compile, read, check, unpack, first, second };
  },
};

addEventListener("message", async ({ data: { call, options } }) => {
  try {
    postMessage({ result: await calls[call](options) });
  } catch (error) {
    postMessage({ reason: String(error) });
  }
});
