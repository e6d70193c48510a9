// Whatever becomes of a GPU, each text gets the vector that the CPU would have given it. Here the GPU is a script that does what
// real ones are feared to do; `tests/e2e/gpu.test.ts` does it to a real one.

import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { Encoding } from "../src/encoder/encoding.ts";
import { SextantError } from "../src/errors.ts";
import type { GpuEncoder } from "../src/encoder/gpu.ts";
import type { DevicePolicy } from "../src/types.ts";
import type { Pair } from "../src/encoder/verdicts.ts";
import type { Paces } from "../src/encoder/devices.ts";
import type { Tokens } from "../src/modules/wasm.ts";

/** A text's vector, and the ids from which it is made: its characters. */
const idsOf = (text: string): number[] => [1, ...Array.from(text, (character) => character.codePointAt(0) ?? 0)];
const vectorOf = (ids: readonly number[]): Float32Array => Float32Array.of(ids.length, (ids.reduce((sum, id) => sum + id, 0) % 97) + 1, 1);
const PASSAGES = ["one", "another", "the third of them", "a fourth"];
const expected = PASSAGES.flatMap((text) => [...vectorOf(idsOf(text))]);

const tokens = (texts: readonly string[]): Tokens => {
  const all = texts.map(idsOf);
  let at = 0;
  return { ids: Uint32Array.from(all.flat()), starts: Uint32Array.from([0, ...all.map((ids) => (at += ids.length))]) };
};

/** How long things take, on a clock that the test moves. */
const CPU_MS = 400;

/** How long nobody asks before a GPU is started for questions. */
const IDLE = 2000;
/** Calls of a start. */
const SELF_TEST = 2;

interface Script {
  readonly policy?: DevicePolicy;
  readonly isSoftware?: boolean;
  readonly kept?: Paces;
  /** What a call gives instead of its vectors; `call` counts from 0, and the first {@link SELF_TEST} are the self-test's. */
  readonly does?: (call: number, rows: Float32Array) => Float32Array | Promise<Float32Array>;
  readonly opens?: () => void | Promise<void>;
}

function ground({ policy = "auto", isSoftware = false, kept, does, opens }: Script) {
  const told = { calls: 0, starts: 0, destroyed: 0, cpu: 0, kept: [] as [Pair, Paces][] };
  const passage = (text: string): Float32Array => {
    if (PASSAGES.includes(text)) {
      told.cpu += 1;
      vi.advanceTimersByTime(CPU_MS);
    } // Else the self-test's.
    return vectorOf(idsOf(text));
  };
  const open = async (): Promise<GpuEncoder> => {
    told.starts += 1;
    await opens?.();
    return {
      adapter: "script",
      isSoftware,
      bytes: 7,
      encode: async ({ ids, starts }) => {
        const texts = Array.from({ length: starts.length - 1 }, (_, at) => [...ids.subarray(starts[at], starts[at + 1])]);
        const rows = Float32Array.from(texts.flatMap((text) => [...vectorOf(text)]));
        vi.advanceTimersByTime(1);
        const call = told.calls++;
        return (await does?.(call, rows)) ?? rows;
      },
      destroy: () => {
        told.destroyed += 1;
      },
    };
  };
  const verdicts = {
    get: async () => Promise.resolve(kept),
    put: async (pair: Pair, paces: Paces) => {
      told.kept.push([pair, paces]);
      return Promise.resolve();
    },
  };
  const cpu = { dimensions: 3, query: passage, passage, tokens };
  const encoding = new Encoding({ cpu, policy, openGpu: open, verdicts, encoder: "e", onChange: () => undefined });
  const encode = async (): Promise<number[]> => [...(await encoding.passages(PASSAGES, Array.from({ length: 9 }, () => PASSAGES), undefined))];
  return { encoding, told, encode };
}

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["performance", "setTimeout", "clearTimeout"] });
});
afterEach(() => {
  vi.useRealTimers();
});

test("the CPU goes first, the GPU takes over when there is much to do, and both are timed and held against each other", async () => {
  const { encoding, told, encode } = ground({});
  expect(await encode()).toEqual(expected);
  expect([told.starts, told.cpu]).toEqual([0, 4]);
  expect(encoding.status.sizes.map(({ device, why }) => [device, why])).toEqual(Array(4).fill(["cpu", "nothing has come that would be worth starting the GPU for"]));
  expect(await encode()).toEqual(expected);
  expect(told.starts).toBe(1);
  expect(told.kept).toMatchObject([[{ adapter: "script", encoder: "e" }, { cpu: {}, gpu: {} }]]);
  expect(encoding.status).toMatchObject({ policy: "auto", gpu: { state: "ready", adapter: "script", bytes: 7 } });
  expect(encoding.status.sizes.at(-1)).toMatchObject({ texts: 32, tokens: 128, device: "gpu", why: expect.stringMatching(/^predicted: CPU [\d.]+ ms, GPU [\d.]+ ms$/) as string });
  const before = told.cpu;
  expect(await encode()).toEqual(expected);
  expect(told.cpu).toBe(before);
});

