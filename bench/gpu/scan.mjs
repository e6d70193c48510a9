// The nearest of many codes, on the CPU and on the GPU: times, and whether the winners and their scores are the same.

import { summary, timed } from "./timed.mjs";

export async function measureScan({ codes, vectors, dimensions, keep, queries, rounds, seconds }) {
  const module = await import("/wasm/bench-gpu/sextant_bench_gpu.js");
  await module.default();
  const device = await module.GpuDevice.open();
  const found = [];
  for (const count of vectors) {
    const rows = random(count * dimensions, 1);
    const asked = Array.from({ length: queries }, (_, at) => random(dimensions, at + 2));
    for (const code of codes) {
      const scan = new module.ScanOnBoth(device, code, dimensions, rows);
      let same = true;
      for (const query of asked) {
        const [cpu, gpu] = [scan.onCpu(query, keep), await scan.onGpu(query, keep)];
        same &&= `${cpu.rows} ${cpu.scores}` === `${gpu.rows} ${gpu.scores}`;
      }
      const times = { cpu: [], gpu: [] };
      for (let round = 0; round < rounds; round += 1) {
        times.cpu.push(...(await timed(() => scan.onCpu(asked[0], keep), seconds)));
        times.gpu.push(...(await timed(() => scan.onGpu(asked[0], keep), seconds)));
      }
      scan.free();
      found.push({ code, vectors: count, same, ms: { cpu: summary(times.cpu), gpu: summary(times.gpu) } });
      await globalThis.say(`${count} × ${code}`);
    }
  }
  device.destroy();
  return found;
}

/** Numbers in -1..1, the same for the same seed: a multiplicative congruential generator (Park and Miller, 1988). */
function random(count, seed) {
  let state = seed;
  return Float32Array.from({ length: count }, () => {
    state = (state * 48_271) % 2_147_483_647;
    return state / 1_073_741_823.5 - 1;
  });
}
