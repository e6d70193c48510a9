// Vectors that are put in another passage's place rank pages for what others say.

import { expect, test } from "vitest";
import { inBatches } from "../src/encoder/batches.ts";

test.each([1, 2, 3, 7, 100])("every place is in one batch of at most %i, and each text once", (most) => {
  const texts = ["dd", "a", "ccc", "a", "", "bb", "eeee", "a"];
  const batches = inBatches(texts, most);
  const found = batches.flatMap((batch) => batch.texts.flatMap((text, at) => (batch.places[at] ?? []).map((place) => [place, text] as const)));
  expect(found.toSorted(([a], [b]) => a - b)).toEqual([...texts.entries()]);
  expect(batches.every((batch) => batch.texts.length > 0 && batch.texts.length <= most)).toBe(true);
  expect(batches.flatMap((batch) => batch.texts)).toHaveLength(new Set(texts).size);
});

test("the shortest come first, then the longest, and what is left in turn", () => {
  const texts = ["1", "22", "333", "4444", "55555"];
  expect(inBatches(texts, 1).map((batch) => batch.texts[0]?.length)).toEqual([1, 5, 2, 4, 3]);
  expect(inBatches([], 4)).toEqual([]);
});
