// `npm run bench -- NAME [--json FILE] [--rounds N] …`: measures, prints a table and writes JSON.
//   build   [--site NAME]…
//   bytes   [--site NAME]… [--encoder instant|full|none] [--heavy] [--whole]
//   codes, quantizers, recall
//   encode  [--engines sextant,onnxruntime-web] | --native
//   scan    [--sizes 10000,100000] [--engines sextant/int8,voy] [--limit SECONDS]
//   gpu     [--limit SECONDS]
//   start, threads
//
// Timings live here and never in a test. Leave the machine alone while one runs.

import { writeFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { benchBuild, printBuild } from "../bench/build.mjs";
import { benchBytes, printBytes } from "../bench/bytes.mjs";
import { benchCodes, printCodes } from "../bench/codes.mjs";
import { benchEncode, printEncode } from "../bench/encode.mjs";
import { benchNative, printNative } from "../bench/encode/native.mjs";
import { benchGpu, printGpu } from "../bench/gpu.mjs";
import { benchQuantizers, printQuantizers } from "../bench/quantizers.mjs";
import { benchRecall, printRecall } from "../bench/recall.mjs";
import { benchScan, printScan } from "../bench/scan.mjs";
import { benchStart, printStart } from "../bench/start.mjs";
import { benchThreads, printThreads } from "../bench/threads.mjs";
import { Failure, main } from "./run.mjs";

const BENCHES = {
  build: { measure: benchBuild, print: printBuild, about: "time and bytes of a build, beside Pagefind's" },
  bytes: { measure: benchBytes, print: printBytes, about: "what a first visit fetches until the box is ready, until words and until both answer, beside Pagefind's" },
  codes: { measure: benchCodes, print: printCodes, about: "quality of each code of vectors at each number of dimensions" },
  encode: { measure: benchEncode, print: printEncode, about: "a query to its vector in a browser: time, memory and bytes, beside its peers" },
  gpu: { measure: benchGpu, print: printGpu, about: "batches to vectors on CPU and GPU in a browser, and whether they are the same, beside onnxruntime-web's WebGPU" },
  quantizers: { measure: benchQuantizers, print: printQuantizers, about: "bytes, recall and error of ours and other ways to code vectors" },
  recall: { measure: benchRecall, print: printRecall, about: "whether the share of neighbours that a build promises is found" },
  scan: { measure: benchScan, print: printScan, about: "the nearest vectors in a browser: time, recall and memory, beside its peers" },
  start: { measure: benchStart, print: printStart, about: "the encoder's start in a browser: fetched, kept, step by step" },
  threads: { measure: benchThreads, print: printThreads, about: "what a second thread could at best save of a question's vector" },
};
/** `encode --native`. */
const NATIVE = { measure: benchNative, print: printNative };

await main(async () => {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      json: { type: "string" },
      rounds: { type: "string", default: "3" },
      site: { type: "string", multiple: true },
      encoder: { type: "string" },
      sizes: { type: "string" },
      engines: { type: "string" },
      limit: { type: "string" },
      heavy: { type: "boolean", default: false },
      whole: { type: "boolean", default: false },
      native: { type: "boolean", default: false },
    },
  });
  const bench = values.native && positionals[0] === "encode" ? NATIVE : BENCHES[positionals[0] ?? ""];
  if (!bench) {
    const list = Object.entries(BENCHES).map(([name, { about }]) => `${name} (${about})`);
    throw new Failure(`no bench "${positionals[0] ?? ""}"`, `npm run bench -- NAME, one of: ${list.join(", ")}`);
  }
  const { site, encoder, sizes, engines, limit, heavy, whole } = values;
  const report = await bench.measure({ rounds: Number(values.rounds), sites: site, encoder, sizes, engines, limit, heavy, whole });
  bench.print(report);
  if (values.json) writeFileSync(values.json, `${JSON.stringify(report, null, 2)}\n`);
});
