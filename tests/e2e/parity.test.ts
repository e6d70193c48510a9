// The encoder in the browser once lost a layer's bias to a compiler flag; rankings were plausible, and wrong.
//
// The fixtures come from onnxruntime with the model's own weights in f32 (`tests/fixtures/encoder/make_fixtures.py`).

import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { gunzipSync } from "node:zlib";
import { expect, test } from "vitest";
import { SITE, sextant, sextantReads } from "./support/build.ts";
import { harness } from "./support/harness.ts";

/** Least cosine of an int8 vector to the reference's. */
const INT8 = 0.99;
/** Least cosine of the small form's vector here to the native one's. */
const TWIN = 0.999;
/** Most bytes that the module's memory may have grown to, with the small form loaded and a text of the longest kind encoded. */
const MEMORY = 30_000_000;
const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

const ground = harness();

interface Fixture {
  readonly dimensions: number;
  readonly rows: readonly { readonly text: number }[];
}

const json = async <T>(path: string): Promise<T> => JSON.parse(await readFile(path, "utf8")) as T;
const texts = async (): Promise<string[]> => (await json<{ text: string }[]>(here("../fixtures/encoder/texts.json"))).map(({ text }) => text);

/** The vectors that the module as it ships makes with the encoder of `bundle`, and the bytes of its memory afterwards. */
async function inChromium(bundle: string, inputs: readonly string[]): Promise<{ vectors: number[][]; memory: number }> {
  for (const name of ["sextant_encoder.js", "sextant_encoder_bg.wasm"]) {
    ground.server.trouble(new RegExp(`^/wasm/${name}$`), { serve: await readFile(here(`../../target/wasm/encoder/${name}`)) });
  }
  const { encoder } = await json<{ encoder: { bytes: number; parts: { file: string }[] } }>(join(bundle, "manifest.json"));
  for (const { file } of encoder.parts) {
    const stored = await readFile(join(bundle, file));
    ground.server.trouble(new RegExp(`^/wasm/${file}$`), { serve: stored[0] === 0x1f && stored[1] === 0x8b ? gunzipSync(stored) : stored });
  }
  const { page, problems } = await ground.visit();
  const found = await page.evaluate(
    async ([inputs, bytes, files]) => {
      const glue = (await window.load(new URL("/wasm/sextant_encoder.js", location.href).href)) as {
        default: () => Promise<{ memory: WebAssembly.Memory }>;
        EncoderLoader: new (bytes: number) => { part: (file: string, bytes: Uint8Array) => void; finish: () => { encode: (text: string) => Float32Array } };
      };
      const { memory } = await glue.default();
      const loader = new glue.EncoderLoader(bytes);
      for (const file of files) loader.part(file, new Uint8Array(await (await fetch(`/wasm/${file}`)).arrayBuffer()));
      const encoder = loader.finish();
      const vectors = inputs.map((text) => [...encoder.encode(text)]);
      const again = inputs.slice(0, 20).map((text) => [...encoder.encode(text)]);
      if (JSON.stringify(again) !== JSON.stringify(vectors.slice(0, 20))) throw new Error("the same text gave two vectors");
      return { vectors, memory: memory.buffer.byteLength };
    },
    [inputs, encoder.bytes, encoder.parts.map(({ file }) => file)] as const,
  );
  expect(problems).toEqual([]);
  return found;
}

/** The text whose vectors are farthest apart; one that cannot be compared before all others. */
function worst(inputs: readonly string[], a: (text: number) => ArrayLike<number>, b: (text: number) => ArrayLike<number>): { text: string; cosine: number } | undefined {
  return inputs.map((text, at) => ({ text: text.slice(0, 80), cosine: cosine(a(at), b(at)) })).sort((x, y) => (Number.isNaN(x.cosine) || x.cosine < y.cosine ? -1 : 1))[0];
}

test("for 200 texts of all kinds Chromium's int8 vectors are the reference's", { timeout: 180_000 }, async () => {
  const inputs = await texts();
  const fixture = await json<Fixture>(here("../fixtures/encoder/minilm.json"));
  const raw = await readFile(here("../fixtures/encoder/minilm.f32"));
  const reference = new Float32Array(raw.buffer.slice(raw.byteOffset, raw.byteOffset + raw.byteLength));
  expect(fixture.rows.length).toBeGreaterThanOrEqual(200);
  expect(fixture.rows.map(({ text }) => text)).toEqual(inputs.map((_, at) => at));

  const bundle = join(SITE, "../int8");
  await sextant("build", SITE, "-o", bundle, "--no-engine", "--query-encoder", here("../../models/all-MiniLM-L6-v2/encoder.safetensors"));
  const { vectors } = await inChromium(bundle, inputs);
  const row = (at: number): Float32Array => reference.subarray(at * fixture.dimensions, (at + 1) * fixture.dimensions);
  const farthest = worst(inputs, (at) => vectors[at] ?? [], row);
  expect(farthest?.cosine, `worst text: ${JSON.stringify(farthest)}`).toBeGreaterThanOrEqual(INT8);
});

test("the small form that bundles ship gives its native twin's vectors, in little memory", { timeout: 180_000 }, async () => {
  const inputs = [...(await texts()), "a text of the longest kind ".repeat(100)];
  const lines = await sextantReads(inputs.map((text) => `${JSON.stringify(text)}\n`).join(""), "model", "encode");
  const native = lines.trim().split("\n").map((line) => JSON.parse(line) as number[]);
  expect(native.length).toBe(inputs.length);
  const { vectors, memory } = await inChromium(join(SITE, "sextant"), inputs);
  const farthest = worst(inputs, (at) => vectors[at] ?? [], (at) => native[at] ?? []);
  expect(farthest?.cosine, `worst text: ${JSON.stringify(farthest)}`).toBeGreaterThanOrEqual(TWIN);
  expect(memory).toBeLessThanOrEqual(MEMORY);
});

test("the comparison sees a wrong vector", () => {
  expect(cosine([1, 0, 0], Float32Array.of(0, 1, 0))).toBe(0);
  expect(cosine([1, 2, 3], Float32Array.of(1, 2, 3))).toBeCloseTo(1, 6);
  expect(cosine([], Float32Array.of(1, 0, 0))).toBeNaN();
});

/** NaN for vectors of different lengths: no comparison passes with it. */
function cosine(a: ArrayLike<number>, b: ArrayLike<number>): number {
  if (a.length !== b.length) return Number.NaN;
  const dot = (x: ArrayLike<number>, y: ArrayLike<number>): number => Array.from(x).reduce((sum, value, at) => sum + value * (y[at] ?? Number.NaN), 0);
  return dot(a, b) / Math.sqrt(dot(a, a) * dot(b, b));
}
