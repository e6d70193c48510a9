/** Why a question has no vector, each code with what it means: the part of `codes.ts` that a first answer may need. */

/** Code → meaning, as in `CODES`. */
export const ABSENCES = {
  "encoder/loading": "the encoder is on its way; a better answer follows",
  "encoder/absent": "there is no encoder; build the bundle without `--words-only`, or give `createIndex` a `bundle`, to search by meaning",
  "encoder/off": "the page switched the encoder off",
  "encoder/declined": "the encoder is not fetched by itself here: the reader saves data, or connection or memory are small",
  "encoder/simd": "this browser has no WebAssembly SIMD, which the encoder needs",
} as const;
