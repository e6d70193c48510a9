// The encoder is nearly all that a reader fetches. Nobody should fetch it twice, nor wait for what they have given up.

import { mkdtemp, readFile, rm, symlink } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import type { Page } from "playwright-core";
import type * as Library from "../../web/src/index.ts";
import type { Opened } from "./support/browser.ts";
import { encoderReady, openInPage, searchInPage, statusOf } from "./support/browser.ts";
import { SITE } from "./support/build.ts";
import { harness } from "./support/harness.ts";

/** A name for this machine that is no `localhost`: to a browser plain `http://` there is not secure. */
const PLAIN = "plain.test";
const ground = harness(`--host-resolver-rules=MAP ${PLAIN} 127.0.0.1`);

const ENCODER = /\/encoder\/.*\.sxt$/;

/** The encoder's parts, as the bundle names them. */
async function parts(): Promise<string[]> {
  const manifest = JSON.parse(await readFile(join(SITE, "sextant/manifest.json"), "utf8")) as { encoder: { parts: { file: string }[] } };
  const files = manifest.encoder.parts.map(({ file }) => file);
  expect(files.length).toBeGreaterThan(1);
  return files;
}

/** Paths of the encoder's parts that were asked for, each as often as it was. */
const fetched = (): string[] => ground.server.paths(ENCODER).map((path) => path.slice(path.lastIndexOf("encoder/"))).sort();

const progress = async (page: Page): Promise<Library.Progress[]> =>
  page.evaluate(() => (window as unknown as { opened: Opened }).opened.told.progress.filter(({ stage }) => stage === "encoder"));

