// Runs every kernel check in WebAssembly, once compiled without and once with simd128. A kernel that is right natively and wrong in
// the browser would rank pages at random.
//
// Usage: node crates/kernels/tests/wasm/run.mjs      exit status 1 and one line a failure when something is wrong

import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = join(dirname(fileURLToPath(import.meta.url)), "../../../..");
const builds = [
  { flags: "", backends: "scalar" },
  { flags: "-C target-feature=+simd128", backends: "scalar, simd128" },
];

/** Builds the module with these compiler flags and gives its path. */
function build(flags) {
  const args = ["build", "--package", "sextant-kernels", "--example", "wasm_sweep"];
  args.push("--target", "wasm32-unknown-unknown", "--message-format", "json-render-diagnostics");
  const env = { ...process.env, RUSTFLAGS: flags };
  const out = execFileSync("cargo", args, { cwd: root, env, encoding: "utf8", stdio: ["ignore", "pipe", "inherit"], maxBuffer: 1 << 26 });
  const files = out.split("\n").filter((line) => line.includes('"wasm_sweep"')).flatMap((line) => JSON.parse(line).filenames ?? []);
  const file = files.find((name) => name.endsWith(".wasm"));
  if (!file) throw new Error("cargo built no wasm_sweep.wasm");
  return file;
}

let failures = 0;
for (const { flags, backends } of builds) {
  const module = new WebAssembly.Module(readFileSync(build(flags)));
  const start = () => new WebAssembly.Instance(module, {}).exports;
  const text = (wasm, at) => new TextDecoder().decode(new Uint8Array(wasm.memory.buffer, at, wasm.length()));
  const first = start();
  const found = text(first, first.backends());
  if (found !== backends) {
    console.error(`not ok: backends ${found}, expected ${backends}`);
    failures += 1;
  }
  for (let i = 0; i < first.checks(); i += 1) {
    // A trap leaves an instance in an unknown state, so each check has its own.
    const wasm = start();
    const name = `${found}: ${text(first, first.name(i))}`;
    try {
      wasm.run(i);
      console.log(`ok: ${name}`);
    } catch (error) {
      console.error(`not ok: ${name}: ${text(wasm, wasm.message()) || error}`);
      failures += 1;
    }
  }
}
process.exitCode = failures === 0 ? 0 : 1;
