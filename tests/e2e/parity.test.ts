// The encoder in the browser once lost a layer's bias to a compiler flag; rankings were plausible, and wrong.
//
// The fixtures come from onnxruntime with the model's own weights in f32 (`tests/fixtures/encoder/make_fixtures.py`).

import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { gunzipSync } from "node:zlib";
import { expect, test } from "vitest";
import { SITE } from "./support/build.ts";
import { harness } from "./support/harness.ts";

/** Least cosine of an int8 vector to the reference's. */
const INT8 = 0.99;
const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

const ground = harness();

interface Fixture {
  readonly dimensions: number;
  readonly rows: readonly { readonly text: number }[];
}

test("for 200 texts of all kinds Chromium's vectors are the reference's", { timeout: 120_000 }, async () => {
  const json = async <T>(path: string): Promise<T> => JSON.parse(await readFile(path, "utf8")) as T;
  const texts = (await json<{ text: string }[]>(here("../fixtures/encoder/texts.json"))).map(({ text }) => text);
  const fixture = await json<Fixture>(here("../fixtures/encoder/minilm.json"));
  const raw = await readFile(here("../fixtures/encoder/minilm.f32"));
  const reference = new Float32Array(raw.buffer.slice(raw.byteOffset, raw.byteOffset + raw.byteLength));
  expect(fixture.rows.length).toBeGreaterThanOrEqual(200);

  // The module as it ships; the bundle's own encoder.
  for (const name of ["sextant_encoder.js", "sextant_encoder_bg.wasm"]) {
    ground.server.trouble(new RegExp(`^/wasm/${name}$`), { serve: await readFile(here(`../../target/wasm/encoder/${name}`)) });
  }
  const { encoder } = await json<{ encoder: { bytes: number; parts: { file: string }[] } }>(`${SITE}/sextant/manifest.json`);
  for (const { file } of encoder.parts) {
    const stored = await readFile(`${SITE}/sextant/${file}`);
    ground.server.trouble(new RegExp(`^/wasm/${file}$`), { serve: stored[0] === 0x1f && stored[1] === 0x8b ? gunzipSync(stored) : stored });
  }
  const { page, problems } = await ground.visit();
  const vectors = await page.evaluate(
    async ([inputs, bytes, files]) => {
      const glue = (await window.load(new URL("/wasm/sextant_encoder.js", location.href).href)) as {
        default: () => Promise<unknown>;
        EncoderLoader: new (bytes: number) => { part: (file: string, bytes: Uint8Array) => void; finish: () => { encode: (text: string) => Float32Array } };
      };
      await glue.default();
      const loader = new glue.EncoderLoader(bytes);
      for (const file of files) loader.part(file, new Uint8Array(await (await fetch(`/wasm/${file}`)).arrayBuffer()));
      const encoder = loader.finish();
      const all = inputs.map((text) => [...encoder.encode(text)]);
      const again = inputs.slice(0, 20).map((text) => [...encoder.encode(text)]);
      if (JSON.stringify(again) !== JSON.stringify(all.slice(0, 20))) throw new Error("the same text gave two vectors");
      return all;
    },
    [texts, encoder.bytes, encoder.parts.map(({ file }) => file)] as const,
  );
  const worst = fixture.rows
    .map(({ text }, row) => ({ text: texts[text] ?? "", cosine: cosine(vectors[text] ?? [], reference.subarray(row * fixture.dimensions, (row + 1) * fixture.dimensions)) }))
    .sort((a, b) => a.cosine - b.cosine)[0];
  expect(worst?.cosine, `worst text: ${JSON.stringify(worst?.text.slice(0, 80))}`).toBeGreaterThanOrEqual(INT8);
  expect(problems).toEqual([]);
});

test("the comparison sees a wrong vector", () => {
  expect(cosine([1, 0, 0], Float32Array.of(0, 1, 0))).toBe(0);
  expect(cosine([1, 2, 3], Float32Array.of(1, 2, 3))).toBeCloseTo(1, 6);
  expect(cosine([], Float32Array.of(1, 0, 0))).toBeNaN();
});

/** NaN for vectors of different lengths: no comparison passes with it. */
function cosine(a: readonly number[], b: Float32Array): number {
  if (a.length !== b.length) return Number.NaN;
  const dot = (x: ArrayLike<number>, y: ArrayLike<number>): number => Array.from(x).reduce((sum, value, at) => sum + value * (y[at] ?? Number.NaN), 0);
  return dot(a, b) / Math.sqrt(dot(a, a) * dot(b, b));
}
