/**
 * LZMA, which no browser unpacks by itself: the search module is a sixth smaller in it than in gzip. Format: the LZMA
 * specification of I. Pavlov (2015, public domain), of which this reads what `cargo xtask wasm` writes: a header with the
 * length in it, and codes that depend on the upper three bits of the byte before and not on the place.
 */

/** The first byte, which says what codes depend on: `(pb * 5 + lp) * 9 + lc`. */
const PROPERTIES = 3;
/** Where the length of the content stands, and the coder's first number. */
const LENGTH_AT = 5;
const CODE_AT = 14;
/** Most bytes that are unpacked: what is damaged costs no more memory than that. */
const MOST = 1 << 24;
/** What a probability begins with, of 2,048. */
const EVEN = 1024;

// Where the probabilities of each kind of decision begin. Up to `IS_LONG` there is one for each of 12 states.
const IS_MATCH = 0;
const IS_REPEAT = 12;
const IS_NOT_FIRST = 24;
const IS_NOT_SECOND = 36;
const IS_FOURTH = 48;
const IS_LONG = 60;
const SLOTS = 72;
const NEAR = 328;
const ALIGNED = 456;
const LENGTHS = 472;
const REPEATED_LENGTHS = 746;
const LITERALS = 1020;

/**
 * Unpacks `packed`.
 * @throws {RangeError} when it is cut, or something else
 */
export function unpackLzma(packed: Uint8Array): Uint8Array<ArrayBuffer> {
  if (packed.length < CODE_AT + 4 || packed[0] !== PROPERTIES) throw damaged();
  const header = new DataView(packed.buffer, packed.byteOffset, packed.length);
  const length = header.getUint32(LENGTH_AT, true);
  if (length > MOST) throw damaged();
  const coder = new Coder(packed, header.getUint32(CODE_AT));
  const out = new Uint8Array(length);
  const back = [1, 1, 1, 1]; // How far the last matches lay back, the newest first.
  let done = 0;
  let state = 0;
  while (done < length) {
    const isEarly = state < 7;
    if (coder.bit(IS_MATCH + state) === 0) {
      const literals = LITERALS + 0x300 * ((out[done - 1] ?? 0) >> 5);
      // Behind a match it is likely not the byte that would have gone on with it.
      out[done] = isEarly ? coder.tree(literals, 8) : coder.unlike(literals, out[done - (back[0] ?? 1)] ?? 0);
      done += 1;
      state = state < 4 ? 0 : state - (state < 10 ? 3 : 6);
      continue;
    }
    let copied = 1;
    if (coder.bit(IS_REPEAT + state) === 0) {
      copied = coder.length(LENGTHS);
      back.pop();
      back.unshift(coder.distance(copied));
      state = isEarly ? 7 : 10;
    } else {
      let which = coder.bit(IS_NOT_FIRST + state);
      const isLong = which > 0 || coder.bit(IS_LONG + state) > 0;
      if (which > 0) which += coder.bit(IS_NOT_SECOND + state);
      if (which > 1) which += coder.bit(IS_FOURTH + state);
      back.unshift(...back.splice(which, 1));
      if (isLong) copied = coder.length(REPEATED_LENGTHS);
      state = isEarly ? (isLong ? 8 : 9) : 11;
    }
    const from = done - (back[0] ?? 1);
    if (from < 0 || done + copied > length) throw damaged();
    for (let n = 0; n < copied; n++) out[done + n] = out[from + n] ?? 0;
    done += copied;
  }
  return out;
}

function damaged(): RangeError {
  return new RangeError("its LZMA data is damaged");
}

/** The range coder, and the numbers that are made of its bits. */
class Coder {
  readonly #packed: Uint8Array;
  readonly #odds = new Uint16Array(LITERALS + 8 * 0x300).fill(EVEN);
  #at = CODE_AT + 4;
  #range = 0xffffffff;
  #code: number;

  constructor(packed: Uint8Array, code: number) {
    this.#packed = packed;
    this.#code = code;
  }

  /** The outcome of a decision, which gets likelier by it. */
  bit(decision: number): 0 | 1 {
    const odds = this.#odds[decision] ?? 0;
    const bound = (this.#range >>> 11) * odds;
    if (this.#code < bound) {
      this.#odds[decision] = odds + ((2048 - odds) >> 5);
      this.#range = bound;
      this.#refill();
      return 0;
    }
    this.#odds[decision] = odds - (odds >> 5);
    this.#range -= bound;
    this.#code -= bound;
    this.#refill();
    return 1;
  }

  /** A number of which each bit depends on those above it. */
  tree(decisions: number, bits: number): number {
    let node = 1;
    while (node < 1 << bits) node = node * 2 + this.bit(decisions + node);
    return node - (1 << bits);
  }

  /** A byte of which each bit depends on those above it, and on that of `other` while all were alike. */
  unlike(decisions: number, other: number): number {
    let node = 1;
    for (let place = 7; node < 0x100; place--) {
      const expected = (other >> place) & 1;
      const found = this.bit(decisions + 0x100 * (1 + expected) + node);
      node = node * 2 + found;
      if (found === expected) continue;
      while (node < 0x100) node = node * 2 + this.bit(decisions + node);
    }
    return node - 0x100;
  }

  /** How many bytes a match is long. */
  length(decisions: number): number {
    if (this.bit(decisions) === 0) return 2 + this.tree(decisions + 2, 3);
    if (this.bit(decisions + 1) === 0) return 10 + this.tree(decisions + 10, 3);
    return 18 + this.tree(decisions + 18, 8);
  }

  /** How far a match of so many bytes lies back. */
  distance(length: number): number {
    const slot = this.tree(SLOTS + 64 * (Math.min(length, 5) - 2), 6);
    if (slot < 4) return slot + 1;
    const bits = (slot >> 1) - 1;
    const least = (2 + (slot & 1)) * 2 ** bits;
    if (slot < 14) return 1 + least + this.#reversed(NEAR + least - slot, bits);
    return 1 + least + 16 * this.#even(bits - 4) + this.#reversed(ALIGNED, 4);
  }

  /** A number of which each bit depends on those below it. */
  #reversed(decisions: number, bits: number): number {
    let node = 1;
    let number = 0;
    for (let place = 0; place < bits; place++) {
      const bit = this.bit(decisions + node);
      node = node * 2 + bit;
      number += bit << place;
    }
    return number;
  }

  /** A number of which any is as likely. */
  #even(bits: number): number {
    let number = 0;
    for (let place = 0; place < bits; place++) {
      this.#range >>>= 1;
      const bit = this.#code < this.#range ? 0 : 1;
      if (bit > 0) this.#code -= this.#range;
      number = number * 2 + bit;
      this.#refill();
    }
    return number;
  }

  #refill(): void {
    if (this.#range >= 1 << 24) return;
    const byte = this.#packed[this.#at++];
    if (byte === undefined) throw damaged();
    this.#range = (this.#range << 8) >>> 0;
    this.#code = ((this.#code << 8) | byte) >>> 0;
  }
}
