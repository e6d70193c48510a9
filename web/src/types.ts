/** What callers of the library see: options, answers, progress and status. Types only. */

import type { Fault } from "./errors.ts";

/** How to rank: by words and meaning, by meaning alone, or by words alone. */
export type Mode = "hybrid" | "semantic" | "keyword";

/**
 * When the encoder (the language model, by far the largest file) is fetched. Until it is there, and where it never will be,
 * questions are looked up: a vector a word, fetched for the words that are typed.
 *
 * - `auto`: after the first search, in idle time; at once if the browser already has it; never by itself where the
 *   reader asked to save data, is on a very slow connection, or has little memory.
 * - `full`: as soon as the index is open.
 * - `instant`: never; questions are looked up.
 * - `none`: never, and nothing is looked up; every answer is by words.
 */
export type EncoderPolicy = "auto" | "full" | "instant" | "none";

/** How far something has come, in bytes as they lie on the server. */
export interface Progress {
  /** `index`: shards that queries need, `total` grows as they ask. `encoder`: all parts of the encoder. */
  readonly stage: "index" | "encoder";
  /** Bytes there are. */
  readonly loaded: number;
  /** Bytes wanted. */
  readonly total: number;
  /** Of `loaded`, bytes that the browser had kept from an earlier visit. */
  readonly cached: number;
}

/** How far the building of an index has come. */
export interface BuildProgress {
  /**
   * In this order. `read`: the documents are asked for. `split`: they are cut into passages. `encoder`: the encoder is fetched.
   * `encode`: passages become vectors, by far the longest. `vectors`, `words`, `texts`: the index is written.
   */
  readonly phase: "read" | "split" | "encoder" | "encode" | "vectors" | "words" | "texts";
  /** Documents, bytes of the encoder, or passages, by the phase. */
  readonly done: number;
  /** Of how many. */
  readonly total: number;
}

/** How the encoder is doing. */
export interface EncoderStatus {
  /**
   * `absent`: the bundle has none. `off`: policy `none` or `instant`. `waiting`: not asked for yet. `declined`: `auto` minds the
   * reader's connection or memory. `unsupported`: the browser has no WebAssembly SIMD. `failed`: see `fault`; tried
   * again by the next {@link SextantIndex.loadEncoder} or the next visit.
   */
  readonly state: "absent" | "off" | "waiting" | "declined" | "unsupported" | "loading" | "ready" | "failed";
  readonly name?: string;
  /** Bytes of all parts. */
  readonly total: number;
  /** Bytes of them that are there. */
  readonly loaded: number;
  /** Once it is `ready`: the instructions that it runs on. */
  readonly build?: "relaxed-simd" | "simd128";
  /** Why it `failed`; with `ready`, why it is not the faster build: `encoder/relaxed`. */
  readonly fault?: Fault;
}

/** What computes vectors: `auto` takes what is predicted to be done sooner, by times that were measured here. */
export type DevicePolicy = "auto" | "cpu" | "gpu";

/** How the GPU is doing. */
export interface GpuStatus {
  /**
   * `off`: policy `cpu`, or no encoder. `waiting`: nothing has come that would be worth starting it for. `absent`: the browser has no WebGPU, or
   * with `auto` none but a program that plays GPU. `failed`: see `fault`; it is tried again once, unless it computed wrongly.
   */
  readonly state: "off" | "waiting" | "starting" | "ready" | "absent" | "failed";
  /** As the browser describes it. */
  readonly adapter?: string;
  /** GPU memory that is held, in bytes. */
  readonly bytes?: number;
  /** Why it is `absent` or `failed`: a `gpu/…` code. */
  readonly fault?: Fault;
}

/** Which device serves texts of some size. */
export interface Served {
  /** Texts at once. */
  readonly texts: number;
  /** Of each of them. */
  readonly tokens: number;
  readonly device: "cpu" | "gpu";
  /** In words: predicted times, or what is missing. */
  readonly why: string;
}

