// Question: inside a browser, how long does the search for the ten nearest of n vectors take at what recall, and what do the
// index and its making cost? Ours, each plan, beside everything else that does it there.
//
// Input: vectors of real passages and real questions (bench/scan/vectors.mjs); beyond the real ones copies with noise, and the
// report says how many. Right answer: the exact ten of float32 (bench/scan/truth.mjs). Engines: below.
//
// Ours is built in the page like all others, but for plans with a graph, which only a native program builds, and for large
// collections in clusters, which with a copy in another order are more than a page has: those are built natively on one core
// before, the page opens the file, and the row says `built: "natively"` (crates/build/examples/scan_index.rs).
//
// All engines of a size live in one Chromium page, each in a worker of its own, and are timed in turns after a warm-up. What an
// engine cannot do is a row with the reason. An engine with a setting of its effort has a row for the first setting that
// reaches the goal of recall, so that all stand at equal recall, and one for the least setting.
//
// Writes JSON: `rows[]` with `engine`, `setting`, `n`, `recall@10`, `ms_min` and `ms_median` of a search, `build_s`, `built`,
// `memory_mb` (what the engine says it needs to search, else its worker's JavaScript and WebAssembly memory: `memory_by`),
// `bytes` of the index as it is stored, where the engine can say; or with `engine`, `n` and `reason`.

import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { availableParallelism, cpus, loadavg, tmpdir } from "node:os";
import { join } from "node:path";
import { chromium } from "playwright-core";
import { ensureBrowser } from "../scripts/browser.mjs";
import { Failure, TARGET, at, run } from "../scripts/run.mjs";
import { QUIET } from "./in-browser.mjs";
import { PEERS, ensurePeers } from "./peers.mjs";
import { serve } from "./scan/server.mjs";
import { truth } from "./scan/truth.mjs";
import { DIR, SIGMA, collected, collection } from "./scan/vectors.mjs";

/** Our plans, in the words of crates/wasm/src/bench_scan.rs. Others can be named: `--engines sextant/2bit-256+int8`. */
const PLANS = [
  "float32",
  "int8",
  "4bit",
  "2bit+int8",
  "1bit+int8",
  "4bit-192-principal+int8",
  "4bit-192-principal-clusters+int8",
  "4bit-192-principal-graph+int8",
];
const ours = (plan) => ({ name: `sextant/${plan}`, module: "./engines/sextant.mjs", plan, ours: true });
/**
 * In the order of the table. They are built from the last to the first: those that keep JavaScript objects run out of memory
 * first, and a page that is lost then costs little.
 */
const ENGINES = [
  ...PLANS.map(ours),
  { name: "hnswlib-wasm", module: "./engines/hnswlib-wasm.mjs" },
  { name: "edgevec", module: "./engines/edgevec.mjs" },
  { name: "edgevec/bq", module: "./engines/edgevec.mjs", plan: "bq" },
  { name: "voy", module: "./engines/voy.mjs" },
  { name: "mememo", module: "./engines/mememo.mjs" },
  { name: "orama", module: "./engines/orama.mjs" },
  { name: "javascript", module: "./engines/javascript.mjs" },
  { name: "usearch", absent: "no build of it for browsers is published: the npm package is a native addon" },
];
/** Our index with the plans as a module of the bench's own, in cargo's target directory. */
const MODULE = "wasm/bench-scan/sextant_bench_scan.js";
const SIZES = [10_000, 100_000, 1_000_000];
/** Vectors from which clusters are built natively: with a copy in another order they are nearly all memory that WebAssembly can have. */
const NATIVE_FROM = 500_000;
/** Builds one plan natively. */
const EXAMPLE = ["build", "--quiet", "--release", "--package", "sextant-build", "--features", "graph,bench", "--example", "scan_index"];
/** Recall@10 that engines are brought to where they can be. */
const GOAL = 0.99;
/** Seconds of warm-up, and of each round of timing. */
const WARM_UP = 2.5;
const ROUND = 1;
/** Seconds that building an index may take. */
const LIMIT = 900;
const ARGS = [
  ...QUIET,
  // Memory is counted when it is asked for, not some time later.
  "--enable-blink-features=ForceEagerMeasureMemory",
];

