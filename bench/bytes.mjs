// Question: what does a reader with an empty cache fetch until the box is ready, until words answer, until the first hybrid
// answer shows ten results with excerpts, and for the next question? Beside Pagefind on the same site.
//
// Counted are the bodies of all responses as Chromium's network log has them, of page and worker, from a server that compresses
// nothing. Each question is asked in fresh visits: one asks by words, one hybrid and then the next question of the list. Pagefind
// has one sort of answer, so its first one stands beside both of ours.
//
// Writes JSON: `sites[]` with `name`, `pages`, `passages`, and for each of `box_ready`, `first_words`, `first_hybrid` and
// `second_query` the figures `…_bytes`, `…_requests` and `…_round_trips`, each with `median` and `worst` for `ours` and `peer`; all
// are from the visit's beginning, but for those of the second query, which are its own. `first_hybrid_slow_4g_ms` is the time to
// the first hybrid answer under Chromium's emulated slow 4G, `results` how many an answer has in the mean (the peer finds none for
// some questions, and then fetches none), `kinds` where the bytes of the first hybrid answer go.

import { existsSync, mkdirSync, readFileSync, readdirSync, rmSync } from "node:fs";
import { cpus, loadavg } from "node:os";
import { join } from "node:path";
import { execFileSync } from "node:child_process";
import { chromium } from "playwright-core";
import { ensureBrowser } from "../scripts/browser.mjs";
import { COMMAND } from "../scripts/build.mjs";
import { Failure, at, run } from "../scripts/run.mjs";
import { listen, roundTrips, slowDown } from "./bytes/network.mjs";
import { serve } from "./bytes/server.mjs";
import * as transformers from "./bytes/transformers.mjs";
import { PEERS, ensurePeers } from "./peers.mjs";

const SITES = ["rust-book", "python", "openjdk"];
const DATA = process.env["SEXTANT_DATA"] ?? at("../shared/data");
/** Where each site's questions are, one JSON object a line with the question as `q`. */
const QUESTIONS = {
  "rust-book": join(DATA, "sites/rust-book.jsonl"),
  python: join(DATA, "sites/python.jsonl"),
  openjdk: at("bench/bytes/openjdk.jsonl"),
};
const COUNT = 20;
/** Questions whose first hybrid answer is timed on a slow network. */
const TIMED = 3;
const RESULTS = 10;
const STAGES = ["box_ready", "first_words", "first_hybrid", "second_query"];
const MEASURES = { bytes: total, requests: (requests) => requests.length, round_trips: roundTrips };

/** What is measured: how to open it and ask it in a page, and what its files are. */
const ENGINES = {
  ours: {
    open: async (encoder) => {
      const library = await import("/sextant/engine/sextant-library.js");
      globalThis.index = await library.openIndex("/sextant/", { encoder });
    },
    ask: async ([question, mode, limit]) => {
      const { mode: answered, results } = await globalThis.index.search(question, { mode, limit, typing: false, wait: true });
      return { mode: answered, results: results.length };
    },
    kind: (path) => {
      const [, , room = "", file = room] = path.split("/");
      if (room === "engine") return file.includes(".wasm") ? "engine: wasm" : "engine: script";
      return room === file ? file.replace(/\..*/, "") : room;
    },
  },
  peer: {
    open: async () => {
      globalThis.pagefind = await import("/pagefind/pagefind.js");
      await globalThis.pagefind.init();
    },
    ask: async ([question, mode, limit]) => {
      const { results } = await globalThis.pagefind.search(question);
      const shown = await Promise.all(results.slice(0, limit).map((result) => result.data()));
      return { mode, results: shown.length };
    },
    kind: (path) => {
      const [, , room = "", file] = path.split("/");
      return file === undefined ? room.replace(/^[^.]*/, "*").replace(/.*_([0-9a-f]+)\./, "*.") : room;
    },
  },
};

/** What is timed on a slow network beside these, once a site: it fetches some 50 MB. */
const HEAVY = { transformers };

/**
 * @param {{sites?: string[], encoder?: string, heavy?: boolean, whole?: boolean}} options `heavy`: time transformers.js too. `whole`: the
 *   server answers with whole files only, as a few hosts do. `encoder`: when readers get it, as `openIndex` takes it. With `none` bundles
 *   are built without vectors and words answer everything: a look at them before the passages of a large site are encoded.
 */
