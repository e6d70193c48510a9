// hnswlib-wasm: hnswlib by Emscripten. M and efConstruction as its own defaults for `initIndex` have them in its README and
// in the original: 16 and 200. Its build asserts that it runs in a page; a worker has all that it then uses.

/** How many candidates a search keeps: from the library's default on. */
const EF = [10, 20, 40, 80, 160, 320, 640];

export async function create({ dimensions, rows }) {
  globalThis.window ??= globalThis;
  globalThis.document ??= { currentScript: null };
  Object.defineProperty(globalThis, "importScripts", { value: undefined });
  const library = await (await import("/peers/hnswlib-wasm/dist/hnswlib-317962d7.js")).default();
  const index = new library.HierarchicalNSW("cosine", dimensions, "");
  index.initIndex(rows, 16, 200, 100);
  return {
    settings: EF.map((ef) => `ef ${ef}`),
    use: (setting) => index.setEfSearch(Number(setting.slice(3))),
    add(chunk, row) {
      for (let at = 0; at < chunk.length; at += dimensions) {
        index.addPoint(chunk.subarray(at, at + dimensions), row + at / dimensions, false);
      }
    },
    search: (query, k) => index.searchKnn(query, k, undefined).neighbors,
  };
}
