// Retrieval quality: measures the labelled collections and the real sites, prints a table, and holds the figures
// against `tests/quality/gates.json`. `--ci` runs only the gates marked `ci`; `--json FILE` writes every figure.
//
// Collections are looked for in $SEXTANT_DATA, else ../shared/data. They are for measuring only.

import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { COMMAND } from "./build.mjs";
import { SOURCE_MODEL } from "./fetch-model.mjs";
import { at } from "./run.mjs";

const DATA = process.env["SEXTANT_DATA"] ?? at("../shared/data");
const CACHE = at(".cache/quality");
/** The encoder of documents and, where it is another, that of questions. */
const INT8 = at("models/all-MiniLM-L6-v2/encoder.safetensors");
const ENCODERS = {
  int8: [INT8],
  f32: [join(CACHE, "all-MiniLM-L6-v2-f32.safetensors")],
  small: [INT8, at("models/all-MiniLM-L6-v2/query.safetensors")],
};

const { values: options } = parseArgs({
  options: { ci: { type: "boolean" }, json: { type: "string" }, only: { type: "string", multiple: true } },
});

const sextant = (...args) =>
  execFileSync(COMMAND, args, { encoding: "utf8", stdio: ["ignore", "pipe", "inherit"], maxBuffer: 1 << 28 });

/** `{ keyword: { "mrr@10": 0.5 } }` at "keyword.mrr@10". */
function figure(report, path) {
  const [ranking, measure] = path.split(/\.(.*)/s);
  const value = report[ranking]?.[measure];
  if (typeof value !== "number") throw new Error(`the report of \`sextant eval\` has no ${path}`);
  return value;
}

/** No codes, and nothing that is not fetched: the encoder alone ranks by meaning. */
const EXACT = ["--codes", "float32", "--rescore", "none", "--search", "scan", "--budget", "all"];

function evaluateDataset(name, encoder, exact = false) {
  const evaluate = (...args) => JSON.parse(sextant("eval", "--dataset", join(DATA, name), "--cache", join(CACHE, "vectors"), "--json", ...args));
  // Questions by the token table inside the command, documents by its encoder, which is the int8 one.
  if (encoder === "instant") return evaluate("--encoder", "instant");
  const [documents, questions = documents] = ENCODERS[encoder];
  if (encoder === "f32" && !existsSync(documents)) {
    execFileSync(process.execPath, [at("scripts/fetch-model.mjs")], { stdio: "inherit" });
    sextant("model", "import", SOURCE_MODEL, "-o", documents, "--precision", "f32");
  }
  return evaluate("--encoder", documents, "--query-encoder", questions, ...(exact ? EXACT : []));
}

function evaluateSite(name) {
  const site = at("sites", name);
  if (!existsSync(site)) execFileSync(process.execPath, [at("scripts/sites.mjs"), name], { stdio: "inherit" });
  const bundle = join(CACHE, "bundles", name);
  sextant("build", site, "-o", bundle, "--no-engine", "--quiet", "--cache", join(CACHE, "vectors"));
  const ask = (...encoder) => JSON.parse(sextant("eval", "--site", bundle, "--questions", join(DATA, `sites/${name}.jsonl`), ...encoder, "--json"));
  return { full: ask(), instant: ask("--encoder", "instant") };
}

/** One line a gate: what was promised, what was measured. */
function* verdicts(label, gate, report, others) {
  for (const [path, bound] of Object.entries(gate.least ?? {})) {
    const value = figure(report, path);
    yield { ok: value >= bound, text: `${label} ${path} ${value.toFixed(4)}, at least ${bound}` };
  }
  for (const [path, bound] of Object.entries(gate.most ?? {})) {
    const value = figure(report, path);
    yield { ok: value <= bound, text: `${label} ${path} ${value.toFixed(4)}, at most ${bound}` };
  }
  if (gate.close) {
    const { to, measure, within } = gate.close;
    const loss = figure(report, measure) - figure(others.get(`${gate.name}/${to}`), measure);
    yield { ok: loss <= within, text: `${label} ${measure} loses ${loss.toFixed(4)} with ${to}, at most ${within}` };
  }
}

/** What looking questions up loses beside running the encoder. */
function below(name, loss, bound) {
  return { ok: loss <= bound, text: `${name} loses ${loss.toFixed(4)} with the token table, at most ${bound}` };
}

