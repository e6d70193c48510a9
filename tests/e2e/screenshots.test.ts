// Pictures of the box in every state, for people to look at: `test-results/box/`. What can be measured is: it fits.

import { mkdir } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { beforeAll, expect, test } from "vitest";
import type { BrowserContextOptions, Page } from "playwright-core";
import { atRest, settled, typeInBox } from "./support/browser.ts";
import { harness } from "./support/harness.ts";

const OUT = fileURLToPath(new URL("../../test-results/box/", import.meta.url));

const ground = harness();
beforeAll(async () => {
  await mkdir(OUT, { recursive: true });
});

const LOOKS: [string, BrowserContextOptions][] = [
  ["light", { colorScheme: "light" }],
  ["dark", { colorScheme: "dark" }],
  ["narrow", { colorScheme: "light", viewport: { width: 390, height: 780 }, hasTouch: true, isMobile: true, deviceScaleFactor: 2 }],
  ["narrow-dark", { colorScheme: "dark", viewport: { width: 390, height: 780 }, hasTouch: true, isMobile: true, deviceScaleFactor: 2 }],
];

/** Everything of the dialog lies within the window, and nothing within it is cut off sideways. */
async function fits(page: Page): Promise<boolean> {
  return page.locator("sextant-search dialog").evaluate((dialog) => {
    const { left, right, top, bottom } = dialog.getBoundingClientRect();
    const inside = left >= 0 && top >= 0 && right <= innerWidth + 0.5 && bottom <= innerHeight + 0.5;
    const wide = [...dialog.querySelectorAll(".list, .bar, .foot, .note")].some((part) => part.scrollWidth > part.clientWidth + 1);
    return inside && !wide;
  });
}

test.each(LOOKS)("the box fits its window in every state (%s)", async (name, options) => {
  const release = ground.server.hold(/\/encoder\//);
  const { page } = await ground.visit("", options);
  const shoot = async (state: string): Promise<void> => {
    await atRest(page);
    await page.screenshot({ path: `${OUT}${name}-${state}.png` });
    if (state !== "closed") expect([state, await fits(page)]).toEqual([state, true]);
  };
  await shoot("closed");
  await page.getByRole("button", { name: /^Search/ }).click();
  await shoot("empty");
  await typeInBox(page, "stop a transfer");
  await shoot("words");
  release();
  await settled(page);
  await shoot("meaning");
  await page.keyboard.press("Control+a");
  await typeInBox(page, "xqzzv wplkk");
  await shoot("nothing");
  ground.server.trouble(/manifest\.json$/, { status: 404 });
  await page.evaluate(() => {
    const box = document.querySelector("sextant-search");
    if (box) box.bundle = "/elsewhere/";
    box?.open("stop");
  });
  await page.getByRole("button", { name: "Try again" }).waitFor();
  await shoot("failed");
});
