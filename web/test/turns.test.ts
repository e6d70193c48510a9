// A fetch that failed for one question was once told in the answer to another.

import { expect, test } from "vitest";
import { SextantError } from "../src/errors.ts";
import { Turns } from "../src/session/turns.ts";
import type { Turn } from "../src/session/turns.ts";

test("work is done one after another, and a failure does not hold up the next", async () => {
  const turns = new Turns();
  const order: string[] = [];
  const first = turns.take(undefined, async () => {
    order.push("first begins");
    await new Promise((resolve) => setTimeout(resolve, 5));
    order.push("first ends");
    throw new Error("first");
  });
  const second = turns.take(undefined, async () => Promise.resolve(order.push("second")));
  await expect(first).rejects.toThrow("first");
  await second;
  expect(order).toEqual(["first begins", "first ends", "second"]);
});

test("a turn whose signal aborted before it came is not begun", async () => {
  const turns = new Turns();
  const stop = new AbortController();
  const first = turns.take(undefined, async () => new Promise((resolve) => setTimeout(resolve, 5)));
  let begun = false;
  const second = turns.take(stop.signal, async () => {
    begun = true;
    return Promise.resolve();
  });
  stop.abort(new Error("no longer"));
  await first;
  await expect(second).rejects.toThrow("no longer");
  expect(begun).toBe(false);
});

test("what cannot be fetched is noted for the turn that wanted it", async () => {
  const turns = new Turns();
  const failing = async (): Promise<never> => Promise.reject(new SextantError("fetch/missing", "x", { file: "a.sxt" }));
  const faults = await turns.take(undefined, async (turn) => {
    await turns.fetch(failing).catch(() => undefined);
    return turn.faults;
  });
  expect(faults).toMatchObject([{ code: "fetch/missing", file: "a.sxt" }]);
  expect(await turns.take(undefined, async ({ faults: none }) => Promise.resolve(none))).toEqual([]);
});

test("an abort ends the fetch of the turn, and is no fault", async () => {
  const turns = new Turns();
  const stop = new AbortController();
  const waiting = async (asking: Turn | undefined): Promise<never> => new Promise((_resolve, reject) => {
    asking?.signal?.addEventListener("abort", () => { reject(new Error("ended")); });
  });
  const turn = turns.take(stop.signal, async ({ faults }) => {
    await expect(turns.fetch(waiting)).rejects.toThrow("no longer");
    return faults;
  });
  await Promise.resolve();
  setTimeout(() => { stop.abort(new Error("no longer")); }, 1);
  expect(await turn).toEqual([]);
});
