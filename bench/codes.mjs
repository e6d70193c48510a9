// Question: what do codes of fewer bits and fewer dimensions cost in quality, on labelled collections?
//
// For each code and each number of dimensions `sextant eval` builds and asks every collection; document vectors come
// from the cache, so a second run takes minutes. Codes of levels lie along the collection's own principal axes where
// they have fewer dimensions than the encoder, and along random ones where they have all; int8 and float32 of fewer
// dimensions are the plain prefix. Right answers: the collections' judgements. Nothing is rescored.
// Writes JSON: `sets[]`, and `rows[]` with `code`, `dimensions`, `axes`, `bytes` a passage, `ndcg10` by set for hybrid and
// semantic ranking, and `loss` in the mean against float32.

import { execFile } from "node:child_process";
import { existsSync, readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { COMMAND } from "../scripts/build.mjs";
import { Failure, at } from "../scripts/run.mjs";

const DATA = process.env["SEXTANT_DATA"] ?? at("../shared/data");
const ENCODER = at("models/all-MiniLM-L6-v2/encoder.safetensors");
const CACHE = at(".cache/quality/vectors");
const DIMENSIONS = [384, 256, 192, 128, 64];
const CODES = ["float32", "int8", "4bit", "2bit", "1bit"];

/** Bytes of a passage: codes in whole blocks of 16 bytes, and the scale. */
function passageBytes(code, dimensions) {
  if (code === "float32") return 4 * dimensions;
  if (code === "int8") return dimensions + 4;
  const bits = Number.parseInt(code, 10);
  return Math.ceil((dimensions * bits) / 128) * 16 + 2;
}

const options = (code, dimensions) => {
  if (!code.endsWith("bit")) return ["--codes", code, "--truncate", `${dimensions}`];
  return ["--codes", code, "--dimensions", `${dimensions}`, "--axes", dimensions < 384 ? "principal" : "random"];
};

async function evaluated(set, args) {
  const all = ["eval", "--dataset", join(DATA, set), "--encoder", ENCODER, "--cache", CACHE, "--rescore", "none", "--json", ...args];
  const { stdout } = await promisify(execFile)(COMMAND, all, { maxBuffer: 1 << 26 });
  const report = JSON.parse(stdout);
  return { hybrid: 100 * report.hybrid["ndcg@10"], semantic: 100 * report.semantic["ndcg@10"] };
}

const mean = (values) => values.reduce((sum, value) => sum + value, 0) / values.length;

export async function benchCodes() {
  if (!existsSync(COMMAND)) throw new Failure("no sextant command", "run: npm run build");
  if (!existsSync(DATA)) throw new Failure(`no labelled collections at ${DATA}`, "set SEXTANT_DATA");
  const isSet = (name) => statSync(join(DATA, name)).isDirectory() && existsSync(join(DATA, name, "qrels.tsv"));
  const sets = readdirSync(DATA).filter(isSet).sort();
  const rows = [];
  for (const code of CODES) {
    for (const dimensions of DIMENSIONS) {
      const ndcg10 = {};
      for (const set of sets) ndcg10[set] = await evaluated(set, options(code, dimensions));
      const means = { hybrid: mean(sets.map((set) => ndcg10[set].hybrid)), semantic: mean(sets.map((set) => ndcg10[set].semantic)) };
      const axes = code.endsWith("bit") ? (dimensions < 384 ? "principal" : "random") : "prefix";
      rows.push({ code, dimensions, axes, bytes: passageBytes(code, dimensions), ndcg10, means });
      const { hybrid, semantic } = rows[0].means;
      rows.at(-1).loss = { hybrid: hybrid - means.hybrid, semantic: semantic - means.semantic };
      console.error(`${code} ${dimensions}: hybrid ${means.hybrid.toFixed(2)}, semantic ${means.semantic.toFixed(2)}`);
    }
  }
  return { sets, rows };
}

/** The report as a table in Markdown, as `docs/codes.md` has it. */
export function printCodes({ sets, rows }) {
  console.log(`| code | dimensions | bytes | ${sets.join(" | ")} | mean | loss | semantic loss |`);
  console.log(`|${"---|".repeat(sets.length + 6)}`);
  for (const { code, dimensions, bytes, ndcg10, means, loss } of rows) {
    const cells = sets.map((set) => ndcg10[set].hybrid.toFixed(1));
    console.log(`| ${code} | ${dimensions} | ${bytes} | ${cells.join(" | ")} | ${means.hybrid.toFixed(2)} | ${loss.hybrid.toFixed(2)} | ${loss.semantic.toFixed(2)} |`);
  }
}
