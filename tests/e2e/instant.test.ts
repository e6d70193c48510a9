// Meaning without an encoder: what a reader's first question costs, and what is left of it when a part does not come.

import { expect, test } from "vitest";
import type { Answer } from "../../web/src/index.ts";
import type { Opened } from "./support/browser.ts";
import { openInPage, searchInPage, urlsOf } from "./support/browser.ts";
import { SITE, sextant } from "./support/build.ts";
import { flip } from "./support/server.ts";
import { harness } from "./support/harness.ts";

const ground = harness();

const QUESTIONS = ["limit the speed", "my phone contract is expensive", "corporate firewall"];

test("a looked-up question is ranked as by the command, and no encoder is fetched", async () => {
  const { page, problems } = await ground.visit();
  await openInPage(page, { encoder: "instant" });
  for (const query of QUESTIONS) {
    const answer = await searchInPage(page, query, { typing: false });
    expect(answer).toMatchObject({ mode: "hybrid", pending: false, degraded: [] });
    const native = JSON.parse(await sextant("query", `${SITE}/sextant`, query, "--encoder", "instant", "--json")) as Answer;
    expect([query, urlsOf(answer)]).toEqual([query, urlsOf(native)]);
    answer.results.forEach(({ score }, place) => { expect(Math.abs(score - (native.results[place]?.score ?? -1))).toBeLessThan(1e-4); });
  }
  expect(ground.server.paths(/\/encoder\/|sextant_encoder/)).toEqual([]);
  expect(problems).toEqual([]);
});

const TROUBLES = [
  ["is missing", { status: 404 }, "fetch/missing"],
  ["is damaged", { change: flip }, "bundle/checksum"],
  // Longer than the library waits.
  ["does not come in time", { until: new Promise(() => undefined) }, "fetch/network"],
] as const;
const PARTS = [["a block of rows", "tokens"], ["a shard of vectors", "vectors"]] as const;
const FAILURES = PARTS.flatMap(([part, room]) => TROUBLES.map(([what, trouble, code]) => [part, what, { room, trouble, code }] as const));

test.each(FAILURES)("%s that %s is named, the words answer, and the next question asks for it again", async (_, __, { room, trouble, code }) => {
  const { page } = await ground.visit();
  await openInPage(page, { encoder: "instant" });
  const mend = ground.server.trouble(new RegExp(`/${room}/`), trouble);
  const poorer = await searchInPage(page, "limit the speed");
  expect(poorer.degraded).toContainEqual(expect.objectContaining({ code, file: expect.stringMatching(`^${room}/`) as string }));
  expect(poorer.results[0]?.url).toBe("/guide/bandwidth.html");
  mend();
  expect(await searchInPage(page, "limit the speed")).toMatchObject({ mode: "hybrid", degraded: [] });
});

test.each(PARTS)("where %s takes long the words answer first, and the better answer follows without a byte twice", async (_, room) => {
  const { page, problems } = await ground.visit();
  await openInPage(page, { encoder: "instant" });
  const files = new RegExp(`/${room}/`);
  const release = ground.server.hold(files);
  const answering = page.evaluate(async () => {
    const { index } = (window as unknown as { opened: Opened }).opened;
    const answers: Answer[] = [];
    for await (const answer of index.answers("limit the speed", { patience: 100 })) {
      answers.push(answer);
      document.documentElement.dataset["answers"] = String(answers.length);
    }
    return answers;
  });
  await page.waitForSelector('html[data-answers="1"]');
  release();
  const [words, meaning, ...more] = await answering;
  expect(words).toMatchObject({ mode: "keyword", pending: true });
  expect(words?.degraded).toContainEqual(expect.objectContaining({ code: "fetch/late", file: expect.stringMatching(`^${room}/`) as string }));
  expect(meaning).toMatchObject({ mode: "hybrid", pending: false, degraded: [] });
  expect(more).toEqual([]);
  for (const answer of [words, meaning]) expect(answer?.results[0]?.url).toBe("/guide/bandwidth.html");
  const asked = ground.server.requests(files);
  expect(new Set(asked).size).toBe(asked.length);
  expect(problems).toEqual([]);
});
