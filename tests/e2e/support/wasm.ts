/** WebAssembly files changed on their way to the browser, so that a module fails as it might in the field. */

import binaryen from "binaryen";
import { unpackLzma } from "../../../web/src/modules/lzma.ts";

/** What the types have on a module is on the namespace. */
const functions = (binaryen as unknown as { Function: binaryen.Module["Function"] }).Function;

/** The module in `bytes`, which may be LZMA, with a trap in place of the body of what it exports as `name`; not packed. */
export function trapIn(name: string, bytes: Buffer): Buffer {
  const module = binaryen.readBinary(bytes[0] === 0 ? bytes : unpackLzma(bytes));
  try {
    const found = Array.from({ length: module.getNumExports() }, (_, at) => binaryen.getExportInfo(module.getExportByIndex(at))).find((each) => each.name === name);
    if (!found) throw new Error(`the module exports no ${name}`);
    functions.setBody(module.getFunction(found.value), module.unreachable());
    return Buffer.from(module.emitBinary());
  } finally {
    module.dispose();
  }
}

/** `i16x8.relaxed_dot_i8x16_i7x16_s` and `i16x8.relaxed_q15mulr_s`, which take the same and give something else. */
const [DOT, OTHER] = [Buffer.of(0xfd, 0x92, 0x02), Buffer.of(0xfd, 0x91, 0x02)];
/** `i32x4.relaxed_dot_i8x16_i7x16_add_s` and `i8x16.relaxed_laneselect`. */
const [DOT_ADD, OTHER_ADD] = [Buffer.of(0xfd, 0x93, 0x02), Buffer.of(0xfd, 0x89, 0x02)];

/** The module in `bytes` with another instruction in place of each relaxed product of bytes. */
export function wrongProducts(bytes: Buffer): Buffer {
  const changed = Buffer.from(bytes);
  let changes = 0;
  for (const [from, to] of [[DOT, OTHER], [DOT_ADD, OTHER_ADD]] as const) {
    for (let at = changed.indexOf(from); at >= 0; at = changed.indexOf(from, at + 1)) {
      to.copy(changed, at);
      changes += 1;
    }
  }
  if (changes === 0) throw new Error("the module has no relaxed product of bytes");
  return changed;
}
