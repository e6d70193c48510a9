// What is kept between visits may have been written by another version, or by anybody: a pace of NaN would choose for ever.

import { expect, test } from "vitest";
import { parsePaces } from "../src/encoder/verdicts.ts";

const pace = { fixed: 1, perToken: 0.5 };

test("paces that were kept come back", () => {
  const paces = { cpu: pace, gpu: { fixed: 0, perToken: 0 } };
  expect(parsePaces(JSON.stringify(paces))).toEqual(paces);
});

test.each([
  ["", "null", "[]", "3", "{}", '{"cpu":{}}'],
  [{ cpu: pace }, { cpu: pace, gpu: null }, { cpu: pace, gpu: { fixed: 1 } }].map((value) => JSON.stringify(value)),
  [-1, "1", null, 1e9].map((fixed) => JSON.stringify({ cpu: pace, gpu: { ...pace, fixed } })),
])("what is none is not believed", (...texts) => {
  for (const text of texts) expect([text, parsePaces(text)]).toEqual([text, undefined]);
});
