// The encoder is 9.5 MB. A reader who had to wait for it before the first answer would have left.

import { expect, test } from "vitest";
import type { Answer } from "../../web/src/index.ts";
import type { Opened } from "./support/browser.ts";
import { PATIENCE, encoderReady, openInPage, searchInPage, urlsOf } from "./support/browser.ts";
import { SITE, sextant } from "./support/build.ts";
import { harness } from "./support/harness.ts";

const ground = harness();

test("the first answer is looked up while the encoder is on its way, the next one encoded", async () => {
  const release = ground.server.hold(/\/encoder\//);
  const { page, problems } = await ground.visit();
  await openInPage(page);
  const answering = page.evaluate(async (patience) => {
    const { index } = (window as unknown as { opened: Opened }).opened;
    const answers: Answer[] = [];
    for await (const answer of index.answers("abort a transfer", { patience })) {
      answers.push(answer);
      document.documentElement.dataset["answers"] = String(answers.length);
    }
    return answers;
  }, PATIENCE);
  await page.waitForSelector('html[data-answers="1"]');
  await expect.poll(() => ground.server.paths(/\/encoder\//).length).toBeGreaterThan(0);
  release();
  const [looked, meaning, ...more] = await answering;
  expect(more).toEqual([]);
  expect([looked?.mode, looked?.pending, looked?.degraded.map(({ code }) => code)]).toEqual(["hybrid", true, ["encoder/loading"]]);
  expect([meaning?.mode, meaning?.pending, meaning?.degraded]).toEqual(["hybrid", false, []]);
  expect(looked?.results[0]?.url).toBe("/guide/stopping.html");
  expect(meaning?.results[0]?.url).toBe("/guide/stopping.html");
  expect(meaning?.timing.map(({ stage }) => stage)).toEqual(expect.arrayContaining(["encode", "total"]));
  expect(problems).toEqual([]);
});

test("a question that shares no word with its page finds it by meaning", async () => {
  const { page } = await ground.visit();
  await openInPage(page);
  const question = "corporate firewall";
  expect(urlsOf(await searchInPage(page, question, { mode: "keyword" }))).toEqual([]);
  const answer = await searchInPage(page, question, { mode: "semantic", wait: true });
  expect(answer).toMatchObject({ mode: "semantic", pending: false, degraded: [] });
  expect(urlsOf(answer)[0]).toBe("/guide/proxies.html");
});

test("the browser's ranking is the command's", async () => {
  const { page } = await ground.visit();
  await openInPage(page, { encoder: "full" });
  await encoderReady(page);
  for (const mode of ["hybrid", "semantic", "keyword"] as const) {
    for (const query of ["limit the speed", "E0417", "my phone contract is expensive", '"disk is full"']) {
      const answer = await searchInPage(page, query, { mode, limit: 5, typing: false });
      const native = JSON.parse(await sextant("query", `${SITE}/sextant`, query, "--mode", mode, "--limit", "5", "--json")) as Answer;
      expect([query, mode, urlsOf(answer)]).toEqual([query, mode, urlsOf(native)]);
      answer.results.forEach(({ score }, place) => { expect(score).toBeCloseTo(native.results[place]?.score ?? -1, 2); });
    }
  }
});

test("progress tells the encoder's bytes, and status its states in order", async () => {
  const { page } = await ground.visit();
  await openInPage(page, { encoder: "full" });
  await encoderReady(page);
  const { told, status } = await page.evaluate(() => {
    const { told, index } = (window as unknown as { opened: Opened }).opened;
    return { told, status: index.status() };
  });
  const encoder = told.progress.filter(({ stage }) => stage === "encoder");
  expect(encoder.at(-1)).toMatchObject({ loaded: status.encoder.total, total: status.encoder.total, cached: 0 });
  expect(encoder.map(({ loaded }) => loaded)).toEqual([...encoder.map(({ loaded }) => loaded)].sort((a, b) => a - b));
  const states = told.status.map(({ encoder: { state } }) => state);
  expect(states.filter((state, at) => state !== states[at - 1])).toEqual(["waiting", "loading", "ready"]);
  expect(status).toMatchObject({ environment: "worker", device: "cpu", simd: true, pages: 13 });
});

test("without use the encoder is not fetched, and with policy none never", async () => {
  const { page } = await ground.visit();
  await openInPage(page);
  await page.waitForTimeout(600);
  expect(ground.server.paths(/\/encoder\//)).toEqual([]);
  await openInPage(page, { encoder: "none" });
  const answer = await searchInPage(page, "limit the speed");
  expect(answer).toMatchObject({ mode: "keyword", pending: false, degraded: [{ code: "encoder/off" }] });
  await page.waitForTimeout(600);
  expect(ground.server.paths(/\/encoder\//)).toEqual([]);
});

test("the same answers come without a worker", async () => {
  const { page, problems } = await ground.visit();
  await openInPage(page, { encoder: "full" });
  await encoderReady(page);
  const inWorker = await searchInPage(page, "limit the speed");
  await openInPage(page, { encoder: "full", worker: false });
  await encoderReady(page);
  const inPage = await searchInPage(page, "limit the speed");
  expect(inPage.results).toEqual(inWorker.results);
  expect(await page.evaluate(() => (window as unknown as { opened: Opened }).opened.index.status().environment)).toBe("page");
  expect(problems).toEqual([]);
});

test("excerpts say why: the words that matched are marked", async () => {
  const { page } = await ground.visit();
  await openInPage(page, { encoder: "none" });
  const answer = await searchInPage(page, "monthly allowance");
  const [first] = answer.results;
  expect(first).toMatchObject({ url: "/guide/metered.html", title: "Paying by the megabyte", anchor: "set-a-monthly-allowance" });
  expect(first?.segments.filter(({ marked }) => marked).map(({ text }) => text.toLowerCase())).toEqual(expect.arrayContaining(["month"]));
  expect(first?.excerpt).toContain("<mark>");
});
