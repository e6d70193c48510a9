/**
 * Filters as JavaScript writes them, in the shape that Pagefind has, with ranges, into the steps that the engine reads
 * (`crates/search/src/filter/steps.rs`).
 */

import { SextantError } from "./errors.ts";
import type { Filter } from "./types.ts";

/** How deep filters may be nested: each level makes four steps at most above one another. Ends an object that holds itself. */
const MOST_DEPTH = 16;

/** Names that are no keys, with the steps that combine what stands under them. */
const OPERATORS: Readonly<Record<string, readonly string[]>> = { all: ["and"], any: ["or"], none: ["or", "not"], not: ["and", "not"] };

/** A filter that restricts something. */
type Steps = readonly string[];

/**
 * The steps of `filter`; none where it restricts nothing.
 * @throws {SextantError} `query/options`: a value without a key, or an object under a key that is neither a range nor an operator.
 */
export function toSteps(filter: Filter | undefined): Steps {
  return combine("all", partsOf(filter, undefined, 0)).flat();
}

/** One filter of several, none of none. */
function combine(operator: string, parts: readonly Steps[]): Steps[] {
  const [together = "and", ...more] = OPERATORS[operator] ?? [];
  if (parts.length === 0) return [];
  return [[...parts.flat(), ...(parts.length === 1 ? [] : [together, String(parts.length)]), ...more]];
}

/** The filters that a value, a list or an object holds. `key`: the one that it stands under. */
function partsOf(filter: Filter | undefined | null, key: string | undefined, depth: number): Steps[] {
  if (depth > MOST_DEPTH) throw odd(`nested deeper than ${MOST_DEPTH} levels`);
  // Code that no types check passes null for what it has not.
  if (filter === undefined || filter === null) return [];
  if (typeof filter !== "object") {
    if (key === undefined) throw odd(`${JSON.stringify(filter)} stands under no key`);
    return [["is", key, String(filter)]];
  }
  if (isList(filter)) return filter.flatMap((one) => combine("all", partsOf(one, key, depth + 1)));
  const named = Object.entries(filter as Readonly<Record<string, Filter | undefined>>).flatMap(([name, value]) => {
    if (Object.hasOwn(OPERATORS, name)) return combine(name, partsOf(value, key, depth + 1));
    if (key === undefined) return combine("all", partsOf(value, name, depth + 1));
    if (name === "min" || name === "max") return [];
    throw odd(`${JSON.stringify(name)} under the key ${JSON.stringify(key)}; any, all, none, not, min and max can stand there`);
  });
  return key === undefined ? named : [...named, ...range(filter, key)];
}

function range(filter: object, key: string): Steps[] {
  const { min, max } = filter as { readonly min?: unknown; readonly max?: unknown };
  const bounds = [min, max].filter((bound) => bound !== undefined && bound !== null);
  if (!bounds.every((bound) => typeof bound === "string" || typeof bound === "number")) throw odd("min and max are numbers or texts");
  const name = bounds.length === 2 ? "between" : bounds[0] === min ? "min" : "max";
  return bounds.length === 0 ? [] : [[name, key, ...bounds.map(String)]];
}

function isList(filter: object): filter is readonly Filter[] {
  return Array.isArray(filter);
}

function odd(what: string): SextantError {
  return new SextantError("query/options", `filters: ${what}`);
}
