// The search box is used by keyboard, by screen reader, by thumb. Each of these broke in a box that was only clicked.

import { afterEach, expect, test } from "vitest";
import type { Page } from "playwright-core";
import { atRest, settled, typeInBox } from "./support/browser.ts";
import type { Visit } from "./support/browser.ts";
import { harness } from "./support/harness.ts";

const ground = harness();
let open: Visit | undefined;
// In normal use the console stays empty, in each of these tests.
afterEach(() => {
  const problems = open?.problems;
  open = undefined;
  expect(problems).toEqual([]);
});

async function start(): Promise<Page> {
  open = await ground.visit();
  return open.page;
}

/** Opens the box by its shortcut and types. */
async function ask(page: Page, query: string): Promise<void> {
  await page.keyboard.press("Control+k");
  await typeInBox(page, query);
}

const active = async (page: Page): Promise<string | null> => {
  const id = await page.getByRole("combobox").getAttribute("aria-activedescendant");
  return id === null ? null : page.locator(`sextant-search [id="${id}"]`).getAttribute("href");
};
const links = async (page: Page): Promise<string[]> => page.getByRole("option").evaluateAll((all) => all.map((option) => option.getAttribute("href") ?? ""));

test("the shortcut opens the box, Escape closes it, and the focus goes back to where it was", async () => {
  const page = await start();
  const link = page.getByRole("link", { name: "Guide" });
  await link.focus();
  await page.keyboard.press("Control+k");
  await page.getByRole("dialog").waitFor();
  expect(await page.getByRole("combobox").evaluate((input) => input.matches(":focus"))).toBe(true);
  await page.keyboard.press("Escape");
  await expect.poll(async () => page.getByRole("dialog").count()).toBe(0);
  expect(await link.evaluate((element) => element === document.activeElement)).toBe(true);
});

test("arrows go through the results and around, Home and End to their ends, Enter follows", async () => {
  const page = await start();
  await ask(page, "proxy");
  await settled(page);
  const all = await links(page);
  expect(all.length).toBeGreaterThan(2);
  expect(await active(page)).toBe(all[0]);
  await page.keyboard.press("ArrowDown");
  expect(await active(page)).toBe(all[1]);
  await page.keyboard.press("End");
  expect(await active(page)).toBe(all.at(-1));
  await page.keyboard.press("ArrowDown");
  expect(await active(page)).toBe(all[0]);
  await page.keyboard.press("ArrowUp");
  expect(await active(page)).toBe(all.at(-1));
  await page.keyboard.press("Home");
  expect(await active(page)).toBe(all[0]);
  expect(await page.locator('sextant-search [aria-selected="true"]').count()).toBe(1);
  await page.keyboard.press("Enter");
  await page.waitForURL((url) => url.pathname + url.hash === all[0]);
});

test("before the arrows are used, Home and End move in the field", async () => {
  const page = await start();
  await ask(page, "proxy");
  await page.keyboard.press("Home");
  expect(await page.getByRole("combobox").evaluate((input) => (input as HTMLInputElement).selectionStart)).toBe(0);
});

test("roles and names say what a screen reader needs", async () => {
  const page = await start();
  const button = page.getByRole("button", { name: /^Search/ });
  expect(await button.getAttribute("aria-haspopup")).toBe("dialog");
  expect(await button.getAttribute("aria-keyshortcuts")).toBe("Control+K");
  await page.keyboard.press("Control+k");
  const combobox = page.getByRole("combobox", { name: "Search this site" });
  expect(await combobox.getAttribute("aria-expanded")).toBe("false");
  await typeInBox(page, "proxy");
  expect(await combobox.getAttribute("aria-expanded")).toBe("true");
  const list = page.getByRole("listbox", { name: "Search this site" });
  expect(await combobox.getAttribute("aria-controls")).toBe(await list.getAttribute("id"));
  expect(await page.getByRole("group", { name: "Behind a company's gateway" }).getByRole("option").count()).toBeGreaterThan(0);
  await expect.poll(async () => page.getByRole("status").textContent()).toMatch(/^\d+ pages? found$/);
});

