/** Vectors of the encoder modules as they ship, in any browser, to be held against a reference. */

import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { gunzipSync } from "node:zlib";
import { sextantReads } from "./build.ts";
import type { StaticServer } from "./server.ts";

const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

/** What {@link encodeAll} takes, all of it plain data. */
export interface Encoding {
  /** Address of the module's glue. */
  readonly glue: string;
  /** Length of the container, and addresses of its parts, inflated. */
  readonly bytes: number;
  readonly parts: readonly string[];
  readonly inputs: readonly string[];
}

/** Serves the module `name` of `target/wasm` and the encoder of `bundle` below `/wasm/`. */
export async function serveEncoder(server: StaticServer, name: string, bundle: string, inputs: readonly string[]): Promise<Encoding> {
  const stem = `sextant_${name.replace("-", "_")}`;
  for (const file of [`${stem}.js`, `${stem}_bg.wasm`]) {
    server.trouble(new RegExp(`^/wasm/${file}$`), { serve: await readFile(here(`../../../target/wasm/${name}/${file}`)) });
  }
  const { encoder } = JSON.parse(await readFile(join(bundle, "manifest.json"), "utf8")) as { encoder: { bytes: number; parts: { file: string }[] } };
  for (const { file } of encoder.parts) {
    const stored = await readFile(join(bundle, file));
    server.trouble(new RegExp(`^/wasm/${file}$`), { serve: stored[0] === 0x1f && stored[1] === 0x8b ? gunzipSync(stored) : stored });
  }
  return { glue: `${server.url}wasm/${stem}.js`, bytes: encoder.bytes, parts: encoder.parts.map(({ file }) => `${server.url}wasm/${file}`), inputs };
}

/** Runs in a page that has `window.load`: the inputs' vectors, and the bytes of the module's memory afterwards. */
export async function encodeAll({ glue, bytes, parts, inputs }: Encoding): Promise<{ vectors: number[][]; memory: number }> {
  const module = (await window.load(glue)) as {
    default: () => Promise<{ memory: WebAssembly.Memory }>;
    EncoderLoader: new (bytes: number) => { part: (file: string, bytes: Uint8Array) => void; finish: () => { encode: (text: string) => Float32Array } };
  };
  const { memory } = await module.default();
  const loader = new module.EncoderLoader(bytes);
  for (const part of parts) loader.part(part, new Uint8Array(await (await fetch(part)).arrayBuffer()));
  const encoder = loader.finish();
  const vectors = inputs.map((text) => [...encoder.encode(text)]);
  const again = inputs.slice(0, 20).map((text) => [...encoder.encode(text)]);
  if (JSON.stringify(again) !== JSON.stringify(vectors.slice(0, 20))) throw new Error("the same text gave two vectors");
  return { vectors, memory: memory.buffer.byteLength };
}

/** 200 texts of all kinds. */
export async function texts(): Promise<string[]> {
  const file = await readFile(here("../../fixtures/encoder/texts.json"), "utf8");
  return (JSON.parse(file) as { text: string }[]).map(({ text }) => text);
}

/** Vectors that the command makes of `inputs`: with the small form, unless `args` say otherwise. */
export async function natively(inputs: readonly string[], ...args: readonly string[]): Promise<number[][]> {
  const lines = await sextantReads(inputs.map((text) => `${JSON.stringify(text)}\n`).join(""), "model", "encode", ...args);
  return lines.trim().split("\n").map((line) => JSON.parse(line) as number[]);
}

/** The text whose vectors are farthest apart; one that cannot be compared before all others. */
export function worst(inputs: readonly string[], a: (text: number) => ArrayLike<number>, b: (text: number) => ArrayLike<number>): { text: string; cosine: number } | undefined {
  return inputs.map((text, at) => ({ text: text.slice(0, 80), cosine: cosine(a(at), b(at)) })).sort((x, y) => (Number.isNaN(x.cosine) || x.cosine < y.cosine ? -1 : 1))[0];
}

/** NaN for vectors of different lengths: no comparison passes with it. */
export function cosine(a: ArrayLike<number>, b: ArrayLike<number>): number {
  if (a.length !== b.length) return Number.NaN;
  const dot = (x: ArrayLike<number>, y: ArrayLike<number>): number => Array.from(x).reduce((sum, value, at) => sum + value * (y[at] ?? Number.NaN), 0);
  return dot(a, b) / Math.sqrt(dot(a, a) * dot(b, b));
}
