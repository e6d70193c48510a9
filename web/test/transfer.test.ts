// Whoever gave up on a file while others still came would show less than they could.

import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { unlessLate } from "../src/files/transfer.ts";

beforeEach(() => { vi.useFakeTimers(); });
afterEach(() => { vi.useRealTimers(); });

const never = new Promise<never>(() => undefined);
const late = (): Error => new Error("late");

test("what comes in time is given, what does not is late", async () => {
  const coming = new Promise((resolve) => setTimeout(resolve, 99, "it"));
  const given = unlessLate(coming, 100, late);
  const failed = expect(unlessLate(never, 100, late)).rejects.toThrow("late");
  await vi.advanceTimersByTimeAsync(100);
  expect(await given).toBe("it");
  await failed;
});

test("it is waited for as long as there is a reason to", async () => {
  const mores = [50, 50, 0];
  let ended = false;
  const waiting = unlessLate(never, 100, late, () => mores.shift() ?? 0).catch(() => { ended = true; });
  await vi.advanceTimersByTimeAsync(199);
  expect(ended).toBe(false);
  await vi.advanceTimersByTimeAsync(1);
  await waiting;
  expect([ended, mores]).toEqual([true, []]);
});
