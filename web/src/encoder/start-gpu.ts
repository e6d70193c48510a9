/** Starts the encoder on a GPU: the module is loaded, and the weights that the CPU has are handed over as they lie in the bundle. */

import { SextantError, toFault } from "../errors.ts";
import type { EncoderBuild } from "../modules/later.ts";
import type { GpuEncoder } from "./gpu.ts";
import type { EncoderEntry } from "../files/manifest.ts";
import type { Store } from "../files/store.ts";
import { loadEncoder, loadGpu } from "../modules/later.ts";
import type { WeightsLender } from "../modules/wasm.ts";

/**
 * The encoder of `entry` on the browser's GPU.
 * @param build Of the encoder's module, which is loaded already.
 * @throws {SextantError} `gpu/…`, or why the module or the weights cannot be had
 */
export async function startGpu(entry: EncoderEntry, store: Store, build: EncoderBuild): Promise<GpuEncoder> {
  // Asked first: most browsers without a GPU need not fetch the module to know.
  if (!(await hasAdapter())) throw new SextantError("gpu/absent", "this browser has no WebGPU here, or no GPU for it");
  try {
    const module = await loadGpu();
    const device = await module.GpuDevice.open();
    try {
      const lender = await lend(entry, store, build);
      const loader = device.loader(lender.model);
      for (let part = lender.nextPart(); part; part = lender.nextPart()) loader.put(part);
      lender.free();
      const encoder = loader.finish();
      const { adapter, driver, software } = encoder.status();
      return {
        adapter: [adapter, driver].filter(Boolean).join(", ") || "a GPU without a name",
        isSoftware: software,
        get bytes() {
          return encoder.status().bytes;
        },
        encode: async ({ ids, starts }) => encoder.encode(ids, starts),
        destroy: () => {
          device.destroy();
        },
      };
    } catch (error) {
      device.destroy();
      throw error;
    }
  } catch (cause) {
    const { code, message, file } = toFault(cause, "gpu/load");
    throw new SextantError(code, message, { file, cause });
  }
}

async function hasAdapter(): Promise<boolean> {
  const { gpu } = globalThis.navigator as { gpu?: { requestAdapter(): Promise<unknown> } };
  return (await gpu?.requestAdapter().catch(() => null) ?? null) !== null;
}

/** The encoder's weights. The encoder that runs on the CPU has them in another form, so they are read again, from what the browser keeps. */
async function lend(entry: EncoderEntry, store: Store, build: EncoderBuild): Promise<WeightsLender> {
  const { EncoderLoader } = await loadEncoder(build);
  const loader = new EncoderLoader(entry.bytes);
  for (const part of entry.parts) loader.part(part.file, await store.get(part, { priority: "low" }));
  return loader.lend();
}
