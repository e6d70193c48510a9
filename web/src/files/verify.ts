/** Are these the bytes that the manifest means? Asked before anything is kept or used. */

import { SextantError } from "../errors.ts";
import type { FileEntry } from "./manifest.ts";

/** What is fetched, kept and read. */
export type Bytes = Uint8Array<ArrayBuffer>;

/** All files but the manifest are named by the first 12 hexadecimal digits of their SHA-256. */
export const HASHED = /(?<digest>[0-9a-f]{12})\.[a-z]+$/u;

/**
 * Checks length and, where the browser has SubtleCrypto (`https://` and `localhost`), the hash in the file's name.
 * Elsewhere the checksum in the shard's frame, which the engine checks always, is what there is.
 * @throws {SextantError} `bundle/length`, `bundle/checksum`
 */
export async function verify({ file, bytes }: FileEntry, found: Bytes): Promise<void> {
  if (found.length !== bytes) throw wrongLength({ file, bytes }, found.length);
  const expected = HASHED.exec(file)?.groups?.["digest"];
  const subtle = (globalThis.crypto as Crypto | undefined)?.subtle;
  if (expected === undefined || subtle === undefined) return;
  const digest = new Uint8Array(await subtle.digest("SHA-256", found));
  const hex = Array.from(digest.subarray(0, 6), (byte) => byte.toString(16).padStart(2, "0")).join("");
  if (hex !== expected) throw damaged(file);
}

function damaged(file: string): SextantError {
  return new SextantError("bundle/checksum", `${file}: checksum mismatch; the file is damaged, copy the bundle again`, { file });
}

/** Bytes of a frame before its body, and where its checksum lies (`crates/core/src/frame.rs`). */
const HEADER = 32;
const CHECKSUM_AT = 20;
/** The polynomial of CRC-32 (IEEE 802.3), its bits in reverse. */
const POLYNOMIAL = 0xedb88320;

/**
 * The shard `name` as the engine reads it, inflated, by the checksum in its frame: no hash names a part of a file.
 * @throws {SextantError} `bundle/checksum`
 */
export async function opened(name: string, stored: Bytes): Promise<Bytes> {
  const shard = await inflate(name, stored);
  const expected = shard.length < HEADER ? undefined : new DataView(shard.buffer, shard.byteOffset).getUint32(CHECKSUM_AT, true);
  if (expected === crc32(shard.subarray(0, CHECKSUM_AT), shard.subarray(HEADER))) return shard;
  throw damaged(name);
}

/** CRC-32 of `pieces` one behind the other. */
function crc32(...pieces: readonly Uint8Array[]): number {
  let crc = -1;
  for (const piece of pieces) {
    for (const byte of piece) {
      crc ^= byte;
      for (let bit = 0; bit < 8; bit += 1) crc = (crc >>> 1) ^ (crc & 1 ? POLYNOMIAL : 0);
    }
  }
  return ~crc >>> 0;
}

/** The error for a file of `found` bytes. */
export function wrongLength({ file, bytes }: FileEntry, found: number): SextantError {
  const message = `${file}: ${found} bytes where ${bytes} were expected; the file was cut short, copy the bundle again`;
  return new SextantError("bundle/length", message, { file });
}

/** Whether `bytes` are gzip data: then they are inflated before the engine reads them. */
export function isGzip(bytes: Uint8Array): boolean {
  return bytes[0] === 0x1f && bytes[1] === 0x8b;
}

/**
 * Inflates `bytes` if they are gzip data.
 * @throws {SextantError} `bundle/checksum`
 */
export async function inflate(file: string, bytes: Bytes): Promise<Bytes> {
  if (!isGzip(bytes)) return bytes;
  try {
    const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
    return new Uint8Array(await new Response(stream).arrayBuffer());
  } catch (cause) {
    const message = `${file}: cannot be inflated; the file is damaged, copy the bundle again`;
    throw new SextantError("bundle/checksum", message, { file, cause });
  }
}
