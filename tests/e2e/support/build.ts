/** Builds the fixture site, `tests/e2e/site`, once for all tests of a run, by the real command. */

import { execFile } from "node:child_process";
import { cp, mkdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

/** Where the built site lies; its bundle is in `sextant/`. `vitest.config.ts` chooses the folder. */
export const SITE = process.env["SEXTANT_E2E_SITE"] ?? "";

/** The `sextant` command, as `npm run build` leaves it. `$SEXTANT` names another. */
export async function command(): Promise<string> {
  const named = process.env["SEXTANT"];
  if (named !== undefined) return named;
  const script = (await import(here("../../../scripts/build.mjs"))) as { COMMAND: string };
  return script.COMMAND;
}

/** Runs the command and gives what it prints. */
export async function sextant(...args: string[]): Promise<string> {
  const { stdout } = await promisify(execFile)(await command(), args, { maxBuffer: 64 << 20 });
  return stdout;
}

/** Runs the command with `input` as its standard input, and gives what it prints. */
export async function sextantReads(input: string, ...args: string[]): Promise<string> {
  const running = promisify(execFile)(await command(), args, { maxBuffer: 64 << 20 });
  running.child.stdin?.end(input);
  return (await running).stdout;
}

/** Vitest calls this before all tests. */
export async function setup(): Promise<void> {
  await rm(SITE, { recursive: true, force: true });
  await mkdir(SITE, { recursive: true });
  await cp(here("../site"), SITE, { recursive: true });
  await sextant("build", SITE);
}

/** Vitest calls this after all tests. */
export async function teardown(): Promise<void> {
  await rm(join(SITE, ".."), { recursive: true, force: true });
}
