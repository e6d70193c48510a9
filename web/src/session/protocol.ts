/** What client and worker say to each other: one union each way, everything in it can be posted. */

import type { EarlyBytes, EarlyName } from "../files/early.ts";
import type { Fault, SextantError } from "../errors.ts";
import type { BuildProgress, DevicePolicy, EncoderPolicy, Facets, Kept, Mode, Progress, Status } from "../types.ts";

/** A search as it crosses to the worker. */
export interface Query {
  readonly text: string;
  readonly mode: Mode;
  readonly limit: number;
  readonly typing: boolean;
  readonly wait: boolean;
  readonly patience?: number | undefined;
  /** As the engine reads it: `filters.ts`. */
  readonly filter?: readonly string[] | undefined;
  readonly rescore?: boolean;
  readonly budget?: number | undefined;
  readonly facets?: readonly string[] | undefined;
  /** `date:desc`. */
  readonly sort?: string | undefined;
}

/** A piece of an excerpt, as the engine gives it. */
export interface RawSegment {
  readonly text: string;
  readonly marked: boolean;
}

/** A heading's result, as the engine gives it: URLs are the site's own. */
export interface RawSubResult {
  readonly title: string;
  readonly url: string;
  readonly anchor?: string | null;
  readonly score: number;
  readonly excerpt: readonly RawSegment[];
}

/** A page's result, as the engine gives it. */
export interface RawResult {
  readonly url: string;
  readonly title: string;
  readonly score: number;
  readonly meta: Readonly<Record<string, readonly string[]>>;
  readonly anchor?: string | null;
  readonly heading: string;
  readonly excerpt: readonly RawSegment[];
  readonly subResults: readonly RawSubResult[];
}

/** An answer as it crosses back. */
export interface RawAnswer {
  readonly mode: Mode;
  readonly pending: boolean;
  readonly results: readonly RawResult[];
  readonly total: number | null;
  readonly facets: Facets;
  readonly timing: readonly { readonly stage: string; readonly ms: number }[];
  readonly degraded: readonly Fault[];
}

/** An index to be built. `bundle`: whose encoder makes its vectors; none for words alone. */
export interface CreateCall {
  readonly records: readonly string[];
  readonly bundle: string | undefined;
  readonly language: string | undefined;
  readonly filters: readonly string[] | undefined;
  readonly device: DevicePolicy;
}

/** What a client may call: parameters and result of each. */
export interface Calls {
  /** Opens the bundle; the first call. */
  open: { takes: { readonly bundle: string; readonly policy: EncoderPolicy; readonly device: DevicePolicy }; gives: null };
  /** Builds an index of `records`, documents as JSON, and opens it; the first call instead of `open`. */
  create: { takes: CreateCall; gives: null };
  search: { takes: Query; gives: RawAnswer };
  /** What there is to filter by. */
  filters: { takes: null; gives: Facets };
  /** Fetches what every question needs. */
  preload: { takes: null; gives: null };
  /** Fetches the encoder, whatever the policy. */
  encoder: { takes: null; gives: null };
  /** Keeps every file. */
  offline: { takes: null; gives: Kept };
  /** Tells whether the page is seen. */
  see: { takes: boolean; gives: null };
}

/** The name of a call. */
export type CallName = keyof Calls;

/** Client to worker. */
export type Request =
  | { [Name in CallName]: { readonly type: "call"; readonly id: number; readonly name: Name; readonly takes: Calls[Name]["takes"] } }[CallName]
  | { readonly type: "cancel"; readonly id: number }
  | { readonly type: "early"; readonly name: EarlyName; readonly bytes: EarlyBytes };

/** Worker to client. `ready` comes first, when the worker's code runs. */
export type Reply =
  | { readonly type: "ready" }
  | { readonly type: "done"; readonly id: number; readonly gives: Calls[CallName]["gives"] }
  | { readonly type: "failed"; readonly id: number; readonly fault: Fault }
  | { readonly type: "progress"; readonly progress: Progress }
  | { readonly type: "build"; readonly progress: BuildProgress }
  | { readonly type: "status"; readonly status: Status };

/** Whoever answers calls: a worker behind messages, or the same code in the page. */
export interface Backend {
  call<Name extends CallName>(name: Name, takes: Calls[Name]["takes"], signal?: AbortSignal): Promise<Calls[Name]["gives"]>;
  /** Ends it; calls under way reject with `reason`, where it is a worker. */
  close(reason?: SextantError): void;
}

/** What a backend tells without being asked. */
export interface Listener {
  readonly onProgress: (progress: Progress) => void;
  readonly onBuild: (progress: BuildProgress) => void;
  readonly onStatus: (status: Status) => void;
}
