// The vectors of the scan bench: real passages as the encoder gave them, and questions that are not among them.
//
//   node bench/scan/vectors.mjs [--cache DIR]… [--site DIR]… [--held-out 150]
//
// Vectors are taken from caches of `sextant build`, in float32. What `sextant export` writes is decoded from codes, and would
// favour whoever codes the same way. `--site` builds a site or a file of records into the bench's own cache first; `--cache`
// reads another one too. Questions come from the question files of ../shared/data and from passages that are held out.
//
// Writes to .cache/scan: `real.f32` and `queries.f32`, little endian and row by row, and `vectors.json` about both. The rows
// are in an order drawn once by a seeded generator, so that the first n of them are a sample of all.

import { execFileSync } from "node:child_process";
import { closeSync, existsSync, mkdirSync, openSync, readFileSync, readdirSync, renameSync, statSync, writeFileSync, writeSync } from "node:fs";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { COMMAND } from "../../scripts/build.mjs";
import { Failure, at, isStarted, main } from "../../scripts/run.mjs";

export const DIR = at(".cache/scan");
const DATA = process.env.SEXTANT_DATA ?? at("../shared/data");
/** As in crates/cli/src/disk_cache.rs: magic, dimensions, zero; then key, vector and checksum a record. */
const MAGIC = "SXTVEC01";
const HEADER = 16;
const KEY = 32;
const CHECKSUM = 4;
/** Standard deviation of the noise on each number of a copied vector: at 384 dimensions its cosine to the original is 0.86. */
export const SIGMA = 0.03;
/** Rows that are written at a time. */
const BLOCK = 4096;

/** Uniform in [0, 1), the same everywhere: mulberry32. */
export function random(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t = (t + Math.imul(t ^ (t >>> 7), t | 61)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Standard normal numbers: Box and Muller, 1958. */
function normal(uniform) {
  let spare;
  return () => {
    if (spare !== undefined) {
      const value = spare;
      spare = undefined;
      return value;
    }
    const radius = Math.sqrt(-2 * Math.log(1 - uniform()));
    const angle = 2 * Math.PI * uniform();
    spare = radius * Math.sin(angle);
    return radius * Math.cos(angle);
  };
}

function shuffle(list, uniform) {
  for (let last = list.length - 1; last > 0; last -= 1) {
    const other = Math.floor(uniform() * (last + 1));
    [list[last], list[other]] = [list[other], list[last]];
  }
  return list;
}

/** The largest cache file of a directory: an encoder has one. */
function cacheFile(dir) {
  if (!existsSync(dir)) throw new Failure(`${dir}: no such directory`, "name the cache of a build: sextant build SITE --cache DIR");
  const files = readdirSync(dir).filter((name) => /^vectors-.*\.cache$/.test(name));
  const [largest] = files.map((name) => join(dir, name)).sort((a, b) => statSync(b).size - statSync(a).size);
  if (largest === undefined) throw new Failure(`${dir}: no cache of vectors in it`, "sextant build SITE --cache DIR writes one");
  return largest;
}

/** Calls `each(key, vector)` for every record. Returns the dimensions. */
function readCache(file, each) {
  const bytes = readFileSync(file);
  if (bytes.toString("latin1", 0, 8) !== MAGIC) throw new Failure(`${file}: no cache of vectors`, "remove it and build again");
  const dimensions = bytes.readUInt32LE(8);
  const record = KEY + 4 * dimensions + CHECKSUM;
  for (let start = HEADER; start + record <= bytes.length; start += record) {
    const vector = new Float32Array(dimensions);
    new Uint8Array(vector.buffer).set(bytes.subarray(start + KEY, start + record - CHECKSUM));
    each(bytes.toString("latin1", start, start + KEY), vector);
  }
  return dimensions;
}

const build = (source, cache) => {
  if (!existsSync(COMMAND)) throw new Failure("no sextant command", "run: npm run build");
  const out = join(DIR, "bundle");
  execFileSync(COMMAND, ["build", source, "-o", out, "--no-engine", "--no-encoder-files", "--quiet", "--cache", cache], { stdio: "inherit" });
};

/** Real questions of readers, from every file that has some. */
function questions() {
  const lines = (file) => readFileSync(file, "utf8").split("\n").filter(Boolean).map((line) => JSON.parse(line));
  const sites = join(DATA, "sites");
  if (!existsSync(sites)) throw new Failure(`${sites}: no questions`, "set SEXTANT_DATA to the directory of the collections");
  const files = readdirSync(sites).filter((name) => name.endsWith(".jsonl"));
  return files.flatMap((name) => lines(join(sites, name))).map(({ q }) => q);
}

/** Collects the vectors; what is there is replaced. */
export function collect({ caches, sites, heldOut }) {
  mkdirSync(DIR, { recursive: true });
  const own = join(DIR, "passages");
  for (const site of sites) build(site, own);
  const sources = existsSync(own) ? [...caches, own] : caches;
  if (sources.length === 0) throw new Failure("no vectors", "name a site (--site DIR) or the cache of a build (--cache DIR)");

  // Questions go through the same command, into a cache of their own.
  const asked = join(DIR, "questions.jsonl");
  writeFileSync(asked, questions().map((text, id) => `${JSON.stringify({ id: String(id), text })}\n`).join(""));
  build(asked, join(DIR, "questions"));
  const questionVectors = new Map();
  const dimensions = readCache(cacheFile(join(DIR, "questions")), (key, vector) => questionVectors.set(key, vector));

  const passages = new Map();
  for (const source of sources) {
    const file = cacheFile(source);
    const found = readCache(file, (key, vector) => {
      if (!questionVectors.has(key)) passages.set(key, vector);
    });
    if (found !== dimensions) throw new Failure(`${file}: vectors of ${found} dimensions, the questions have ${dimensions}`, "use caches of one encoder");
  }
  // By key first: the order of a cache is that of the builds that made it.
  const rows = shuffle([...passages].sort(([a], [b]) => (a < b ? -1 : 1)), random(7)).map(([, vector]) => vector);
  if (rows.length <= heldOut) throw new Failure(`${rows.length} passages, ${heldOut} are to be held out`, "collect more, or say --held-out N");
  const held = rows.splice(0, heldOut);
  const asking = [...questionVectors].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, vector]) => vector);
  write(join(DIR, "real.f32"), rows);
  write(join(DIR, "queries.f32"), [...asking, ...held]);
  const about = { dimensions, real: rows.length, queries: { questions: asking.length, heldOut }, sources: sources.map((source) => resolve(source)) };
  writeFileSync(join(DIR, "vectors.json"), `${JSON.stringify(about, null, 2)}\n`);
  return about;
}