/** What computes vectors, and why. */
export interface DeviceStatus {
  /** As asked for. */
  readonly policy: DevicePolicy;
  readonly gpu: GpuStatus;
  /** Some sizes, from a short question to a batch of passages. Empty until the encoder is ready. */
  readonly sizes: readonly Served[];
}

/** What is open and how it runs. */
export interface Status {
  readonly pages: number;
  readonly passages: number;
  /** Pages a language tag. */
  readonly languages: Readonly<Record<string, number>>;
  /** What wrote the bundle. */
  readonly generator: string;
  readonly encoder: EncoderStatus;
  /** Where queries run: a module worker, or the page where the browser has none. */
  readonly environment: "worker" | "page";
  /** What computes the vector of a short question. */
  readonly device: "cpu" | "gpu";
  /** What computes vectors of which size. */
  readonly devices: DeviceStatus;
  /** Whether WebAssembly SIMD is in use. */
  readonly simd: boolean;
}

/** Options of {@link openIndex}. */
export interface OpenOptions {
  /** Cancels opening. To end an open index call {@link SextantIndex.close}. */
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: Progress) => void;
  /** Called whenever {@link SextantIndex.status} changes. */
  readonly onStatus?: (status: Status) => void;
  /** Default `auto`. */
  readonly encoder?: EncoderPolicy;
  /** What computes vectors. Default `auto`, which gives short questions to the CPU and never takes a software GPU. */
  readonly device?: DevicePolicy;
  /** Put in front of the pages' own URLs. Default: the folder that holds the bundle. */
  readonly baseUrl?: string;
  /** `false` runs everything in the page. Default `true`, with the page as fallback. */
  readonly worker?: boolean;
}

/** A value of a document's metadata: one, or a list of them; `null` and `undefined` are none. */
export type MetaValue = string | number | boolean | null | undefined | readonly (string | number | boolean | null)[];

/** A document of one's own: a record of the JSON Lines that `sextant build` reads. */
export interface SourceDocument {
  /** Names it. Needed where there is no `url`. */
  readonly id?: string | number;
  /** What a result links to; may be absolute. Default: the `id`. */
  readonly url?: string;
  /** Shown first, and put in front of each passage. */
  readonly title?: string;
  /** Plain text; blank lines part paragraphs. */
  readonly text?: string;
  /** A BCP 47 tag. */
  readonly language?: string;
  /** Comes with each result. Keys that group pages, or whose values are numbers or dates, can be filtered and sorted by. */
  readonly meta?: Readonly<Record<string, MetaValue>>;
  /** To filter by only. Where a document has some for a key, `meta` of that key is no filter. */
  readonly filters?: Readonly<Record<string, MetaValue>>;
  /** To sort by only. */
  readonly sort?: Readonly<Record<string, MetaValue>>;
}

/** Options of {@link createIndex}. */
export interface CreateOptions extends Pick<OpenOptions, "signal" | "device" | "onStatus" | "worker"> {
  /** What is indexed. They are read to the end before the work begins. */
  readonly documents: Iterable<SourceDocument> | AsyncIterable<SourceDocument>;
  /** A bundle, by its URL, whose encoder makes the vectors of passages and questions. Default: none, so words alone. */
  readonly bundle?: string | URL;
  /** `full`: by words and meaning, which needs `bundle`. `none`: by words alone. Default: `full` with a `bundle`. */
  readonly encoder?: "full" | "none";
  /** Language of the words, a BCP 47 tag. Default: the one that most documents name, else `en`. */
  readonly language?: string;
  /** Keys of metadata to filter and sort by; `!key` leaves one out. Default: see {@link SourceDocument.meta}. */
  readonly filterKeys?: readonly string[];
  /** Put in front of the documents' own URLs. Default: the root of the page's host. */
  readonly baseUrl?: string;
  /** Called as the building goes on, some ten times a second at most. */
  readonly onProgress?: (progress: BuildProgress) => void;
}

