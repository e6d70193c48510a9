// edgevec: HNSW in Rust, with its own defaults; plan `bq` searches bits and scores again what they find. A search of the graph
// that asks for more keeps more candidates, and so finds more.
//
// Of unit vectors the least Euclidean distance is the highest cosine. Its metrics `cosine` and `dot` take similarity for
// distance in 0.9.0 and give the farthest vectors first.

const WIDTHS = [10, 20, 40, 80, 160, 320, 640];
const FACTORS = [1, 3, 5, 10, 20, 40];

export async function create({ dimensions, plan }) {
  const { default: init, EdgeVec, EdgeVecConfig } = await import("/peers/edgevec/edgevec.js");
  await init();
  const config = new EdgeVecConfig(dimensions);
  config.metric = "l2";
  const index = new EdgeVec(config);
  const rowOf = [];
  const rows = (found, k) => found.slice(0, k).map(({ id }) => rowOf[id]);
  let effort = 10;
  return {
    settings: plan === "bq" ? FACTORS.map((factor) => `factor ${factor}`) : WIDTHS.map((width) => `${width} asked for`),
    use(setting) {
      effort = Number(/\d+/.exec(setting)[0]);
    },
    add(chunk, row) {
      const ids = index.insertBatchFlat(chunk, chunk.length / dimensions);
      ids.forEach((id, at) => {
        rowOf[id] = row + at;
      });
    },
    build() {
      if (plan === "bq") index.enableBQ();
    },
    search: (query, k) => rows(plan === "bq" ? index.searchBQRescored(query, k, effort) : index.search(query, Math.max(effort, k)), k),
    bytes: () => index.serializedSize(),
  };
}
