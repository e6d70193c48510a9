// Question: how long does an owner wait for `sextant build`, beside Pagefind's build of the same site?
//
// Each round runs every engine once, in turn, so that a machine that slows down slows all of them. The first build of
// Sextant has an empty cache of vectors, the second finds all of them: what an owner waits for after a change.
// Writes JSON: `sites[]` with `name`, `pages`, `passages`, and for each engine `seconds[]`, `median`, `bytes`, both a thousand
// pages as well, and for ours `passages_per_second` of the first build.

import { execFileSync } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, rmSync, statSync } from "node:fs";
import { availableParallelism, cpus, tmpdir } from "node:os";
import { join } from "node:path";
import { COMMAND } from "../scripts/build.mjs";
import { Failure, at, run } from "../scripts/run.mjs";
import { PEERS, ensurePeers } from "./peers.mjs";

/** Bytes of all files below `dir`. */
const size = (dir) =>
  readdirSync(dir, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .reduce((sum, entry) => sum + statSync(join(entry.parentPath, entry.name)).size, 0);

const median = (values) => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)];

/** Seconds that a program takes, and what it prints. */
function timed(program, args) {
  const start = performance.now();
  const printed = execFileSync(program, args, { encoding: "utf8", stdio: ["ignore", "pipe", "ignore"], maxBuffer: 1 << 28 });
  return { seconds: (performance.now() - start) / 1000, printed };
}

/** @param {{rounds: number, sites?: string[]}} options */
export async function benchBuild({ rounds, sites = ["rust-book"] }) {
  if (!existsSync(COMMAND)) throw new Failure("no sextant command", "run: npm run build");
  await ensurePeers();
  const pagefind = join(PEERS, "node_modules/.bin/pagefind");
  const report = { machine: { cpu: cpus()[0]?.model.trim(), cores: availableParallelism() }, rounds, sites: [] };
  for (const name of sites) {
    const site = at("sites", name);
    if (!existsSync(site)) await run(process.execPath, [at("scripts/sites.mjs"), name]);
    const scratch = mkdtempSync(join(tmpdir(), "sextant-bench-"));
    const engines = { sextant: [], "sextant, nothing changed": [], "sextant, words only": [], pagefind: [] };
    const bytes = {};
    let built;
    for (let round = 0; round < rounds; round += 1) {
      const out = (engine) => join(scratch, engine.replaceAll(/\W+/g, "-"));
      const ours = (engine, ...args) => {
        const { seconds, printed } = timed(COMMAND, ["build", site, "-o", out(engine), "--json", ...args]);
        engines[engine].push(seconds);
        bytes[engine] = size(out(engine));
        return JSON.parse(printed);
      };
      const cache = join(scratch, `cache-${round}`);
      built = ours("sextant", "--cache", cache);
      ours("sextant, nothing changed", "--cache", cache);
      ours("sextant, words only", "--words-only");
      engines.pagefind.push(timed(pagefind, ["--site", site, "--output-path", out("pagefind")]).seconds);
      bytes.pagefind = size(out("pagefind"));
    }
    rmSync(scratch, { recursive: true, force: true });
    const thousands = built.pages / 1000;
    report.sites.push({
      name,
      pages: built.pages,
      passages: built.passages,
      passages_per_second: built.passages / median(engines.sextant),
      engines: Object.entries(engines).map(([engine, seconds]) => ({
        engine,
        seconds,
        median: median(seconds),
        bytes: bytes[engine],
        per_1000_pages: { seconds: median(seconds) / thousands, bytes: bytes[engine] / thousands },
      })),
    });
  }
  return report;
}

/** The report as a table for people. */
export function printBuild({ machine, rounds, sites }) {
  console.log(`${machine.cpu}, ${machine.cores} cores, median of ${rounds}`);
  for (const { name, pages, passages, passages_per_second: rate, engines } of sites) {
    console.log(`\n${name}: ${pages} pages, ${passages} passages, ${rate.toFixed(1)} passages a second`);
    for (const { engine, median: seconds, bytes, per_1000_pages: per } of engines) {
      const cost = (time, size) => `${time.toFixed(2).padStart(9)} s ${(size / 1e6).toFixed(2).padStart(8)} MB`;
      console.log(`  ${engine.padEnd(26)}${cost(seconds, bytes)}, per 1,000 pages ${cost(per.seconds, per.bytes)}`);
    }
  }
}
