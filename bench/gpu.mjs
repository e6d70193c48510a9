// Question: in one page, how long do CPU and GPU take to turn a batch of token ids into vectors, what does a forward ask of the GPU,
// and does it give the CPU's vectors? Ours on both, beside onnxruntime-web's WebGPU.
//
// Input: batches of so many texts of so many tokens. Right answer: the CPU's vectors with the same weights, over the 200 texts of the
// encoder's tests. Engines: our encoder's module (the build for relaxed SIMD) and our module for the GPU, both with the small form in four
// bits; onnxruntime-web with the fp32 graph that `encode/export_onnx.py` writes, where it starts.
//
// `$SEXTANT_GPU_FLAGS`: Chromium's flags instead of those for SwiftShader, a program that plays GPU. With such a one the times mean nothing: the report
// says so in `adapter.software` and in `note`.
//
// Writes JSON: `adapter`; `parity.min_cosine`; `forward` with `layers`, `dispatches`, `submits`, `readbacks`, `bytes` of GPU memory;
// `rows[]` with `texts`, `tokens` (each), and by engine the least and the median milliseconds, or a `reason`.

import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { availableParallelism, cpus, loadavg, tmpdir } from "node:os";
import { join } from "node:path";
import { chromium } from "playwright-core";
import { ensureBrowser } from "../scripts/browser.mjs";
import { Failure, TARGET, at } from "../scripts/run.mjs";
import { framed } from "./encode/frame.mjs";
import { ONNX } from "./encode/model.mjs";
import { PEERS, ensurePeers } from "./peers.mjs";
import { serve } from "./scan/server.mjs";

/** Batches: texts, and tokens of each. */
const SHAPES = [[1, 9], [1, 36], [1, 256], [32, 128]];
/** Texts of a batch while parity is measured. */
const BATCH = 32;
/** Seconds that each engine is timed on each shape, a round. */
const ROUND = 1;
/** Chromium without a GPU: its own, in software. */
const SOFTWARE = "--enable-unsafe-webgpu --use-webgpu-adapter=swiftshader";
const QUIET = ["--no-sandbox", "--no-first-run", "--disable-background-networking", "--disable-component-update"];

/** @param {{rounds: number}} options */
export async function benchGpu({ rounds }) {
  const peers = await ensurePeers();
  if (!existsSync(join(TARGET, "wasm/gpu/sextant_gpu_bg.wasm"))) throw new Failure("no module for the GPU", "run: npm run build");
  const made = mkdtempSync(join(tmpdir(), "sextant-gpu-"));
  const bytes = framed(made);
  const server = await serve({ gpu: at("bench/gpu"), peers: `${PEERS}/node_modules`, wasm: `${TARGET}/wasm`, onnx: ONNX, made });
  const args = [...QUIET, ...(process.env.SEXTANT_GPU_FLAGS ?? SOFTWARE).split(" ")];
  const browser = await chromium.launch({ executablePath: await ensureBrowser(), args });
  try {
    const page = await browser.newPage();
    await page.exposeFunction("say", (text) => {
      console.log(`gpu: ${text}`);
    });
    await page.goto(`${server.origin}/gpu/page.html`);
    await page.waitForFunction(() => "run" in globalThis);
    const texts = JSON.parse(readFileSync(at("tests/fixtures/encoder/texts.json"), "utf8")).map(({ text }) => text);
    const onnx = existsSync(join(ONNX, "plain-f32.onnx")) ? "/onnx/plain-f32.onnx" : undefined;
    const found = await page.evaluate((o) => globalThis.run(o), { bytes, texts, batch: BATCH, shapes: SHAPES, rounds, seconds: ROUND, onnx });
    const note = found.adapter?.software ? "the GPU is a program that runs on the CPU: its times mean nothing" : undefined;
    return {
      machine: { cpu: cpus()[0]?.model.trim(), cores: availableParallelism(), load: loadavg()[0], chromium: browser.version() },
      peers: { "onnxruntime-web": peers["onnxruntime-web"] },
      rounds,
      ...(note ? { note } : {}),
      ...found,
    };
  } finally {
    await browser.close();
    server.close();
    rmSync(made, { recursive: true });
  }
}

/** The report as a table for people. */
export function printGpu({ machine, note, adapter, reason, parity, forward, rows, engines }) {
  console.log(`${machine.cpu}, ${machine.cores} cores, load ${machine.load.toFixed(1)}, Chromium ${machine.chromium}`);
  if (reason !== undefined) {
    console.log(`no GPU: ${reason}`);
    return;
  }
  console.log(`${[adapter.adapter, adapter.driver].filter(Boolean).join(", ")}; products: ${adapter.arithmetic}; ${(forward.bytes / 1e6).toFixed(1)} MB of its memory`);
  if (note !== undefined) console.log(`NOTE: ${note}`);
  console.log(`a forward: ${forward.layers} layers, ${forward.dispatches} dispatches, ${forward.submits} submit, ${forward.readbacks} read-back`);
  console.log(`least cosine to the CPU over ${parity.texts} texts: ${parity.min_cosine.toFixed(6)}`);
  console.log(`\n  ${"ms, least / median".padEnd(26)}${rows.map(({ texts, tokens }) => `${texts}×${tokens}`.padStart(20)).join("")}`);
  for (const [engine, why] of Object.entries(engines)) {
    const cell = (row) => (row.ms[engine] ? `${row.ms[engine].min.toFixed(2)} / ${row.ms[engine].median.toFixed(2)}` : "").padStart(20);
    console.log(`  ${engine.padEnd(26)}${why ?? rows.map(cell).join("")}`);
  }
}
