// The parts of a build, each a function that the other scripts call, and `npm run build`, which makes them all:
// wasm modules → the engine that bundles carry → the npm package → the `sextant` command.

import { copyFileSync, existsSync, mkdirSync, readFileSync, readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { buildPackage } from "./package.mjs";
import { ROOT, TARGET, at, isStarted, main, run, runTool, step } from "./run.mjs";
import { setup } from "./setup.mjs";

/** Where vite writes, before what changed goes to `dist/engine`. */
const FRESH = at("dist/vite");
const ENGINE = at("dist/engine");

/** The command as built by {@link buildCommand}. */
export const COMMAND = join(TARGET, "release", process.platform === "win32" ? "sextant.exe" : "sextant");

/** The wasm modules, into `target/wasm`. */
export const buildWasm = () => run("cargo", ["xtask", "wasm"]);

/** The files that a bundle carries, into `dist/engine`. Files that stay the same are not touched: the command embeds them. */
export async function buildEngine() {
  await runTool("vite/bin/vite.js", ["build", "--logLevel", "warn"]);
  await runTool("vite/bin/vite.js", ["build", "--logLevel", "warn", "--mode", "library"]);
  await runTool("vite/bin/vite.js", ["build", "--logLevel", "warn", "--config", "vite.sw.config.ts"]);
  mkdirSync(ENGINE, { recursive: true });
  const names = new Set(readdirSync(FRESH));
  for (const name of readdirSync(ENGINE)) {
    if (!names.has(name)) rmSync(join(ENGINE, name), { recursive: true });
  }
  for (const name of names) {
    const [from, to] = [join(FRESH, name), join(ENGINE, name)];
    if (!existsSync(to) || !readFileSync(from).equals(readFileSync(to))) copyFileSync(from, to);
  }
}

/** The `sextant` command, with the engine in it. */
export const buildCommand = () => run("cargo", ["build", "--quiet", "--release", "--package", "sextant-cli"]);

if (isStarted(import.meta.url)) {
  await main(async () => {
    await setup();
    await step("wasm modules", buildWasm);
    await step("engine, dist/engine", buildEngine);
    await step("npm package, pkg", buildPackage);
    await step("command", buildCommand);
    console.log(`\nbuilt: ${COMMAND.replace(ROOT, "")}, dist/engine, pkg`);
  });
}
