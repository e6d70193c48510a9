// A device that is chosen wrongly is a reader who waits. The arithmetic is tried here; what it is fed is measured where it runs.

import { expect, test } from "vitest";
import { choose, isWorthStarting, paceOf, predicted } from "../src/encoder/devices.ts";
import type { Pace, Timing, Work } from "../src/encoder/devices.ts";

const work = (texts: number, each: number): Work => ({ texts, tokens: texts * each });
const timings = (pace: Pace, ...of: readonly Work[]): Timing[] => of.map((one) => ({ ...one, ms: predicted(pace, one) }));

test("two timings that lie on a line give that line", () => {
  const pace = { fixed: 2, perToken: 0.05 };
  const found = paceOf(timings(pace, work(1, 9), work(32, 128)));
  expect(found?.fixed).toBeCloseTo(2, 6);
  expect(found?.perToken).toBeCloseTo(0.05, 9);
});

test("no pace is below nothing, whatever was measured", () => {
  // Twice the tokens in less time, and four times the tokens in ten times the time.
  for (const [a, b] of [[4, 3], [1, 10]] as const) {
    const found = paceOf([{ ...work(1, 10), ms: a }, { ...work(1, 40), ms: b }]);
    expect(found?.fixed).toBeGreaterThanOrEqual(0);
    expect(found?.perToken).toBeGreaterThanOrEqual(0);
    expect(predicted(found ?? { fixed: -1, perToken: 0 }, work(1, 20))).toBeGreaterThan(0);
  }
});

test("timings of one length are put down to tokens, and what cannot be a timing to nothing", () => {
  expect(paceOf([{ ...work(1, 10), ms: 5 }, { ...work(1, 10), ms: 5 }])).toEqual({ fixed: 0, perToken: 0.5 });
  expect(paceOf([])).toBeUndefined();
  expect(paceOf([{ ...work(1, 10), ms: 0 }, { ...work(0, 0), ms: 3 }])).toBeUndefined();
});

const cpu = { fixed: 0.3, perToken: 0.2 };

test.each<[string, Pace, Work, "cpu" | "gpu"]>([
  ["a short question stays where it is, since the GPU answers late", { fixed: 3, perToken: 0.005 }, work(1, 9), "cpu"],
  ["a batch of passages goes to it", { fixed: 3, perToken: 0.005 }, work(32, 128), "gpu"],
  ["a slow GPU gets nothing", { fixed: 3, perToken: 0.3 }, work(32, 128), "cpu"],
  ["nor one that is hardly faster", { fixed: 0, perToken: 0.19 }, work(32, 128), "cpu"],
])("%s", (_, gpu, batch, device) => {
  const choice = choose(batch, { cpu, gpu });
  expect(choice.device).toBe(device);
  expect(choice.ms).toEqual({ cpu: predicted(cpu, batch), gpu: predicted(gpu, batch) });
});

test("a GPU is started for much work, and where it is known for what it saves", () => {
  const few = [work(32, 100)];
  const many = Array.from({ length: 10 }, () => work(32, 100));
  expect(isWorthStarting(few, cpu, undefined)).toBe(false);
  expect(isWorthStarting(many, cpu, undefined)).toBe(true);
  expect(isWorthStarting(many, cpu, { fixed: 5, perToken: 0.01 })).toBe(true);
  expect(isWorthStarting(few, cpu, { fixed: 5, perToken: 0.01 })).toBe(false);
  expect(isWorthStarting(many, cpu, { fixed: 5, perToken: 0.3 })).toBe(false);
  expect(isWorthStarting([], cpu, undefined)).toBe(false);
});
