/** Where a shard lies, as `crates/core/src/place.rs` writes it: `words/0123456789ab.sxt`, or `…#0-900` for some bytes of that file. */

/** Bytes of a file: the first, and the one behind the last. */
export interface Range {
  readonly from: number;
  readonly to: number;
}

/** The file of the shard `name`, and which bytes of it where it shares one. */
export function placeOf(name: string): { readonly file: string; readonly range?: Range } {
  const { file, from, to } = /^(?<file>.*)#(?<from>\d+)-(?<to>\d+)$/u.exec(name)?.groups ?? {};
  return file === undefined ? { file: name } : { file, range: { from: Number(from), to: Number(to) } };
}

/** The name of the shard that is `range` of `file`. */
export function partOf(file: string, { from, to }: Range): string {
  return `${file}#${from}-${to}`;
}