test("what the first answer does not need is not fetched for it, and nothing is fetched twice", async () => {
  const { page } = await ground.visit();
  await openInPage(page, { encoder: "instant" });
  expect((await searchInPage(page, "limit the speed")).mode).toBe("hybrid");
  const requests = ground.server.requests(/\/sextant\//);
  expect(new Set(requests).size).toBe(requests.length);
  expect(requests.some((request) => request.includes("bytes="))).toBe(true);
  expect(requests.filter((path) => /languages|encoder|\/head\/|\/positions\/|\/filters\//.test(path))).toEqual([]);
});

test("a host that serves whole files only gives the same answers", async () => {
  const answers: Library.Answer[] = [];
  for (const servesParts of [true, false]) {
    ground.server.servesParts = servesParts;
    const { page } = await ground.visit();
    await openInPage(page, { encoder: "instant" });
    for (const question of ["limit the speed", "limit the speed of uploads"]) answers.push(await searchInPage(page, question));
  }
  const of = (answer: Library.Answer | undefined): unknown => answer?.results.map(({ url, score }) => [url, score]);
  expect(of(answers[2])).toEqual(of(answers[0]));
  expect(of(answers[3])).toEqual(of(answers[1]));
  expect(answers.flatMap(({ degraded }) => degraded.filter(({ code }) => code !== "encoder/off"))).toEqual([]);
});

test("two tabs that want the encoder at the same time fetch it once", async () => {
  const { page } = await ground.visit();
  const other = await page.context().newPage();
  await other.goto(page.url());
  const tabs = [page, other];
  for (const tab of tabs) await openInPage(tab, { encoder: "none" });
  await Promise.all(tabs.map(encoderReady));
  expect(fetched()).toEqual((await parts()).sort());
  for (const tab of tabs) expect((await searchInPage(tab, "limit the speed")).mode).toBe("hybrid");
  const last = await Promise.all(tabs.map(async (tab) => (await progress(tab)).at(-1)));
  for (const { loaded, total } of last.flatMap((told) => told ?? [])) expect(loaded).toBe(total);
  // What one fetched the other found kept, part by part.
  const total = last[0]?.total ?? 0;
  expect(last.reduce((sum, told) => sum + (told?.cached ?? 0), 0)).toBe(total);
});

test("another bundle of the origin with the same encoder does not fetch it again", async () => {
  const root = await mkdtemp(join(tmpdir(), "sextant-two-"));
  try {
    for (const name of ["v1", "v2"]) await symlink(SITE, join(root, name));
    await ground.mount("/", root);
    const { page } = await ground.visit("v1/");
    await openInPage(page, { encoder: "none" });
    await encoderReady(page);
    await page.goto(new URL("v2/", ground.server.url).href);
    await openInPage(page, { encoder: "none" });
    await encoderReady(page);
    expect(ground.server.paths(/^\/v2\/.*manifest\.json$/)).toHaveLength(1);
    expect(fetched()).toEqual((await parts()).sort());
    expect((await progress(page)).at(-1)).toMatchObject({ cached: (await statusOf(page)).encoder.total });
  } finally {
    await rm(root, { recursive: true });
  }
});

test("an abort ends the transfer, and the next load goes on where that stopped", async () => {
  const files = await parts();
  const last = new RegExp(files.at(-1) ?? "");
  const { page } = await ground.visit();
  await openInPage(page, { encoder: "none" });
  const release = ground.server.hold(last);
  const outcome = page.evaluate(async () => {
    const { index } = (window as unknown as { opened: Opened }).opened;
    const stop = new AbortController();
    (window as unknown as { stop: AbortController }).stop = stop;
    return index.loadEncoder({ signal: stop.signal }).catch((error: unknown) => String(error));
  });
  await expect.poll(() => ground.server.paths(last)).toHaveLength(1);
  await expect.poll(async () => (await statusOf(page)).encoder.state).toBe("loading");
  await page.evaluate(() => { (window as unknown as { stop: AbortController }).stop.abort("no longer"); });
  expect(await outcome).toBe("no longer");
  await expect.poll(() => ground.server.seen.find(({ path }) => last.test(path))?.aborted).toBe(true);
  await expect.poll(async () => (await statusOf(page)).encoder).toMatchObject({ state: "off", loaded: 0 });
  release();
  await encoderReady(page);
  expect(fetched()).toEqual([...files, files.at(-1)].sort());
  expect((await statusOf(page)).encoder.state).toBe("ready");
});

test("who aborts leaves the load to those who still wait", async () => {
  const { page } = await ground.visit();
  await openInPage(page, { encoder: "none" });
  const release = ground.server.hold(ENCODER);
  const outcome = page.evaluate(async () => {
    const { index } = (window as unknown as { opened: Opened }).opened;
    const left = index.loadEncoder({ signal: AbortSignal.timeout(200) }).catch((error: unknown) => (error as Error).name);
    const stayed = index.loadEncoder().then(() => "ready");
    document.documentElement.dataset["left"] = String(await left);
    return [await left, await stayed];
  });
  await page.waitForSelector("html[data-left]");
  await expect.poll(() => ground.server.paths(ENCODER).length).toBe(1);
  // Longer than the worker goes on with what nobody waits for.
  await page.waitForTimeout(500);
  release();
  expect(await outcome).toEqual(["TimeoutError", "ready"]);
  expect(fetched()).toEqual((await parts()).sort());
});

test("where nothing can be kept for want of room the encoder is fetched and runs", async () => {
  const { page } = await ground.visit();
  const devtools = await page.context().newCDPSession(page);
  await devtools.send("Storage.overrideQuotaForOrigin", { origin: new URL(page.url()).origin, quotaSize: 2_000_000 });
  await openInPage(page, { encoder: "none" });
  await encoderReady(page);
  expect(await searchInPage(page, "limit the speed")).toMatchObject({ mode: "hybrid", degraded: [] });
  const kept = await page.evaluate(async () => (await (window as unknown as { opened: Opened }).opened.index.keepOffline()).bytes);
  expect(kept).toBeLessThan(2_000_000);
});

test("on plain http, without storage, locks or hashes, the encoder is fetched and runs", async () => {
  const { page } = await ground.visit(ground.server.url.replace("127.0.0.1", PLAIN));
  expect(await page.evaluate(() => [isSecureContext, "caches" in window])).toEqual([false, false]);
  await openInPage(page, { encoder: "none" });
  await encoderReady(page);
  expect(await searchInPage(page, "limit the speed")).toMatchObject({ mode: "hybrid", degraded: [] });
});

test("an encoder that a newer one replaced is dropped from what is kept", async () => {
  const files = await parts();
  const { page } = await ground.visit();
  const kept = async (): Promise<string[]> => page.evaluate(async () => (await (await caches.open("sextant-2")).keys()).map(({ url }) => url));
  const names = files.map((file) => file.slice(file.indexOf("/") + 1));
  const keptParts = async (): Promise<string[]> => (await kept()).map((url) => url.slice(url.lastIndexOf("/") + 1)).filter((name) => names.includes(name));
  await openInPage(page, { encoder: "none" });
  await encoderReady(page);
  expect((await keptParts()).sort()).toEqual([...names].sort());
  const newer = (text: string): string => names.reduce((all, name, at) => all.replace(name, `${String(at).padStart(20, "0")}.sxt`), text);
  ground.server.trouble(/manifest\.json$/, { change: (bytes) => Buffer.from(newer(bytes.toString())) });
  await openInPage(page, { encoder: "none" });
  await expect.poll(keptParts).toEqual([]);
  expect((await kept()).length).toBeGreaterThan(0);
});
