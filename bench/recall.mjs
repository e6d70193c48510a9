// Question: does a search with rescoring find as many of the exact neighbours as the build promised, for questions that the build
// did not see?
//
// Input: the vectors of each collection by itself, in float32, as the encoder gave them: a bundle of float32 codes is exported.
// Questions: those of readers (../shared/data), and 300 passages that are held out of the index. Right answer: the exact ten of
// float32. The index is built natively with the default options, scanned and in clusters
// (crates/build/examples/recall_promise.rs).
//
// Fails where less than LEAST of the neighbours are found. Writes JSON: `rows[]` with `collection`, `search`, `plan`, `passages`,
// `promised`, `held_out` and `questions` (recall@10).

import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { COMMAND } from "../scripts/build.mjs";
import { Failure, at } from "../scripts/run.mjs";

const DATA = process.env.SEXTANT_DATA ?? at("../shared/data");
const DIR = at(".cache/recall");
const CACHE = at(".cache/quality/vectors");
/** Share of the neighbours that questions must find where 0.99 is promised. */
const LEAST = 0.98;
const SITES = ["rust-book", "python"];
const SETS = ["scifact", "docs-head"];

const lines = (file) => readFileSync(file, "utf8").split("\n").filter(Boolean).map((line) => JSON.parse(line));

/** Writes `records` where `sextant build` takes them. */
function written(name, records) {
  const file = join(DIR, `${name}.jsonl`);
  writeFileSync(file, records.map((record, id) => `${JSON.stringify({ ...record, id: String(id) })}\n`).join(""));
  return file;
}

/** Encodes `source` and gives the file of its vectors, without the header of an array. */
function vectors(name, source) {
  const [bundle, array, floats] = [join(DIR, name), join(DIR, `${name}.npy`), join(DIR, `${name}.f32`)];
  const how = ["--no-engine", "--no-encoder-files", "--quiet", "--cache", CACHE, "--codes", "float32", "--rescore", "none"];
  execFileSync(COMMAND, ["build", source, "-o", bundle, ...how], { stdio: "inherit" });
  execFileSync(COMMAND, ["export", bundle, "--to", "npy", "-o", array], { stdio: "ignore" });
  const bytes = readFileSync(array);
  // The format of NumPy, version 1: magic, version, length of the header at 8, header, values.
  writeFileSync(floats, bytes.subarray(10 + bytes.readUInt16LE(8)));
  return floats;
}

/** What `collection` is made of, and what readers ask of it. */
function sources(collection) {
  if (SITES.includes(collection)) {
    const questions = lines(join(DATA, `sites/${collection}.jsonl`)).map(({ q }) => ({ text: q }));
    return [at("sites", collection), written(`${collection}-questions`, questions)];
  }
  const records = (file) => lines(join(DATA, collection, file)).map(({ title, text }) => (title ? { title, text } : { text }));
  return [written(collection, records("corpus.jsonl")), written(`${collection}-questions`, records("queries.jsonl"))];
}

export function benchRecall() {
  if (!existsSync(COMMAND)) throw new Failure("no sextant command", "run: npm run build");
  if (!existsSync(DATA)) throw new Failure(`no questions at ${DATA}`, "set SEXTANT_DATA");
  mkdirSync(DIR, { recursive: true });
  const rows = [...SITES, ...SETS].flatMap((collection) => {
    const [passages, questions] = sources(collection);
    const files = [vectors(collection, passages), vectors(`${collection}-questions`, questions)];
    const example = ["run", "--quiet", "--release", "--package", "sextant-build", "--features", "graph", "--example", "recall_promise", "--"];
    const found = execFileSync("cargo", [...example, ...files], { encoding: "utf8", stdio: ["ignore", "pipe", "inherit"] });
    return found.split("\n").filter(Boolean).map((line) => ({ collection, ...JSON.parse(line) }));
  });
  return { least: LEAST, rows };
}

/** The report as a table for people; fails where a promise was not kept. */
export function printRecall({ least, rows }) {
  console.log("collection    passages  search    plan                      promised  held out  questions");
  for (const { collection, passages, search, plan, promised, held_out, questions } of rows) {
    const cells = [promised, held_out, questions].map((share) => share.toFixed(4).padStart(10)).join("");
    console.log(`${collection.padEnd(14)}${String(passages).padStart(8)}  ${search.padEnd(10)}${plan.padEnd(24)}${cells}`);
  }
  const broken = rows.filter(({ held_out, questions }) => Math.min(held_out, questions) < least);
  if (broken.length > 0) {
    const names = broken.map(({ collection, search }) => `${collection} (${search})`).join(", ");
    throw new Failure(`less than ${least} of the neighbours found: ${names}`, "look at AWAY in crates/build/src/vectors/recall.rs and the margins in coded.rs");
  }
}
