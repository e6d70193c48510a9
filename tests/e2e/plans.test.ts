// However vectors are coded and searched, a browser ranks as the command does.

import { join } from "node:path";
import { beforeAll, expect, test } from "vitest";
import type { Answer } from "../../web/src/index.ts";
import { encoderReady, openInPage, searchInPage, urlsOf } from "./support/browser.ts";
import { SITE, sextant } from "./support/build.ts";
import { cut } from "./support/server.ts";
import { harness } from "./support/harness.ts";

const PLANS = {
  "2bit": ["--codes", "2bit"],
  "4bit-principal": ["--codes", "4bit", "--dimensions", "192"],
  "1bit-clusters": ["--codes", "1bit", "--search", "clusters"],
  graph: ["--codes", "4bit", "--search", "graph"],
  float32: ["--codes", "float32", "--rescore", "none"],
} as const;
const QUESTIONS = ["limit the speed", "my phone contract is expensive", "corporate firewall"];

const ground = harness();
/** Beside the site's own bundle, so that results link to the same pages. */
const bundle = (plan: string): string => join(SITE, `plan-${plan}`);

beforeAll(async () => {
  for (const [plan, options] of Object.entries(PLANS)) {
    await sextant("build", SITE, "-o", bundle(plan), "--encoder-path", "../encoder", "--quiet", ...options);
  }
}, 120_000);

test.each(Object.keys(PLANS))("%s: the browser's ranking is the command's, rescored or not", async (plan) => {
  const { page, problems } = await ground.visit();
  await openInPage(page, { encoder: "full" }, `plan-${plan}/`);
  await encoderReady(page);
  for (const query of QUESTIONS) {
    for (const rescore of [false, true]) {
      const answer = await searchInPage(page, query, { mode: "semantic", limit: 5, typing: false, rescore });
      const args = ["query", bundle(plan), query, "--mode", "semantic", "--limit", "5", "--json", ...(rescore ? ["--rescore"] : [])];
      const native = JSON.parse(await sextant(...args)) as Answer;
      expect(answer).toMatchObject({ mode: "semantic", degraded: [] });
      expect([query, urlsOf(answer)]).toEqual([query, urlsOf(native)]);
      answer.results.forEach(({ score }, place) => { expect(Math.abs(score - (native.results[place]?.score ?? -1))).toBeLessThan(1e-4); });
    }
  }
  expect(problems).toEqual([]);
});

test("finer codes are fetched for what they rescore, and a damaged file of them is named and done without", async () => {
  const { page } = await ground.visit();
  await openInPage(page, { encoder: "full" }, "plan-2bit/");
  await encoderReady(page);
  const fetched: string[] = [];
  page.on("request", (request) => fetched.push(request.url()));
  const plain = await searchInPage(page, QUESTIONS[0] ?? "");
  expect(fetched.filter((url) => url.includes("/rescore/"))).toEqual([]);
  const mend = ground.server.trouble(/\/rescore\//, { change: cut });
  const poorer = await searchInPage(page, QUESTIONS[0] ?? "", { rescore: true });
  expect(poorer.degraded).toMatchObject([{ code: "bundle/length", file: expect.stringMatching(/^rescore\/.*\.sxt$/) as string }]);
  expect(urlsOf(poorer)).toEqual(urlsOf(plain));
  mend();
  expect(await searchInPage(page, QUESTIONS[0] ?? "", { rescore: true })).toMatchObject({ mode: "hybrid", degraded: [] });
});
