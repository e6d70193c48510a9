// Whole files get pasted into search boxes, and JavaScript's strings can be no text at all. Neither may bring the worker down.

import { expect, test } from "vitest";
import type { Page } from "playwright-core";
import type { Opened } from "./support/browser.ts";
import { PATIENCE, encoderReady, openInPage, searchInPage, statusOf } from "./support/browser.ts";
import { harness } from "./support/harness.ts";

const ground = harness();

/** A megabyte of words. */
const MEGABYTE = "limit the speed of a download ".repeat(35_000);

async function ready(): Promise<Page> {
  const { page } = await ground.visit();
  await openInPage(page, { encoder: "full" });
  await encoderReady(page);
  return page;
}

test.each([
  ["a megabyte of words", MEGABYTE],
  ["a megabyte without a space", "x".repeat(1_050_000)],
  ["a megabyte of Chinese", "限制下载速度".repeat(60_000)],
  ["a megabyte of accents on one letter", `e${"\u0301".repeat(520_000)}`],
  ["quotes that never end", `"${MEGABYTE}`],
])("%s is answered, and so is the next question", async (_, question) => {
  const page = await ready();
  const answer = await searchInPage(page, question);
  expect(answer).toMatchObject({ mode: "hybrid", degraded: [] });
  expect(await searchInPage(page, "limit the speed")).toMatchObject({ mode: "hybrid", degraded: [], results: [{ url: "/guide/bandwidth.html" }] });
  expect((await statusOf(page)).encoder.state).toBe("ready");
});

test("what is cut off a long question does not count for its vector", async () => {
  const page = await ready();
  const long = "limit the speed of a download ".repeat(60);
  const [cut, longer] = [await searchInPage(page, long, { mode: "semantic" }), await searchInPage(page, `${long} ${"pancakes ".repeat(1000)}`, { mode: "semantic" })];
  expect(longer.results.map(({ url, score }) => [url, score])).toEqual(cut.results.map(({ url, score }) => [url, score]));
});

test("halves of surrogate pairs, controls and nothing at all are questions like others", async () => {
  const page = await ready();
  const found = await page.evaluate(async (patience) => {
    const { index } = (window as unknown as { opened: Opened }).opened;
    const questions = ["\ud800", "limit \udfff the speed", "\udc00\ud800 download", "\0\u0001\u007f", "\ufeff", "   ", ""];
    const answers = [];
    for (const question of questions) answers.push(await index.search(question, { patience }));
    return answers.map(({ degraded, results, query }) => ({ query, degraded, first: results[0]?.url }));
  }, PATIENCE);
  expect(found.flatMap(({ degraded }) => degraded)).toEqual([]);
  expect(found[1]?.first).toBe("/guide/bandwidth.html");
  expect(found.slice(-2).map(({ first }) => first)).toEqual([undefined, undefined]);
});
