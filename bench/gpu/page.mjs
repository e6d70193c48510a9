// The page of the bench: all engines in one page, timed in turns, so that a machine that slows down slows all.

import { openOnnx } from "./onnxruntime-web.mjs";
import { measureScan } from "./scan.mjs";
import { openOurs } from "./sextant.mjs";
import { summary, timed } from "./timed.mjs";

/** A word that is a token, so that a text has as many as it is to have. */
const WORD = "list";
/** A first call that takes longer than this many milliseconds, compiling included, is not repeated: so slow is only what plays GPU. */
const LONG = 10_000;

/** What plays GPU is held against the right answer for one text in so many; `tests/e2e/gpu-parity.test.ts` takes all if it is asked to. */
const SPARSE = 8;

/** Measures everything. `engines` of what it gives has a reason for each engine that did not start. */
globalThis.run = async ({ bytes, texts, expected, batch, shapes, rounds, seconds, limit, onnx, scan }) => {
  let ours;
  try {
    ours = await openOurs(bytes);
  } catch (error) {
    return { reason: error.message ?? String(error), rows: [], engines: {}, scan: [] };
  }
  const [some, theirs] = [texts, expected].map((all) => (ours.status().software ? all.filter((_, at) => at % SPARSE === 0) : all));
  const least = async (encode) => leastCosine(ours.input, encode, some, theirs, batch);
  const parity = { texts: some.length, min_cosine: await least(ours.gpu), cpu_min_cosine: await least(ours.cpu) };
  await globalThis.say(`least cosine ${parity.min_cosine}, the CPU's own ${parity.cpu_min_cosine}`);
  const engines = { "sextant/cpu": null, "sextant/gpu": null, "onnxruntime-web/webgpu": null };
  const run = { "sextant/cpu": ours.cpu, "sextant/gpu": ours.gpu };
  const unless = async (engine, work) => {
    try {
      await work();
    } catch (error) {
      engines[engine] = error.message ?? String(error);
      delete run[engine];
    }
  };
  await unless("onnxruntime-web/webgpu", async () => {
    if (!onnx) throw new Error("no ONNX files: see bench/encode/export_onnx.py");
    run["onnxruntime-web/webgpu"] = await openOnnx(onnx);
  });
  const rows = [];
  const perToken = {};
  for (const [count, tokens] of shapes) {
    const input = ours.input(Array.from({ length: count }, () => Array.from({ length: tokens - 2 }, () => WORD).join(" ")));
    const samples = {};
    for (const engine of Object.keys(run)) {
      if ((perToken[engine] ?? 0) * count * tokens > limit * 1000) continue;
      await unless(engine, async () => {
        const [first] = await timed(async () => run[engine](input), 0); // Compiles what this shape needs.
        perToken[engine] = first / (count * tokens);
        samples[engine] = first > LONG ? [first] : [];
      });
    }
    for (let round = 0; round < rounds; round += 1) {
      for (const [engine, times] of Object.entries(samples)) {
        if (times[0] > LONG) continue;
        times.push(...(await timed(async () => run[engine](input), seconds)));
      }
    }
    const ms = Object.fromEntries(Object.entries(samples).map(([engine, times]) => [engine, summary(times)]));
    rows.push({ texts: count, tokens, ms });
    await globalThis.say(`${count}×${tokens} tokens: ${JSON.stringify(ms)}`);
  }
  const { layers, dispatches, submits, readbacks, bytes: memory, ...adapter } = ours.status();
  const forward = { layers, dispatches, submits, readbacks, bytes: memory };
  return { adapter, parity, forward, rows, engines, scan: scan ? await measureScan({ ...scan, rounds, seconds }) : [] };
};

async function leastCosine(inputOf, encode, texts, expected, batch) {
  let least = 1;
  for (let at = 0; at < texts.length; at += batch) {
    const input = inputOf(texts.slice(at, at + batch));
    const found = await encode(input);
    const width = found.length / input.texts.length;
    for (let row = 0; row < input.texts.length; row += 1) {
      const [a, b] = [expected[at + row], found.subarray(row * width, (row + 1) * width)];
      const dot = (x, y) => x.reduce((sum, value, i) => sum + value * y[i], 0);
      const cosine = dot(a, b) / Math.sqrt(dot(a, a) * dot(b, b));
      least = cosine >= least ? least : cosine; // NaN stays.
    }
  }
  return least;
}
