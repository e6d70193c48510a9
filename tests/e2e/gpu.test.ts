// GPUs are the one part of a reader's machine that may compute wrongly without saying so. Whatever one does here, to a real WebGPU
// implementation on the CPU (SwiftShader), the ranking is the CPU's, and the status tells.

import type { Page } from "playwright-core";
import { beforeAll, expect, test } from "vitest";
import type { BuildProgress, CreateOptions, DeviceStatus, SourceDocument } from "../../web/src/index.ts";
import { createInPage, encoderReady, openInPage, searchInPage, statusOf, urlsOf } from "./support/browser.ts";
import { SITE, sextant } from "./support/build.ts";
import { harness } from "./support/harness.ts";
import { harmed, startTheirs, stopTheirs } from "./support/webgpu.ts";
import type { Hooks } from "./support/webgpu.ts";

/** In milliseconds; no test takes as long. What plays GPU compiles and computes on the cores that everything else runs on. */
const LONG = 1_200_000;
/** Documents of an index: what plays GPU here takes a second for a passage. */
const DOCUMENTS = 12;
const QUESTIONS = ["limit the speed", "my phone contract is expensive", "corporate firewall"];

const ground = harness("--enable-unsafe-webgpu", "--use-webgpu-adapter=swiftshader");

let documents: SourceDocument[];
beforeAll(async () => {
  const rows = (await sextant("export", SITE, "--to", "jsonl")).trim().split("\n").map((line) => JSON.parse(line) as { id: string; title: string; text: string });
  documents = rows.slice(0, DOCUMENTS).map(({ id, title, text }) => ({ id, title, text }));
});

interface Created {
  readonly told: BuildProgress[];
  /** To each question: pages and scores. */
  readonly answers: (readonly [string, number])[][];
  readonly devices: DeviceStatus;
}

/** An index of the documents, and what it answers. */
async function created(page: Page, options: Partial<CreateOptions>): Promise<Created> {
  const told = await createInPage(page, { documents, bundle: "sextant/", ...options });
  const answers = [];
  for (const query of QUESTIONS) {
    const { results, degraded } = await searchInPage(page, query, { mode: "semantic", limit: 5, typing: false });
    expect(degraded).toEqual([]);
    answers.push(results.map(({ url, score }) => [url, score] as const));
  }
  return { told, answers, devices: (await statusOf(page)).devices };
}

/** The same from the CPU. */
async function onCpu(): Promise<(readonly [string, number])[][]> {
  const { page } = await ground.visit();
  const { answers, devices } = await created(page, { device: "cpu" });
  expect(devices).toMatchObject({ policy: "cpu", gpu: { state: "off" } });
  expect(devices.sizes.map(({ device }) => device)).toEqual(["cpu", "cpu", "cpu", "cpu"]);
  return answers;
}

/** Holds the best pages of both against each other, and all scores. */
function expectAlike(found: (readonly [string, number])[][], expected: (readonly [string, number])[][]): void {
  expect(found.map((answer) => answer.map(([url]) => url).slice(0, 1))).toEqual(expected.map((answer) => answer.map(([url]) => url).slice(0, 1)));
  for (const [at, answer] of found.entries()) {
    for (const [place, [, score]] of answer.entries()) expect(score).toBeCloseTo(expected[at]?.[place]?.[1] ?? -1, 1);
  }
}

test("passages and questions that the GPU encodes are ranked as the CPU ranks them, in a worker", { timeout: LONG }, async () => {
  const { page, problems } = await ground.visit();
  const { told, answers, devices } = await created(page, { device: "gpu" });
  expect(devices).toMatchObject({ policy: "gpu", gpu: { state: "ready", bytes: expect.any(Number) as number } });
  expect(devices.sizes.every(({ device, why }) => device === "gpu" && why === "the GPU was asked for")).toBe(true);
  expect(await statusOf(page)).toMatchObject({ device: "gpu", environment: "worker" });
  expect(told.filter(({ phase }) => phase === "encode").at(-1)).toEqual({ phase: "encode", done: DOCUMENTS, total: DOCUMENTS });
  const kept = await page.evaluate(async () => (await (await caches.open("sextant-devices-1")).keys()).map(({ url }) => decodeURIComponent(url)));
  expect(kept).toContainEqual(expect.stringContaining(devices.gpu.adapter ?? "none"));
  expectAlike(answers, await onCpu());
  expect(problems).toEqual([]);
});

