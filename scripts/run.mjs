// Running programs from the scripts: where the repository is, headings with times, and failures in one line.
//
// Node's own modules only: this runs before anything is installed.

import { spawn, spawnSync } from "node:child_process";
import { existsSync, realpathSync } from "node:fs";
import { homedir } from "node:os";
import { delimiter, join } from "node:path";
import { fileURLToPath } from "node:url";

/** The repository's root directory. */
export const ROOT = fileURLToPath(new URL("..", import.meta.url));

/** `path`, which is relative to the root. */
export const at = (...path) => join(ROOT, ...path);

/** Cargo's target directory. */
export const TARGET = process.env.CARGO_TARGET_DIR ?? at("target");

/** What the reader can do something about: printed as one line, without a stack. */
export class Failure extends Error {
  /** @param {string} what What is wrong. @param {string} [remedy] The way out. */
  constructor(what, remedy) {
    super(remedy ? `${what}; ${remedy}` : what);
    this.name = "Failure";
  }
}

// rustup puts cargo here, and a shell that is no login shell does not look there.
const cargoBin = join(process.env.CARGO_HOME ?? join(homedir(), ".cargo"), "bin");
if (existsSync(cargoBin) && !(process.env.PATH ?? "").split(delimiter).includes(cargoBin)) {
  process.env.PATH = `${process.env.PATH}${delimiter}${cargoBin}`;
}

/**
 * Runs a program with its output on the terminal.
 * @param {string} program
 * @param {string[]} args
 * @param {{cwd?: string, env?: Record<string, string>, what?: string}} [options] `what` names it in the failure.
 * @throws {Failure} if it cannot be started or exits with an error.
 */
export async function run(program, args, { cwd = ROOT, env = {}, what } = {}) {
  const name = what ?? [program, ...args].join(" ");
  const child = spawn(program, args, { cwd, env: { ...process.env, ...env }, stdio: ["ignore", "inherit", "inherit"] });
  const [code, signal] = await new Promise((resolve, reject) => {
    child.once("error", (error) => {
      reject(new Failure(`cannot start ${program} (${error.code})`, `install it, or add it to PATH, for: ${name}`));
    });
    child.once("exit", (code, signal) => {
      resolve([code, signal]);
    });
  });
  if (code !== 0) throw new Failure(`${name} failed (${signal ?? `exit code ${code}`})`);
}

/** Runs a JavaScript tool of an npm package: `file` is relative to `node_modules`. */
export const runTool = (file, args, options) =>
  run(process.execPath, [at("node_modules", file), ...args], { what: `${file.split("/")[0]} ${args.join(" ")}`, ...options });

/** Bytes that a program may print: `cargo metadata` alone prints more than the megabyte that Node allows unasked. */
const PRINTED = 64 * 2 ** 20;

/** What a program prints, trimmed; `undefined` if it is not there or fails. */
export function output(program, args, { cwd = ROOT } = {}) {
  const { status, stdout } = spawnSync(program, args, { cwd, encoding: "utf8", maxBuffer: PRINTED, stdio: ["ignore", "pipe", "ignore"] });
  return status === 0 ? stdout.trim() : undefined;
}

/** Seconds since `start`, a time of `performance.now()`, for people. */
export function since(start) {
  const seconds = (performance.now() - start) / 1000;
  return seconds < 60 ? `${seconds.toFixed(1)} s` : `${Math.floor(seconds / 60)} min ${Math.round(seconds % 60)} s`;
}

/** A heading, what `work` prints, and its time. Gives what `work` gives. */
export async function step(name, work) {
  const start = performance.now();
  console.log(`\n── ${name}`);
  const value = await work();
  console.log(`── ${name}: ${since(start)}`);
  return value;
}

/** Whether the module at `url` is the script that was started, and not imported by one. */
export const isStarted = (url) => process.argv[1] !== undefined && realpathSync(process.argv[1]) === fileURLToPath(url);

/** Runs a script's main function; a {@link Failure} ends it with one line and exit code 1. */
export async function main(work) {
  try {
    await work();
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    console.error(`\nerror: ${error.message}`);
    process.exitCode = 1;
  }
}
