// A decision of the unpacker that is taken wrongly gives no error but other bytes, and the reader an engine that computes otherwise.

import { expect, test } from "vitest";
import { unpackLzma } from "../src/modules/lzma.ts";

/**
 * What {@link CONTENT} is packed to by `xz --format=lzma -9e` without dependence on places (`pb=0`). In the header is its length, which that leaves
 * out, and the mark of the end is cut off.
 */
const PACKED = Uint8Array.from(atob(
  [
    "AwAAAARhFwEAAAAAAAA2FCfqp/eGarbh6lLYM08qcRhzabkCVrs2ZXf405rX+Hf2kYoMbTAY0kpMCVkzd4/EnunEJ8r7WDQ69xDcXc3qi2lAwVvGmtyg",
    "nnRE3IFeyT6LTOXTvPXUOZUbzaECj8+W0PZVOrwXP/DH5jZe7pSaqg3M7/HKxsjJ2wAQh0el1PFLqDCjo4Zd1/qo5DpNHrc8cYOuaaLjZ17edQe2NbVv",
    "EXhhOe85gP1hkdWA6PlEXfkCjX0mJNSNT2tsq8FdhN7c5AIJwgZ42PWfY4PPt5DTT0JaGBzDxdn/nSNwEJdwIK4rjKuv48jtCQx/OKKNdufzjvSwWLEN",
    "96JaN3BcZyxucn+mP+vJXlyu+WazQvy0oMhfSUrcK/oYoRGxVqq2CkeJcwZiVe3x78Yflfr0v3x2Qsxw3J16xaHEZeBA+C/MTqSwlphd9jsWT+esXgSz",
    "G/8XxGhYsXyCUsbeWvxiYxL9lFcj2oTa36fkL4NLtbn2rbLHAejvWnpopJFOSp4EpAQVyPjWtBeOxsjRIYIenMeHWVWUQCvUc58eNV0v1rigLI2M2ePF",
    "KMhffmry/tUg4Pc6GiMX27gkCupduO4=",
  ].join(""),
), (char) => char.charCodeAt(0));

/** Noise, text that repeats itself, a long run, and the noise again from afar, changed here and there: every kind of decision. */
const CONTENT = ((): Uint8Array => {
  let seed = 7;
  const noise = Uint8Array.from({ length: 300 }, () => {
    seed = Number((BigInt(seed) * 1_103_515_245n + 12_345n) & 0x7fff_ffffn);
    return seed >> 16;
  });
  const text = Array.from({ length: 40 }, (_, at) => `local.get ${at % 7} i32.add `).join("");
  const again = noise.map((byte, at) => (at % 30 === 0 ? byte ^ 1 : byte));
  const some = [...again.subarray(50, 60)];
  return Uint8Array.of(...noise, ...new TextEncoder().encode(text), ...new Uint8Array(70_000), ...again, ...noise.subarray(0, 100), ...some, 0x78, ...some);
})();

test("what another program packed is unpacked", () => {
  expect(unpackLzma(PACKED)).toEqual(CONTENT);
});

test("what is cut or something else is an error, and what is damaged is one or other bytes, but never without end", () => {
  for (let end = 0; end < PACKED.length; end++) expect(() => unpackLzma(PACKED.subarray(0, end)), `cut at ${end}`).toThrow(RangeError);
  for (let at = 0; at < PACKED.length; at++) {
    const damaged = PACKED.map((byte, place) => (place === at ? byte ^ 0x40 : byte));
    try {
      expect(unpackLzma(damaged).length).toBeLessThanOrEqual(1 << 24);
    } catch (error) {
      expect(error).toBeInstanceOf(RangeError);
    }
  }
  expect(() => unpackLzma(Uint8Array.of(0x1f, 0x8b))).toThrow(RangeError);
});
