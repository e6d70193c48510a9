// What a host does with a request for some bytes of a file (RFC 9110, section 14): the servers of benches and tests share it.

/**
 * The bytes that `header` asks for: the first, and the one behind the last. Nothing for whole files, for several ranges and for ends of
 * files, which a host may answer with the whole.
 * @param {string | undefined} header The request's `Range`.
 * @param {number} length That of the file.
 * @returns {{from: number, to: number} | undefined}
 */
export function byteRange(header, length) {
  const [, first, last] = /^bytes=(\d+)-(\d+)$/u.exec(header ?? "") ?? [];
  const [from, to] = [Number(first), Math.min(Number(last) + 1, length)];
  return from < to ? { from, to } : undefined;
}

/** The header of an answer with those bytes. */
export function contentRange({ from, to }, length) {
  return `bytes ${from}-${to - 1}/${length}`;
}
