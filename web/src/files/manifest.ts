/** `manifest.json` as the TypeScript side needs it. `crates/core/src/manifest.rs` defines and checks the whole. */

import { SextantError } from "../errors.ts";
import { MANIFEST } from "./names.ts";

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

/** All of it. Every other file is named by the head, which the engine reads. */
export interface Manifest {
  readonly format: number;
  readonly generator: string;
  readonly pages: number;
  readonly passages: number;
  readonly languages: Readonly<Record<string, number>>;
  /** That of the words, a BCP 47 tag. */
  readonly language: string;
  readonly encoder?: EncoderEntry;
  readonly head: FileEntry;
}

/** The format that is read, as in `crates/core/src/manifest.rs`. */
const FORMAT = 3;
/** A path inside of the bundle, or of the encoder beside it that several bundles share. */
const INSIDE = /^(?:(?:\.\.\/)+encoder\/)?(?:[\w-][\w.-]*\/)*[\w-][\w.-]*$/u;

/**
 * Reads the text of a manifest.
 * @throws {SextantError} `bundle/manifest`, `bundle/version`, `bundle/content`
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
    throw fault("bundle/manifest", "no format number, so no manifest of a bundle");
  }
  if (value.format !== FORMAT) throw fault("bundle/version", `format ${value.format}, this build reads ${FORMAT}`);
  if (!("head" in value)) throw fault("bundle/manifest", "it names no head");
  const manifest = value as Manifest;
  for (const { file } of filesOf(manifest)) {
    if (!INSIDE.test(file)) throw fault("bundle/content", `path ${JSON.stringify(file)} leaves the bundle`);
  }
  return manifest;
}

/** The files that `manifest` itself names: the head, and the encoder's parts. */
export function filesOf({ head, encoder }: Manifest): FileEntry[] {
  return [head, ...(encoder?.parts ?? [])];
}

function fault(code: string, what: string): SextantError {
  return new SextantError(code, `${MANIFEST}: ${what}; run \`sextant build\` again`, { file: MANIFEST });
}
