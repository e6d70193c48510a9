/** Which build of the search module, the one that is loaded first, this browser can run, and where it lies. */

/** A function of one instruction, `v128.const`: valid only where there is SIMD. */
const SIMD_MODULE = Uint8Array.of(
  ...[0, 97, 115, 109, 1, 0, 0, 0, 1, 5, 1, 96, 0, 1, 123, 3, 2, 1, 0, 10, 22, 1, 20, 0, 253, 12],
  ...[0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 11],
);

/** Whether the browser's WebAssembly has SIMD. */
export function hasSimd(): boolean {
  return WebAssembly.validate(SIMD_MODULE);
}

/** Where the search module's file lies; in a bundle's engine it is packed. */
export function searchFile(): URL {
  return hasSimd() ? new URL("#wasm/search.wasm", import.meta.url) : new URL("#wasm/search-scalar.wasm", import.meta.url);
}