test("paces that were kept are not measured again", async () => {
  const pace = { fixed: 0, perToken: 0.01 };
  const { told, encode } = ground({ kept: { cpu: pace, gpu: pace } });
  await encode();
  expect(await encode()).toEqual(expected);
  expect([told.kept, told.cpu, told.calls]).toEqual([[], 4, SELF_TEST + 1]);
});

test("a program that plays GPU is never taken by itself, but where the GPU was asked for", async () => {
  const auto = ground({ isSoftware: true });
  await auto.encode();
  expect(await auto.encode()).toEqual(expected);
  expect(auto.encoding.status.gpu).toMatchObject({ state: "absent", fault: { code: "gpu/software" } });
  expect(auto.told).toMatchObject({ destroyed: 1, cpu: 8 });
  const asked = ground({ isSoftware: true, policy: "gpu" });
  await asked.encoding.begin();
  expect(asked.encoding.status.gpu.state).toBe("ready");
  expect(asked.encoding.status.sizes[0]).toMatchObject({ device: "gpu", why: "the GPU was asked for" });
});

const lost = (): never => {
  throw new SextantError("gpu/lost", "the device is gone");
};

test.each<[string, Script["does"], string]>([
  ["computes wrongly from the start", (_, rows) => rows.map((value, at) => (at % 3 === 0 ? -value : value)), "gpu/wrong"],
  ["computes wrongly on the real work", (call, rows) => (call < SELF_TEST ? rows : rows.fill(1)), "gpu/wrong"],
  ["gives fewer vectors", (_, rows) => rows.subarray(3), "gpu/wrong"],
  ["gives what is no number", (_, rows) => rows.fill(Number.NaN), "gpu/wrong"],
])("one that %s is never asked again", async (_, does, code) => {
  const { encoding, told, encode } = ground({ policy: "gpu", ...(does ? { does } : {}) });
  for (let round = 0; round < 3; round++) {
    expect(await encode()).toEqual(expected);
    vi.advanceTimersByTime(60_000);
  }
  expect(encoding.status).toMatchObject({ gpu: { state: "failed", fault: { code } } });
  expect(encoding.status.sizes.every(({ device }) => device === "cpu")).toBe(true);
  expect(told).toMatchObject({ starts: 1, destroyed: 1, kept: [] });
});

test("one that is lost in the middle of a batch is tried again once, later", async () => {
  const { encoding, told, encode } = ground({ policy: "gpu", does: (call, rows) => ([4, 9].includes(call) ? lost() : rows) });
  const states = [];
  for (let round = 0; round < 9; round++) {
    expect(await encode()).toEqual(expected);
    states.push(encoding.status.gpu.state);
    vi.advanceTimersByTime(2000);
  }
  expect(states.indexOf("failed")).toBeGreaterThan(-1);
  expect(states.lastIndexOf("ready")).toBeGreaterThan(states.indexOf("failed"));
  expect(states.at(-1)).toBe("failed");
  expect([told.starts, told.destroyed]).toEqual([2, 2]);
  expect(encoding.status.gpu.fault).toEqual({ code: "gpu/lost", message: "the device is gone" });
});

test("one that hangs is given up in time, and the work is done", async () => {
  const { encoding, told, encode } = ground({ policy: "gpu", does: async (call, rows) => (call < SELF_TEST ? rows : new Promise(() => undefined)) });
  await encoding.begin();
  const encoded = encode();
  await vi.advanceTimersByTimeAsync(20_000);
  expect(await encoded).toEqual(expected);
  expect(encoding.status.gpu).toMatchObject({ state: "failed", fault: { code: "gpu/timeout" } });
  expect(told.destroyed).toBe(1);
});

test("a program that plays GPU is given longer, since it is no faster for being given up", async () => {
  const { encoding, encode } = ground({
    policy: "gpu",
    isSoftware: true,
    does: async (call, rows) => (call === SELF_TEST ? new Promise((resolve) => setTimeout(resolve, 100_000, rows)) : rows),
  });
  await encoding.begin();
  const encoded = encode();
  await vi.advanceTimersByTimeAsync(100_000);
  expect(await encoded).toEqual(expected);
  expect(encoding.status.gpu.state).toBe("ready");
});

