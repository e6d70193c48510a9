// Question: in one page on one thread, how long does a browser take to turn a query into a vector, and what does it fetch and hold for
// that? Ours, both builds, beside onnxruntime-web, transformers.js and rten with the same encoder in 8 bits.
//
// Input: a text of so many tokens, all of them words of the vocabulary. Right answer: the vector of onnxruntime-web in fp32; every row
// says how near its engine comes to it. Engines: below; onnxruntime-web has two graphs, as `encode/export_onnx.py` writes them, and ratios are to
// the faster one.
//
// Every engine has a worker of its own in one Chromium page, a warm-up for each input, and is timed in turns. How long an engine takes
// from nothing to its first vector is measured beside that, each time in a browser of its own: with an empty profile, then again with
// what the first time left in it.
//
// Writes JSON: `ratios.simd128` and `ratios.relaxed`, each by number of tokens our least time ÷ the least of onnxruntime-web int8;
// `cpu_ratios`, the same by CPU time, which other work on the machine disturbs less: the browser's own account of its page's process,
// in which one engine works at a time; `rows[]` with `engine`, `tokens`, `ms_min`, `ms_median`, `cpu_ms` (the least mean of a round), `samples`; `engines[]` with `cosine`, `memory_mb`, `fetched_mb`,
// `fetched_brotli_mb` (quality 9), `cold_ms`, `warm_ms`; or with `reason`.

import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync } from "node:fs";
import { availableParallelism, cpus, loadavg, tmpdir } from "node:os";
import { join } from "node:path";
import { brotliCompressSync, constants } from "node:zlib";
import { chromium } from "playwright-core";
import { ensureBrowser } from "../scripts/browser.mjs";
import { Failure, TARGET, at, run } from "../scripts/run.mjs";
import { framed } from "./encode/frame.mjs";
import { ONNX, SOURCE, ensureOnnx, writeModel } from "./encode/model.mjs";
import { QUIET } from "./in-browser.mjs";
import { PEERS, ensurePeers } from "./peers.mjs";
import { serve } from "./scan/server.mjs";

/** rten as a module for a page: a crate of its own, since no package has it, with the SIMD that every engine here has. */
const RTEN = join(TARGET, "rten");
/** Numbers of tokens, `[CLS]` and `[SEP]` included: a word or two, a question, a long one, a paragraph, a passage. */
const TOKENS = [4, 9, 16, 36, 128];
/** Words that are a token each. */
const WORDS = "how do i copy the first part of a list without changing the other one and then sort what is left by name".split(" ");
/** Seconds of warm-up for each input, and of each round of timing. */
const WARM_UP = 2.5;
const ROUND = 1;

/** Isolated for fine clocks, as in the bench of scans; and kept by the browser, so that a warm start is one. */
const HEADERS = {
  "cross-origin-opener-policy": "same-origin",
  "cross-origin-embedder-policy": "require-corp",
  "cross-origin-resource-policy": "same-origin",
  "cache-control": "max-age=600",
};

const ort = (graph, precision) => ({
  name: `onnxruntime-web/${precision}-${graph}`,
  module: "./engines/onnxruntime-web.mjs",
  options: { runtime: "/peers/onnxruntime-web/dist/ort.wasm.min.mjs", model: `/onnx/${graph}-${precision}.onnx` },
});
const ours = (build, dir, stem) => ({
  name: `sextant/${build}`,
  module: "./engines/sextant.mjs",
  options: { glue: `/wasm/${dir}/${stem}.js`, parts: ["/made/encoder-0.bin"] },
});
const ENGINES = [
  ours("relaxed", "encoder-relaxed", "sextant_encoder_relaxed"),
  ours("simd128", "encoder", "sextant_encoder"),
  ort("plain", "int8"),
  ort("fused", "int8"),
  {
    name: "transformers.js/q8",
    module: "./engines/transformers.mjs",
    options: { library: "/peers/@huggingface/transformers/dist/transformers.min.js", wasm: "/peers/@huggingface/transformers/node_modules/onnxruntime-web/dist/", models: "/made/", model: "minilm" },
  },
  // It has no kernels for what the fused graph is fused to.
  { name: "rten/int8", module: "./engines/rten.mjs", options: { module: "/rten/sextant_bench_rten.wasm", model: "/onnx/plain-int8.onnx" } },
];
/** The reference: not timed. */
const TRUTH = ort("plain", "f32");

