/** The files of an index that was built here: in memory for as long as it is open, and gone with it. */

import { SextantError } from "../errors.ts";
import { parseManifest } from "./manifest.ts";
import type { FileEntry, Manifest } from "./manifest.ts";
import { MANIFEST } from "./names.ts";
import type { Files, GetOptions } from "./store.ts";

type Bytes = Uint8Array<ArrayBuffer>;

/** Files by their paths. */
export class MemoryFiles implements Files {
  readonly #files: ReadonlyMap<string, Bytes>;

  /** @param files The manifest among them. */
  constructor(files: ReadonlyMap<string, Bytes>) {
    this.#files = files;
  }

  async manifest(): Promise<Manifest> {
    return parseManifest(new TextDecoder().decode(await this.get({ file: MANIFEST, bytes: 0 })));
  }

  async get({ file }: FileEntry, { range }: GetOptions = {}): Promise<Bytes> {
    const bytes = this.#files.get(file);
    if (!bytes) throw new SextantError("bundle/content", `${file}: not among the files that were built`, { file });
    return Promise.resolve(range ? bytes.slice(range.from, range.to) : bytes);
  }

  async save(): Promise<number> {
    return Promise.resolve(0);
  }

  async distrust(): Promise<void> {
    // There is no other copy.
  }

  async sweep(): Promise<void> {
    // Nothing is kept.
  }
}
