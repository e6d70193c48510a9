// Ours: one plan of the index, by its name. The module is built for the bench alone: it takes float32 and builds in the page, or
// opens what was built natively.

export async function create({ dimensions, plan, built }) {
  const { default: init, Scan } = await import("/wasm/bench-scan/sextant_bench_scan.js");
  await init();
  const scan = built === undefined ? new Scan(plan, dimensions) : Scan.built(await fetched(built.url));
  return {
    // Those that are in the index already are not added again.
    add: (chunk) => built ?? scan.add(chunk),
    build: () => built ?? scan.build(),
    search: (query, k) => scan.search(query, k),
    memory: () => scan.memory(),
    bytes: () => scan.bytes(),
  };
}

async function fetched(url) {
  const response = await fetch(url);
  if (!response.ok) throw new Error(`${url}: status ${response.status}`);
  return new Uint8Array(await response.arrayBuffer());
}
