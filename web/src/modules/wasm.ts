/** What the WebAssembly modules export, and how those for words are loaded. `later.ts` loads the others. */

// The first answer should not wait for one more script; the other modules' come with them.
import { SearchIndex, filesOf, initSync, isElsewhere, lendLanguages } from "#wasm/search";
import { searchFile } from "./builds.ts";
import { SextantError } from "../errors.ts";
import { unpackLzma } from "./lzma.ts";
import type { Bytes } from "../files/verify.ts";

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
  /** Ends the builder; for a device that is not the CPU. */
  lend(): WeightsLender;
  free(): void;
}

/** Texts as an encoder sees them. */
export interface Tokens {
  /** Of all texts, one after the other. */
  readonly ids: Uint32Array;
  /** Where each text begins, and where the last one ends. */
  readonly starts: Uint32Array;
}

/** Hands over an encoder's weights. */
export interface WeightsLender {
  readonly model: Uint32Array;
  /** The next part; none after the last. */
  nextPart(): Uint8Array | undefined;
  free(): void;
}

/** Turns a text into a unit vector. */
export interface Encoder {
  encode(text: string): Float32Array;
  /** Vectors of passages, row by row. */
  encodePassages(texts: readonly string[]): Float32Array;
  passageTokens(texts: readonly string[]): Tokens;
  queryTokens(text: string): Tokens;
  readonly name: string;
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

/** An encoder on a GPU. */
export interface WasmGpuEncoder {
  /** One batch at a time. */
  encode(ids: Uint32Array, starts: Uint32Array): Promise<Float32Array>;
  status(): GpuFacts;
  free(): void;
}

/** What a GPU's encoder says of itself. */
export interface GpuFacts {
  readonly adapter: string;
  readonly driver: string;
  readonly software: boolean;
  readonly bytes: number;
}

/** The module that encodes on a GPU. */
export interface GpuModule {
  readonly GpuDevice: { open(): Promise<GpuDevice> };
}

/** An open GPU. */
export interface GpuDevice {
  loader(model: Uint32Array): GpuLoader;
  /** What is under way is rejected. */
  destroy(): void;
  free(): void;
}

/** Takes an encoder's weights. */
export interface GpuLoader {
  put(part: Uint8Array): void;
  /** Ends the loader. */
  finish(): WasmGpuEncoder;
  free(): void;
}

/**
 * Loads the search module.
 * @param early Its file, where the page fetched that.
 * @throws {SextantError} `engine/load`
 */
export async function loadSearch(early?: Promise<Bytes | undefined>): Promise<SearchModule> {
  return loaded("search", async () => {
    const bytes = (await early) ?? (await fetched(searchFile()));
    // `cargo xtask wasm` sees to it that one glue serves both builds.
    initSync({ module: await WebAssembly.compile(isWasm(bytes) ? bytes : unpackLzma(bytes)) });
    return { SearchIndex, filesOf, isElsewhere, lendLanguages };
  });
}

async function fetched(file: URL): Promise<Bytes> {
  const response = await fetch(file);
  if (!response.ok) throw new TypeError(`the server answered ${response.status}`);
  return new Uint8Array(await response.arrayBuffer());
}

function isWasm(bytes: Bytes): boolean {
  return bytes[0] === 0; // "\0asm"
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
 * What `load` gives.
 * @param name The module's, in the message.
 * @throws {SextantError} `engine/load`
 */
export async function loaded<T>(name: string, load: () => Promise<T>): Promise<T> {
  try {
    return await load();
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    const message = `engine/: the ${name} module cannot be loaded (${why}); copy the bundle's engine folder again, and allow 'wasm-unsafe-eval' if there is a content security policy`;
    throw new SextantError("engine/load", message, { cause });
  }
}