test("a question to an open bundle is the GPU's where that was asked for, and short ones the CPU's where it was not", { timeout: LONG }, async () => {
  const { page } = await ground.visit();
  await openInPage(page, { encoder: "full" });
  await encoderReady(page);
  const usual = await searchInPage(page, "limit the speed", { mode: "semantic" });
  expect(await statusOf(page)).toMatchObject({ device: "cpu", devices: { policy: "auto", gpu: { state: "waiting" } } });
  expect(ground.server.paths(/sextant_gpu/)).toEqual([]);
  await openInPage(page, { encoder: "full", device: "gpu" });
  await encoderReady(page);
  await expect.poll(async () => (await statusOf(page)).devices.gpu.state, { timeout: LONG }).toBe("ready");
  expect(urlsOf(await searchInPage(page, "limit the speed", { mode: "semantic" }))[0]).toBe(urlsOf(usual)[0]);
});

/** What is done to the page's WebGPU before an index is made there, and what becomes of the GPU. */
const FAULTS: readonly (readonly [string, (hooks: Hooks) => void, object])[] = [
  [
    "an adapter that is null",
    ({ replace }) => { replace(GPU.prototype, "requestAdapter", async () => Promise.resolve(null)); },
    { state: "absent", fault: { code: "gpu/absent" } },
  ],
  [
    "a shader that is wrong",
    ({ replace }) => {
      replace(GPUDevice.prototype, "createShaderModule", (make, [descriptor]) => {
        const { code, ...rest } = descriptor as GPUShaderModuleDescriptor;
        return make({ ...rest, code: code.replaceAll("exp(", "sin(") });
      });
    },
    { state: "failed", fault: { code: "gpu/wrong" } },
  ],
  [
    "a device that is lost in the middle of a batch",
    ({ inWork }) => {
      inWork((device) => { device.destroy(); });
    },
    { state: "failed", fault: { code: "gpu/lost" } },
  ],
  [
    "a queue that hangs",
    ({ replace, inWork }) => {
      const waiting: (() => void)[] = [];
      replace(window, "setTimeout", (set, [handler, delay, ...args]) => {
        if (Number(delay) >= 10_000) waiting.push(handler as () => void);
        return set(handler, delay, ...args);
      });
      inWork(async () => {
        for (const late of waiting) late(); // As if that much time had passed.
        return new Promise(() => undefined);
      });
    },
    { state: "failed", fault: { code: "gpu/timeout" } },
  ],
  [
    "memory that has run out",
    ({ inWork }) => {
      const error = new GPUOutOfMemoryError("there is none left");
      inWork((device) => { device.dispatchEvent(new GPUUncapturedErrorEvent("uncapturederror", { error })); });
    },
    { state: "failed", fault: { code: "gpu/memory" } },
  ],
  [
    "a page that goes into the background",
    ({ inWork }) => {
      inWork(() => {
        Object.defineProperty(document, "visibilityState", { get: () => "hidden" });
        document.dispatchEvent(new Event("visibilitychange"));
      });
    },
    { state: "failed", fault: { code: "gpu/hidden" } },
  ],
  [
    "limits lower than asked, and an adapter that refuses what it said it had",
    ({ replace }) => {
      Object.defineProperty(GPUSupportedLimits.prototype, "maxComputeWorkgroupStorageSize", { get: () => 16_384 });
      let requests = 0;
      replace(GPUAdapter.prototype, "requestDevice", (request, args) => {
        return ++requests === 1 ? Promise.reject(new DOMException("too much", "OperationError")) : request(...args);
      });
    },
    { state: "ready" },
  ],
];

test.each(FAULTS)("%s leaves the CPU's ranking, the status says so, and what else the page does on the GPU goes on", { timeout: LONG }, async (_, harm, gpu) => {
  const { page } = await ground.visit();
  await page.evaluate(startTheirs);
  await harmed(page, harm);
  const { answers, devices } = await created(page, { device: "gpu", worker: false });
  expect(devices.gpu).toMatchObject(gpu);
  const { rounds, ...theirs } = await stopTheirs(page);
  expect(theirs).toEqual({ wrong: 0, errors: [], isLost: false });
  expect(rounds).toBeGreaterThan(1);
  const ready = "state" in gpu && gpu.state === "ready";
  expect(devices.sizes.every(({ device, why }) => device === (ready ? "gpu" : "cpu") && why.length > 10)).toBe(true);
  const expected = await onCpu();
  if (ready) expectAlike(answers, expected);
  else expect(answers.map((answer) => answer.map(([url]) => url))).toEqual(expected.map((answer) => answer.map(([url]) => url)));
});