/**
 * Which pages may be in an answer, by their metadata. A text, a number or a boolean is a value of the key above it, compared
 * exactly, capitals and all. Lists and objects stand for *all* of what is in them; the names `any`, `all`, `none` and
 * `not` say otherwise, at any depth. An empty list and `undefined` restrict nothing.
 *
 * ```js
 * { author: "Ada", tag: ["sea", "moon"], year: { min: 2020, max: 2024 }, any: [{ draft: false }, { lang: { none: ["en"] } }] }
 * ```
 */
export type Filter = FilterValue | FilterRange | readonly Filter[] | FilterObject;

/** Keys and what their pages must have; or `any`, `all`, `none`, `not`. */
export interface FilterObject {
  readonly [keyOrOperator: string]: Filter | undefined;
}

/** A value of a key. */
export type FilterValue = string | number | boolean;

/**
 * A stretch of numbers or dates, ends included: for keys whose values are all one of both. Dates are written `2024`,
 * `2024-05`, `2024-05-17` or `2024-05-17T18:30`; one of a day, a month or a year means all of it.
 */
export interface FilterRange {
  readonly min?: string | number | undefined;
  readonly max?: string | number | undefined;
}

/** For each key its values, in their order, with the number of pages that have each. */
export type Facets = Readonly<Record<string, Readonly<Record<string, number>>>>;

/** Options of a search. */
export interface SearchOptions {
  /** Pages at most, 1 to 100. Default 10. */
  readonly limit?: number;
  /** Default `hybrid`. */
  readonly mode?: Mode;
  /** Only pages that pass. A key that no page has passes none, and `degraded` says so with `query/filter`. */
  readonly filters?: Filter;
  /** Keys by whose values all pages that answer are counted: see {@link Answer.facets}. */
  readonly facets?: readonly string[];
  /** One key of the metadata to sort by instead of by score. Pages without it come last. */
  readonly sort?: Readonly<Record<string, "asc" | "desc">>;
  /** Rejects with `signal.reason` and stops the worker's work. */
  readonly signal?: AbortSignal;
  /** Whether the last word may be the beginning of one, as while typing. Default `true`; a space after it ends it. */
  readonly typing?: boolean;
  /**
   * Scores the nearest passages again by finer codes, where the bundle has them: exact neighbours for one more round trip and
   * some files. Pages rank hardly better for it. Default `false`.
   */
  readonly rescore?: boolean;
  /**
   * Bytes of vectors that the question may fetch, where a large site's lie in clusters; `Infinity` for all. What earlier
   * questions fetched is used and costs nothing. Default 48 KiB: the answer is then nearly that of all clusters.
   */
  readonly budget?: number;
  /** Waits for the encoder, and for all files, instead of answering with what is there now. Default `false`. */
  readonly wait?: boolean;
  /**
   * How long nothing may come in a `hybrid` search, in milliseconds, before the words answer without the vectors that are on
   * their way, with `pending` set and `fetch/late` in `degraded`. Default 1500; `Infinity` waits for them.
   */
  readonly patience?: number;
  /**
   * A newer search supersedes an older one of the same channel, which then rejects with `query/superseded`.
   * `null`: supersedes nothing and is not superseded. Default `"default"`.
   */
  readonly channel?: string | null;
}

/** A piece of an excerpt. */
export interface Segment {
  readonly text: string;
  /** Whether it matches a word of the query. */
  readonly marked: boolean;
}

/** Another section of a page that answers. */
export interface SubResult {
  readonly title: string;
  /** The page's URL with `#anchor`. */
  readonly url: string;
  readonly anchor: string | null;
  /** 0 to 1. */
  readonly score: number;
  /** HTML: escaped text with `<mark>` around matches. */
  readonly excerpt: string;
  /** The same as data. */
  readonly segments: readonly Segment[];
}

