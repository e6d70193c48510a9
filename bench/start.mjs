// Question: how long does a reader wait for the encoder, and what does that time consist of?
//
// The product, in a Chromium with a profile on disk: the first visit fetches all of the encoder, the second has it from the
// browser's own storage, after a restart of the browser. Timed is `loadEncoder()`, which ends when a first text was encoded;
// the index is open by then. Then the steps of a start one by one, and the places where the parts could be kept. The files come
// from this machine by HTTP, so a first visit is one without a network's delays, and what was read before lies in the system's
// cache of files.
//
// Writes JSON, milliseconds of each round: `visits.first[]` and `visits.kept[]` with `ms` and `encode` (the next question's vector),
// `steps[]`, `store.write[]`, `store.read[]`.

import { readFileSync } from "node:fs";
import { availableParallelism, cpus, loadavg } from "node:os";
import { join } from "node:path";
import { chromium } from "playwright-core";
import { ensureBrowser } from "../scripts/browser.mjs";
import { TARGET, at } from "../scripts/run.mjs";
import { QUIET, builtSite } from "./in-browser.mjs";
import { serve } from "./scan/server.mjs";

/** As a static host sends it. */
const HEADERS = { "cache-control": "max-age=600" };

/** @param {{rounds: number}} options */
export async function benchStart({ rounds }) {
  const executablePath = await ensureBrowser();
  const { scratch, site, remove } = builtSite();
  const { encoder } = JSON.parse(readFileSync(join(site, "sextant/manifest.json"), "utf8"));
  const server = await serve({ site, wasm: join(TARGET, "wasm"), bench: at("bench/start") }, HEADERS);
  /** Starts a browser on a profile, opens the site, and gives what `work` gives. */
  const visit = async (profile, work) => {
    const context = await chromium.launchPersistentContext(profile, { executablePath, args: QUIET });
    try {
      const [page] = context.pages();
      await page.goto(`${server.origin}/site/index.html`);
      return await work(page);
    } finally {
      await context.close();
    }
  };
  const options = {
    urls: encoder.parts.map(({ file }) => `${server.origin}/site/sextant/${file}`),
    bytes: encoder.bytes,
    module: "/wasm/encoder-relaxed/sextant_encoder_relaxed.js",
  };
  const report = {
    machine: { cpu: cpus()[0]?.model.trim(), cores: availableParallelism(), load: loadavg()[0] },
    encoder: { name: encoder.name, bytes: encoder.bytes, parts: encoder.parts.length },
    rounds,
    visits: { first: [], kept: [] },
    steps: [],
    store: { write: [], read: [] },
  };
  try {
    for (let round = 0; round < rounds; round += 1) {
      const profile = join(scratch, `profile-${round}`);
      report.visits.first.push(await visit(profile, start));
      report.visits.kept.push(await visit(profile, start));
      report.store.write.push(await visit(profile, (page) => inWorker(page, "keep", options)));
      report.store.read.push(await visit(profile, (page) => inWorker(page, "read", { ...options, first: round })));
      report.steps.push(await visit(profile, (page) => inWorker(page, "steps", options)));
    }
  } finally {
    server.close();
    remove();
  }
  return report;
}

/** Milliseconds that the product takes to load its encoder in `page`. */
const start = (page) =>
  page.evaluate(async () => {
    const bundle = new URL("sextant/", location.href);
    const { openIndex } = await import(new URL("engine/sextant-search.js", bundle).href);
    const index = await openIndex(bundle, { encoder: "none" });
    const before = performance.now();
    await index.loadEncoder();
    const ms = performance.now() - before;
    const { timing } = await index.search("stop a download", { mode: "semantic" });
    return { ms, encode: timing.find(({ stage }) => stage === "encode").ms };
  });

/** Calls into the worker of the bench. */
const inWorker = (page, call, options) =>
  page.evaluate(
    ([call, options]) =>
      new Promise((resolve, reject) => {
        const worker = new Worker("/bench/steps.mjs", { type: "module" });
        worker.onmessage = ({ data }) => (data.reason === undefined ? resolve(data.result) : reject(new Error(data.reason)));
        worker.onerror = (event) => reject(new Error(event.message));
        worker.postMessage({ call, options });
      }),
    [call, options],
  );

/** The report as tables for people. */
export function printStart({ machine, encoder, rounds, visits, steps, store }) {
  console.log(`${machine.cpu}, ${machine.cores} cores, load ${machine.load.toFixed(1)}; ${encoder.name}, ${encoder.bytes} bytes; ${rounds} rounds`);
  const table = (title, rows) => {
    console.log(`\n${title.padEnd(28)}${"min ms".padStart(9)}${"median".padStart(9)}`);
    for (const [name, times] of Object.entries(rows)) {
      const sorted = times.toSorted((a, b) => a - b);
      const [least, middle] = [sorted[0], sorted[sorted.length >> 1]].map((ms) => ms.toFixed(1).padStart(9));
      console.log(`  ${name.padEnd(26)}${least}${middle}`);
    }
  };
  const columns = (rows) => Object.fromEntries(Object.keys(rows[0]).map((name) => [name, rows.map((row) => row[name])]));
  table("loadEncoder()", { "first visit": visits.first.map(({ ms }) => ms), "kept": visits.kept.map(({ ms }) => ms) });
  table("steps of a start", columns(steps));
  table("keeping the parts", columns(store.write));
  table("reading the parts", columns(store.read));
}