/** @param {{rounds: number, sizes?: string, engines?: string, limit?: string}} options */
export async function benchScan({ rounds, sizes, engines, limit }) {
  const about = collected();
  const peers = await ensurePeers();
  const chosen = choose(engines);
  const counts = sizes === undefined ? SIZES : sizes.split(",").map(Number);
  if (!counts.every((n) => Number.isInteger(n) && n >= 10)) throw new Failure(`--sizes ${sizes}`, "give numbers from 10 up, such as 10000,100000");
  const module = `${TARGET}/${MODULE}`;
  // Before the browser is there: it takes minutes at a million, in which nothing else is heard.
  const inputs = counts.map((n) => {
    const [real, jittered] = [Math.min(n, about.real), Math.max(0, n - about.real)];
    console.log(`scan: ${n} vectors, real: ${real}, jittered: ${jittered}`);
    const file = collection(n, about);
    return { n, real, jittered, file, exact: truth(n, file, about) };
  });
  if (chosen.some((engine) => inputs.some(({ n }) => isNative(engine, n)))) await run("cargo", EXAMPLE);
  const built = mkdtempSync(join(tmpdir(), "sextant-scan-"));
  const server = await serve({ scan: at("bench/scan"), peers: `${PEERS}/node_modules`, wasm: `${TARGET}/wasm`, data: DIR, built });
  const browser = await chromium.launch({ executablePath: await ensureBrowser(), args: ARGS });
  const report = {
    machine: { cpu: cpus()[0]?.model.trim(), cores: availableParallelism(), load: loadavg()[0], chromium: browser.version() },
    vectors: { dimensions: about.dimensions, real: about.real, queries: about.queries, sigma: SIGMA },
    peers,
    goal: GOAL,
    rounds,
    sizes: inputs.map(({ n, real, jittered }) => ({ n, real, jittered })),
    rows: [],
  };
  try {
    for (const { n, file, exact } of inputs) {
      const runnable = chosen.filter(({ ours, absent }) => absent === undefined && (!ours || existsSync(module)));
      const missing = chosen.filter((engine) => !runnable.includes(engine));
      for (const { name, absent = `the module of the bench is not built (${MODULE} in cargo's target directory)` } of missing) report.rows.push({ engine: name, n, reason: absent });
      const engines = runnable.map(({ name, module, plan, ...engine }) => {
        if (!isNative({ plan, ...engine }, n)) return { name, module, plan };
        try {
          return { name, module, plan, built: builtNatively(built, plan, n, file, about.dimensions) };
        } catch (error) {
          report.rows.push({ engine: name, n, reason: lastLine(error) });
          return undefined;
        }
      });
      report.rows.push(
        ...(await measure(browser, server.origin, {
          n,
          dimensions: about.dimensions,
          vectors: `/data/${file.slice(DIR.length + 1)}`,
          queries: "/data/queries.f32",
          truth: exact,
          engines: engines.filter((engine) => engine !== undefined).reverse(),
          rounds,
          seconds: ROUND,
          warmUp: WARM_UP,
          limit: Number(limit ?? LIMIT),
          goal: GOAL,
        })),
      );
      rmSync(built, { recursive: true });
      mkdirSync(built);
    }
  } finally {
    await browser.close();
    server.close();
    rmSync(built, { recursive: true, force: true });
  }
  const place = ({ engine }) => chosen.findIndex(({ name }) => name === engine);
  report.rows.sort((a, b) => a.n - b.n || place(a) - place(b));
  return report;
}

/** Whether a plan of ours is built natively for so many vectors. */
function isNative({ ours, plan }, n) {
  if (ours !== true) return false;
  const words = plan.split(/[-+]/);
  return words.includes("graph") || (words.includes("clusters") && n >= NATIVE_FROM);
}

/** Builds `plan` of the first `n` vectors of `file` into `dir`: the seconds that took on one core, and the address of the index for the page. */
function builtNatively(dir, plan, n, file, dimensions) {
  const name = `${plan}.index`;
  console.log(`scan: sextant/${plan}, ${n}: built natively`);
  const args = [plan, String(dimensions), String(n), file, join(dir, name)];
  const env = { ...process.env, RAYON_NUM_THREADS: "1" };
  const printed = execFileSync(join(TARGET, "release/examples/scan_index"), args, { env, encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] });
  return { seconds: JSON.parse(printed).build_s, url: `/built/${encodeURIComponent(name)}` };
}

