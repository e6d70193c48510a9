// Each key a reader presses starts a search. Searches that nobody waits for must not cost the reader anything.

import { expect, test } from "vitest";
import type { Opened } from "./support/browser.ts";
import { openInPage, searchInPage } from "./support/browser.ts";
import { harness } from "./support/harness.ts";

const ground = harness();

test("a newer search takes the place of an older one, which says so", async () => {
  const { page } = await ground.visit();
  await openInPage(page, { encoder: "none" });
  const outcome = await page.evaluate(async () => {
    const { index } = (window as unknown as { opened: Opened }).opened;
    const told = (error: unknown): unknown => ({ code: (error as { code: string }).code, name: (error as Error).name });
    const older = index.search("limit").catch(told);
    const newer = await index.search("limit the speed");
    return { older: await older, newer: newer.results[0]?.url };
  });
  expect(outcome).toEqual({ older: { code: "query/superseded", name: "AbortError" }, newer: "/guide/bandwidth.html" });
});

test("searches on channels of their own, or on none, leave each other alone", async () => {
  const { page } = await ground.visit();
  await openInPage(page, { encoder: "none" });
  const found = await page.evaluate(async () => {
    const { index } = (window as unknown as { opened: Opened }).opened;
    const searches = ["E0417", "allowance", "keychain"].map(async (query, at) => index.search(query, { channel: at === 0 ? "side" : null }));
    return (await Promise.all(searches)).map(({ results }) => results[0]?.url);
  });
  expect(found).toEqual(["/reference/errors.html", "/guide/metered.html", "/guide/proxies.html"]);
});

test("an abort rejects with its reason, and ends the worker's transfer", async () => {
  const { page } = await ground.visit();
  await openInPage(page, { encoder: "none" });
  const release = ground.server.hold(/\.sxt$/);
  const before = ground.server.seen.length;
  const reason = page.evaluate(async () => {
    const { index } = (window as unknown as { opened: Opened }).opened;
    const stop = new AbortController();
    (window as unknown as { stop: AbortController }).stop = stop;
    return index.search("allowance", { signal: stop.signal }).catch((error: unknown) => String(error));
  });
  const shards = (): typeof ground.server.seen => ground.server.seen.slice(before).filter(({ path }) => path.endsWith(".sxt"));
  await expect.poll(() => shards().length).toBeGreaterThan(0);
  await page.evaluate(() => { (window as unknown as { stop: AbortController }).stop.abort("no longer"); });
  expect(await reason).toBe("no longer");
  await expect.poll(() => shards().every(({ aborted }) => aborted)).toBe(true);
  release();
  expect((await searchInPage(page, "allowance")).results[0]?.url).toBe("/guide/metered.html");
});

test("a signal that is aborted already rejects at once, and an empty query finds nothing", async () => {
  const { page } = await ground.visit();
  await openInPage(page, { encoder: "none" });
  const outcome = await page.evaluate(async () => {
    const { index } = (window as unknown as { opened: Opened }).opened;
    const rejected = await index.search("x", { signal: AbortSignal.abort("early") }).catch((error: unknown) => error);
    return { rejected, empty: (await index.search("  ")).results };
  });
  expect(outcome).toEqual({ rejected: "early", empty: [] });
});

test("opening can be aborted, and closing ends what is under way", async () => {
  const { page } = await ground.visit();
  const release = ground.server.hold(/manifest\.json$/);
  const reason = await page.evaluate(async () => {
    const { openIndex } = (await window.load(new URL("sextant/engine/sextant-search.js", document.baseURI).href)) as Opened["library"];
    return openIndex("/sextant/", { signal: AbortSignal.timeout(300) }).catch((error: unknown) => (error as Error).name);
  });
  expect(reason).toBe("TimeoutError");
  release();
  await openInPage(page, { encoder: "none" });
  const held = ground.server.hold(/\.sxt$/);
  const codes = await page.evaluate(async () => {
    const { index } = (window as unknown as { opened: Opened }).opened;
    const code = (error: unknown): string => (error as { code: string }).code;
    const search = index.search("allowance").catch(code);
    index.close();
    return [await search, await index.search("allowance").catch(code)];
  });
  held();
  expect(codes).toEqual(["query/closed", "query/closed"]);
});
