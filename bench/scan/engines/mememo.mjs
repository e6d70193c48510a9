// mememo: HNSW in JavaScript, with its own defaults, in memory. A search that asks for more keeps more candidates.

const WIDTHS = [10, 20, 40, 80, 160, 320, 640];

export async function create({ dimensions }) {
  const { HNSW } = await import("/peers/mememo/dist/index.es.js");
  const index = new HNSW({ distanceFunction: "cosine-normalized", seed: 1, useIndexedDB: false });
  let width = WIDTHS[0];
  return {
    settings: WIDTHS.map((width) => `${width} asked for`),
    use(setting) {
      width = Number.parseInt(setting, 10);
    },
    async add(chunk, row) {
      const keys = [];
      const values = [];
      for (let at = 0; at < chunk.length; at += dimensions) {
        keys.push(String(row + at / dimensions));
        values.push([...chunk.subarray(at, at + dimensions)]);
      }
      await index.bulkInsert(keys, values);
    },
    async search(query, k) {
      const { keys } = await index.query([...query], Math.max(width, k));
      return keys.slice(0, k).map(Number);
    },
  };
}