test("an abort while it has a batch in hand is heard at once", async () => {
  const { encoding } = ground({ policy: "gpu", does: async (call, rows) => (call < SELF_TEST ? rows : new Promise(() => undefined)) });
  await encoding.begin();
  const stop = new AbortController();
  const encoded = encoding.passages(PASSAGES, [], stop.signal);
  stop.abort("enough");
  await expect(encoded).rejects.toBe("enough");
});

test("one that comes too late is let go", async () => {
  const { encoding, told } = ground({ policy: "gpu", opens: async () => new Promise((resolve) => setTimeout(resolve, 90_000)) });
  const begun = encoding.begin();
  await vi.advanceTimersByTimeAsync(70_000);
  await begun;
  expect(encoding.status.gpu).toMatchObject({ state: "failed", fault: { code: "gpu/timeout" } });
  await vi.advanceTimersByTimeAsync(30_000);
  expect(told.destroyed).toBe(1);
});

test("while the page is in the background nothing is left to the GPU", async () => {
  let hide = (): void => undefined;
  const { encoding, told, encode } = ground({
    policy: "gpu",
    does: async (call, rows) => {
      if (call !== SELF_TEST) return rows;
      hide();
      return new Promise(() => undefined);
    },
  });
  await encoding.begin();
  hide = () => { encoding.see(false); };
  expect(await encode()).toEqual(expected);
  expect(encoding.status.gpu.fault?.code).toBe("gpu/hidden");
  const calls = told.calls;
  vi.advanceTimersByTime(10_000);
  expect(await encode()).toEqual(expected);
  expect(told.calls).toBe(calls);
  encoding.see(true);
  expect(await encode()).toEqual(expected);
  expect([encoding.status.gpu.state, told.starts]).toEqual(["ready", 2]);
});

test("questions that a GPU would have been worth start it for those to come, when nobody asks, and it is timed on them", async () => {
  const { encoding, told } = ground({});
  const ask = async (times: number): Promise<void> => {
    for (let at = 0; at < times; at++) expect(await encoding.query(PASSAGES[at % 4] ?? "")).toEqual(vectorOf(idsOf(PASSAGES[at % 4] ?? "")));
    await vi.advanceTimersByTimeAsync(IDLE);
  };
  await ask(3);
  expect([told.starts, encoding.status.gpu.state]).toEqual([0, "waiting"]);
  await ask(5);
  await vi.waitFor(() => { expect(told.kept.length).toBe(1); });
  expect([told.starts, told.cpu]).toEqual([1, 8]);
  await ask(4);
  expect(told.cpu).toBe(8);
  expect(encoding.status.sizes.every(({ device, why }) => device === "gpu" && why.startsWith("predicted"))).toBe(true);
});

test("a GPU whose pace was kept is started for fewer questions, and not timed again", async () => {
  const pace = { fixed: 0, perToken: 0.01 };
  const { encoding, told } = ground({ kept: { cpu: pace, gpu: pace } });
  for (const text of PASSAGES) await encoding.query(text);
  await vi.advanceTimersByTimeAsync(IDLE);
  await vi.waitFor(() => { expect(encoding.status.gpu.state).toBe("ready"); });
  expect([told.calls, told.kept]).toEqual([SELF_TEST, []]);
});

test("one that answers questions wrongly is never asked", async () => {
  const { encoding, told } = ground({ does: (call, rows) => (call < SELF_TEST ? rows : rows.fill(1)) });
  for (let at = 0; at < 8; at++) await encoding.query("another");
  await vi.advanceTimersByTimeAsync(IDLE);
  await vi.waitFor(() => { expect(encoding.status.gpu).toMatchObject({ state: "failed", fault: { code: "gpu/wrong" } }); });
  expect(await encoding.query("another")).toEqual(vectorOf(idsOf("another")));
  expect(told.kept).toEqual([]);
});

test("of two questions at once the GPU is given one after the other", async () => {
  let [running, most] = [0, 0];
  const { encoding } = ground({
    policy: "gpu",
    does: async (_, rows) => {
      most = Math.max(most, ++running);
      await Promise.resolve();
      running -= 1;
      return rows;
    },
  });
  await encoding.begin();
  const answers = await Promise.all(PASSAGES.map(async (text) => encoding.query(text)));
  expect(answers.flatMap((vector) => [...vector])).toEqual(expected);
  expect(most).toBe(1);
});

test("one that is still starting when the index is closed is let go", async () => {
  const { encoding, told } = ground({ policy: "gpu", opens: async () => new Promise((resolve) => setTimeout(resolve, 1000)) });
  const begun = encoding.begin();
  encoding.close();
  await vi.advanceTimersByTimeAsync(2000);
  await begun;
  expect([told.starts, told.destroyed, encoding.status.sizes[0]?.device]).toEqual([1, 1, "cpu"]);
});
