// Question: at how many bytes a vector does each way to code vectors find how many of the exact neighbours, and how far off
// are its cosines? Ours beside float8, product quantization and residual signs, natively, on one thread.
//
// Input: vectors of real passages and real questions (bench/scan/vectors.mjs), no copies. Right answer: the exact ten of
// float32. The quantizers are in bench/quantizers, a crate that prints the table. Ours is searched as it ships, by kernels and
// in a cascade; the others are plain code, so that times say what order of magnitude they are of and no more.
//
// Writes JSON: `vectors`, `dimensions`, `questions`, `queries`, and `rows[]` with `quantizer`, `bytes` a vector, `shared_bytes`
// of codebooks and axes, `recall@10_questions` and `recall@10_passages`, `cosine_error` (mean absolute, over all pairs),
// `ns_min` and `ns_median` of a search divided by the vectors, and `encode_s`.

import { readFileSync } from "node:fs";
import { availableParallelism, cpus, loadavg } from "node:os";
import { join } from "node:path";
import { TARGET, run } from "../scripts/run.mjs";
import { DIR, collected } from "./scan/vectors.mjs";

export async function benchQuantizers() {
  collected();
  const json = join(TARGET, "quantizers.json");
  await run("cargo", ["build", "--quiet", "--release", "--package", "sextant-quantizers"]);
  // Before it starts, or it would count itself.
  const load = loadavg()[0];
  await run("cargo", ["run", "--quiet", "--release", "--package", "sextant-quantizers", "--", DIR, "--json", json]);
  const machine = { cpu: cpus()[0]?.model.trim(), cores: availableParallelism(), load };
  return { machine, ...JSON.parse(readFileSync(json, "utf8")) };
}

/** What the table, which is printed as it grows, does not say. */
export function printQuantizers({ machine }) {
  console.log(`\n${machine.cpu}, ${machine.cores} cores, load before it began: ${machine.load.toFixed(1)}`);
}
