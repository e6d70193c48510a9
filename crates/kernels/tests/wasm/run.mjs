// Runs every kernel check in WebAssembly: compiled without SIMD and with simd128 here, with relaxed SIMD in Chromium, because in Node 20 the
// relaxed products of a new function are wrong. A kernel that is right natively and wrong in the browser would rank pages at random.
//
// Usage: node crates/kernels/tests/wasm/run.mjs      exit status 1 and one line a failure when something is wrong

import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { chromium } from "playwright-core";
import { ensureBrowser } from "../../../../scripts/browser.mjs";
import { ROOT, TARGET } from "../../../../scripts/run.mjs";

/** `backends`: what the module must name, one of these. */
const BUILDS = [
  { name: "scalar", flags: "", backends: ["scalar"], where: sweep },
  { name: "simd128", flags: "-C target-feature=+simd128", backends: ["scalar, simd128"], where: sweep },
  // Only on an x86 without VNNI there is a second way to multiply.
  { name: "relaxed", flags: "-C target-feature=+simd128,+relaxed-simd", backends: ["scalar, relaxed", "scalar, relaxed, relaxed-pairs"], where: inChromium },
];

/** Builds the module, in a directory of its own for each set of flags, and gives its bytes. */
function build({ name, flags }) {
  const args = ["build", "--quiet", "--package", "sextant-kernels", "--example", "wasm_sweep", "--target", "wasm32-unknown-unknown"];
  const dir = `${TARGET}/sweep/${name}`;
  execFileSync("cargo", [...args, "--target-dir", dir], { cwd: ROOT, env: { ...process.env, RUSTFLAGS: flags }, stdio: "inherit" });
  return [...readFileSync(`${dir}/wasm32-unknown-unknown/debug/examples/wasm_sweep.wasm`)];
}

/** Runs all checks of a module. Alone, because it goes into a page as text. */
async function sweep(bytes) {
  const module = await WebAssembly.compile(new Uint8Array(bytes));
  const start = async () => (await WebAssembly.instantiate(module, {})).exports;
  const text = (wasm, at) => new TextDecoder().decode(new Uint8Array(wasm.memory.buffer, at, wasm.length()));
  const first = await start();
  const found = text(first, first.backends());
  const failures = [];
  for (let i = 0; i < first.checks(); i += 1) {
    // A trap leaves an instance in an unknown state, so each check has its own.
    const wasm = await start();
    try {
      wasm.run(i);
    } catch (error) {
      failures.push(`${text(first, first.name(i))}: ${text(wasm, wasm.message()) || error}`);
    }
  }
  return { found, checks: first.checks(), failures };
}

async function inChromium(bytes) {
  const browser = await chromium.launch({ executablePath: await ensureBrowser(), args: ["--no-sandbox", "--disable-gpu"] });
  try {
    return await (await browser.newPage()).evaluate(sweep, bytes);
  } finally {
    await browser.close();
  }
}

for (const kind of BUILDS) {
  const { found, checks, failures } = await kind.where(build(kind));
  if (!kind.backends.includes(found)) failures.push(`backends ${found}, expected ${kind.backends.join(" or ")}`);
  for (const failure of failures) console.error(`not ok: ${kind.name}: ${failure}`);
  if (failures.length > 0) process.exitCode = 1;
  console.log(`kernels: ${found}: ${checks} checks, ${failures.length} failures`);
}
