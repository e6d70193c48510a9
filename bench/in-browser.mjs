// What benches in a browser share: how it is started, and a site to open.

import { execFileSync } from "node:child_process";
import { cpSync, existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { COMMAND } from "../scripts/build.mjs";
import { Failure, at } from "../scripts/run.mjs";

/** Arguments of Chromium: nothing but what a bench asks for. */
export const QUIET = ["--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking", "--disable-component-update"];

/**
 * The little site of the end-to-end tests, built with the engine of this checkout.
 * @returns {{scratch: string, site: string, remove: () => void}} A folder for the bench, and in it the site with its bundle in `sextant/`.
 */
export function builtSite() {
  if (!existsSync(COMMAND)) throw new Failure("no sextant command", "run: npm run build");
  const scratch = mkdtempSync(join(tmpdir(), "sextant-bench-"));
  const site = join(scratch, "site");
  cpSync(at("tests/e2e/site"), site, { recursive: true });
  execFileSync(COMMAND, ["build", site, "--engine", at("dist/engine")], { stdio: "ignore" });
  return { scratch, site, remove: () => rmSync(scratch, { recursive: true, force: true }) };
}
