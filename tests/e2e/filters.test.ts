// A filter that the browser understands otherwise than the command shows a reader pages that the author never saw there.

import { expect, test } from "vitest";
import type { Answer, Facets, SearchOptions } from "../../web/src/index.ts";
import type { Opened } from "./support/browser.ts";
import { encoderReady, openInPage, searchInPage, urlsOf } from "./support/browser.ts";
import { SITE, sextant } from "./support/build.ts";
import { flip } from "./support/server.ts";
import { harness } from "./support/harness.ts";

const ground = harness();

/** The same filter for the browser and for the command. */
const BOTH: readonly (readonly [NonNullable<SearchOptions["filters"]>, string])[] = [
  [{ section: "guide" }, "section = guide"],
  [{ topic: { any: ["speed", "network"] }, minutes: { max: 9 } }, "topic in (speed, network) and minutes <= 9"],
  [{ topic: ["basics", "network"] }, "topic = basics and topic = network"],
  [{ not: { section: "guide" }, updated: { min: "2025-02" } }, "not section = guide and updated >= 2025-02"],
  [{ any: [{ minutes: { min: 8, max: 12 } }, { topic: { none: ["basics", "speed", "network"] } }] }, "minutes between 8 and 12 or topic not in (basics, speed, network)"],
  [{ topic: [] }, ""],
  [{ topic: "Basics" }, "topic = Basics"],
];

test("filters, facets and order are the command's, by words and by meaning", async () => {
  const { page, problems } = await ground.visit();
  await openInPage(page, { encoder: "full" });
  await encoderReady(page);
  for (const mode of ["keyword", "hybrid"] as const) {
    for (const [filters, where] of BOTH) {
      for (const direction of [undefined, "desc"] as const) {
        const sort = direction && { updated: direction };
        const answer = await searchInPage(page, "transfer a file", { mode, typing: false, filters, facets: ["topic", "section"], ...(sort ? { sort } : {}) });
        const args = ["--mode", mode, "--where", where, "--facets", "topic,section", ...(direction ? ["--sort", `updated:${direction}`] : [])];
        const native = JSON.parse(await sextant("query", `${SITE}/sextant`, "transfer a file", "--json", ...args)) as Answer;
        expect([where, mode, urlsOf(answer), answer.total, answer.facets]).toEqual([where, mode, urlsOf(native), native.total, native.facets]);
        expect(answer.degraded).toEqual([]);
      }
    }
  }
  expect(problems).toEqual([]);
});

test("without a question every page that passes is listed, sorted or as the site has them", async () => {
  const { page } = await ground.visit();
  await openInPage(page, { encoder: "none" });
  const list = async (options: SearchOptions): Promise<Answer> => searchInPage(page, " ", options);
  const newest = await list({ filters: { section: "guide" }, sort: { updated: "desc" }, limit: 3 });
  expect([urlsOf(newest), newest.total]).toEqual([["/guide/scripting.html", "/guide/metered.html", "/guide/bandwidth.html"], 9]);
  expect(newest.results[0]?.excerpt).not.toBe("");
  expect((await list({ facets: ["section"] })).facets).toEqual({ section: { guide: 9, reference: 2 } });
  expect((await list({ filters: {} })).total).toBe(13);
  expect(urlsOf(await list({}))).toEqual([]);
  // Pages without the key come last.
  const all = urlsOf(await list({ sort: { minutes: "asc" }, limit: 100 }));
  expect([all[0], all.length, all.indexOf("/guide/scripting.html")]).toEqual(["/guide/stopping.html", 13, 8]);
});

test("what there is to filter by is told, and a key that is not there finds nothing and says so", async () => {
  const { page } = await ground.visit();
  await openInPage(page, { encoder: "none" });
  const filters: Facets = await page.evaluate(async () => (window as unknown as { opened: Opened }).opened.index.filters());
  expect(Object.keys(filters)).toEqual(["minutes", "section", "topic"]);
  expect(filters["topic"]).toEqual({ automation: 2, basics: 4, money: 1, network: 4, speed: 2 });
  const answer = await searchInPage(page, "transfer", { filters: { "my topic": "x" }, sort: { nothing: "asc" } });
  expect([answer.results, answer.degraded.map(({ code }) => code)]).toEqual([[], ["encoder/off", "query/filter", "query/key"]]);
  expect(answer.degraded[1]?.message).toContain('"my topic"');
  const refused = searchInPage(page, "transfer", { filters: "x" });
  await expect(refused).rejects.toThrow("under no key");
});

test("filters cost nothing until they are used, and a damaged one is an error and never ignored", async () => {
  const { page } = await ground.visit();
  await openInPage(page, { encoder: "none" });
  await searchInPage(page, "transfer");
  expect(ground.server.paths(/\/filters\//)).toEqual([]);
  const mend = ground.server.trouble(/\/filters\//, { change: flip });
  await expect(searchInPage(page, "transfer", { filters: { section: "guide" } })).rejects.toThrow(/filters\/.*damaged/);
  const counted = await searchInPage(page, "transfer", { facets: ["section"] });
  expect([counted.results.length > 0, counted.facets, counted.degraded.at(-1)?.code]).toEqual([true, {}, "bundle/checksum"]);
  mend();
  const mended = await searchInPage(page, "transfer", { filters: { section: "reference" } });
  expect(urlsOf(mended).every((url) => url.startsWith("/reference/"))).toBe(true);
});
