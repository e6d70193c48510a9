// The page of the bench: all engines in one page, timed in turns, so that a machine that slows down slows all.

import { openOnnx } from "./onnxruntime-web.mjs";
import { measureScan } from "./scan.mjs";
import { openOurs } from "./sextant.mjs";
import { summary, timed } from "./timed.mjs";

/** A word that is a token, so that a text has as many as it is to have. */
const WORD = "list";

/** Measures everything. `engines` of what it gives has a reason for each engine that did not start. */
globalThis.run = async ({ bytes, texts, expected, batch, shapes, rounds, seconds, onnx, scan }) => {
  let ours;
  try {
    ours = await openOurs(bytes);
  } catch (error) {
    return { reason: error.message ?? String(error), rows: [], engines: {}, scan: [] };
  }
  const least = async (encode) => leastCosine(ours.input, encode, texts, expected, batch);
  const parity = { texts: texts.length, min_cosine: await least(ours.gpu), cpu_min_cosine: await least(ours.cpu) };
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
  for (const [count, tokens] of shapes) {
    const input = ours.input(Array.from({ length: count }, () => Array.from({ length: tokens - 2 }, () => WORD).join(" ")));
    for (const engine of Object.keys(run)) await unless(engine, async () => run[engine](input)); // Compiles what this shape needs.
    const samples = Object.fromEntries(Object.keys(run).map((engine) => [engine, []]));
    for (let round = 0; round < rounds; round += 1) {
      for (const [engine, encode] of Object.entries(run)) samples[engine].push(...(await timed(async () => encode(input), seconds)));
    }
    const ms = Object.fromEntries(Object.entries(samples).map(([engine, times]) => [engine, summary(times)]));
    rows.push({ texts: count, tokens, ms });
    await globalThis.say(`${count}×${tokens} tokens`);
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
