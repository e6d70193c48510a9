/** `manifest.json` as the TypeScript side needs it. `crates/core/src/manifest.rs` defines and checks the whole. */

import { SextantError } from "./errors.ts";

/** A file of the bundle and its length as it lies there. */
export interface FileEntry {
  readonly file: string;
  readonly bytes: number;
}

/** The encoder that the bundle's vectors belong to. */
export interface EncoderEntry {
  readonly name: string;
  readonly fingerprint: string;
  /** Bytes of the container that the parts make up. */
  readonly bytes: number;
  readonly parts: readonly FileEntry[];
}

/** What is read here; the rest is passed on to the engine as it is. */
export interface Manifest {
  readonly format: number;
  readonly generator: string;
  readonly pages: number;
  readonly passages: number;
  readonly languages: Readonly<Record<string, number>>;
  readonly encoder?: EncoderEntry;
  readonly words?: { readonly language?: unknown };
  readonly filters?: readonly (FileEntry & { readonly keys: readonly string[] })[];
}

/** Name of the manifest in its bundle. */
export const MANIFEST = "manifest.json";

/**
 * Reads the text of a manifest. Only what tells a manifest from another file is checked here: the engine does the rest.
 * @throws {SextantError} `bundle/manifest`
 */
export function parseManifest(text: string): Manifest {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    const message = `${MANIFEST}: not JSON; is the bundle's address right, and was it built by \`sextant build\`?`;
    throw new SextantError("bundle/manifest", message, { file: MANIFEST, cause });
  }
  if (typeof value !== "object" || value === null || !("format" in value) || typeof value.format !== "number") {
    const message = `${MANIFEST}: no format number, so no manifest of a bundle; run \`sextant build\` again`;
    throw new SextantError("bundle/manifest", message, { file: MANIFEST });
  }
  return value as Manifest;
}

/** The language that the words of the index are analysed by: a BCP 47 tag, empty where the manifest names none. */
export function languageOf({ words }: Manifest): string {
  return typeof words?.language === "string" ? words.language : "";
}

/** Every file that `manifest` names, wherever in it: any object with a `file` and its `bytes`. */
export function filesOf(manifest: unknown): Map<string, FileEntry> {
  const files = new Map<string, FileEntry>();
  const visit = (value: unknown): void => {
    if (typeof value !== "object" || value === null) return;
    if ("file" in value && typeof value.file === "string" && "bytes" in value && typeof value.bytes === "number") {
      files.set(value.file, { file: value.file, bytes: value.bytes });
    }
    for (const part of Object.values(value)) visit(part);
  };
  visit(manifest);
  return files;
}
