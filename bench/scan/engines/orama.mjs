// Orama: the cosine with every vector, in JavaScript, inside a general search engine.

export async function create({ dimensions }) {
  const { create: open, insertMultiple, searchVector } = await import("/peers/@orama/orama/dist/browser/index.js");
  const index = open({ schema: { vector: `vector[${dimensions}]` } });
  return {
    async add(chunk, row) {
      const records = [];
      for (let at = 0; at < chunk.length; at += dimensions) {
        records.push({ id: String(row + at / dimensions), vector: [...chunk.subarray(at, at + dimensions)] });
      }
      await insertMultiple(index, records, records.length);
    },
    async search(query, k) {
      const { hits } = await searchVector(index, { vector: { value: [...query], property: "vector" }, limit: k, similarity: 0 });
      return hits.map(({ id }) => Number(id));
    },
  };
}
