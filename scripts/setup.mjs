// Gets what the build needs and is not there: the Rust toolchain, npm packages and, for the tests, browsers and a Vulkan driver.
//
// Runs before every command, so it looks first and does nothing where nothing is missing. Node's own modules only.

import { createHash } from "node:crypto";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { ensureBrowser, ensureFirefox } from "./browser.mjs";
import { Failure, at, isStarted, main, output, run } from "./run.mjs";
import { installPackages } from "./system.mjs";
import { ensureVulkan } from "./vulkan.mjs";

/** What `engines` in package.json asks for. */
const NODE = [20, 19];

function checkNode() {
  const [major, minor] = process.versions.node.split(".").map(Number);
  if (major < NODE[0] || (major === NODE[0] && minor < NODE[1])) {
    throw new Failure(`Node ${process.versions.node} is too old`, `install Node ${NODE.join(".")} or newer from https://nodejs.org`);
  }
}

/** What rust-toolchain.toml names. */
function toolchain() {
  const text = readFileSync(at("rust-toolchain.toml"), "utf8");
  const list = (key) => [...(new RegExp(`^${key} = \\[(.*)\\]`, "m").exec(text)?.[1] ?? "").matchAll(/"([^"]+)"/g)].map((m) => m[1]);
  const channel = /^channel = "([^"]+)"/m.exec(text)?.[1];
  if (!channel) throw new Failure("rust-toolchain.toml names no channel", "restore the file from git");
  return { channel, components: list("components"), targets: list("targets") };
}

async function ensureRust() {
  const { channel, components, targets } = toolchain();
  if (output("rustup", ["--version"]) === undefined) return checkRustWithoutRustup(channel, targets);
  const words = (args) => (output("rustup", args) ?? "").split(/\s+/);
  const missing =
    !words(["toolchain", "list"]).some((name) => name === channel || name.startsWith(`${channel}-`)) ||
    targets.some((target) => !words(["target", "list", "--installed", "--toolchain", channel]).includes(target)) ||
    components.some((component) => {
      const installed = words(["component", "list", "--installed", "--toolchain", channel]);
      return !installed.some((name) => name === component || name.startsWith(`${component}-`));
    });
  if (missing) {
    console.log(`setup: installing Rust ${channel} with ${[...components, ...targets].join(", ")}`);
    const extras = [...components.flatMap((name) => ["--component", name]), ...targets.flatMap((name) => ["--target", name])];
    await run("rustup", ["toolchain", "install", channel, "--profile", "minimal", "--no-self-update", ...extras]);
  }
}

/** A Rust that did not come from rustup has to have everything already. */
function checkRustWithoutRustup(channel, targets) {
  const remedy = "install Rust from https://rustup.rs";
  const version = output("rustc", ["--version"])?.split(" ")[1];
  if (version === undefined || output("cargo", ["--version"]) === undefined) throw new Failure("Rust is not installed", remedy);
  if (version !== channel) throw new Failure(`rustc is ${version} and ${channel} is needed`, remedy);
  const sysroot = output("rustc", ["--print", "sysroot"]);
  for (const target of targets) {
    if (!existsSync(`${sysroot}/lib/rustlib/${target}`)) throw new Failure(`Rust lacks the target ${target}`, remedy);
  }
}

/** rustc links through the system's C compiler. */
async function ensureLinker() {
  if (output("cc", ["--version"]) !== undefined || process.platform === "win32") return;
  await installPackages(["gcc", "libc6-dev"], "a C compiler, which Rust links with");
}

/** npm's packages, if they are not those of the lock file. */
async function ensurePackages() {
  const stamp = at("node_modules/.sextant-lock");
  const lock = createHash("sha256").update(readFileSync(at("package-lock.json"))).digest("hex");
  if (existsSync(stamp) && readFileSync(stamp, "utf8") === lock) return;
  console.log("setup: installing npm packages");
  const npm = process.platform === "win32" ? "npm.cmd" : "npm";
  await run(npm, ["ci", "--no-audit", "--no-fund", "--loglevel=error"]);
  writeFileSync(stamp, lock);
}

/**
 * Sets up what is missing and says what it does.
 * @param {{browser?: boolean}} [options] `browser`: find or install Chromium and Firefox for the tests, and a Vulkan driver.
 * @returns {Promise<{browser?: string, firefox?: string}>} Their paths, if they were asked for; Firefox may be missing.
 * @throws {Failure} naming what is missing and how to get it.
 */
export async function setup({ browser = false } = {}) {
  checkNode();
  await ensureLinker();
  await ensureRust();
  await ensurePackages();
  if (browser) await ensureVulkan();
  return browser ? { browser: await ensureBrowser(), firefox: await ensureFirefox() } : {};
}

if (isStarted(import.meta.url)) {
  await main(async () => {
    const { browser, firefox } = await setup({ browser: true });
    console.log(`setup: everything is there; tests run in ${[browser, firefox].filter(Boolean).join(" and ")}`);
  });
}
