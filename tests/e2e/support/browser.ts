/** Chromium, and pages whose console is listened to. */

import { fileURLToPath } from "node:url";
import { chromium } from "playwright-core";
import type { Browser, BrowserContextOptions, Page } from "playwright-core";
import type * as Library from "../../../web/src/index.ts";

/** Nothing but what a test asks for. */
const QUIET = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"];

/** Starts the Chromium of `$CHROMIUM`, or one that is there, with `args` beside the usual ones. @throws when there is none */
export async function launch(args: readonly string[] = []): Promise<Browser> {
  const path = fileURLToPath(new URL("../../../scripts/browser.mjs", import.meta.url));
  const { findBrowser } = (await import(path)) as { findBrowser: () => string | undefined };
  const executablePath = findBrowser();
  if (executablePath === undefined) throw new Error("no Chromium: install the package chromium, or set CHROMIUM to its path");
  return chromium.launch({ executablePath, args: [...QUIET, ...args], headless: true });
}

/** A page, and what went wrong in it. */
export interface Visit {
  readonly page: Page;
  /** Errors and warnings on the console, exceptions nobody caught. */
  readonly problems: string[];
}

/** Opens `url` as a new reader: nothing cached, nothing kept. */
export async function visit(browser: Browser, url: string, options: BrowserContextOptions = {}): Promise<Visit> {
  const context = await browser.newContext({ viewport: { width: 1100, height: 760 }, ...options });
  // As text: a test runner may rewrite what looks like its own imports.
  await context.addInitScript("window.load = (url) => import(url)");
  await context.addInitScript(() => {
    document.addEventListener("sextant-answer", ({ detail }) => { window.answered = detail; });
  });
  const page = await context.newPage();
  const problems: string[] = [];
  page.on("console", (message) => {
    if (["error", "warning"].includes(message.type())) problems.push(`${message.text()} ${message.location().url}`.trim());
  });
  page.on("pageerror", (error) => problems.push(String(error)));
  await page.goto(url);
  return { page, problems };
}

declare global {
  interface Window {
    /** Imports a module in the page. */
    load: (url: string) => Promise<unknown>;
    /** The last answer that the box showed. */
    answered?: Library.Answer;
  }
}

/** Types `query` into the open box and waits for an answer to all of it: while keys come slowly their beginnings are answered too. */
export async function typeInBox(page: Page, query: string): Promise<void> {
  await page.keyboard.type(query);
  await page.waitForFunction((text) => window.answered?.query === text, query);
}

/** Waits for the answer to what is in the box after which no better one comes. */
export async function settled(page: Page): Promise<void> {
  const typed = await page.getByRole("combobox").inputValue();
  await page.waitForFunction((text) => window.answered?.query === text && !window.answered.pending, typed);
}

/** Waits until nothing in the box moves on its way to somewhere. */
export async function atRest(page: Page): Promise<void> {
  await page.locator("sextant-search").evaluate(async ({ shadowRoot }) => {
    const ending = (shadowRoot?.getAnimations() ?? []).filter(({ effect }) => effect?.getTiming().iterations !== Infinity);
    await Promise.allSettled(ending.map(async ({ finished }) => finished));
  });
}

/** What the page has for tests: set by {@link openInPage}. */
export interface Opened {
  library: typeof Library;
  index: Library.SextantIndex;
  /** Progress and status as they were told. */
  told: { progress: Library.Progress[]; status: Library.Status[] };
}

/** Opens the page's bundle by the library, as `window.opened`. Fails as `openIndex` does, with the error's code in the message. */
export async function openInPage(page: Page, options: Library.OpenOptions = {}, bundle = "sextant/"): Promise<void> {
  await page.evaluate(
    async ([at, given]) => {
      const root = new URL(at, document.baseURI);
      const library = (await window.load(new URL("engine/sextant-search.js", root).href)) as typeof Library;
      const told: Opened["told"] = { progress: [], status: [] };
      const index = await library
        .openIndex(root, { ...given, onProgress: (progress) => told.progress.push(progress), onStatus: (status) => told.status.push(status) })
        .catch((error: unknown) => {
          const { code, message } = error as Library.SextantError;
          throw new Error(`${code}: ${message}`);
        });
      (window as unknown as { opened: Opened }).opened = { library, index, told };
    },
    [bundle, options] as const,
  );
}

/** Builds an index in the page, as `window.opened`, and gives the progress that was told. Fails as {@link openInPage} does. */
export async function createInPage(page: Page, options: Library.CreateOptions): Promise<Library.BuildProgress[]> {
  return page.evaluate(async (given) => {
    const library = (await window.load(new URL("sextant/engine/sextant-search.js", document.baseURI).href)) as typeof Library;
    const told: Library.BuildProgress[] = [];
    const index = await library.createIndex({ ...given, onProgress: (progress) => told.push(progress) }).catch((error: unknown) => {
      const { code, message } = error as Library.SextantError;
      throw new Error(`${code}: ${message}`);
    });
    (window as unknown as { opened: Opened }).opened = { library, index, told: { progress: [], status: [] } };
    return told;
  }, options);
}

/** Milliseconds that a test's search waits for files: a machine that has much to do is no slow network. */
export const PATIENCE = 60_000;

/** Searches by the index that {@link openInPage} opened. */
export async function searchInPage(page: Page, query: string, options: Library.SearchOptions = {}): Promise<Library.Answer> {
  // As text: the type of filters has no end, which Playwright's types follow.
  const given = JSON.stringify({ patience: PATIENCE, ...options });
  return page.evaluate(
    async ([text, json]) => (window as unknown as { opened: Opened }).opened.index.search(text, JSON.parse(json) as Library.SearchOptions),
    [query, given] as const,
  );
}

/** Resolves when the encoder is ready, or rejects with why it is not. */
export async function encoderReady(page: Page): Promise<void> {
  await page.evaluate(async () => (window as unknown as { opened: Opened }).opened.index.loadEncoder());
}

/** The index's status as the page has it. */
export async function statusOf(page: Page): Promise<Library.Status> {
  return page.evaluate(() => (window as unknown as { opened: Opened }).opened.index.status());
}

/** URLs of an answer's results. */
export function urlsOf(answer: Library.Answer): string[] {
  return answer.results.map(({ url }) => url);
}
