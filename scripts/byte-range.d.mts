/** Types of `byte-range.mjs`, for the server of the end-to-end tests. */

interface Bytes {
  readonly from: number;
  readonly to: number;
}

export function byteRange(header: string | undefined, length: number): Bytes | undefined;
export function contentRange(bytes: Bytes, length: number): string;
