// Ours: one plan of the index, by its name. The module is built for the bench alone: it takes float32 and builds in the page.

export async function create({ dimensions, plan }) {
  const { default: init, Scan } = await import("/wasm/bench-scan/sextant_bench_scan.js");
  await init();
  const scan = new Scan(plan, dimensions);
  return {
    add: (chunk) => scan.add(chunk),
    build: () => scan.build(),
    search: (query, k) => scan.search(query, k),
    memory: () => scan.memory(),
    bytes: () => scan.bytes(),
  };
}
