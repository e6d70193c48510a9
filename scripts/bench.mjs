// `npm run bench -- NAME [--json FILE] [--rounds N] [--site NAME]`: measures, prints a table and writes JSON.
//
// Timings live here and never in a test. Leave the machine alone while one runs.

import { writeFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { benchBuild, printBuild } from "../bench/build.mjs";
import { benchCodes, printCodes } from "../bench/codes.mjs";
import { Failure, main } from "./run.mjs";

const BENCHES = {
  build: { measure: benchBuild, print: printBuild, about: "time and bytes of a build, beside Pagefind's" },
  codes: { measure: benchCodes, print: printCodes, about: "quality of each code of vectors at each number of dimensions" },
};

await main(async () => {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { json: { type: "string" }, rounds: { type: "string", default: "3" }, site: { type: "string", multiple: true } },
  });
  const bench = BENCHES[positionals[0] ?? ""];
  if (!bench) {
    const list = Object.entries(BENCHES).map(([name, { about }]) => `${name} (${about})`);
    throw new Failure(`no bench "${positionals[0] ?? ""}"`, `npm run bench -- NAME, one of: ${list.join(", ")}`);
  }
  const report = await bench.measure({ rounds: Number(values.rounds), sites: values.site ?? ["rust-book"] });
  bench.print(report);
  if (values.json) writeFileSync(values.json, `${JSON.stringify(report, null, 2)}\n`);
});
