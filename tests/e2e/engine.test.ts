// Modules that compute wrongly, trap or cannot run at all: no reader may lose the search, and nobody may get wrong vectors.

import { expect, test } from "vitest";
import type { Page } from "playwright-core";
import type { Opened } from "./support/browser.ts";
import { encoderReady, openInPage, searchInPage, statusOf } from "./support/browser.ts";
import { harness } from "./support/harness.ts";
import { trapIn, wrongProducts } from "./support/wasm.ts";

const ground = harness();

const RELAXED = /encoder_relaxed_bg-.*\.wasm$/;
const PLAIN = /encoder_bg-.*\.wasm$/;
const SEARCH = /search_bg-.*\.wasmz$/;

/** Waits until one worker is left: the browser says late that another has ended. */
const oneWorker = async (page: Page): Promise<void> => expect.poll(() => page.workers().length).toBe(1);

test("the encoder runs in the build for relaxed SIMD, and only that is fetched", async () => {
  const { page } = await ground.visit();
  await openInPage(page, { encoder: "none" });
  await encoderReady(page);
  const { encoder } = await statusOf(page);
  expect(encoder).toMatchObject({ state: "ready", build: "relaxed-simd" });
  expect(encoder.fault).toBeUndefined();
  expect(ground.server.paths(RELAXED)).toHaveLength(1);
  expect(ground.server.paths(PLAIN)).toEqual([]);
});

test.each([
  ["computes wrongly", { change: wrongProducts }],
  ["traps", { change: (bytes: Buffer) => trapIn("browserencoder_encode", bytes) }],
  ["is not there", { status: 404 }],
])("where the build for relaxed SIMD %s the other one runs, and the status says so", async (_, trouble) => {
  const { page } = await ground.visit();
  await openInPage(page, { encoder: "none" });
  await encoderReady(page);
  const right = await searchInPage(page, "limit the speed");
  ground.server.trouble(RELAXED, trouble);
  // Anew, so that nothing is in the browser's caches.
  const { page: other } = await ground.visit();
  await openInPage(other, { encoder: "none" });
  await encoderReady(other);
  expect((await statusOf(other)).encoder).toMatchObject({ state: "ready", build: "simd128", fault: { code: "encoder/relaxed" } });
  const answer = await searchInPage(other, "limit the speed");
  expect(answer).toMatchObject({ mode: "hybrid", degraded: [] });
  expect(answer.results.map(({ url, score }) => [url, score])).toEqual(right.results.map(({ url, score }) => [url, score]));
});

test("an encoder that traps leaves the words, and a new load starts it in a new worker", async () => {
  ground.server.trouble(RELAXED, { status: 404 });
  const mend = ground.server.trouble(PLAIN, { change: (bytes) => trapIn("browserencoder_encode", bytes) });
  const { page } = await ground.visit();
  await openInPage(page, { encoder: "none" });
  await expect(encoderReady(page)).rejects.toThrow();
  expect((await statusOf(page)).encoder).toMatchObject({ state: "failed", fault: { code: "engine/trap" } });
  expect(await searchInPage(page, "limit the speed")).toMatchObject({ mode: "keyword", degraded: [{ code: "engine/trap" }], results: [{ url: "/guide/bandwidth.html" }] });
  mend();
  await encoderReady(page);
  expect(await searchInPage(page, "limit the speed")).toMatchObject({ mode: "hybrid", degraded: [] });
  await oneWorker(page);
});

test("when the search module traps one new worker answers all who had asked", async () => {
  const mend = ground.server.trouble(SEARCH, { change: (bytes) => trapIn("searchindex_search", bytes) });
  const { page } = await ground.visit();
  await openInPage(page, { encoder: "none" });
  mend();
  const found = await page.evaluate(async () => {
    const { index } = (window as unknown as { opened: Opened }).opened;
    const searches = ["E0417", "allowance", "keychain"].map(async (query) => index.search(query, { channel: null }));
    return (await Promise.all(searches)).map(({ results }) => results[0]?.url);
  });
  expect(found).toEqual(["/reference/errors.html", "/guide/metered.html", "/guide/proxies.html"]);
  await oneWorker(page);
});

test("a search module that traps each time is one clear error, not an endless one", async () => {
  ground.server.trouble(SEARCH, { change: (bytes) => trapIn("searchindex_search", bytes) });
  const { page } = await ground.visit();
  await openInPage(page, { encoder: "none" });
  const code = await page.evaluate(async () => (window as unknown as { opened: Opened }).opened.index.search("allowance").catch((error: unknown) => (error as { code: string }).code));
  expect(code).toBe("engine/trap");
});
