// Question: in one page, how long do CPU and GPU take to turn a batch of token ids into vectors, and to find the nearest of many codes;
// what does a forward ask of the GPU, and do both give the same? Ours on both, beside onnxruntime-web's WebGPU.
//
// Input: batches of so many texts of so many tokens; random vectors, which a scan does not mind. Right answer: the vectors that the
// CPU makes of the same weights without rounding activations, over the 200 texts of the encoder's tests; the CPU's winners and scores.
// Engines: our encoder's module (the build for relaxed SIMD) and our module for the GPU, both with the small form in four bits;
// onnxruntime-web with the fp32 graph that `encode/export_onnx.py` writes, where it starts; the scan in a module of the bench's own
// (`cargo xtask wasm bench-gpu`), which ships nowhere.
//
// `$SEXTANT_GPU_FLAGS`: Chromium's flags instead of those for SwiftShader, a program that plays GPU. With such a one the times mean
// nothing: the report says so in `adapter.software` and in `note`.
//
// Writes JSON: `adapter`; `parity` with `min_cosine` and the CPU's own, `cpu_min_cosine`; `forward` with `layers`, `dispatches`,
// `submits`, `readbacks`, `bytes` of GPU memory; `rows[]` with `texts`, `tokens` (each), and `ms` by engine, least and
// median; `engines` with a reason for each that did not start; `scan[]` with `code`, `vectors`, whether the GPU's answers are the `same`, and `ms` by device.

import { execFileSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { availableParallelism, cpus, loadavg, tmpdir } from "node:os";
import { join } from "node:path";
import { chromium } from "playwright-core";
import { ensureBrowser } from "../scripts/browser.mjs";
import { COMMAND } from "../scripts/build.mjs";
import { Failure, TARGET, at } from "../scripts/run.mjs";
import { framed } from "./encode/frame.mjs";
import { ONNX } from "./encode/model.mjs";
import { PEERS, ensurePeers } from "./peers.mjs";
import { serve } from "./scan/server.mjs";

/** Batches: texts, and tokens of each. */
const SHAPES = [[1, 9], [1, 36], [1, 256], [32, 128]];
/** Texts of a batch while parity is measured. */
const BATCH = 32;
/** Seconds that each engine is timed on each shape, a round. A call that takes longer is made once a round. */
const ROUND = 1;
/** What is scanned: random vectors of so many dimensions, in these codes. */
const SCAN = { codes: ["int8", "4bit", "2bit", "1bit"], vectors: [10_000, 100_000], dimensions: 384, keep: 10, queries: 8 };
/** Chromium without a GPU: its own, in software. */
const SOFTWARE = "--enable-unsafe-webgpu --use-webgpu-adapter=swiftshader";
const QUIET = ["--no-sandbox", "--no-first-run", "--disable-background-networking", "--disable-component-update"];

/** Seconds that a call may take, by what the engine took for the shape before; it is left out of a row for which it would take more. */
const LIMIT = 120;

/** @param {{rounds: number, limit?: string}} options */
export async function benchGpu({ rounds, limit }) {
  const peers = await ensurePeers();
  for (const file of [join(TARGET, "wasm/gpu/sextant_gpu_bg.wasm"), COMMAND]) {
    if (!existsSync(file)) throw new Failure(`no ${file}`, "run: npm run build");
  }
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
    const scan = existsSync(join(TARGET, "wasm/bench-gpu/sextant_bench_gpu.js")) ? SCAN : undefined;
    const input = { bytes, texts, expected: unrounded(texts), batch: BATCH, shapes: SHAPES, rounds, seconds: ROUND, limit: Number(limit ?? LIMIT), onnx, scan };
    const found = await page.evaluate((o) => globalThis.run(o), input);
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

/** What the weights of the small form say of `texts`, natively. */
function unrounded(texts) {
  const input = texts.map((text) => `${JSON.stringify(text)}\n`).join("");
  const lines = execFileSync(COMMAND, ["model", "encode", "--unrounded"], { input, encoding: "utf8", maxBuffer: 64 << 20 });
  return lines.trim().split("\n").map((line) => JSON.parse(line));
}

/** The report as a table for people. */
export function printGpu({ machine, note, adapter, reason, parity, forward, rows, engines, scan }) {
  console.log(`${machine.cpu}, ${machine.cores} cores, load ${machine.load.toFixed(1)}, Chromium ${machine.chromium}`);
  if (reason !== undefined) {
    console.log(`no GPU: ${reason}`);
    return;
  }
  console.log(`${[adapter.adapter, adapter.driver].filter(Boolean).join(", ")}; products: ${adapter.arithmetic}; ${(forward.bytes / 1e6).toFixed(1)} MB of its memory`);
  if (note !== undefined) console.log(`NOTE: ${note}`);
  console.log(`a forward: ${forward.layers} layers, ${forward.dispatches} dispatches, ${forward.submits} submit, ${forward.readbacks} read-back`);
  console.log(`least cosine to the weights unrounded over ${parity.texts} texts: GPU ${parity.min_cosine.toFixed(6)}, CPU ${parity.cpu_min_cosine.toFixed(6)}`);
  const cell = (ms) => (ms ? `${ms.min.toFixed(2)} / ${ms.median.toFixed(2)}` : "").padStart(20);
  console.log(`\n  ${"ms, least / median".padEnd(26)}${rows.map(({ texts, tokens }) => `${texts}×${tokens}`.padStart(20)).join("")}`);
  for (const [engine, why] of Object.entries(engines)) {
    console.log(`  ${engine.padEnd(26)}${rows.map(({ ms }) => cell(ms[engine])).join("")}${why ? `  ${why}` : ""}`);
  }
  console.log(`\n  ${"the ten nearest".padEnd(26)}${["CPU", "GPU", "the same"].map((title) => title.padStart(20)).join("")}`);
  for (const { code, vectors, ms, same } of scan) console.log(`  ${`${vectors} × ${code}`.padEnd(26)}${cell(ms.cpu)}${cell(ms.gpu)}${(same ? "yes" : "NO").padStart(20)}`);
}
