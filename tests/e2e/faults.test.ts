// Hosts cut files, proxies change them, deployments forget them. Whatever fails, the reader keeps an answer, and is told.

import { expect, test } from "vitest";
import type { Page } from "playwright-core";
import type { Opened } from "./support/browser.ts";
import { PATIENCE, encoderReady, openInPage, searchInPage } from "./support/browser.ts";
import { cut, flip } from "./support/server.ts";
import { harness } from "./support/harness.ts";

const ground = harness();

/** A page with the bundle open, and the encoder ready. */
async function ready(): Promise<Page> {
  const { page } = await ground.visit();
  await openInPage(page, { encoder: "full" });
  await encoderReady(page);
  return page;
}

test.each([
  ["a flipped byte in", flip, "bundle/checksum"],
  ["a truncated", cut, "bundle/length"],
])("with %s vectors shard the words answer, and the answer names the file", async (_, change, code) => {
  const mend = ground.server.trouble(/\/vectors\//, { change });
  const page = await ready();
  const answer = await searchInPage(page, "limit the speed");
  expect(answer.mode).toBe("keyword");
  expect(answer.results[0]?.url).toBe("/guide/bandwidth.html");
  expect(answer.degraded).toMatchObject([{ code, file: expect.stringMatching(/^vectors\/.*\.sxt$/) as string }]);
  // A failed shard is not remembered: the next search asks again, and gets what is there by then.
  mend();
  expect(await searchInPage(page, "limit the speed")).toMatchObject({ mode: "hybrid", degraded: [] });
});

test("a vectors shard that is not there is named, and the words answer", async () => {
  ground.server.trouble(/\/vectors\//, { status: 404 });
  const page = await ready();
  const answer = await searchInPage(page, "limit the speed");
  expect(answer.degraded).toMatchObject([{ code: "fetch/missing", file: expect.stringContaining("vectors/") as string }]);
  expect(answer.results[0]?.url).toBe("/guide/bandwidth.html");
});

test("a words shard that is damaged leaves the answer to meaning, and is named", async () => {
  const { page } = await ground.visit();
  ground.server.trouble(/\/words\//, { change: cut });
  await openInPage(page, { encoder: "full" });
  await encoderReady(page);
  const answer = await searchInPage(page, "paying for mobile data");
  expect(answer.degraded).toMatchObject([{ code: "bundle/length", file: expect.stringContaining("words/") as string }]);
  expect(answer.results.length).toBeGreaterThan(0);
});

test.each([
  ["missing", { status: 404 }, "fetch/missing"],
  ["dropped", { drop: true }, "fetch/network"],
  ["cut", { change: cut }, "bundle/length"],
  ["damaged", { change: flip }, "bundle/checksum"],
])("an encoder that is %s leaves search by words and by what is looked up, and says why", async (_, trouble, code) => {
  ground.server.trouble(/\/encoder\//, trouble);
  const { page } = await ground.visit();
  await openInPage(page);
  const answers = await page.evaluate(async (patience) => {
    const all = [];
    for await (const answer of (window as unknown as { opened: Opened }).opened.index.answers("limit the speed", { patience })) all.push(answer);
    return all;
  }, PATIENCE);
  expect(answers.map(({ mode, pending }) => [mode, pending])).toEqual([["hybrid", true], ["hybrid", false]]);
  expect(answers[1]?.degraded).toMatchObject([{ code, file: expect.stringContaining("encoder/") as string }]);
  expect(answers[1]?.results[0]?.url).toBe("/guide/bandwidth.html");
  const status = await page.evaluate(() => (window as unknown as { opened: Opened }).opened.index.status().encoder);
  expect(status).toMatchObject({ state: "failed", fault: { code } });
});

test("an encoder that was cut off is fetched from where it stopped", async () => {
  const { page } = await ground.visit();
  const text = await page.evaluate(async () => (await fetch("/sextant/manifest.json")).text());
  const parts = (JSON.parse(text) as { encoder: { parts: { file: string }[] } }).encoder.parts.map(({ file }) => file);
  expect(parts.length).toBeGreaterThan(1);
  const mend = ground.server.trouble(new RegExp(parts.at(-1) ?? ""), { drop: true });
  await openInPage(page);
  await expect(encoderReady(page)).rejects.toThrow();
  mend();
  await encoderReady(page);
  for (const part of parts.slice(0, -1)) expect(ground.server.paths(new RegExp(part))).toHaveLength(1);
});

test("vectors of another encoder are refused, and the question is looked up", async () => {
  const change = (bytes: Buffer): Buffer => Buffer.from(bytes.toString().replace(/("fingerprint":\s*")[0-9a-f]{8}/, "$100000000"));
  ground.server.trouble(/manifest\.json$/, { change });
  const { page } = await ground.visit();
  await openInPage(page);
  await expect(encoderReady(page)).rejects.toThrow(/vectors were made by encoder 00000000/);
  const answer = await searchInPage(page, "limit the speed");
  expect(answer).toMatchObject({ mode: "hybrid", degraded: [{ code: "bundle/encoder" }] });
});

test("a manifest of another format says what to run", async () => {
  ground.server.trouble(/manifest\.json$/, { change: (bytes) => Buffer.from(bytes.toString().replace(/"format":\s*\d+/, '"format":99')) });
  const { page } = await ground.visit();
  await expect(openInPage(page)).rejects.toThrow(/bundle\/version: manifest\.json: format 99.*run `sextant build` again/);
});

test.each([
  ["is missing", { status: 404 }, /fetch\/missing: manifest\.json/],
  ["is a page", { change: () => Buffer.from("<!doctype html><title>x</title>") }, /bundle\/manifest: manifest\.json/],
  ["is something else", { change: () => Buffer.from('{"name":"x"}') }, /bundle\/manifest: manifest\.json/],
  ["names no head", { change: () => Buffer.from('{"format":3}') }, /bundle\/manifest: manifest\.json/],
])("a manifest that %s is one clear error", async (_, trouble, message) => {
  ground.server.trouble(/manifest\.json$/, trouble);
  const { page } = await ground.visit();
  await expect(openInPage(page)).rejects.toThrow(message);
});

test.each([
  ["is missing", { status: 404 }, /fetch\/missing: head\//],
  ["is damaged", { change: flip }, /bundle\/checksum: head\//],
])("a head that %s is one clear error", async (_, trouble, message) => {
  ground.server.trouble(/\/head[./]/, trouble);
  const { page } = await ground.visit();
  await expect(openInPage(page)).rejects.toThrow(message);
});

test.each([
  ["is missing", { status: 404 }],
  ["is damaged", { change: flip }],
  ["is of another build", { change: (bytes: Buffer) => bytes.subarray(1) }],
])("where the copy of the head %s, the head itself is fetched", async (_, trouble) => {
  ground.server.trouble(/\/head\.sxt$/, trouble);
  const { page } = await ground.visit();
  await openInPage(page, { encoder: "instant" });
  expect(await searchInPage(page, "limit the speed")).toMatchObject({ degraded: [] });
  expect(ground.server.paths(/\/head\//)).toHaveLength(1);
});

test("texts that are missing leave pages without excerpts or an error that names them, never silence", async () => {
  ground.server.trouble(/\/passages\//, { status: 404 });
  const { page } = await ground.visit();
  await openInPage(page, { encoder: "none" });
  const outcome = await searchInPage(page, "limit the speed").then(({ degraded }) => JSON.stringify(degraded), String);
  expect(outcome).toMatch(/passages\//);
});

test("a worker that may not start leaves the work to the page", async () => {
  ground.server.pageHeaders = { "content-security-policy": "default-src 'self'; script-src 'self' 'wasm-unsafe-eval'; worker-src 'none'" };
  const { page } = await ground.visit();
  await openInPage(page, { encoder: "none" });
  expect((await searchInPage(page, "limit the speed")).results[0]?.url).toBe("/guide/bandwidth.html");
  expect(await page.evaluate(() => (window as unknown as { opened: Opened }).opened.index.status().environment)).toBe("page");
});

test("an engine module that is missing is one clear error", async () => {
  ground.server.trouble(/\/engine\/.*\.wasmz?$/, { status: 404 });
  const { page } = await ground.visit();
  await expect(openInPage(page)).rejects.toThrow(/engine\/load: .*engine folder/);
});

test("a site that was published anew goes on answering in a page that was open", async () => {
  const { page } = await ground.visit();
  await openInPage(page, { encoder: "none" });
  // The shards that the page knows are gone, until it asks for the manifest and finds another one.
  const end = ground.server.trouble(/\/(?:words|passages)\//, { status: 404 });
  const change = (bytes: Buffer): Buffer => {
    end();
    return Buffer.from(bytes.toString().replace(/"generator":\s*"[^"]*"/, '"generator":"newer"'));
  };
  ground.server.trouble(/manifest\.json$/, { change });
  const answer = await searchInPage(page, "limit the speed");
  expect(answer.results[0]?.url).toBe("/guide/bandwidth.html");
  expect(await page.evaluate(() => (window as unknown as { opened: Opened }).opened.index.status().generator)).toBe("newer");
});
