// The browser that the tests drive: one that is there, else Debian's package. Never a download of our own.

import { existsSync, readdirSync } from "node:fs";
import { homedir } from "node:os";
import { delimiter, join } from "node:path";
import { Failure } from "./run.mjs";
import { installPackages } from "./system.mjs";

const NAMES = ["chromium", "chromium-browser", "google-chrome-stable", "google-chrome", "chrome"];
const PLACES = [
  "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
  "/Applications/Chromium.app/Contents/MacOS/Chromium",
  "C:\\Program Files\\Google\\Chrome\\Application\\chrome.exe",
];

/** Chromiums that Playwright has put into its cache, newest first. */
function* ofPlaywright() {
  const cache = process.env.PLAYWRIGHT_BROWSERS_PATH ?? join(homedir(), ".cache/ms-playwright");
  if (!existsSync(cache)) return;
  const number = (name) => Number(/\d+$/.exec(name)?.[0] ?? 0);
  const dirs = readdirSync(cache).filter((name) => /^chromium-\d+$/.test(name));
  for (const dir of dirs.sort((a, b) => number(b) - number(a))) {
    for (const file of ["chrome-linux/chrome", "chrome-linux64/chrome"]) yield join(cache, dir, file);
  }
}

/**
 * Path of a Chromium: `$CHROMIUM`, one on `PATH`, a usual place, Playwright's cache; else `undefined`.
 * @throws {Failure} if `$CHROMIUM` names a file that is not there.
 */
export function findBrowser() {
  const named = process.env.CHROMIUM;
  if (named) {
    if (!existsSync(named)) throw new Failure(`CHROMIUM names ${named}, which is not there`, "unset it, or name a Chromium or Chrome");
    return named;
  }
  const dirs = (process.env.PATH ?? "").split(delimiter).filter(Boolean);
  const onPath = NAMES.flatMap((name) => dirs.map((dir) => join(dir, name)));
  return [...onPath, ...PLACES, ...ofPlaywright()].find((path) => existsSync(path));
}

/** Path of a Chromium; Debian's is installed where there is none. */
export async function ensureBrowser() {
  const found = findBrowser();
  if (found) return found;
  await installPackages(["chromium"], "Chromium, which the tests drive,");
  const installed = findBrowser();
  if (!installed) throw new Failure("Chromium was installed and is not on PATH", "set CHROMIUM to its path");
  return installed;
}
