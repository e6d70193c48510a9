/** Starts the encoder on a GPU. */

import { meaningOf } from "./codes.ts";
import { SextantError } from "./errors.ts";
import type { GpuEncoder } from "./gpu.ts";

/** @throws {SextantError} `gpu/…` */
export async function startGpu(): Promise<GpuEncoder> {
  return Promise.reject(new SextantError("gpu/absent", meaningOf("gpu/absent")));
}
