/** What the attributes of the box say, read leniently: a wrong value counts as absent. */

import type { EncoderPolicy, Mode } from "../types.ts";

/** Opens the box. */
export const DEFAULT_SHORTCUT = "mod+k";
/** Pages shown: what fits on a screen. */
const DEFAULT_LIMIT = 8;
const MODES: readonly Mode[] = ["hybrid", "semantic", "keyword"];
const POLICIES: readonly EncoderPolicy[] = ["auto", "full", "instant", "none"];

/** Options of one search. */
export interface BoxOptions {
  readonly limit: number;
  readonly mode: Mode;
  readonly encoder: EncoderPolicy;
}

/** Reads `element`'s attributes. */
export function readOptions(element: Pick<Element, "getAttribute">): BoxOptions {
  const limit = Number.parseInt(element.getAttribute("limit") ?? "", 10);
  const mode = element.getAttribute("mode");
  const encoder = element.getAttribute("encoder");
  return {
    limit: Number.isNaN(limit) ? DEFAULT_LIMIT : Math.min(Math.max(limit, 1), 100),
    mode: MODES.find((known) => known === mode) ?? "hybrid",
    encoder: POLICIES.find((known) => known === encoder) ?? "auto",
  };
}