/** What a program that failed said at last. */
const lastLine = ({ stderr, message }) => (stderr ?? message).trim().split("\n").at(-1);

/** The engines that `--engines` names: all, some, or all plans of one. */
function choose(names) {
  if (names === undefined) return ENGINES;
  const found = names.split(",").flatMap((wanted) => {
    const known = ENGINES.filter(({ name }) => name === wanted || name.split("/")[0] === wanted);
    if (known.length > 0) return known;
    if (wanted.startsWith("sextant/")) return [ours(wanted.slice("sextant/".length))];
    throw new Failure(`there is no engine "${wanted}"`, `choose from ${ENGINES.map(({ name }) => name).join(", ")}`);
  });
  return [...new Set(found)];
}

/**
 * The rows of one size. An engine that the page is lost with, as one is that needs more memory than there is, gets a row that
 * says so, and the others begin again without it.
 */
async function measure(browser, origin, options) {
  const busy = { name: undefined };
  try {
    return await inPage(browser, origin, options, busy);
  } catch (error) {
    const { n, engines } = options;
    const rest = engines.filter(({ name }) => name !== busy.name);
    if (busy.name === undefined || rest.length === engines.length) throw error;
    console.log(`scan: ${busy.name}, ${n}: ${error.message}`);
    const row = { engine: busy.name, n, reason: error.message };
    return rest.length === 0 ? [row] : [...(await measure(browser, origin, { ...options, engines: rest })), row];
  }
}

/** Runs one page; `busy` has the name of the engine that is at work. */
async function inPage(browser, origin, options, busy) {
  const page = await browser.newPage();
  await page.exposeFunction("atWork", (name) => {
    busy.name = name;
  });
  await page.exposeFunction("say", (text) => {
    console.log(`scan: ${text}`);
  });
  const lost = new Promise((_, reject) => {
    page.on("crash", () => {
      reject(new Error("the page was lost with it, out of memory most likely"));
    });
  });
  lost.catch(() => {});
  try {
    await page.goto(`${origin}/scan/page.html`);
    await page.waitForFunction(() => "run" in globalThis);
    return await Promise.race([page.evaluate((o) => globalThis.run(o), options), lost]);
  } finally {
    await page.close();
  }
}

/** The report as a table for people. */
export function printScan({ machine, vectors, rounds, sizes, rows }) {
  const { dimensions, queries } = vectors;
  console.log(`${machine.cpu}, ${machine.cores} cores, Chromium ${machine.chromium}, ${rounds} rounds`);
  console.log(`${queries.questions} questions and ${queries.heldOut} held-out passages, ${dimensions} dimensions`);
  const cell = (value, digits, width) => (Number.isFinite(value) ? value.toFixed(digits) : "").padStart(width);
  for (const { n, real, jittered } of sizes) {
    console.log(`\n${n} vectors: real ${real}, jittered ${jittered}`);
    console.log(`  ${"engine".padEnd(42)}${"setting".padEnd(16)}${"recall@10".padStart(10)}${"ms min".padStart(10)}${"median".padStart(10)}${"build s".padStart(10)} ${"MB".padStart(9)}${"index MB".padStart(10)}`);
    for (const row of rows.filter((row) => row.n === n)) {
      if (row.reason !== undefined) {
        console.log(`  ${row.engine.padEnd(42)}${row.reason}`);
        continue;
      }
      const bytes = row.bytes === null ? Number.NaN : row.bytes / 1e6;
      console.log(
        `  ${row.engine.padEnd(42)}${row.setting.padEnd(16)}${cell(row["recall@10"], 4, 10)}${cell(row.ms_min, 3, 10)}${cell(row.ms_median, 3, 10)}${cell(row.build_s, 2, 10)}${row.built === "natively" ? "*" : " "}${cell(row.memory_mb, 1, 9)}${cell(bytes, 1, 10)}`,
      );
    }
  }
  if (rows.some(({ built }) => built === "natively")) console.log("\n* built natively, on one core");
}
