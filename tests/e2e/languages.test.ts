// The stemmers of other languages are a module of their own. Without it, or with another stemmer than the build's, a
// site in German would find words only as they are written.

import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { beforeAll, expect, test } from "vitest";
import type { Answer } from "../../web/src/index.ts";
import { openInPage, searchInPage, urlsOf } from "./support/browser.ts";
import { SITE, sextant } from "./support/build.ts";
import { harness } from "./support/harness.ts";

const PAGES = [
  { url: "/haeuser", title: "Häuser kaufen", text: "Wer ein Haus kauft, prüft die Lage der Grundstücke und der Gärten." },
  { url: "/fahrten", title: "Fahrten planen", text: "Die geplante Fahrt führt durch mehrere Städte; Pausen werden eingeplant." },
  { url: "/gerichte", title: "Gerichte", text: "Gekochte Kartoffeln mit Soßen, die nach Kräutern schmecken." },
];
/** None of the words as the pages write them, but for the stop words. */
const QUESTIONS = ["das Grundstück", "eine Stadt", "Kraut und Soße", "ein Garten"];

const ground = harness();
const bundle = join(SITE, "german");

beforeAll(async () => {
  const source = join(SITE, "german.jsonl");
  await writeFile(source, PAGES.map((page) => JSON.stringify({ ...page, language: "de" })).join("\n"));
  await sextant("build", source, "-o", bundle, "--words-only", "--quiet");
}, 60_000);

test("a site in German is searched by the command's stems, in the page and in a worker", async () => {
  for (const worker of [true, false]) {
    const { page, problems } = await ground.visit();
    await openInPage(page, { encoder: "none", worker }, "german/");
    for (const query of QUESTIONS) {
      const answer = await searchInPage(page, query, { typing: false });
      const native = JSON.parse(await sextant("query", bundle, query, "--json")) as Answer;
      expect([query, urlsOf(answer)]).toEqual([query, urlsOf(native)]);
      expect(answer.results.length).toBeGreaterThan(0);
    }
    expect(problems).toEqual([]);
  }
});

test("an English site does not fetch them", async () => {
  const { page } = await ground.visit();
  const fetched: string[] = [];
  page.on("request", (request) => fetched.push(request.url()));
  await openInPage(page, { encoder: "none" });
  await searchInPage(page, "bandwidth");
  expect(fetched.filter((url) => url.includes("sextant_search"))).not.toEqual([]);
  expect(fetched.filter((url) => url.includes("languages"))).toEqual([]);
});
