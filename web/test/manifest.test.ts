// A manifest is the one file that anything on the way can replace by something else.

import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { parseManifest } from "../src/files/manifest.ts";

const sound = { format: 3, generator: "test", pages: 1, passages: 1, languages: {}, head: { file: "head/0123456789ab.sxt", bytes: 9 } };
const parse = (change: object): unknown => parseManifest(JSON.stringify({ ...sound, ...change }));

test("a sound manifest is given as it is", () => {
  expect(parse({})).toEqual(sound);
});

test("the format that is read is the one that builds write", () => {
  const source = readFileSync(new URL("../../crates/core/src/manifest.rs", import.meta.url), "utf8");
  const newest = Number(/pub const NEWEST: u16 = (?<format>\d+);/u.exec(source)?.groups?.["format"]);
  expect(() => parse({ format: newest })).not.toThrow();
});

test.each([
  ["another format", { format: 2 }, "bundle/version"],
  ["no head", { head: undefined }, "bundle/manifest"],
])("%s says what to run", (_, change, code) => {
  expect(() => parse(change)).toThrow(expect.objectContaining({ code, message: expect.stringContaining("sextant build") as string }) as Error);
});

test.each(["https://example.org/x", "//example.org/x", "/x", "../x", "a/../x", "../../encoder/../x", "", "..", "a b"])("the path %j is refused", (file) => {
  expect(() => parse({ head: { file, bytes: 1 } })).toThrow(expect.objectContaining({ code: "bundle/content" }) as Error);
});

test("an encoder may lie beside the bundle", () => {
  const encoder = { name: "e", fingerprint: "0", bytes: 1, parts: [{ file: "../../encoder/ab-1.sxt", bytes: 1 }] };
  expect(() => parse({ encoder })).not.toThrow();
});
