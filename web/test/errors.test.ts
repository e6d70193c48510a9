import { expect, test } from "vitest";
import { SextantError, fromFault, isAbort, toFault } from "../src/errors.ts";

test("an error crosses to another thread and back with code, message and file", () => {
  const error = new SextantError("bundle/length", "a.sxt: 1 bytes where 2 were expected", { file: "a.sxt" });
  const back = fromFault(structuredClone(toFault(error)));
  expect(back).toBeInstanceOf(SextantError);
  expect([back.code, back.message, back.file]).toEqual([error.code, error.message, error.file]);
});

test("whatever is thrown becomes a fault with a code", () => {
  expect(toFault({ code: "bundle/kind", message: "x", file: "f" })).toEqual({ code: "bundle/kind", message: "x", file: "f" });
  expect(toFault("odd", "engine/load")).toEqual({ code: "engine/load", message: "odd" });
  expect(toFault(new TypeError("t")).message).toBe("t");
});

test("code that lets aborts pass lets a superseded search pass", () => {
  expect(isAbort(new SextantError("query/superseded", ""))).toBe(true);
  expect(isAbort(new DOMException("", "AbortError"))).toBe(true);
  expect(isAbort(new SextantError("fetch/network", ""))).toBe(false);
  expect(isAbort(null)).toBe(false);
});
