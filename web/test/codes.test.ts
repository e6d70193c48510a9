// Codes are how programs tell errors apart. One that was renamed on the Rust side once fell through every handler.

import { readFileSync, readdirSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { CODES } from "../src/codes.ts";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));
const CODE = /"((?:bundle|fetch|encoder|vectors|engine|query|build|gpu)\/[a-z]+)"/g;

function codesIn(folder: string, ending: string): Set<string> {
  const files = readdirSync(ROOT + folder, { recursive: true }).map(String).filter((file) => file.endsWith(ending) && !/tests?\b/.test(file));
  const texts = files.map((file) => readFileSync(`${ROOT}${folder}/${file}`, "utf8"));
  return new Set(texts.flatMap((text) => [...text.matchAll(CODE)].flatMap(([, code]) => code ?? [])));
}

test.each([
  ["crates/build/src", ".rs"],
  ["crates/core/src", ".rs"],
  ["crates/encoder/src", ".rs"],
  ["crates/search/src", ".rs"],
  ["crates/wasm/src", ".rs"],
  ["web/src", ".ts"],
])("every code in %s is listed with its meaning", (folder, ending) => {
  const found = codesIn(folder, ending);
  expect(found.size).toBeGreaterThan(0);
  expect([...found].filter((code) => !(code in CODES))).toEqual([]);
});
