/** The WebAssembly modules: which build this browser can run, and how each is loaded. Fetched only when asked for. */

// The first answer should not wait for one more script; the other modules' come with them.
import * as search from "#wasm/search";
import { meaningOf } from "./codes.ts";
import { SextantError } from "./errors.ts";

/** What the search module asks of its surroundings. */
export interface Host {
  /** The inflated bytes of a file that the manifest names. */
  readonly fetch: (file: string) => Promise<Uint8Array>;
}

/** A query as the search module takes it. */
export interface EngineQuery {
  readonly text: string;
  readonly mode: "hybrid" | "semantic" | "keyword";
  readonly limit: number;
}

/** A module that analyses words, and has few languages of its own. */
export interface Borrower {
  /** Whether words in this language need a lender. */
  isElsewhere(language: string): boolean;
  lendLanguages(lender: Lender): void;
}

/** The search module. */
export interface SearchModule extends Borrower {
  readonly SearchIndex: {
    /** Opens the bundle whose head is the inflated `bytes` of `file`. */
    open(file: string, bytes: Uint8Array, host: Host): EngineIndex;
  };
  /** The names of all shards that a head names. */
  filesOf(file: string, bytes: Uint8Array): string[];
}

/** The module with the languages that the search module lacks. */
export interface Lender {
  stem(language: string, word: string): string;
  stopWords(language: string): string;
}

/** An open index in WebAssembly. */
export interface EngineIndex {
  /** The names of all shards, the encoder's and the head left out. */
  files(): string[];
  /** The bytes of each of them as it lies on the server. */
  sizes(): Float64Array;
  /** The keys of metadata; one may come twice. */
  filterKeys(): string[];
  /** Whether questions without a vector are answered by meaning all the same. */
  looksUp(): boolean;
  /** Fetches what the first question will need whatever it is, as far as it can be had. */
  preload(): Promise<void>;
  /** Resolves to `search::Response` of the Rust side. */
  search(query: object, vector?: Float32Array): Promise<unknown>;
  free(): void;
}

/** Hears how far a build is: a stage's name, what is done of it, what there is to do. */
export type Told = (stage: string, done: number, total: number) => void;

/** Collects the documents of an index that is built here. */
export interface IndexBuilder {
  /** The next document, as a line of a JSON Lines file. */
  add(record: string): void;
  /** Cuts them into passages; ends the builder. */
  prepare(told: Told): PreparedIndex;
  free(): void;
}

/** Passages that wait for their vectors. */
export interface PreparedIndex {
  /** What the encoder reads, a text a passage. */
  texts(): string[];
  /** The language of words where nobody names one. */
  language(): string;
  /** The bundle's files by their paths, inflated; ends it. `vectors`: row by row, as {@link texts}. */
  finish(options: object, vectors: Float32Array | undefined, told: Told): Map<string, Uint8Array<ArrayBuffer>>;
  free(): void;
}

/** The module that builds an index. */
export interface BuildModule extends Borrower {
  readonly IndexBuilder: new () => IndexBuilder;
}

/** Collects the encoder's parts. */
export interface EncoderBuilder {
  /** The next part, inflated, in the manifest's order. Checked. */
  part(file: string, framed: Uint8Array): void;
  /** Ends the builder. */
  finish(): Encoder;
  free(): void;
}

/** Turns a text into a unit vector. */
export interface Encoder {
  encode(text: string): Float32Array;
  /** The same as a passage. */
  encodePassage(text: string): Float32Array;
  readonly name: string;
  readonly fingerprint: string;
  readonly dimensions: number;
  free(): void;
}

/** A build of the encoder's module, by the instructions that it needs. */
export type EncoderBuild = "relaxed-simd" | "simd128";

/** The encoder's module, loaded. */
export interface EncoderModule {
  /** @param bytes Length of the encoder's container. */
  readonly EncoderLoader: new (bytes: number) => EncoderBuilder;
  /** Whether the module computes here what it computes natively. */
  readonly self_test: () => boolean;
}

/** A function of one instruction, `v128.const`: valid only where there is SIMD. */
const SIMD_MODULE = Uint8Array.of(
  ...[0, 97, 115, 109, 1, 0, 0, 0, 1, 5, 1, 96, 0, 1, 123, 3, 2, 1, 0, 10, 22, 1, 20, 0, 253, 12],
  ...[0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 11],
);

/** The same of `i16x8.relaxed_dot_i8x16_i7x16_s`. */
const RELAXED_MODULE = Uint8Array.of(
  ...[0, 97, 115, 109, 1, 0, 0, 0, 1, 7, 1, 96, 2, 123, 123, 1, 123, 3, 2, 1, 0, 10, 11, 1, 9, 0],
  ...[32, 0, 32, 1, 253, 146, 2, 11],
);

/** Whether the browser's WebAssembly has SIMD. */
export function hasSimd(): boolean {
  return WebAssembly.validate(SIMD_MODULE);
}

/** The builds of the encoder that the browser has the instructions for, the fastest first. */
export function encoderBuilds(): readonly EncoderBuild[] {
  if (!hasSimd()) return [];
  return WebAssembly.validate(RELAXED_MODULE) ? ["relaxed-simd", "simd128"] : ["simd128"];
}

/**
 * Loads the search module.
 * @throws {SextantError} `engine/load`
 */
export async function loadSearch(): Promise<SearchModule> {
  return loaded("search", async () => {
    // `cargo xtask wasm` sees to it that one glue serves both builds.
    await search.default(hasSimd() ? undefined : { module_or_path: new URL("#wasm/search-scalar.wasm", import.meta.url) });
    return search;
  });
}

/**
 * Gives `borrower` the stemmer for words in `language`, where it lacks that.
 * @throws {SextantError} `engine/load`
 */
export async function lendLanguage(borrower: Borrower, language: string): Promise<void> {
  if (!borrower.isElsewhere(language)) return;
  const lender = await loaded("languages", async () => {
    const glue = await import("#wasm/languages");
    await glue.default();
    return glue;
  });
  borrower.lendLanguages(lender);
}

/**
 * Loads the module that builds an index.
 * @throws {SextantError} `build/simd`, `engine/load`
 */
export async function loadBuild(): Promise<BuildModule> {
  if (!hasSimd()) throw new SextantError("build/simd", meaningOf("build/simd"));
  return loaded("build", async () => {
    const glue = await import("#wasm/build");
    await glue.default();
    return glue;
  });
}

/**
 * Loads a build of the encoder's module.
 * @throws {SextantError} `engine/load`
 */
export async function loadEncoder(build: EncoderBuild): Promise<EncoderModule> {
  return loaded("encoder", async () => {
    const glue = build === "simd128" ? await import("#wasm/encoder") : await import("#wasm/encoder-relaxed");
    await glue.default();
    return glue;
  });
}

async function loaded<T>(name: string, load: () => Promise<T>): Promise<T> {
  try {
    return await load();
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    const message = `engine/: the ${name} module cannot be loaded (${why}); copy the bundle's engine folder again, and allow 'wasm-unsafe-eval' if there is a content security policy`;
    throw new SextantError("engine/load", message, { cause });
  }
}
