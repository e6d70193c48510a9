// A filter that was read as less than it says shows pages that the reader asked not to see.

import { expect, test } from "vitest";
import { toSteps } from "../src/filters.ts";
import type { Filter } from "../src/types.ts";

test.each<[Filter, string]>([
  [{ author: "Ada" }, "is author Ada"],
  [{ tag: ["a", "b"], year: 2020, draft: false }, "is tag a is tag b and 2 is year 2020 is draft false and 3"],
  [{ tag: { any: ["a", "b"] } }, "is tag a is tag b or 2"],
  [{ none: { tag: "a", by: "b" } }, "is tag a is by b or 2 not"],
  [{ tag: { not: ["a", "b"] } }, "is tag a is tag b and 2 not"],
  [{ none: ["a", "b"].map((tag) => ({ tag })) }, "is tag a is tag b or 2 not"],
  [{ any: [{ tag: "a", by: "x" }, { not: { tag: "b" } }] }, "is tag a is by x and 2 is tag b not or 2"],
  [[{ all: [{ tag: "a" }] }, { by: "x" }], "is tag a is by x and 2"],
])("%j says what it says", (filter, steps) => {
  expect(toSteps(filter)).toEqual(steps.split(" "));
});

test("ranges have one end or two, and both ends are of one value", () => {
  expect(toSteps({ year: { min: 2020, max: "2024" } })).toEqual(["between", "year", "2020", "2024"]);
  expect(toSteps({ year: { min: 1.5, any: ["x"] } })).toEqual(["is", "year", "x", "min", "year", "1.5", "and", "2"]);
  expect(toSteps({ date: { max: "2024-05", min: undefined } })).toEqual(["max", "date", "2024-05"]);
});

test("what is empty restricts nothing, wherever it stands", () => {
  const empty: Filter[] = [{}, [], { tag: [] }, { tag: { any: [] } }, { not: [] }, { tag: undefined }, { none: {} }, { any: [{}, []] }];
  expect(empty.map(toSteps)).toEqual(empty.map(() => []));
  expect(toSteps({ any: [{}, { tag: "a" }], by: [] })).toEqual(["is", "tag", "a"]);
});

test("what is no filter is refused", () => {
  const itself: Record<string, Filter> = {};
  itself["any"] = itself;
  for (const [filter, words] of [
    ["a", "under no key"],
    [{ any: ["a"] }, "under no key"],
    [{ year: { from: 2020 } }, '"from" under the key "year"'],
    [{ year: { min: ["2020"] } }, "numbers or texts"],
    [itself, "nested"],
  ] as const) {
    expect(() => toSteps(filter as Filter)).toThrow(expect.objectContaining({ code: "query/options", message: expect.stringContaining(words) as string }));
  }
});
