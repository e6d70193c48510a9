/** The WebAssembly modules and how each is loaded. Fetched only when asked for. */

// The first answer should not wait for one more script; the other modules' come with them.
import start, { SearchIndex, filesOf, isElsewhere, lendLanguages } from "#wasm/search";
import { searchFile } from "./builds.ts";
import type { EncoderBuild } from "./builds.ts";
import { SextantError } from "./errors.ts";
import { inflate } from "./verify.ts";
import type { Bytes } from "./verify.ts";

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

/** The search module. */
export interface SearchModule {
  readonly SearchIndex: {
    /** Opens the bundle whose head is the inflated `bytes` of `file`. */
    open(file: string, bytes: Uint8Array, host: Host): EngineIndex;
  };
  /** The names of all shards that a head names. */
  filesOf(file: string, bytes: Uint8Array): string[];
  /** Whether a bundle with words in this language needs a lender before it is opened. */
  isElsewhere(language: string): boolean;
  lendLanguages(lender: Lender): void;
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
  readonly fingerprint: string;
  readonly dimensions: number;
  free(): void;
}

/** The encoder's module, loaded. */
export interface EncoderModule {
  /** @param bytes Length of the encoder's container. */
  readonly EncoderLoader: new (bytes: number) => EncoderBuilder;
  /** Whether the module computes here what it computes natively. */
  readonly self_test: () => boolean;
}

/**
 * Loads the search module.
 * @param early Its file, where the page fetched that.
 * @throws {SextantError} `engine/load`
 */
export async function loadSearch(early?: Promise<Bytes | undefined>): Promise<SearchModule> {
  return loaded("search", async () => {
    const bytes = await early;
    // `cargo xtask wasm` sees to it that one glue serves both builds.
    await start({ module_or_path: bytes ? await inflate("engine/", bytes) : searchFile() });
    return { SearchIndex, filesOf, isElsewhere, lendLanguages };
  });
}

/**
 * Gives `search` the stemmer for words in `language`, where it lacks that.
 * @throws {SextantError} `engine/load`
 */
export async function lendLanguage(search: SearchModule, language: string): Promise<void> {
  if (!search.isElsewhere(language)) return;
  const lender = await loaded("languages", async () => {
    const glue = await import("#wasm/languages");
    await glue.default();
    return glue;
  });
  search.lendLanguages(lender);
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
