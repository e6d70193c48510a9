/** `createIndex`: an index of documents that the page has, built in the reader's browser. Nothing of them leaves it. */

import type { CreateOptions, SextantIndex } from "./types.ts";

/**
 * Builds an index of `options.documents` in a worker, and opens it: the same as `sextant build` of the same records with the same
 * encoder, so that rankings are the same too. It is in memory, and gone when it is closed.
 *
 * Documents are kept as well, so that a worker that died can be replaced.
 * @throws {SextantError} `source/…`: a document is none, the message names its number, from 1; `build/…`: no index can be made of
 *   them; `encoder/…`, `fetch/…`, `bundle/…`: the encoder cannot be had; `engine/load`: as {@link openIndex}.
 * @throws `options.signal.reason` when aborted, at once.
 */
export async function createIndex(options: CreateOptions): Promise<SextantIndex> {
  // Every page loads the library, and few create an index.
  const { createHere } = await import("./session/create-here.ts");
  return createHere(options);
}
