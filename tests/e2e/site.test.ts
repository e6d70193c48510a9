// A site adds one script tag. It may lie under a sub-path, send a strict policy, and have pages about markup.

import { expect, test } from "vitest";
import { openInPage, searchInPage, settled, typeInBox, urlsOf } from "./support/browser.ts";
import { harness } from "./support/harness.ts";

const ground = harness();

const STRICT = "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self'; connect-src 'self'; worker-src 'self'; img-src 'self'; base-uri 'none'";

test("a strict content security policy holds, from the first key to the answer by meaning, and the console stays empty", async () => {
  ground.server.pageHeaders = { "content-security-policy": STRICT };
  const { page, problems } = await ground.visit();
  const violations = await page.evaluateHandle(() => {
    const all: string[] = [];
    document.addEventListener("securitypolicyviolation", ({ violatedDirective, blockedURI }) => all.push(`${violatedDirective} ${blockedURI}`));
    return all;
  });
  await page.keyboard.press("Control+k");
  await page.keyboard.type("limit the speed");
  await settled(page);
  await page.getByText("Ranked by words and meaning").waitFor();
  expect(await page.getByRole("option").first().getAttribute("href")).toMatch(/^\/guide\/bandwidth\.html/);
  const dialog = page.locator("sextant-search dialog");
  expect(await dialog.evaluate((element) => getComputedStyle(element).position)).toBe("fixed");
  expect(await violations.jsonValue()).toEqual([]);
  expect(problems).toEqual([]);
});

test("nothing is fetched before the reader comes near the box, but the one script and its parts", async () => {
  const { page } = await ground.visit();
  await page.waitForTimeout(500);
  expect(ground.server.paths(/\.(?:wasm|sxt|json)$|worker/)).toEqual([]);
});

test("under a sub-path results link to that sub-path", async () => {
  await ground.mount("/blog/");
  const { page, problems } = await ground.visit("guide/stopping.html");
  await page.keyboard.press("Control+k");
  await typeInBox(page, "monthly allowance");
  const option = page.getByRole("option").first();
  expect(await option.getAttribute("href")).toBe("/blog/guide/metered.html#set-a-monthly-allowance");
  await page.keyboard.press("Enter");
  await page.waitForURL(/\/blog\/guide\/metered\.html#set-a-monthly-allowance$/);
  expect(await page.title()).toContain("Paying by the megabyte");
  expect(problems).toEqual([]);
});

test("a base URL is put in front of the pages' own URLs", async () => {
  const { page } = await ground.visit();
  await openInPage(page, { encoder: "none", baseUrl: "https://docs.example/v2" });
  expect(urlsOf(await searchInPage(page, "monthly allowance"))[0]).toBe("https://docs.example/v2/guide/metered.html");
});

test("markup in titles, headings and text stays text", async () => {
  const { page, problems } = await ground.visit();
  await page.keyboard.press("Control+k");
  await typeInBox(page, "quokkafile");
  const options = page.getByRole("option");
  expect(await options.first().textContent()).toContain("<img src=x onerror=");
  await page.waitForTimeout(300);
  expect(await page.locator("sextant-search dialog img, sextant-search dialog script, sextant-search dialog b").count()).toBe(0);
  expect(await page.title()).not.toBe("owned");

  await openInPage(page, { encoder: "none" });
  const answer = await searchInPage(page, "quokkafile");
  const elements = await page.evaluate((html) => {
    const template = document.createElement("template");
    template.innerHTML = html;
    return [...template.content.querySelectorAll("*")].map(({ localName }) => localName);
  }, answer.results.flatMap(({ excerpt, subResults }) => [excerpt, ...subResults.map((sub) => sub.excerpt)]).join(""));
  expect(elements.length).toBeGreaterThan(0);
  expect(new Set(elements)).toEqual(new Set(["mark"]));
  expect(problems).toEqual([]);
});
