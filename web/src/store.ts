/**
 * Gets the files of a bundle: from what the browser keeps, else from the server; verified before they are kept or used.
 *
 * Shards are named by their content, so a kept one is right for ever and any HTTP cache entry will do. The manifest is
 * asked for each time; what is kept of it answers when the server does not.
 */

import { SextantError } from "./errors.ts";
import { Keep } from "./keep.ts";
import type { HeadReader } from "./keep.ts";
import { MANIFEST, parseManifest } from "./manifest.ts";
import type { FileEntry, Manifest } from "./manifest.ts";
import { transfer, unlessAborted } from "./transfer.ts";
import { inflate, verify, wrongLength } from "./verify.ts";

/** How long the server may take over the manifest when there is a kept one, in milliseconds. */
const MANIFEST_PATIENCE = 3000;
/** How long a transfer may stand still, in milliseconds. */
const STALL = 20_000;
/** How long a transfer that nobody waits for any more goes on, in milliseconds: the next query often wants it. */
const GRACE = 150;

/** How to get a file. */
export interface GetOptions {
  readonly signal?: AbortSignal | undefined;
  /** Told of bytes as they come in. `cached`: they did not cross the network. Negative: they have to come again. */
  readonly onBytes?: ((bytes: number, cached: boolean) => void) | undefined;
  /** `low` lets other requests of the page go first. */
  readonly priority?: "low" | "auto";
}

interface Transfer {
  readonly bytes: Promise<Uint8Array<ArrayBuffer>>;
  readonly stop: AbortController;
  waiting: number;
}

/** The files of one bundle. */
export class Store {
  readonly #bundle: string;
  readonly #keep = new Keep();
  readonly #transfers = new Map<string, Transfer>();
  /** Files that were found damaged or missing: the HTTP cache, which keeps such answers too, is not asked for them again. */
  readonly #doubted = new Set<string>();

  /** @param bundle Absolute, with a trailing slash. */
  constructor(bundle: string) {
    this.#bundle = bundle;
  }

  /**
   * The manifest: the server's, or the kept one when the server cannot be reached or is slow.
   * @throws {SextantError} `fetch/…`, `bundle/manifest`
   */
  async manifest(signal?: AbortSignal): Promise<Manifest> {
    const url = this.#url(MANIFEST);
    const kept = await this.#keep.get(url);
    try {
      const patience = kept ? MANIFEST_PATIENCE : STALL;
      const bytes = await transfer(url, MANIFEST, { cache: "no-cache", patience, signal });
      const manifest = parseManifest(new TextDecoder().decode(bytes));
      await this.#keep.put(url, bytes);
      return manifest;
    } catch (error) {
      signal?.throwIfAborted();
      const unreachable = error instanceof SextantError && error.code === "fetch/network";
      if (!kept || !unreachable) throw error;
      return parseManifest(new TextDecoder().decode(kept));
    }
  }

  /**
   * The file's content, inflated. Callers that want the same file share one transfer, and leaving it does not end it
   * while others wait.
   * @throws {SextantError} `fetch/…`, `bundle/…`
   * @throws `signal.reason`
   */
  async get(entry: FileEntry, options: GetOptions = {}): Promise<Uint8Array<ArrayBuffer>> {
    options.signal?.throwIfAborted();
    const shared = this.#transfers.get(entry.file) ?? this.#start(entry, options);
    shared.waiting += 1;
    try {
      return await unlessAborted(shared.bytes, options.signal);
    } finally {
      shared.waiting -= 1;
      setTimeout(() => {
        if (shared.waiting > 0) return;
        this.#forget(entry.file, shared);
        shared.stop.abort();
      }, GRACE);
    }
  }

  /** Keeps the file without reading it. Resolves to its bytes as kept, 0 where nothing can be kept. */
  async save(entry: FileEntry, signal?: AbortSignal): Promise<number> {
    if (!(await this.hasAll([entry]))) await this.get(entry, { signal, priority: "low" });
    return (await this.hasAll([entry])) ? entry.bytes : 0;
  }

  /** Whether the browser keeps all of `entries`. */
  async hasAll(entries: readonly FileEntry[]): Promise<boolean> {
    return this.#keep.hasAll(entries.map(({ file }) => this.#url(file)));
  }

  /** Says that `file` turned out to be damaged after all: it is fetched anew when it is next wanted. */
  async distrust(file: string): Promise<void> {
    this.#doubted.add(file);
    await this.#keep.drop(this.#url(file));
  }

  /** Drops what older builds left behind. */
  async sweep(filesOfHead: HeadReader): Promise<void> {
    await this.#keep.sweep(filesOfHead);
  }

  #url(file: string): string {
    return new URL(file, this.#bundle).href;
  }

  #start(entry: FileEntry, options: GetOptions): Transfer {
    const stop = new AbortController();
    const bytes = this.#load(entry, stop.signal, options);
    const shared: Transfer = { bytes, stop, waiting: 0 };
    this.#transfers.set(entry.file, shared);
    const forget = (): void => {
      this.#forget(entry.file, shared);
    };
    bytes.then(forget, forget); // A failure is seen by those who wait; there may be nobody left.
    return shared;
  }

  #forget(file: string, shared: Transfer): void {
    if (this.#transfers.get(file) === shared) this.#transfers.delete(file);
  }

  async #load(entry: FileEntry, signal: AbortSignal, options: GetOptions): Promise<Uint8Array<ArrayBuffer>> {
    const kept = await this.#keep.get(this.#url(entry.file));
    if (kept?.length === entry.bytes) {
      options.onBytes?.(kept.length, true);
      return inflate(entry.file, kept);
    }
    let stored: Uint8Array<ArrayBuffer>;
    try {
      stored = await this.#download(entry, this.#doubted.has(entry.file), signal, options);
    } catch (error) {
      // Damaged on the way or in the HTTP cache, or missing there since a deployment was under way: ask the server itself, once.
      const answered = error instanceof SextantError && error.code !== "fetch/network";
      if (!answered || this.#doubted.has(entry.file)) throw error;
      this.#doubted.add(entry.file);
      stored = await this.#download(entry, true, signal, options);
    }
    this.#doubted.delete(entry.file);
    const inflated = await inflate(entry.file, stored);
    await this.#keep.put(this.#url(entry.file), stored);
    return inflated;
  }

  async #download(
    entry: FileEntry,
    anew: boolean,
    signal: AbortSignal,
    { onBytes, priority = "auto" }: GetOptions,
  ): Promise<Uint8Array<ArrayBuffer>> {
    let counted = 0;
    try {
      const bytes = await transfer(this.#url(entry.file), entry.file, {
        cache: anew ? "reload" : "force-cache",
        patience: STALL,
        priority,
        signal,
        limit: { bytes: entry.bytes, error: (found) => wrongLength(entry, found) },
        onBytes: (more) => {
          counted += more;
          onBytes?.(more, false);
        },
      });
      await verify(entry, bytes);
      return bytes;
    } catch (error) {
      onBytes?.(-counted, false);
      throw error;
    }
  }
}
