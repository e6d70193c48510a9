/** How the WebAssembly modules are loaded that a first answer does without. */

import { hasSimd } from "./builds.ts";
import { meaningOf } from "../codes.ts";
import { SextantError } from "../errors.ts";
import { loaded } from "./wasm.ts";
import type { BuildModule, EncoderModule, GpuModule } from "./wasm.ts";

/** A build of the encoder's module, by the instructions that it needs. */
export type EncoderBuild = "relaxed-simd" | "simd128";

/** A function of one instruction, `i16x8.relaxed_dot_i8x16_i7x16_s`: valid only where there is relaxed SIMD. */
const RELAXED_MODULE = Uint8Array.of(
  ...[0, 97, 115, 109, 1, 0, 0, 0, 1, 7, 1, 96, 2, 123, 123, 1, 123, 3, 2, 1, 0, 10, 11, 1, 9, 0],
  ...[32, 0, 32, 1, 253, 146, 2, 11],
);

/** The builds of the encoder that the browser has the instructions for, the fastest first. */
export function encoderBuilds(): readonly EncoderBuild[] {
  if (!hasSimd()) return [];
  return WebAssembly.validate(RELAXED_MODULE) ? ["relaxed-simd", "simd128"] : ["simd128"];
}

/**
 * Loads the module that encodes on a GPU.
 * @throws {SextantError} `engine/load`
 */
export async function loadGpu(): Promise<GpuModule> {
  return loaded("gpu", async () => {
    const glue = await import("#wasm/gpu");
    await glue.default();
    return glue;
  });
}

/**
 * Loads the module that builds an index.
 * @throws {SextantError} `build/simd`, `engine/load`
 */
export async function loadBuild(): Promise<BuildModule> {
  if (!hasSimd()) throw new SextantError("build/simd", meaningOf("build/simd"));
  return loaded("build", async () => {
    const glue = await import("#wasm/build");
    await glue.default();
    return glue;
  });
}

/**
 * Loads a build of the encoder's module.
 * @throws {SextantError} `engine/load`
 */
export async function loadEncoder(build: EncoderBuild): Promise<EncoderModule> {
  return loaded("encoder", async () => {
    const glue = build === "simd128" ? await import("#wasm/encoder") : await import("#wasm/encoder-relaxed");
    await glue.default();
    return glue;
  });
}
