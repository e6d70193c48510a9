/** The WebGPU of a page, harmed on purpose, and used by others beside us. */

import type { Page } from "playwright-core";

/** What faults are made of. It is handed over as text, to be run in the page. */
function hooks() {
  /** Puts `by` in the place of a method; it gets the method as it was, and what it is called with. */
  const replace = (prototype: object, name: string, by: (method: (...args: unknown[]) => unknown, args: unknown[]) => unknown): void => {
    const method = Reflect.get(prototype, name) as (this: unknown, ...args: unknown[]) => unknown;
    Reflect.set(prototype, name, function (this: unknown, ...args: unknown[]) {
      return by(method.bind(this), args);
    });
  };
  /** Does `harm` to the device whenever it has work in hand, also when it is tried again; where that gives a promise, it is what the device answers. */
  const inWork = (harm: (device: GPUDevice) => unknown): void => {
    let device: GPUDevice;
    replace(GPUAdapter.prototype, "requestDevice", async (request, args) => (device = (await request(...args)) as GPUDevice));
    let calls = 0;
    replace(GPUBuffer.prototype, "mapAsync", (map, args) => {
      const isSelfTest = ++calls <= 2;
      return (isSelfTest ? undefined : harm(device)) ?? map(...args);
    });
  };
  return { replace, inWork };
}
export type Hooks = ReturnType<typeof hooks>;

/** Does `harm` to the WebGPU of `page`. It is run there, and has nothing but what it is given. */
export async function harmed(page: Page, harm: (hooks: Hooks) => void): Promise<void> {
  await page.evaluate(`(${String(harm)})((${String(hooks)})())`);
}

/** What became of {@link startTheirs}. */
interface Told {
  rounds: number;
  /** Rounds whose numbers were not doubled. */
  wrong: number;
  errors: string[];
  isLost: boolean;
}

/** Runs in a page: a device of the page's own doubles numbers, over and over, until {@link stopTheirs}. */
export async function startTheirs(): Promise<void> {
  const device = await (await navigator.gpu.requestAdapter())?.requestDevice();
  if (!device) throw new Error("no GPU");
  const told: Told = { rounds: 0, wrong: 0, errors: [], isLost: false };
  void device.lost.then(() => { told.isLost = true; });
  device.addEventListener("uncapturederror", ({ error }) => told.errors.push(error.message));
  const map = Reflect.get(GPUBuffer.prototype, "mapAsync"); // As it is now.
  const code = "@group(0) @binding(0) var<storage, read_write> x: array<f32>; @compute @workgroup_size(64) fn main(@builtin(local_invocation_index) i: u32) { x[i] *= 2.0; }";
  const pipeline = device.createComputePipeline({ layout: "auto", compute: { module: device.createShaderModule({ code }) } });
  const numbers = Float32Array.from({ length: 64 }, (_, at) => at);
  // `GPUMapMode` and `GPUBufferUsage`, which TypeScript does not have.
  const [READ, MAP_READ, COPY_SRC, COPY_DST, STORAGE] = [1, 1, 4, 8, 128];
  const x = device.createBuffer({ size: numbers.byteLength, usage: STORAGE | COPY_DST | COPY_SRC });
  const back = device.createBuffer({ size: numbers.byteLength, usage: MAP_READ | COPY_DST });
  const bound = device.createBindGroup({ layout: pipeline.getBindGroupLayout(0), entries: [{ binding: 0, resource: { buffer: x } }] });
  const round = async (): Promise<void> => {
    device.queue.writeBuffer(x, 0, numbers);
    const encoder = device.createCommandEncoder();
    const pass = encoder.beginComputePass();
    pass.setPipeline(pipeline);
    pass.setBindGroup(0, bound);
    pass.dispatchWorkgroups(1);
    pass.end();
    encoder.copyBufferToBuffer(x, 0, back, 0, numbers.byteLength);
    device.queue.submit([encoder.finish()]);
    await map.call(back, READ);
    const found = new Float32Array(back.getMappedRange());
    if (numbers.some((number, at) => found[at] !== 2 * number)) told.wrong += 1;
    back.unmap();
    told.rounds += 1;
  };
  const stop = new AbortController();
  const running = (async () => {
    while (!stop.signal.aborted) {
      await round();
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  })();
  const stopTheirs = async (): Promise<Told> => {
    stop.abort();
    await running;
    await round(); // Once more, after all that happened.
    return told;
  };
  Object.assign(window, { stopTheirs });
}

/** Ends what {@link startTheirs} began. */
export async function stopTheirs(page: Page): Promise<Told> {
  return page.evaluate(async () => (window as unknown as { stopTheirs: () => Promise<Told> }).stopTheirs());
}
