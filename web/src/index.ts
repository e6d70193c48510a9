/** The library: open a bundle or build an index here, search it. Nothing runs on import, in a browser or on a server. */

export { SextantError } from "./errors.ts";
export type { Fault } from "./errors.ts";
export { createIndex } from "./create.ts";
export { openIndex } from "./open.ts";
export type {
  Answer,
  BuildProgress,
  CreateOptions,
  DevicePolicy,
  DeviceStatus,
  EncoderPolicy,
  EncoderStatus,
  Facets,
  Filter,
  FilterObject,
  FilterRange,
  FilterValue,
  GpuStatus,
  Kept,
  MetaValue,
  Mode,
  OpenOptions,
  Progress,
  Result,
  SearchOptions,
  Segment,
  Served,
  SextantIndex,
  SourceDocument,
  StageTime,
  Status,
  SubResult,
} from "./types.ts";
