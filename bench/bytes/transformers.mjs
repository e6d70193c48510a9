// What a page does that has no search engine: transformers.js with the same encoder in 8 bits, every document vector in one file of 8 bits
// a number, and a dot product with each. Its answer is the addresses of passages, without excerpts: less than ours and Pagefind's show.
//
// `bench/encode/export_onnx.py` must have written the model.

import { copyFileSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { execFileSync } from "node:child_process";
import { COMMAND } from "../../scripts/build.mjs";
import { ensureOnnx, writeModel } from "../encode/model.mjs";
import { PEERS } from "../peers.mjs";

const LIBRARY = join(PEERS, "node_modules/@huggingface/transformers");
/** The build of onnxruntime-web that it asks for. */
const RUNTIME = ["ort-wasm-simd-threaded.asyncify.mjs", "ort-wasm-simd-threaded.asyncify.wasm"];
/** One channel of a unit vector times this, rounded, is its byte. */
const SCALE = 127;

/** Writes what such a page fetches for the bundle `root/sextant` into `root/transformers`. */
export function prepare(root) {
  ensureOnnx();
  const to = join(root, "transformers");
  rmSync(to, { recursive: true, force: true });
  mkdirSync(to, { recursive: true });
  copyFileSync(join(LIBRARY, "dist/transformers.min.js"), join(to, "transformers.js"));
  for (const file of RUNTIME) copyFileSync(join(LIBRARY, "node_modules/onnxruntime-web/dist", file), join(to, file));
  writeModel(join(to, "minilm"));
  const exported = join(root, "vectors.npy");
  execFileSync(COMMAND, ["export", root, "--to", "npy", "--output", exported], { stdio: ["ignore", "ignore", "inherit"] });
  writeFileSync(join(to, "vectors.bin"), bytesOf(exported));
  const rows = readFileSync(`${exported}.ids.jsonl`, "utf8").trim().split("\n");
  writeFileSync(join(to, "addresses.json"), JSON.stringify(rows.map((row) => JSON.parse(row).url)));
  for (const file of [exported, `${exported}.ids.jsonl`]) rmSync(file);
}

/** The float32 vectors of a `.npy` file as bytes. */
function bytesOf(npy) {
  const file = readFileSync(npy);
  // Version 1 of the format: magic, version, length of the header, header.
  const start = 10 + file.readUInt16LE(8);
  const floats = new Float32Array(file.buffer.slice(file.byteOffset + start, file.byteOffset + file.length));
  return Int8Array.from(floats, (value) => Math.round(value * SCALE));
}

/** In the page. */
export async function open() {
  const { env, pipeline } = await import("/transformers/transformers.js");
  env.allowRemoteModels = false;
  env.allowLocalModels = true;
  env.localModelPath = "/transformers/";
  env.backends.onnx.wasm.wasmPaths = "/transformers/";
  const fetched = async (file) => (await fetch(`/transformers/${file}`)).arrayBuffer();
  const [extract, vectors, addresses] = await Promise.all([
    pipeline("feature-extraction", "minilm", { device: "wasm", dtype: "q8" }),
    fetched("vectors.bin"),
    fetched("addresses.json"),
  ]);
  globalThis.peer = { extract, vectors: new Int8Array(vectors), addresses: JSON.parse(new TextDecoder().decode(addresses)) };
}

/** In the page. */
export async function ask([question, mode, limit]) {
  const { extract, vectors, addresses } = globalThis.peer;
  const asked = (await extract(question, { pooling: "mean", normalize: true })).data;
  const score = (_, passage) => asked.reduce((sum, value, channel) => sum + value * vectors[passage * asked.length + channel], 0);
  const scores = addresses.map(score);
  const best = [...scores.keys()].sort((a, b) => scores[b] - scores[a]).slice(0, limit);
  return { mode, results: best.length };
}
