import { expect, test } from "vitest";
import { ENGLISH, fill, plural, readStrings } from "../src/box/strings.ts";
import { readOptions } from "../src/box/options.ts";
import { trailOf } from "../src/box/trail.ts";

test("texts of an attribute take the place of the English ones, and mistakes do not", () => {
  const strings = readStrings('{"button":"Suche","close":7,"results":"x","nothing":"Nichts zu „{query}“"}');
  expect(strings.button).toBe("Suche");
  expect(strings.close).toBe(ENGLISH.close);
  expect(strings.results).toBe(ENGLISH.results);
  expect(fill(strings.nothing, { query: "{query}" })).toBe("Nichts zu „{query}“");
  expect(readStrings("{")).toBe(ENGLISH);
});

test("counts take the plural of their language", () => {
  const polish = { one: "{count} strona", few: "{count} strony", many: "{count} stron", other: "{count} strony" };
  expect([1, 3, 5].map((count) => plural(polish, count, "pl"))).toEqual(["1 strona", "3 strony", "5 stron"]);
  expect(plural(ENGLISH.results, 1, "not a language")).toBe("1 page found");
});

test("a URL becomes a trail for people", () => {
  expect(trailOf("/guide/caf%C3%A9/install.html?x#y")).toBe("guide › café › install");
  expect(trailOf("/guide/index.html")).toBe("guide");
  expect(trailOf("/")).toBe("");
  expect(trailOf("/100%/x")).toBe("100% › x");
  expect(trailOf("https://other.example/a/")).toBe("other.example › a");
});

test("a wrong attribute counts as none", () => {
  const box = (attributes: Record<string, string>) => ({ getAttribute: (name: string) => attributes[name] ?? null });
  expect(readOptions(box({ limit: "many", mode: "magic", encoder: "gpu" }))).toEqual({ limit: 8, mode: "hybrid", encoder: "auto" });
  expect(readOptions(box({ limit: "400", mode: "keyword", encoder: "none" }))).toEqual({ limit: 100, mode: "keyword", encoder: "none" });
});