function write(file, rows) {
  const out = openSync(`${file}.partial`, "w");
  for (const row of rows) writeSync(out, row);
  closeSync(out);
  renameSync(`${file}.partial`, file);
}

/** What `collect` wrote. */
export function collected() {
  const file = join(DIR, "vectors.json");
  if (!existsSync(file)) throw new Failure("no vectors for the bench", "run: node bench/scan/vectors.mjs --site sites/rust-book");
  return JSON.parse(readFileSync(file, "utf8"));
}

/** A whole file of float32. */
export function floats(file) {
  const bytes = readFileSync(file);
  return new Float32Array(bytes.buffer, bytes.byteOffset, bytes.byteLength / 4);
}

/**
 * The file whose first `n` rows are the collection of that size, made where it is missing: real vectors, then copies of them
 * in turn, each with noise and of length 1.
 */
export function collection(n, { dimensions, real }) {
  const source = join(DIR, "real.f32");
  if (n <= real) return source;
  const file = join(DIR, `jittered-${real}-${n}.f32`);
  if (existsSync(file) && statSync(file).mtimeMs > statSync(source).mtimeMs) return file;
  const originals = floats(source);
  const noise = normal(random(11));
  const out = openSync(`${file}.partial`, "w");
  for (let row = 0; row < real; row += BLOCK) writeSync(out, originals.subarray(row * dimensions, (row + BLOCK) * dimensions));
  for (let start = real; start < n; start += BLOCK) {
    const rows = Math.min(BLOCK, n - start);
    const block = new Float32Array(rows * dimensions);
    for (let row = 0; row < rows; row += 1) {
      const original = ((start + row) % real) * dimensions;
      const copy = block.subarray(row * dimensions, (row + 1) * dimensions);
      for (let i = 0; i < dimensions; i += 1) copy[i] = originals[original + i] + SIGMA * noise();
      const length = Math.hypot(...copy);
      for (let i = 0; i < dimensions; i += 1) copy[i] /= length;
    }
    writeSync(out, block);
  }
  closeSync(out);
  renameSync(`${file}.partial`, file);
  return file;
}

if (isStarted(import.meta.url)) {
  await main(() => {
    const { values } = parseArgs({
      options: {
        cache: { type: "string", multiple: true, default: [] },
        site: { type: "string", multiple: true, default: [] },
        "held-out": { type: "string", default: "150" },
      },
    });
    const { real, queries } = collect({ caches: values.cache, sites: values.site, heldOut: Number(values["held-out"]) });
    console.log(`${real} passages, ${queries.questions} questions, ${queries.heldOut} passages held out`);
  });
}
