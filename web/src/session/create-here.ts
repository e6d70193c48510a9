/** What `createIndex` does: documents to JSON, and an index over what a backend makes of them. */

import { SextantError } from "../errors.ts";
import { OpenIndex, pageUrl } from "../open.ts";
import { unlessAborted } from "../files/transfer.ts";
import type { BuildProgress, CreateOptions, SextantIndex, SourceDocument } from "../types.ts";
import { bundleUrl, siteUrl } from "../urls.ts";

/** See {@link createIndex} of `create.ts`. */
export async function createHere(options: CreateOptions): Promise<SextantIndex> {
  const { documents, bundle, language, filterKeys, baseUrl = "/", device = "auto", signal, onProgress } = options;
  signal?.throwIfAborted();
  const base = pageUrl("createIndex");
  const { encoder = bundle === undefined ? "none" : "full" } = options;
  if (encoder === "full" && bundle === undefined) {
    throw new SextantError("build/options", 'encoder: "full" needs `bundle`, the URL of a bundle that has the encoder');
  }
  const told = (progress: BuildProgress): void => onProgress?.(progress);
  const records = await unlessAborted(read(documents, told, signal), signal);
  const from = encoder === "full" && bundle !== undefined ? bundleUrl(bundle, base) : undefined;
  const index = new OpenIndex(siteUrl(base, baseUrl, base), options, {
    early: undefined,
    open: async (backend, opening) => backend.call("create", { records, bundle: from, language, filters: filterKeys, device }, opening),
    onProgress: ({ stage, loaded, total }) => {
      if (stage === "encoder") told({ phase: stage, done: loaded, total });
    },
    onBuild: told,
  });
  await index.start(signal);
  return index;
}

/** Each document as JSON. */
async function read(
  documents: CreateOptions["documents"],
  told: (progress: BuildProgress) => void,
  signal: AbortSignal | undefined,
): Promise<string[]> {
  const records: string[] = [];
  for await (const document of documents) {
    signal?.throwIfAborted();
    records.push(toJson(document, records.length + 1));
  }
  told({ phase: "read", done: records.length, total: records.length });
  return records;
}

function toJson(document: SourceDocument, number: number): string {
  try {
    const json = JSON.stringify(document) as string | undefined;
    return json ?? "null"; // A function, say: refused as what it is not.
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new SextantError("source/json", `documents:${number}: cannot be written as JSON (${why}); give plain data`, { cause });
  }
}
