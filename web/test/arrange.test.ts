// A better answer once slid another page under the pointer in the moment of the click.

import { expect, test } from "vitest";
import { arrange } from "../src/box/arrange.ts";
import type { Result } from "../src/types.ts";

const result = (url: string, title = url): Result => ({ url, title, score: 1, excerpt: "", segments: [], meta: {}, anchor: null, heading: "", subResults: [] });
const urls = (results: readonly Result[]): string => results.map(({ url }) => url).join("");

const shown = ["a", "b", "c", "d"].map((url) => result(url));
const better = ["d", "x", "a", "b"].map((url) => result(url, "better"));

test("nothing is pointed at: the better answer as it is", () => {
  expect(arrange(shown, better, undefined)).toBe(better);
});

test("what is pointed at and all above it stays, the very same; the rest is the better answer", () => {
  const arranged = arrange(shown, better, "b");
  expect(urls(arranged)).toBe("abdx");
  expect(arranged[0]).toBe(shown[0]);
  expect(arranged[1]).toBe(shown[1]);
  expect(arranged[2]).toBe(better[0]);
});

test("a page that the better answer lacks stays while it is pointed at", () => {
  expect(urls(arrange(shown, better, "c"))).toBe("abcd");
  expect(urls(arrange(shown, [], "a"))).toBe("a");
});

test("a page that is not on show holds nothing", () => {
  expect(arrange(shown, better, "q")).toBe(better);
});