/** @param {{rounds: number, engines?: string}} options */
export async function benchEncode({ rounds, engines: names }) {
  ensureOnnx();
  const peers = await ensurePeers();
  const made = mkdtempSync(join(tmpdir(), "sextant-encode-"));
  const profiles = mkdtempSync(join(tmpdir(), "sextant-profiles-"));
  const bytes = makeFiles(made);
  const chosen = ENGINES.filter(({ name }) => names === undefined || names.split(",").some((wanted) => name.startsWith(wanted)));
  for (const { name, options } of chosen) if (name.startsWith("sextant/")) options.bytes = bytes;
  if (chosen.some(({ name }) => name.startsWith("rten/"))) await buildRten();
  const inputs = TOKENS.map(input);
  const rten = join(RTEN, "wasm32-unknown-unknown/release");
  const roots = { encode: at("bench/encode"), peers: `${PEERS}/node_modules`, wasm: `${TARGET}/wasm`, onnx: ONNX, made, rten };
  const server = await serve(roots, HEADERS);
  const executablePath = await ensureBrowser();
  const report = {
    machine: { cpu: cpus()[0]?.model.trim(), cores: availableParallelism(), load: loadavg()[0] },
    peers: Object.fromEntries(["onnxruntime-web", "@huggingface/transformers"].map((name) => [name, peers[name]])),
    rounds,
    ratios: {},
    cpu_ratios: {},
    engines: [],
    rows: [],
  };
  try {
    const browser = await chromium.launch({ executablePath, args: QUIET });
    report.machine.chromium = browser.version();
    const page = await open(browser, server.origin);
    await countCpu(browser, page);
    const truth = await page.evaluate((o) => globalThis.start(o), { engine: TRUTH, input: inputs[0] });
    const timed = await page.evaluate((o) => globalThis.run(o), { engines: chosen, inputs, rounds, seconds: ROUND, warmUp: WARM_UP });
    await browser.close();
    report.rows = timed.rows.map(({ engine, tokens, samples, cpu }) => {
      const sorted = samples.toSorted((a, b) => a - b);
      const thousandths = samples.map((ms) => Math.round(ms * 1000) / 1000);
      return { engine, tokens, ms_min: sorted[0], ms_median: sorted[sorted.length >> 1], cpu_ms: Math.min(...cpu) * 1000, samples: thousandths };
    });
    for (const { engine, vector, memory } of timed.engines) {
      const cosine = vector.reduce((sum, value, i) => sum + value * truth.vector[i], 0);
      const profile = join(profiles, String(report.engines.length));
      const { cold_ms, warm_ms, fetched } = await starts(executablePath, server.origin, profile, chosen.find(({ name }) => name === engine), inputs[0]);
      report.engines.push({ engine, cosine, memory_mb: memory / 1e6, cold_ms, warm_ms, ...sizes(fetched, roots) });
    }
    report.engines.push(...timed.failed);
    report.ratios = ratios(report.rows, "ms_min");
    report.cpu_ratios = ratios(report.rows, "cpu_ms");
  } finally {
    server.close();
    rmSync(made, { recursive: true });
    rmSync(profiles, { recursive: true });
  }
  return report;
}

async function buildRten() {
  const args = ["build", "--quiet", "--release", "--lib", "--target", "wasm32-unknown-unknown", "--target-dir", RTEN];
  await run("cargo", [...args, "--manifest-path", at("bench/encode/rten/Cargo.toml")], { env: { RUSTFLAGS: "-Ctarget-feature=+simd128" } });
}

/** A page of the bench that is ready to run. */
async function open(browser, origin) {
  const page = await browser.newPage();
  await page.exposeFunction("say", (text) => {
    console.log(`encode: ${text}`);
  });
  await page.goto(`${origin}/encode/page.html`);
  await page.waitForFunction(() => "run" in globalThis);
  return page;
}

/** Lets `page` ask how many seconds of CPU the pages of `browser` have used: to the nanosecond where Linux says so. */
async function countCpu(browser, page) {
  const session = await browser.newBrowserCDPSession();
  const seconds = ({ id, cpuTime }) => {
    const tasks = `/proc/${id}/task`;
    if (!existsSync(tasks)) return cpuTime;
    return readdirSync(tasks).reduce((sum, task) => sum + Number(readFileSync(`${tasks}/${task}/schedstat`, "utf8").split(" ")[0]) / 1e9, 0);
  };
  await page.exposeFunction("cpuSeconds", async () => {
    const { processInfo } = await session.send("SystemInfo.getProcessInfo");
    return processInfo.filter(({ type }) => type === "renderer").reduce((sum, process) => sum + seconds(process), 0);
  });
}

