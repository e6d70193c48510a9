// Question: would a second thread make a question's vector come sooner, in a page that is cross-origin isolated?
//
// Not with threads, which are not built, but by a bound that favours them: half of the time that the encoder takes on one thread,
// and what handing work to another worker and waiting for it costs, once a product of each layer and once for its attention.
// Two ways to wait: looking again and again, which keeps a core busy, and asleep.
//
// Writes JSON: `handover.spinning`, `handover.asleep` (milliseconds: `min`, `median`), and `rows[]` with `tokens`, `ms` (least, one
// thread), `two_spinning`, `two_asleep` (the bound, by the least handover).

import { readFileSync } from "node:fs";
import { availableParallelism, cpus, loadavg } from "node:os";
import { join } from "node:path";
import { chromium } from "playwright-core";
import { ensureBrowser } from "../scripts/browser.mjs";
import { TARGET, at } from "../scripts/run.mjs";
import { QUIET, builtSite } from "./in-browser.mjs";
import { serve } from "./scan/server.mjs";

/** Words that are one token each, so that a text of n words has n + 2 tokens. */
const WORD = "river ";
const TOKENS = [9, 36, 128];
/** Of all-MiniLM-L6-v2: layers, and what is shared out in each: queries with keys and values, attention, its output, up, down. */
const [LAYERS, HANDOVERS] = [6, 5];
/** Pieces that are handed over, and seconds of warm-up. */
const PIECES = 10_000;
const WARM_UP = 2.5;

/** @param {{rounds: number}} options */
export async function benchThreads({ rounds }) {
  const { site, remove } = builtSite();
  const { encoder } = JSON.parse(readFileSync(join(site, "sextant/manifest.json"), "utf8"));
  const server = await serve({ site, wasm: join(TARGET, "wasm"), bench: at("bench/threads") });
  const browser = await chromium.launch({ executablePath: await ensureBrowser(), args: QUIET });
  try {
    const page = await browser.newPage();
    await page.goto(`${server.origin}/site/index.html`);
    const encode = {
      module: "/wasm/encoder-relaxed/sextant_encoder_relaxed.js",
      urls: encoder.parts.map(({ file }) => `${server.origin}/site/sextant/${file}`),
      bytes: encoder.bytes,
      texts: TOKENS.map((tokens) => WORD.repeat(tokens - 2)),
      rounds: rounds * 20,
      warmUp: WARM_UP,
    };
    const { spinning, asleep, times } = await page.evaluate(measure, { encode, pieces: PIECES });
    const sorted = (values) => values.toSorted((a, b) => a - b);
    const told = (values) => ({ min: sorted(values)[0], median: sorted(values)[values.length >> 1] });
    const handover = { spinning: told(spinning), asleep: told(asleep) };
    const rows = TOKENS.map((tokens, row) => {
      const ms = Math.min(...times[row]);
      const two = (cost) => ms / 2 + LAYERS * HANDOVERS * cost;
      return { tokens, ms, two_spinning: two(handover.spinning.min), two_asleep: two(handover.asleep.min) };
    });
    const machine = { cpu: cpus()[0]?.model.trim(), cores: availableParallelism(), load: loadavg()[0], chromium: browser.version() };
    return { machine, handover, rows };
  } finally {
    await browser.close();
    server.close();
    remove();
  }
}

/** Runs in the page. */
async function measure({ encode, pieces }) {
  const start = () => new Worker("/bench/worker.mjs", { type: "module" });
  const ask = (worker, call, options) =>
    new Promise((resolve, reject) => {
      worker.onmessage = ({ data }) => (data.reason === undefined ? resolve(data.result) : reject(new Error(data.reason)));
      worker.postMessage({ call, options });
    });
  const handover = async (asleep) => {
    const cells = new Int32Array(new SharedArrayBuffer(8));
    const [giver, taker] = [start(), start()];
    const taken = ask(taker, "take", { cells, rounds: pieces, asleep });
    const times = await ask(giver, "give", { cells, rounds: pieces, asleep });
    await taken;
    for (const worker of [giver, taker]) worker.terminate();
    return times;
  };
  return { spinning: await handover(false), asleep: await handover(true), times: await ask(start(), "encode", encode) };
}

/** The report as a table for people. */
export function printThreads({ machine, handover, rows }) {
  console.log(`${machine.cpu}, ${machine.cores} cores, load ${machine.load.toFixed(1)}, Chromium ${machine.chromium}`);
  for (const [name, { min, median }] of Object.entries(handover)) console.log(`handover ${name}: least ${(min * 1000).toFixed(1)} µs, median ${(median * 1000).toFixed(1)} µs`);
  console.log(`${"tokens".padStart(8)}${"one thread ms".padStart(15)}${"two, spinning".padStart(14)}${"two, asleep".padStart(13)}`);
  for (const { tokens, ms, two_spinning: spinning, two_asleep: asleep } of rows) {
    console.log(`${String(tokens).padStart(8)}${ms.toFixed(2).padStart(15)}${spinning.toFixed(2).padStart(14)}${asleep.toFixed(2).padStart(13)}`);
  }
}
