// The browsers that the tests drive: those that are there, else Debian's packages. Never a download of our own.

import { existsSync, readdirSync } from "node:fs";
import { homedir } from "node:os";
import { delimiter, join } from "node:path";
import { Failure } from "./run.mjs";
import { installPackages } from "./system.mjs";

const FIREFOXES = ["firefox-esr", "firefox"];
const FIREFOX_PLACES = ["/Applications/Firefox.app/Contents/MacOS/firefox", "C:\\Program Files\\Mozilla Firefox\\firefox.exe"];
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
  return named("CHROMIUM") ?? [...onPath(NAMES), ...PLACES, ...ofPlaywright()].find((path) => existsSync(path));
}

/**
 * Path of a Firefox: `$FIREFOX`, one on `PATH`, a usual place; else `undefined`.
 * @throws {Failure} if `$FIREFOX` names a file that is not there.
 */
export function findFirefox() {
  return named("FIREFOX") ?? [...onPath(FIREFOXES), ...FIREFOX_PLACES].find((path) => existsSync(path));
}

/** What the environment's `variable` names, if anything. */
function named(variable) {
  const path = process.env[variable];
  if (path && !existsSync(path)) throw new Failure(`${variable} names ${path}, which is not there`, "unset it, or name a browser that is");
  return path || undefined;
}

function onPath(names) {
  const dirs = (process.env.PATH ?? "").split(delimiter).filter(Boolean);
  return names.flatMap((name) => dirs.map((dir) => join(dir, name)));
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

/** Path of a Firefox; Debian's is installed where there is none and that can be done. Its tests are few, so it may be missing. */
export async function ensureFirefox() {
  const found = findFirefox();
  if (found) return found;
  try {
    await installPackages(["firefox-esr"], "Firefox, which some tests drive,");
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    console.log(`setup: ${error.message}; the tests in Firefox are skipped`);
  }
  return findFirefox();
}