/** A page. */
export interface Result {
  /** From the root of the host where bundle and page share one, else absolute. Empty where a page names a scheme that is not a link. */
  readonly url: string;
  readonly title: string;
  /** 0 to 1, higher is better. */
  readonly score: number;
  /** HTML: escaped text with `<mark>` around matches. */
  readonly excerpt: string;
  /** The same as data. */
  readonly segments: readonly Segment[];
  readonly meta: Readonly<Record<string, readonly string[]>>;
  /** The heading id of the best passage, from which the excerpt is: `url#anchor` leads there. */
  readonly anchor: string | null;
  /** That heading; empty above the first one. */
  readonly heading: string;
  /** Other sections of the page that answer, best first. */
  readonly subResults: readonly SubResult[];
}

/** A stage of a search and what it took. */
export interface StageTime {
  readonly stage: string;
  readonly ms: number;
}

/** What a search found. */
export interface Answer {
  readonly query: string;
  /** How this answer was ranked, which may be less than was asked for: see `degraded`. */
  readonly mode: Mode;
  /** Whether a better answer will follow: when the encoder is there, or vectors that take long to come. */
  readonly pending: boolean;
  /** Best first, or as sorted. */
  readonly results: readonly Result[];
  /** All pages that answer, shown or not; `null` unless facets or an order were asked for, or pages without a question. */
  readonly total: number | null;
  /** How many of these have each value of the keys that were asked for. Values that none has are left out. */
  readonly facets: Facets;
  /** Stages in order; the last is `total`. */
  readonly timing: readonly StageTime[];
  /** What was missing from a full answer, each with a code, and the file where one is to blame. Empty when nothing was. */
  readonly degraded: readonly Fault[];
}

/** What is there for use without a network. */
export interface Kept {
  /** Bytes of the bundle that the browser keeps: 0 where it has no cache storage (plain `http://`). */
  readonly bytes: number;
  /** Addresses of the engine's own files in use, which a service worker has to keep for the page to start offline. */
  readonly engine: readonly string[];
}

/** An open bundle. Made by {@link openIndex}. */
export interface SextantIndex {
  /**
   * Searches. Resolves with the best answer that can be had now: while the encoder or vectors are on their way a `hybrid` search
   * is answered by words, with `pending` set; {@link SextantIndex.answers} gives the better one too. A `semantic` search
   * waits for the encoder, and is answered by words where there will be none.
   *
   * An empty query resolves to no results; with `filters`, `sort` or `facets` to all pages that pass, sorted or in the
   * order of the site.
   * @throws {SextantError} `bundle/…`, `fetch/…`: not even words could be searched; the message names the file.
   * @throws `signal.reason` when aborted; {@link SextantError} `query/superseded` when a newer search took its place.
   */
  search(query: string, options?: SearchOptions): Promise<Answer>;
  /**
   * Searches, and searches again when vectors that took long arrive and when the encoder does: yields the first answer and then
   * the better ones.
   * Ends after an answer whose `pending` is `false`. Throws as {@link SextantIndex.search} does.
   */
  answers(query: string, options?: SearchOptions): AsyncIterableIterator<Answer>;
  /**
   * What there is to filter by: every key with its values and the number of pages that have each.
   * @throws {SextantError} `bundle/…`, `fetch/…`.
   */
  filters(options?: { readonly signal?: AbortSignal }): Promise<Facets>;
  /**
   * Fetches what the first question will need whatever it is: call it when the reader is about to type. Never fails: what
   * cannot be had is asked for again by the search that needs it.
   */
  preload(options?: { readonly signal?: AbortSignal }): Promise<void>;
  /** Fetches the encoder now, whatever the policy. Resolves when it is ready. @throws {SextantError} */
  loadEncoder(options?: { readonly signal?: AbortSignal }): Promise<void>;
  /**
   * Fetches every file of the bundle into the browser's cache storage, so that search works without a network.
   * @throws {SextantError} `fetch/…`, `bundle/…`.
   */
  keepOffline(options?: { readonly signal?: AbortSignal }): Promise<Kept>;
  /** What is open, and how it runs. */
  status(): Status;
  /** Ends the worker and frees its memory. Searches under way reject with `query/closed`. */
  close(): void;
}
