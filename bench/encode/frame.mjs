// Our container as an engine's module takes it: in the frame of a bundle's part.

import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { crc32 } from "node:zlib";
import { at } from "../../scripts/run.mjs";

/** Writes `encoder-0.bin`, the small form of the default encoder, into `dir`. Gives the length of the container. */
export function framed(dir) {
  const container = readFileSync(at("models/all-MiniLM-L6-v2/query.safetensors"));
  // The frame is drawn in crates/core/src/frame.rs; the module checks it.
  const header = Buffer.alloc(32);
  header.write("SXTF");
  header.writeUInt16LE(6, 4);
  header.writeUInt16LE(1, 6);
  header.writeUInt32LE(container.length, 8);
  header.writeUInt32LE(crc32(container, crc32(header.subarray(0, 20))), 20);
  writeFileSync(join(dir, "encoder-0.bin"), Buffer.concat([header, container]));
  return container.length;
}
