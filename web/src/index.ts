/** The library: open a bundle, search it. Nothing runs on import, in a browser or on a server. */

export { SextantError } from "./errors.ts";
export type { Fault } from "./errors.ts";
export { openIndex } from "./open.ts";
export type {
  Answer,
  EncoderPolicy,
  EncoderStatus,
  Facets,
  Filter,
  FilterObject,
  FilterRange,
  FilterValue,
  Kept,
  Mode,
  OpenOptions,
  Progress,
  Result,
  SearchOptions,
  Segment,
  SextantIndex,
  StageTime,
  Status,
  SubResult,
} from "./types.ts";
