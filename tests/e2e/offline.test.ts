// Documentation is read on trains. What was fetched once must be enough.

import { expect, test } from "vitest";
import type { Page } from "playwright-core";
import type { Opened } from "./support/browser.ts";
import { encoderReady, openInPage, searchInPage, settled, urlsOf } from "./support/browser.ts";
import { harness } from "./support/harness.ts";

const ground = harness();

const kept = async (page: Page): Promise<number> => page.evaluate(async () => (await (await caches.open("sextant-2")).keys()).length);

test("with the server gone, a new search in an open page is answered by words and meaning", async () => {
  const { page } = await ground.visit();
  await openInPage(page);
  await encoderReady(page);
  const bytes = await page.evaluate(async () => (await (window as unknown as { opened: Opened }).opened.index.keepOffline()).bytes);
  expect(bytes).toBeGreaterThan(1e6);
  await ground.server.stop();
  const answer = await searchInPage(page, "corporate firewall");
  expect(answer).toMatchObject({ mode: "hybrid", degraded: [] });
  expect(urlsOf(answer)[0]).toBe("/guide/proxies.html");
});

test("with the server gone, the page itself starts again where the site has the service worker", async () => {
  ground.server.trouble(/index\.html$|\/$/, { change: (bytes) => Buffer.from(bytes.toString().replace("<sextant-search>", '<sextant-search offline="/sextant-sw.js">')) });
  // At the root, as a site would copy it there.
  const script = await (await fetch(`${ground.server.url}sextant/engine/sextant-sw.js`)).text();
  ground.server.trouble(/^\/sextant-sw\.js$/, { serve: Buffer.from(script) });
  const { page } = await ground.visit();
  await page.keyboard.press("Control+k");
  await page.keyboard.type("limit the speed");
  await page.getByText("Ranked by words and meaning").waitFor();
  const pages = async (): Promise<string[]> => page.evaluate(async () => (await (await caches.open("sextant-pages-1")).keys()).map(({ url }) => new URL(url).pathname));
  const engine = [/\/worker-.*\.js$/, /\/sextant_search_bg-.*\.wasmz$/, /\/sextant_encoder[\w-]*\.js$/, /\/sextant_encoder[\w-]*\.wasm$/];
  const whole = ["/", "/site.css", "/sextant/engine/sextant-search.js", ...engine.map((file): unknown => expect.stringMatching(file))];
  await expect.poll(pages).toEqual(expect.arrayContaining(whole));
  await ground.server.stop();

  await page.reload();
  await page.keyboard.press("Control+k");
  await page.keyboard.type("corporate firewall");
  await settled(page);
  await page.getByText("Ranked by words and meaning").waitFor();
  expect(await page.getByRole("option").first().getAttribute("href")).toMatch(/^\/guide\/proxies\.html/);
});

test("a second visit fetches no shard again, and has the encoder without being asked", async () => {
  const { page } = await ground.visit();
  await openInPage(page);
  await encoderReady(page);
  await searchInPage(page, "limit the speed");
  const fetched = ground.server.requests(/\.sxt$/);
  expect(new Set(fetched).size).toBe(fetched.length);
  await page.reload();
  await openInPage(page);
  await page.waitForFunction(() => (window as unknown as { opened: Opened }).opened.index.status().encoder.state === "ready");
  await searchInPage(page, "limit the speed");
  expect(ground.server.requests(/\.sxt$/)).toEqual(fetched);
  const last = await page.evaluate(() => (window as unknown as { opened: Opened }).opened.told.progress.filter(({ stage }) => stage === "encoder").at(-1));
  expect(last?.cached).toBe(last?.total);
});

test("files of an older build are dropped when the manifest names others", async () => {
  const { page } = await ground.visit();
  await openInPage(page, { encoder: "none" });
  await searchInPage(page, "limit the speed");
  const before = await kept(page);
  await page.evaluate(async () => {
    const cache = await caches.open("sextant-2");
    await cache.put("/sextant/words/000000000000.sxt", new Response("old"));
  });
  await openInPage(page, { encoder: "none" });
  await expect.poll(async () => kept(page)).toBe(before);
});

test("a slow server does not hold up a reader who has the bundle", async () => {
  const { page } = await ground.visit();
  await openInPage(page, { encoder: "none" });
  await searchInPage(page, "limit the speed");
  const release = ground.server.hold(/manifest\.json$/);
  await openInPage(page, { encoder: "none" });
  expect((await searchInPage(page, "limit the speed")).results[0]?.url).toBe("/guide/bandwidth.html");
  release();
});
