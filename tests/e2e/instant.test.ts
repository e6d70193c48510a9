// Meaning without an encoder: what a reader's first question costs, and what is left of it when a part does not come.

import { expect, test } from "vitest";
import type { Answer } from "../../web/src/index.ts";
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
