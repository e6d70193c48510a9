// Frameworks import everything on a server first. Nothing may run, and nothing may ask for a window.

import { readdirSync } from "node:fs";
import { expect, test } from "vitest";

const modules = readdirSync(new URL("../src", import.meta.url), { recursive: true })
  .map(String)
  .filter((file) => file.endsWith(".ts"));

test.each(modules)("%s can be imported in Node", async (file) => {
  expect(modules.length).toBeGreaterThan(15);
  expect("document" in globalThis).toBe(false);
  await import(new URL(`../src/${file}`, import.meta.url).href);
});

test("openIndex is there on a server, and says what it lacks only when it is called", async () => {
  const { openIndex } = await import("../src/index.ts");
  await expect(openIndex("/sextant/")).rejects.toMatchObject({ code: "engine/load" });
});