/** What an engine fetches and how long its first vector takes, in a browser that knows nothing and again in the same one. */
async function starts(executablePath, origin, profile, engine, input) {
  const times = [];
  let fetched;
  for (let time = 0; time < 2; time += 1) {
    const context = await chromium.launchPersistentContext(profile, { executablePath, args: QUIET });
    const page = await open(context, origin);
    const result = await page.evaluate((o) => globalThis.start(o), { engine, input });
    times.push(result.ms);
    fetched ??= result.fetched;
    await context.close();
  }
  return { cold_ms: times[0], warm_ms: times[1], fetched };
}

/** Megabytes of what was fetched, as it is and compressed. */
function sizes(fetched, roots) {
  const compressed = (url) => {
    const [, root, ...rest] = new URL(url).pathname.split("/");
    const params = { [constants.BROTLI_PARAM_QUALITY]: 9 };
    return brotliCompressSync(readFileSync(join(roots[root], ...rest)), { params }).length;
  };
  const sum = (size) => fetched.reduce((sum, file) => sum + size(file), 0) / 1e6;
  return { fetched_mb: sum(({ bytes }) => bytes), fetched_brotli_mb: sum(({ url }) => compressed(url)) };
}

/** A text of so many tokens, with the ids that its words have. */
function input(tokens) {
  const words = Array.from({ length: tokens - 2 }, (_, i) => WORDS[i % WORDS.length]);
  const { vocab } = JSON.parse(readFileSync(join(SOURCE, "tokenizer.json"), "utf8")).model;
  const ids = ["[CLS]", ...words, "[SEP]"].map((word) => vocab[word]);
  const unknown = ids.indexOf(undefined);
  if (unknown >= 0) throw new Failure(`"${words[unknown - 1]}" is no token of the encoder`, "choose other words in bench/encode.mjs");
  return { text: words.join(" "), ids };
}

/**
 * What only the engines need: our container in the frame of a bundle's part, and the directory that transformers.js reads.
 * Gives the length of the container.
 */
function makeFiles(dir) {
  writeModel(join(dir, "minilm"));
  return framed(dir);
}

/** Our least times ÷ the least of the faster graph of onnxruntime-web, by build and number of tokens. */
function ratios(rows, by) {
  const least = (prefix, tokens) => Math.min(...rows.filter((row) => row.engine.startsWith(prefix) && row.tokens === tokens).map((row) => row[by]));
  const of = (build) => Object.fromEntries(TOKENS.map((tokens) => [tokens, least(`sextant/${build}`, tokens) / least("onnxruntime-web/int8", tokens)]));
  return { relaxed: of("relaxed"), simd128: of("simd128") };
}

/** The report as tables for people. */
export function printEncode({ machine, rounds, ratios, cpu_ratios, engines, rows }) {
  console.log(`${machine.cpu}, ${machine.cores} cores, load ${machine.load.toFixed(1)}, Chromium ${machine.chromium}, ${rounds} rounds`);
  const cell = (value, digits, width = 9) => (Number.isFinite(value) ? value.toFixed(digits) : "").padStart(width);
  console.log(`\n  ${"ms, least / by CPU, at tokens".padEnd(30)}${TOKENS.map((tokens) => String(tokens).padStart(18)).join("")}`);
  for (const { engine, reason } of engines) {
    const row = (tokens) => rows.find((row) => row.engine === engine && row.tokens === tokens) ?? {};
    const cells = TOKENS.map((tokens) => `${cell(row(tokens).ms_min, 2)} /${cell(row(tokens).cpu_ms, 2, 7)}`);
    console.log(`  ${engine.padEnd(30)}${reason ?? cells.join("")}`);
  }
  for (const [build, by] of Object.entries(ratios)) {
    const cells = TOKENS.map((tokens) => `${cell(by[tokens], 2)} /${cell(cpu_ratios[build][tokens], 2, 7)}`);
    console.log(`  ${`${build} ÷ onnxruntime-web int8`.padEnd(30)}${cells.join("")}`);
  }
  console.log(`\n  ${"".padEnd(30)}${["cosine", "wasm MB", "MB", "brotli MB", "cold ms", "warm ms"].map((name) => name.padStart(11)).join("")}`);
  for (const { engine, cosine, memory_mb, fetched_mb, fetched_brotli_mb, cold_ms, warm_ms } of engines) {
    console.log(`  ${engine.padEnd(30)}${cell(cosine, 4, 11)}${[memory_mb, fetched_mb, fetched_brotli_mb].map((mb) => cell(mb, 1, 11)).join("")}${cell(cold_ms, 0, 11)}${cell(warm_ms, 0, 11)}`);
  }
}
