/** Every code that an error or a `degraded` entry can have, with what it means. Codes of the Rust crates are among them. */

import { ABSENCES } from "./encoder/absences.ts";

/** Code → meaning. A code never changes its meaning; new ones may come. */
export const CODES = {
  "bundle/version": "the manifest or a shard has a format that this build does not read; run `sextant build` again",
  "bundle/manifest": "manifest.json is no manifest; run `sextant build` again",
  "bundle/length": "a file is shorter or longer than it says; copy the bundle again",
  "bundle/checksum": "a file is damaged; copy the bundle again",
  "bundle/kind": "a file is another one than its place says; copy the bundle again",
  "bundle/content": "a file contradicts itself or the manifest; run `sextant build` again",
  "bundle/encoder": "the vectors were made by another encoder than the one at hand",
  "bundle/fetch": "a file could not be fetched; check that the whole bundle was uploaded",
  "fetch/missing": "the server answered, but not with the file; copy the whole bundle to it",
  "fetch/network": "no answer, and nothing of the file is kept here",
  "fetch/late": "a file takes long to come, so the words answered without it; a better answer follows",
  ...ABSENCES,
  "encoder/relaxed": "the encoder's faster build, for relaxed SIMD, does not run here or computes wrongly; the other one is used",
  "encoder/wrong": "the encoder's module computes wrongly in this browser, so it is not used",
  "encoder/memory": "there is no memory for the encoder; search by words needs none",
  "encoder/vector": "the question's vector does not fit the bundle's vectors; run `sextant build` again",
  "encoder/container": "the encoder's container is no such container; copy the bundle again",
  "encoder/content": "the encoder's container contradicts itself; copy the bundle again",
  "encoder/malformed": "the encoder's container is malformed; copy the bundle again",
  "encoder/read": "a file of an encoder cannot be read",
  "encoder/unsaid": "an encoder's configuration lacks something that it has to say",
  "encoder/unsupported": "the encoder is of a kind that this build does not run",
  "encoder/version": "the encoder's container has a version that this build does not read",
  "encoder/vocabulary": "the encoder's vocabulary cannot be used",
  "vectors/absent": "the bundle has no vectors; build it without `--words-only` to search by meaning",
  "gpu/absent": "the browser has no WebGPU here, or no GPU for it",
  "gpu/software": "there is no GPU but a program that plays one, which is slower than the CPU's own kernels",
  "gpu/load": "the module for the GPU could not be loaded, or its weights could not be handed over",
  "gpu/wrong": "the GPU computes otherwise than the CPU, so it is not used",
  "gpu/lost": "the GPU was lost",
  "gpu/timeout": "the GPU did not answer in time",
  "gpu/memory": "the GPU has too little memory for the encoder",
  "gpu/unsupported": "the GPU lacks something that the encoder needs",
  "gpu/shape": "the GPU was given weights or texts that do not fit each other",
  "gpu/hidden": "the page is in the background, where browsers starve GPUs",
  "source/json": "a document is no JSON object; the message names it by its number",
  "source/field": "a field of a document is missing or of another type; the message names both",
  "build/empty": "there is nothing to index: no document has any text",
  "build/many": "there are more pages or passages than an index can number",
  "build/vector": "the encoder gave something that is no vector of a passage",
  "build/index": "the index cannot hold the vectors or words that were found",
  "build/write": "the index could not be written",
  "build/options": "the options of createIndex contradict each other",
  "build/simd": "this browser has no WebAssembly SIMD, which building an index needs",
  "engine/load": "the engine's own files could not be loaded, or this is no browser",
  "engine/trap": "the WebAssembly instance stopped; the next search starts a new one",
  "query/superseded": "a newer search on the same channel took its place",
  "query/closed": "the index was closed",
  "query/options": "the question's options are not understood",
  "query/filter": "no page has this key, or its values are no numbers or dates and a range was asked for; nothing passes",
  "query/key": "no page has this key, so nothing was counted or sorted by it",
  "query/answer": "the answer could not be handed over",
} as const;

/** What `code` means; the code itself where it is not known. */
export function meaningOf(code: string): string {
  return (CODES as Readonly<Record<string, string>>)[code] ?? code;
}
