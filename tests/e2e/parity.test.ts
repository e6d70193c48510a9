// The encoder in the browser once lost a layer's bias to a compiler flag; rankings were plausible, and wrong.
//
// The fixtures come from onnxruntime with the model's own weights in f32 (`tests/fixtures/encoder/make_fixtures.py`).

import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { SITE, sextant } from "./support/build.ts";
import { harness } from "./support/harness.ts";
import { cosine, encodeAll, natively, serveEncoder, texts, worst } from "./support/vectors.ts";

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

/** The vectors that the module as it ships makes with the encoder of `bundle`, and the bytes of its memory afterwards. */
async function inChromium(bundle: string, inputs: readonly string[], module = "encoder"): ReturnType<typeof encodeAll> {
  const encoding = await serveEncoder(ground.server, module, bundle, inputs);
  const { page, problems } = await ground.visit();
  const found = await page.evaluate(encodeAll, encoding);
  expect(problems).toEqual([]);
  return found;
}

test("for 200 texts of all kinds Chromium's int8 vectors are the reference's", { timeout: 180_000 }, async () => {
  const inputs = await texts();
  const fixture = JSON.parse(await readFile(here("../fixtures/encoder/minilm.json"), "utf8")) as Fixture;
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

test.each(["encoder", "encoder-relaxed"])("in the module %s the small form gives its native twin's vectors, in little memory", { timeout: 180_000 }, async (module) => {
  const inputs = [...(await texts()), "a text of the longest kind ".repeat(100)];
  const native = await natively(inputs);
  expect(native.length).toBe(inputs.length);
  const { vectors, memory } = await inChromium(join(SITE, "sextant"), inputs, module);
  const farthest = worst(inputs, (at) => vectors[at] ?? [], (at) => native[at] ?? []);
  expect(farthest?.cosine, `worst text: ${JSON.stringify(farthest)}`).toBeGreaterThanOrEqual(TWIN);
  expect(memory).toBeLessThanOrEqual(MEMORY);
});

test("the comparison sees a wrong vector", () => {
  expect(cosine([1, 0, 0], Float32Array.of(0, 1, 0))).toBe(0);
  expect(cosine([1, 2, 3], Float32Array.of(1, 2, 3))).toBeCloseTo(1, 6);
  expect(cosine([], Float32Array.of(1, 0, 0))).toBeNaN();
});