export async function benchBytes({ sites = SITES, encoder = "instant", heavy = false, whole = false }) {
  if (!existsSync(COMMAND)) throw new Failure("no sextant command", "run: npm run build");
  const peers = await ensurePeers();
  const browser = await chromium.launch({ executablePath: await ensureBrowser(), args: ["--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking", "--disable-component-update"] });
  const report = {
    machine: { cpu: cpus()[0]?.model.trim(), cores: cpus().length, load: loadavg()[0], chromium: browser.version() },
    pagefind: peers.pagefind,
    encoder,
    parts: !whole,
    sites: [],
  };
  try {
    for (const name of sites) report.sites.push(await measureSite(browser, name, { encoder, heavy, whole }));
  } finally {
    await browser.close();
  }
  return report;
}

const engineOf = (name) => ENGINES[name] ?? HEAVY[name];

async function measureSite(browser, name, { encoder, heavy, whole }) {
  const asked = questions(name);
  const { root, built } = await build(name, encoder === "none");
  const server = await serve(root, !whole);
  const site = { name, pages: built.pages, passages: built.passages, questions: asked.length, files: count(join(root, "sextant")) };
  try {
    const hybrid = encoder === "none" ? "keyword" : "hybrid";
    const ask = { browser, origin: server.origin, encoder };
    for (const engine of Object.keys(ENGINES)) {
      const stages = Object.fromEntries(STAGES.map((stage) => [stage, []]));
      let results = 0;
      for (const [n, question] of asked.entries()) {
        const byWords = await visit({ ...ask, engine, mode: "keyword", questions: [question] });
        const byBoth = await visit({ ...ask, engine, mode: hybrid, questions: [question, asked[(n + 1) % asked.length]] });
        const [ready, words] = byWords.stages;
        const [opened, first, second] = byBoth.stages;
        results += byBoth.results;
        stages.box_ready.push(ready);
        stages.first_words.push([...ready, ...words]);
        stages.first_hybrid.push([...opened, ...first]);
        stages.second_query.push(second);
      }
      for (const stage of STAGES) {
        for (const [measure, of] of Object.entries(MEASURES)) {
          site[`${stage}_${measure}`] ??= {};
          site[`${stage}_${measure}`][engine] = spread(stages[stage].map(of));
        }
      }
      // Each question was asked twice: first, and after another one.
      site.results ??= {};
      site.results[engine] = results / (2 * asked.length);
      site.kinds ??= {};
      site.kinds[engine] = kinds(stages.first_hybrid, ENGINES[engine].kind);
      const slow = [];
      for (const question of asked.slice(0, TIMED)) slow.push(await timedVisit({ ...ask, engine, mode: hybrid, question }));
      site.first_hybrid_slow_4g_ms ??= {};
      site.first_hybrid_slow_4g_ms[engine] = spread(slow);
    }
    for (const [engine, { prepare }] of Object.entries(heavy ? HEAVY : {})) {
      prepare(root);
      site.first_hybrid_slow_4g_ms[engine] = spread([await timedVisit({ ...ask, engine, mode: hybrid, question: asked[0] })]);
    }
  } finally {
    server.close();
  }
  return site;
}

function questions(name) {
  const file = QUESTIONS[name];
  if (file === undefined) throw new Failure(`no questions about ${name}`, `choose from ${SITES.join(", ")}`);
  if (!existsSync(file)) throw new Failure(`no questions at ${file}`, "set SEXTANT_DATA to the labelled collections");
  const lines = readFileSync(file, "utf8").split("\n").filter((line) => line.trim() !== "");
  return lines.slice(0, COUNT).map((line) => JSON.parse(line).q);
}

/** Builds both indexes side by side, with the vectors that quality gates keep. */
async function build(name, wordsOnly) {
  const site = at("sites", name);
  if (!existsSync(site)) await run(process.execPath, [at("scripts/sites.mjs"), name]);
  const root = at(".cache/bytes", name);
  mkdirSync(root, { recursive: true });
  const meaning = wordsOnly ? ["--words-only"] : ["--cache", at(".cache/quality/vectors")];
  const options = { encoding: "utf8", stdio: ["ignore", "pipe", "inherit"], maxBuffer: 1 << 28 };
  const built = JSON.parse(execFileSync(COMMAND, ["build", site, "-o", join(root, "sextant"), "--json", ...meaning], options));
  rmSync(join(root, "pagefind"), { recursive: true, force: true });
  execFileSync(join(PEERS, "node_modules/.bin/pagefind"), ["--site", site, "--output-path", join(root, "pagefind")], options);
  return { root, built };
}