function row(name, report, measures) {
  const cells = ["keyword", "semantic", "hybrid"].flatMap((ranking) =>
    measures.map((measure) => (100 * figure(report, `${ranking}.${measure}`)).toFixed(1).padStart(6)),
  );
  console.log(`${name.padEnd(20)}${cells.join("")}`);
}

function main() {
  if (!existsSync(DATA)) {
    console.log(`quality: SKIPPED, no labelled collections at ${DATA}; set SEXTANT_DATA to measure`);
    return 0;
  }
  mkdirSync(CACHE, { recursive: true });
  const gates = JSON.parse(readFileSync(at("tests/quality/gates.json"), "utf8"));
  const wanted = (gate) => (options.only ? options.only.includes(gate.name) : !options.ci || gate.ci);
  const reports = new Map();
  const results = [];

  console.log(`\n${"nDCG@10, Recall@100".padEnd(20)}     keyword    semantic      hybrid`);
  for (const gate of gates.datasets.filter(wanted)) {
    const label = `${gate.name}/${gate.encoder}${gate.exact ? "/exact" : ""}`;
    const report = evaluateDataset(gate.name, gate.encoder, gate.exact);
    reports.set(label, report);
    row(label, report, ["ndcg@10", "recall@100"]);
    results.push(...verdicts(label, gate, report, reports));
  }
  const { measure: compared, each: eachLoss, mean: meanLoss } = gates.smallBelowInt8;
  const losses = gates.datasets
    .filter((gate) => gate.encoder === "small" && wanted(gate))
    .map(({ name }) => [name, figure(reports.get(`${name}/int8`), compared) - figure(reports.get(`${name}/small`), compared)]);
  for (const [name, loss] of losses) results.push({ ok: loss <= eachLoss, text: `${name} ${compared} loses ${loss.toFixed(4)} with the small form, at most ${eachLoss}` });
  if (losses.length > 0) {
    const mean = losses.reduce((sum, [, loss]) => sum + loss, 0) / losses.length;
    results.push({ ok: mean <= meanLoss, text: `${compared} loses ${mean.toFixed(4)} with the small form in the mean, at most ${meanLoss}` });
  }
  const instant = Object.entries(gates.instantBelowFull.datasets).filter(([names]) => names.split(" ").every((name) => reports.has(`${name}/instant`)));
  for (const [names, bound] of instant) {
    const lost = names.split(" ").map((name) => figure(reports.get(`${name}/small`), compared) - figure(reports.get(`${name}/instant`), compared));
    results.push(below(`${names} ${compared}`, lost.reduce((sum, loss) => sum + loss, 0) / lost.length, bound));
  }
  console.log(`\n${"success@3, MRR@10".padEnd(20)}     keyword    semantic      hybrid`);
  const gains = [];
  for (const gate of gates.sites.filter(wanted)) {
    const { full: report, instant } = evaluateSite(gate.name);
    reports.set(gate.name, report);
    reports.set(`${gate.name}/instant`, instant);
    row(gate.name, report, ["success@3", "mrr@10"]);
    row(`${gate.name}/instant`, instant, ["success@3", "mrr@10"]);
    results.push(below(gate.name, figure(report, "hybrid.mrr@10") - figure(instant, "hybrid.mrr@10"), gates.instantBelowFull.site));
    results.push(...verdicts(gate.name, gate, report, reports));
    const { measure, each } = gates.hybridAboveKeyword;
    const gain = figure(report, `hybrid.${measure}`) - figure(report, `keyword.${measure}`);
    gains.push(gain);
    results.push({ ok: gain > each, text: `${gate.name} hybrid ${measure} is ${gain.toFixed(4)} above keyword` });
  }
  if (gains.length === gates.sites.length) {
    const mean = gains.reduce((sum, gain) => sum + gain, 0) / gains.length;
    const least = gates.hybridAboveKeyword.mean;
    results.push({ ok: mean >= least, text: `hybrid above keyword in the mean ${mean.toFixed(4)}, at least ${least}` });
  }
  console.log("");
  for (const { ok, text } of results) console.log(`${ok ? "ok    " : "FAILED"} ${text}`);
  if (options.json) writeFileSync(options.json, `${JSON.stringify(Object.fromEntries(reports), null, 2)}\n`);
  const failed = results.filter(({ ok }) => !ok).length;
  console.log(`quality: ${results.length - failed} passed, ${failed} failed`);
  return failed === 0 ? 0 : 1;
}

process.exitCode = main();
