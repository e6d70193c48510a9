// `npm test`: sets up and runs every check and test there is, in one order, and goes on after a failure so that one run
// shows all of them. `npm test -- --only GROUP` runs the steps of one group, and what they need.

import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { COMMAND, buildCommand, buildEngine, buildWasm } from "./build.mjs";
import { fetchModel } from "./fetch-model.mjs";
import { buildPackage } from "./package.mjs";
import { Failure, at, main, run, runTool, since } from "./run.mjs";
import { setup } from "./setup.mjs";

const cargo = (...args) => run("cargo", args);
const xtask = (command) => () => cargo("xtask", command);
const vitest = (...args) =>
  runTool("vitest/vitest.mjs", ["run", "--reporter=default", `--reporter=${at("scripts/vitest-verdicts.mjs")}`, ...args], {
    env: { CHROMIUM: browser, SEXTANT: COMMAND, SEXTANT_TEST_VERDICTS: verdicts },
    what: `vitest ${args.join(" ")}`,
  });
/** clippy and the wasm modules: features without which `crates/wasm` is empty. */
const WASM = ["--features", "sextant-wasm/search,sextant-wasm/encoder,sextant-wasm/languages,sextant-wasm/build,sextant-wasm/gpu"];

/** Found by the first step, for those that drive it. */
let browser;
/** Names of tests that failed, or passed at the second try only, as they end. */
const scratch = mkdtempSync(join(tmpdir(), "sextant-test-"));
const verdicts = join(scratch, "verdicts");

/**
 * The steps in their order. `needs`: steps without which this one cannot run. `group`: what `--only` selects.
 * What is cheap and often wrong comes first; what is compiled for one step serves the next.
 */
const STEPS = [
  { name: "set-up", group: "", work: async () => ({ browser } = await setup({ browser: true })) },
  { name: "rustfmt", group: "lint", work: () => cargo("fmt", "--all", "--check") },
  { name: "tidy", group: "lint", work: xtask("tidy") },
  { name: "third-party notices", group: "lint", work: () => run(process.execPath, ["scripts/third-party.mjs", "--check"]) },
  { name: "wasm modules", group: "build", work: buildWasm },
  { name: "tsc", group: "lint", needs: ["wasm modules"], work: () => runTool("typescript/bin/tsc", ["--project", "."]) },
  { name: "eslint", group: "lint", needs: ["wasm modules"], work: () => runTool("eslint/bin/eslint.js", ["--max-warnings", "0", "."]) },
  { name: "unit tests, TypeScript", group: "unit", needs: ["wasm modules"], work: () => vitest() },
  { name: "engine", group: "build", needs: ["wasm modules"], work: buildEngine },
  { name: "npm package", group: "build", needs: ["engine"], work: buildPackage },
  { name: "SIMD in what ships", group: "package", needs: ["npm package"], work: xtask("simd") },
  { name: "sizes of what ships", group: "package", needs: ["npm package"], work: xtask("sizes") },
  { name: "package on a server", group: "package", needs: ["npm package"], work: () => vitest("--config", "tests/package/vitest.config.ts") },
  { name: "command", group: "build", needs: ["engine"], work: buildCommand },
  { name: "npm start", group: "e2e", needs: ["command"], work: () => run(process.execPath, ["scripts/start.mjs", "--no-serve"]) },
  { name: "published encoder", group: "build", work: fetchModel },
  { name: "end to end", group: "e2e", needs: ["command", "published encoder"], work: () => vitest("--config", "tests/e2e/vitest.config.ts") },
  { name: "clippy", group: "lint", work: () => cargo("clippy", "--quiet", "--workspace", "--all-targets", ...WASM, "--", "-D", "warnings") },
  { name: "unit tests, xtask", group: "unit", work: () => cargo("test", "--quiet", "--profile", "xtask", "--package", "xtask") },
  { name: "tests, Rust", group: "unit", needs: ["engine", "published encoder"], work: () => cargo("test", "--quiet", "--workspace", "--exclude", "xtask") },
  { name: "kernels in WebAssembly", group: "unit", work: () => run(process.execPath, ["crates/kernels/tests/wasm/run.mjs"]) },
  { name: "retrieval quality", group: "quality", needs: ["command"], work: () => run(process.execPath, ["scripts/quality.mjs", "--ci"]) },
];

/** The steps of `group` with all they need, in order. */
function selected(group) {
  if (group === undefined) return STEPS;
  const groups = [...new Set(STEPS.map((step) => step.group).filter(Boolean))];
  if (!groups.includes(group)) throw new Failure(`no group ${group}`, `the groups are ${groups.join(", ")}`);
  const names = new Set(["set-up"]);
  const want = (step) => {
    names.add(step.name);
    for (const need of step.needs ?? []) want(STEPS.find((other) => other.name === need));
  };
  STEPS.filter((step) => step.group === group).forEach(want);
  return STEPS.filter((step) => names.has(step.name));
}

/** Runs `step` unless something it needs failed; gives the line of the last table. */
async function outcome({ name, needs = [], work }, failed) {
  const blocked = needs.find((need) => failed.has(need));
  console.log(`\n── ${name}`);
  if (blocked !== undefined) {
    failed.add(name);
    console.log(`── ${name}: not run, it needs: ${blocked}`);
    return { name, verdict: `not run, it needs: ${blocked}` };
  }
  const start = performance.now();
  try {
    await work();
    console.log(`── ${name}: passed, ${since(start)}`);
    return { name, verdict: "passed", time: since(start) };
  } catch (error) {
    failed.add(name);
    console.error(error instanceof Failure ? `error: ${error.message}` : error);
    console.log(`── ${name}: FAILED, ${since(start)}`);
    return { name, verdict: "FAILED", time: since(start) };
  }
}

await main(async () => {
  const { only } = parseArgs({ options: { only: { type: "string" } } }).values;
  const start = performance.now();
  const failed = new Set();
  const rows = [];
  for (const step of selected(only)) {
    // Without its tools nothing can be said of the rest.
    if (failed.has("set-up")) break;
    rows.push(await outcome(step, failed));
  }
  console.log("");
  for (const { name, verdict, time = "" } of rows) console.log(`${name.padEnd(26)} ${verdict.padEnd(10)} ${time}`);
  if (existsSync(verdicts)) console.log(readFileSync(verdicts, "utf8").trim());
  rmSync(scratch, { recursive: true });
  const passed = rows.length - failed.size;
  console.log(`${passed} passed, ${failed.size} failed (steps), ${since(start)}`);
  if (failed.size > 0) process.exitCode = 1;
});
