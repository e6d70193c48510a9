/** Which builds of the WebAssembly modules this browser can run, and where the one that is loaded first lies. */

/** A build of the encoder's module, by the instructions that it needs. */
export type EncoderBuild = "relaxed-simd" | "simd128";

/** A function of one instruction, `v128.const`: valid only where there is SIMD. */
const SIMD_MODULE = Uint8Array.of(
  ...[0, 97, 115, 109, 1, 0, 0, 0, 1, 5, 1, 96, 0, 1, 123, 3, 2, 1, 0, 10, 22, 1, 20, 0, 253, 12],
  ...[0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 11],
);

/** The same of `i16x8.relaxed_dot_i8x16_i7x16_s`. */
const RELAXED_MODULE = Uint8Array.of(
  ...[0, 97, 115, 109, 1, 0, 0, 0, 1, 7, 1, 96, 2, 123, 123, 1, 123, 3, 2, 1, 0, 10, 11, 1, 9, 0],
  ...[32, 0, 32, 1, 253, 146, 2, 11],
);

/** Whether the browser's WebAssembly has SIMD. */
export function hasSimd(): boolean {
  return WebAssembly.validate(SIMD_MODULE);
}

/** The builds of the encoder that the browser has the instructions for, the fastest first. */
export function encoderBuilds(): readonly EncoderBuild[] {
  if (!hasSimd()) return [];
  return WebAssembly.validate(RELAXED_MODULE) ? ["relaxed-simd", "simd128"] : ["simd128"];
}

/** The search module's file: where it lies, or in a bundle's engine, where it lies as gzip, what comes of it. */
export function searchFile(): URL | Promise<Response> {
  return hasSimd() ? new URL("#wasm/search.wasm", import.meta.url) : new URL("#wasm/search-scalar.wasm", import.meta.url);
}