test("a better answer leaves what the reader points at where it is, to the pixel", async () => {
  const release = ground.server.hold(/\/encoder\//);
  const page = await start();
  await ask(page, "file is broken after the connection closed");
  await page.keyboard.press("ArrowDown");
  await page.keyboard.press("ArrowDown");
  await atRest(page);
  const before = await links(page);
  const [url, place] = [await active(page), await page.locator('sextant-search [aria-selected="true"]').boundingBox()];
  release();
  await settled(page);
  await atRest(page);
  expect(await active(page)).toBe(url);
  expect(await page.locator('sextant-search [aria-selected="true"]').boundingBox()).toEqual(place);
  expect(await links(page)).not.toEqual(before);
});

test("a better answer takes its whole place when nothing is pointed at", async () => {
  const release = ground.server.hold(/\/encoder\//);
  const page = await start();
  await ask(page, "file is broken after the connection closed");
  const before = await links(page);
  release();
  await settled(page);
  const after = await links(page);
  expect(after).not.toEqual(before);
  expect(await active(page)).toBe(after[0]);
});

test("where vectors take long the box shows what the words find, and says that it goes on", async () => {
  const release = ground.server.hold(/\/vectors\//);
  const page = await start();
  await ask(page, "proxy");
  expect(await page.evaluate(() => window.answered)).toMatchObject({ mode: "keyword", pending: true });
  expect((await links(page)).length).toBeGreaterThan(0);
  await page.getByText("Refining by meaning…").waitFor();
  release();
  await page.getByText("Ranked by words and meaning").waitFor();
});

test("while the encoder is on its way the box says how far it is", async () => {
  const release = ground.server.hold(/\/encoder\//);
  const page = await start();
  await ask(page, "proxy");
  await page.getByText(/Refining by meaning… \d+\s%/).waitFor();
  release();
  await page.getByText("Ranked by words and meaning").waitFor();
});

test("fast typing ends with the answer to what was typed last", async () => {
  const page = await start();
  await page.keyboard.press("Control+k");
  for (const word of ["proxy", "allowance", "certificate", "monthly"]) {
    await page.keyboard.press("Control+a");
    await page.keyboard.type(word, { delay: 30 });
  }
  await settled(page);
  expect((await links(page))[0]).toBe("/guide/metered.html#set-a-monthly-allowance");
});

test("a question that nothing answers gets a sentence, and an empty field a hint", async () => {
  const page = await start();
  await page.keyboard.press("Control+k");
  await page.getByText("Ask in your own words").waitFor();
  await page.keyboard.type("xqzzv wplkk");
  await page.getByText("Nothing found for “xqzzv wplkk”").waitFor();
  await expect.poll(async () => page.getByRole("status").textContent()).toBe("Nothing found for “xqzzv wplkk”");
  await page.getByRole("button", { name: "Clear" }).click();
  await page.getByText("Ask in your own words").waitFor();
});

test("a bundle that cannot be had is said with a way to try again", async () => {
  const mend = ground.server.trouble(/manifest\.json$/, { status: 503 });
  const page = await start();
  const failed = page.evaluate(async () => new Promise((resolve) => {
    document.addEventListener("sextant-error", ({ detail }) => { resolve(detail.code); }, { once: true });
  }));
  await page.keyboard.press("Control+k");
  await page.keyboard.type("proxy");
  await page.getByText("manifest.json: the server answered 503").waitFor();
  expect(await failed).toBe("fetch/missing");
  mend();
  await page.getByRole("button", { name: "Try again" }).click();
  await page.getByRole("option").first().waitFor();
  // The browser itself reports the 503s.
  expect(open?.problems.every((problem) => problem.includes("503"))).toBe(true);
  open?.problems.splice(0);
});

test("a router can take over from the link", async () => {
  const page = await start();
  await page.evaluate(() => {
    document.addEventListener("sextant-select", (event) => {
      event.preventDefault();
      document.title = event.detail.url;
    });
  });
  await ask(page, "monthly allowance");
  await page.keyboard.press("Enter");
  await expect.poll(async () => page.title()).toBe("/guide/metered.html#set-a-monthly-allowance");
  expect(new URL(page.url()).pathname).toBe("/");
  expect(await page.getByRole("dialog").count()).toBe(0);
});

test("texts, shortcut and theme are the site's", async () => {
  const page = await start();
  await page.evaluate(() => {
    const box = document.querySelector("sextant-search");
    box?.setAttribute("strings", '{"button":"Suche","hint":"Fragen Sie."}');
    box?.setAttribute("shortcut", "/");
    box?.setAttribute("theme", "dark");
  });
  await page.getByRole("button", { name: "Suche" }).waitFor();
  await page.keyboard.press("/");
  await page.getByText("Fragen Sie.").waitFor();
  expect(await page.getByRole("combobox").inputValue()).toBe("");
  await page.keyboard.type("a/b");
  expect(await page.getByRole("combobox").inputValue()).toBe("a/b");
  expect(await page.getByRole("dialog").evaluate((dialog) => getComputedStyle(dialog).backgroundColor)).toBe("rgb(22, 27, 35)");
});

test("a box that leaves the page takes its worker with it, and works again when it comes back", async () => {
  const page = await start();
  await ask(page, "proxy");
  expect(page.workers()).toHaveLength(1);
  await page.evaluate(() => {
    const box = document.querySelector("sextant-search");
    (window as unknown as { box: Element | null }).box = box;
    box?.remove();
  });
  await expect.poll(() => page.workers().length).toBe(0);
  await page.evaluate(() => { document.body.append((window as unknown as { box: Element }).box); });
  await page.keyboard.press("Control+k");
  await page.keyboard.press("Control+a");
  await page.keyboard.type("monthly");
  await expect.poll(async () => (await links(page))[0]).toBe("/guide/metered.html#set-a-monthly-allowance");
});
