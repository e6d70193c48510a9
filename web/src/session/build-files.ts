/** An index out of documents, here: passages by the module that `sextant build` is made of, vectors by whoever encodes, files in memory. */

import { BATCH_TEXTS, inBatches } from "../encoder/batches.ts";
import { MemoryFiles } from "../files/memory.ts";
import { nextTask } from "../next-task.ts";
import type { BuildProgress } from "../types.ts";
import { loadBuild } from "../modules/later.ts";
import { lendLanguage } from "../modules/wasm.ts";
import type { Encoder, IndexBuilder } from "../modules/wasm.ts";

/** How long documents are read before others may have a turn, in milliseconds. */
const TURN = 50;
/** Least time between two reports of one stage, in milliseconds. */
const REPORT_EVERY = 100;

/** Who makes vectors. */
export interface PassageEncoder extends Pick<Encoder, "name" | "fingerprint" | "dimensions"> {
  /** The vectors of `texts`, row by row. `later`: the batches that follow. */
  encode(texts: readonly string[], later: readonly (readonly string[])[], signal: AbortSignal | undefined): Promise<Float32Array>;
}

/** What is built, and how. */
export interface BuildOptions {
  /** Documents, each as JSON. */
  readonly records: readonly string[];
  readonly language: string | undefined;
  readonly filters: readonly string[] | undefined;
  /** Called when documents turned out to be sound. None: an index of words alone. */
  readonly startEncoder: (() => Promise<PassageEncoder>) | undefined;
  readonly onProgress: (progress: BuildProgress) => void;
  readonly signal: AbortSignal | undefined;
}

/**
 * Builds the files of an index.
 * @throws {SextantError} `source/…`, `build/…`, `encoder/…`, `engine/…`
 * @throws `signal.reason`
 */
export async function buildFiles(options: BuildOptions): Promise<MemoryFiles> {
  const { filters, signal } = options;
  const module = await loadBuild();
  const told = reporter(options.onProgress);
  const builder = new module.IndexBuilder();
  await add(builder, options.records, signal);
  const prepared = builder.prepare(told);
  let encoder: PassageEncoder | undefined;
  let vectors: Float32Array | undefined;
  let language: string;
  try {
    language = options.language ?? prepared.language();
    await lendLanguage(module, language);
    encoder = await options.startEncoder?.();
    if (encoder) vectors = await encodeAll(prepared.texts(), encoder, told, signal);
    await nextTask();
    signal?.throwIfAborted();
  } catch (error) {
    prepared.free();
    throw error;
  }
  const { name, fingerprint, dimensions } = encoder ?? {};
  return new MemoryFiles(prepared.finish({ language, filters, name, fingerprint, dimensions }, vectors, told));
}

async function add(builder: IndexBuilder, records: readonly string[], signal: AbortSignal | undefined): Promise<void> {
  try {
    let since = performance.now();
    for (const record of records) {
      builder.add(record);
      if (performance.now() - since < TURN) continue;
      await nextTask();
      signal?.throwIfAborted();
      since = performance.now();
    }
  } catch (error) {
    builder.free();
    throw error;
  }
}

async function encodeAll(
  texts: readonly string[],
  encoder: PassageEncoder,
  told: (phase: BuildProgress["phase"], done: number, total: number) => void,
  signal: AbortSignal | undefined,
): Promise<Float32Array> {
  const width = encoder.dimensions;
  const vectors = new Float32Array(texts.length * width);
  let done = 0;
  told("encode", done, texts.length);
  const batches = inBatches(texts, BATCH_TEXTS);
  for (const [number, batch] of batches.entries()) {
    const later = batches.slice(number + 1).map((next) => next.texts);
    const rows = await encoder.encode(batch.texts, later, signal);
    for (const [at, places] of batch.places.entries()) {
      for (const place of places) vectors.set(rows.subarray(at * width, (at + 1) * width), place * width);
      done += places.length;
    }
    told("encode", done, texts.length);
  }
  return vectors;
}

/** Tells of a stage when it begins, when it is over, and now and then between. */
function reporter(onProgress: (progress: BuildProgress) => void): (stage: string, done: number, total: number) => void {
  let last = 0;
  return (stage, done, total) => {
    const now = performance.now();
    if (done > 0 && done < total && now - last < REPORT_EVERY) return;
    last = now;
    onProgress({ phase: stage as BuildProgress["phase"], done, total });
  };
}
