/** Every code that an error or a `degraded` entry can have, with what it means. Codes of the Rust crates are among them. */

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
  "encoder/loading": "the encoder is on its way; a better answer follows",
  "encoder/absent": "the bundle was built without an encoder; build it without `--words-only` to search by meaning",
  "encoder/off": "the page switched the encoder off",
  "encoder/declined": "the encoder is not fetched by itself here: the reader saves data, or connection or memory are small",
  "encoder/simd": "this browser has no WebAssembly SIMD, which the encoder needs",
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