/** A visit of a new reader. Gives the requests of opening and of each question, and how many results were shown. */
async function visit({ browser, origin, engine, encoder, mode, questions }) {
  return inPage(browser, origin, async (page, context) => {
    const log = listen(context);
    await page.evaluate(engineOf(engine).open, policy(encoder, mode));
    const stages = [await log.take()];
    let results = 0;
    for (const question of questions) {
      results += await answered(page, engine, question, mode);
      stages.push(await log.take());
    }
    return { stages, results };
  });
}

/** Milliseconds from the page to the first answer on a slow network. */
async function timedVisit({ browser, origin, engine, encoder, mode, question }) {
  return inPage(browser, origin, async (page, context) => {
    await slowDown(context, page);
    const start = performance.now();
    await page.evaluate(engineOf(engine).open, policy(encoder, mode));
    await answered(page, engine, question, mode);
    return Math.round(performance.now() - start);
  });
}

async function inPage(browser, origin, work) {
  const context = await browser.newContext();
  try {
    const page = await context.newPage();
    await page.goto(`${origin}/`);
    return await work(page, context);
  } finally {
    await context.close();
  }
}

/** Asks, and gives the number of results. An answer in another mode says nothing about bytes. */
async function answered(page, engine, question, mode) {
  const found = await page.evaluate(engineOf(engine).ask, [question, mode, RESULTS]);
  if (found.mode !== mode) throw new Failure(`${engine}: "${question}" was answered by ${found.mode}, not by ${mode}`);
  return found.results;
}

/** When the encoder is fetched: for an answer by words never. */
const policy = (encoder, mode) => (encoder === "full" && mode === "keyword" ? "none" : encoder);

/** Middle and worst of some numbers. */
function spread(values) {
  const ordered = values.toSorted((a, b) => a - b);
  return { median: ordered[ordered.length >> 1] ?? 0, worst: ordered.at(-1) ?? 0 };
}

function total(requests) {
  return requests.reduce((sum, { bytes }) => sum + bytes, 0);
}

/** Mean bytes and requests of each kind of file, the largest first. */
function kinds(visits, kindOf) {
  const sums = new Map();
  for (const { path, bytes } of visits.flat()) {
    const sum = sums.get(kindOf(path)) ?? { bytes: 0, requests: 0 };
    sums.set(kindOf(path), { bytes: sum.bytes + bytes, requests: sum.requests + 1 });
  }
  const mean = ([kind, { bytes, requests }]) => ({ kind, bytes: Math.round(bytes / visits.length), requests: requests / visits.length });
  return [...sums].map(mean).sort((a, b) => b.bytes - a.bytes);
}

/** Files below `dir`. */
const count = (dir) => readdirSync(dir, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile()).length;

/** The report as tables for people. */
export function printBytes({ machine, pagefind, encoder, sites }) {
  console.log(`${machine.cpu}, Chromium ${machine.chromium}, Pagefind ${pagefind}, encoder: ${encoder}; median / worst`);
  const kb = ({ median, worst }) => `${(median / 1000).toFixed(1)} / ${(worst / 1000).toFixed(1)} KB`.padStart(22);
  const plain = ({ median, worst }) => `${median} / ${worst}`.padStart(10);
  for (const site of sites) {
    console.log(`\n${site.name}: ${site.pages} pages, ${site.passages} passages, ${site.questions} questions, ${site.files} files`);
    for (const stage of STAGES) {
      for (const engine of Object.keys(ENGINES)) {
        const of = (measure) => site[`${stage}_${measure}`][engine];
        console.log(`  ${stage.padEnd(14)}${engine.padEnd(6)}${kb(of("bytes"))}${plain(of("requests"))} requests${plain(of("round_trips"))} round trips`);
      }
    }
    for (const [engine, parts] of Object.entries(site.kinds)) {
      const slow = site.first_hybrid_slow_4g_ms[engine];
      console.log(`  ${engine}, first hybrid answer: slow 4G ${(slow.median / 1000).toFixed(1)} / ${(slow.worst / 1000).toFixed(1)} s; ${site.results[engine].toFixed(1)} results an answer; in the mean`);
      for (const { kind, bytes, requests } of parts) console.log(`    ${kind.padEnd(18)}${(bytes / 1000).toFixed(1).padStart(9)} KB${requests.toFixed(1).padStart(7)} requests`);
    }
    const { transformers: peer } = site.first_hybrid_slow_4g_ms;
    if (peer) console.log(`  transformers.js with all vectors, first answer: slow 4G ${(peer.median / 1000).toFixed(1)} s`);
  }
}
