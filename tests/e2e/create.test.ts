// A reader's own notes, searched without leaving the page. An index that ranks otherwise than the command's would make every figure
// that was measured there a lie here.

import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { beforeAll, expect, test } from "vitest";
import type { Answer, BuildProgress, CreateOptions, SourceDocument } from "../../web/src/index.ts";
import { createInPage, searchInPage, statusOf, urlsOf } from "./support/browser.ts";
import type { Opened } from "./support/browser.ts";
import { SITE, sextant } from "./support/build.ts";
import { harness } from "./support/harness.ts";

const ENCODER = fileURLToPath(new URL("../../models/all-MiniLM-L6-v2/query.safetensors", import.meta.url));
const QUESTIONS = ["limit the speed", "E0417", "my phone contract is expensive", "corporate firewall", '"disk is full"'];
const LONG = 120_000;

const ground = harness();

/** Every passage of the fixture site as a document of its own. */
let documents: SourceDocument[];
/** What the command makes of them. */
const native = join(SITE, "../notes");

beforeAll(async () => {
  interface Row {
    readonly id: string;
    readonly url: string;
    readonly title: string;
    readonly text: string;
    readonly trail: readonly string[];
  }
  const rows = (await sextant("export", SITE, "--to", "jsonl")).trim().split("\n").map((line) => JSON.parse(line) as Row);
  documents = rows.map(({ id, title, text, trail, url }, at) => ({
    id,
    url: `/notes/${at}`,
    title: `${title}: ${trail.at(-1) ?? ""}`,
    text: `${text}\n\nPart of ${title}.`,
    meta: { from: url, words: text.split(/\s+/u).length },
  }));
  await mkdir(native, { recursive: true });
  const file = join(native, "notes.jsonl");
  await writeFile(file, documents.map((document) => JSON.stringify(document)).join("\n"));
  await sextant("build", file, "-o", native, "--no-engine", "--no-cache", "--encoder", ENCODER);
});

async function natively(query: string, ...args: readonly string[]): Promise<Answer> {
  return JSON.parse(await sextant("query", native, query, "--json", ...args)) as Answer;
}

test("by words and meaning the ranking is that of the command over the same documents", { timeout: LONG }, async () => {
  const { page, problems } = await ground.visit();
  const told = await createInPage(page, { documents, bundle: "sextant/" });
  for (const mode of ["hybrid", "semantic", "keyword"] as const) {
    for (const query of QUESTIONS) {
      const answer = await searchInPage(page, query, { mode, limit: 8, typing: false });
      expect(answer).toMatchObject({ pending: false, degraded: [] });
      const { results } = await natively(query, "--mode", mode, "--limit", "8");
      expect([query, mode, urlsOf(answer)]).toEqual([query, mode, results.map(({ url }) => url)]);
      answer.results.forEach(({ score }, place) => { expect(score).toBeCloseTo(results[place]?.score ?? -1, 4); });
    }
  }
  expect(await statusOf(page)).toMatchObject({ pages: documents.length, encoder: { state: "ready" }, environment: "worker" });
  const phases = [...new Set(told.map(({ phase }) => phase))];
  expect(phases).toEqual(["read", "split", "encoder", "encode", "vectors", "words", "texts"]);
  expect(told.filter(({ phase }) => phase === "encode").at(-1)).toEqual({ phase: "encode", done: documents.length, total: documents.length });
  expect(problems).toEqual([]);
});

test("by words alone nothing is fetched but the engine, and filters are the command's", async () => {
  const { page, problems } = await ground.visit();
  await createInPage(page, { documents });
  for (const query of QUESTIONS) {
    const answer = await searchInPage(page, query, { mode: "keyword", typing: false, filters: { words: { min: 30 } }, facets: ["from"] });
    const asked = await natively(query, "--mode", "keyword", "--where", "words >= 30", "--facets", "from");
    expect([urlsOf(answer), answer.facets]).toEqual([urlsOf(asked), asked.facets]);
  }
  expect(ground.server.paths(/manifest\.json|\/encoder\/|sextant_encoder|\.sxt$/)).toEqual([]);
  expect(await statusOf(page)).toMatchObject({ encoder: { state: "absent" } });
  expect(problems).toEqual([]);
});

test("documents in another language are analysed as the command does", async () => {
  const { page } = await ground.visit();
  const german = [
    { id: "a", language: "de", title: "Häuser", text: "Die alten Häuser am Hafen wurden verkauft." },
    { id: "b", language: "de", title: "Boote", text: "Im Hafen liegen Boote." },
  ];
  await createInPage(page, { documents: german });
  expect(urlsOf(await searchInPage(page, "Haus", { typing: false }))).toEqual(["/a"]);
  expect(urlsOf(await searchInPage(page, "verkaufen", { typing: false }))).toEqual(["/a"]);
});

test.each<[string, Partial<CreateOptions> & { documents: SourceDocument[] }, string, RegExp]>([
  ["a document without a name", { documents: [{ id: "a", text: "x" }, { text: "y" }] }, "source/field", /documents:2: `id` is missing/],
  ["a field of another type", { documents: [{ id: "a", text: ["x"] as unknown as string }] }, "source/field", /documents:1: `text` is a list/],
  ["what is no document", { documents: ["x" as unknown as SourceDocument] }, "source/json", /documents:1: not a JSON object \(found a string\)/],
  ["documents without text", { documents: [{ id: "a" }] }, "build/empty", /1 documents, none of them with text/],
  ["meaning without an encoder", { documents: [{ id: "a", text: "x" }], encoder: "full" }, "build/options", /needs `bundle`/],
  ["a bundle that is not there", { documents: [{ id: "a", text: "x" }], bundle: "nowhere/" }, "fetch/missing", /manifest\.json/],
])("%s is refused by name", async (_, options, code, message) => {
  const { page } = await ground.visit();
  const failure = await createInPage(page, options).catch((error: unknown) => String(error));
  expect(failure).toContain(`${code}: `);
  expect(failure).toMatch(message);
});

test.each([true, false])("an abort in the middle of encoding rejects at once with its reason (in a worker: %s)", { timeout: LONG }, async (worker) => {
  const { page } = await ground.visit();
  const outcome = await page.evaluate(
    async ([given, inWorker]) => {
      const library = (await window.load(new URL("sextant/engine/sextant-search.js", document.baseURI).href)) as Opened["library"];
      const stop = new AbortController();
      const told: BuildProgress[] = [];
      let [toldThen, isWaiting] = [0, true];
      /** Whether the next task found it rejected. */
      let atOnce: boolean | undefined;
      const onProgress = (progress: BuildProgress): void => {
        told.push(progress);
        if (progress.phase !== "encode" || progress.done === 0 || stop.signal.aborted) return;
        toldThen = told.length;
        stop.abort("enough");
        setTimeout(() => { atOnce = !isWaiting; }, 0);
      };
      const creating = library.createIndex({ documents: given, bundle: "sextant/", worker: inWorker, signal: stop.signal, onProgress });
      const reason = await creating.then(() => "made", (error: unknown) => error);
      isWaiting = false;
      while (atOnce === undefined) await new Promise((resolve) => setTimeout(resolve, 0));
      return { reason, atOnce, toldAfter: told.length - toldThen };
    },
    [Array.from({ length: 4 }, () => documents).flat().map((each, at) => ({ ...each, text: `${each.text ?? ""} ${at}` })), worker] as const,
  );
  expect(outcome).toMatchObject({ reason: "enough", toldAfter: 0 });
  // In the page the passage that is being encoded comes to its end first.
  if (worker) expect(outcome.atOnce).toBe(true);
});
