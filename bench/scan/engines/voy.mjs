// voy-search: a k-d tree in Rust. It takes records with lists of numbers, and answers with records.

export async function create({ dimensions }) {
  const glue = await import("/peers/voy-search/voy_search_bg.js");
  const { instance } = await WebAssembly.instantiateStreaming(fetch("/peers/voy-search/voy_search_bg.wasm"), { "./voy_search_bg.js": glue });
  glue.__wbg_set_wasm(instance.exports);
  const index = new glue.Voy();
  return {
    add(chunk, row) {
      const embeddings = [];
      for (let at = 0; at < chunk.length; at += dimensions) {
        const id = String(row + at / dimensions);
        embeddings.push({ id, title: "", url: "", embeddings: [...chunk.subarray(at, at + dimensions)] });
      }
      index.add({ embeddings });
    },
    search: (query, k) => index.search(query, k).neighbors.map(({ id }) => Number(id)),
    bytes: () => new Blob([index.serialize()]).size,
  };
}
