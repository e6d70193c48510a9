// A reader on a metered connection once paid for an encoder that nobody had asked for.

import { expect, test } from "vitest";
import { isBurden } from "../src/encoder/policy.ts";

test("saving data, a very slow connection and little memory each hold the encoder back", () => {
  expect(isBurden({ connection: { saveData: true } })).toBe(true);
  expect(isBurden({ connection: { effectiveType: "2g" } })).toBe(true);
  expect(isBurden({ deviceMemory: 1 })).toBe(true);
});

test("a browser that tells nothing is taken for a capable one", () => {
  expect(isBurden({})).toBe(false);
  expect(isBurden({ connection: { effectiveType: "4g", saveData: false }, deviceMemory: 8 })).toBe(false);
});
