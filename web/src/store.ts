/**
 * Gets the files of a bundle: from what the browser keeps, else from the server; verified before they are kept or used.
 *
 * Shards are named by their content, so a kept one is right for ever and any HTTP cache entry will do. The manifest is
 * asked for each time; what is kept of it answers when the server does not.
 */

import type { Arrivals } from "./arrivals.ts";
import { SextantError } from "./errors.ts";
import { Keep, keyOf } from "./keep.ts";
import type { HeadReader } from "./keep.ts";
import { parseManifest } from "./manifest.ts";
import type { FileEntry, Manifest } from "./manifest.ts";
import { MANIFEST } from "./names.ts";
import { Shared } from "./shared.ts";
import { transfer, unlessAborted } from "./transfer.ts";
import { inflate, verify, wrongLength } from "./verify.ts";
import type { Bytes } from "./verify.ts";

/** How long the server may take over the manifest when there is a kept one, in milliseconds. */
const MANIFEST_PATIENCE = 3000;
/** How long a transfer may stand still, in milliseconds. */
export const STALL = 20_000;
/**
 * From this length on, in bytes, one tab of an origin fetches a file and the others wait for it. Asking whose turn it is takes a
 * message to another process, which a small file is not worth.
 */
const TURNS_FROM = 256 * 1024;

/** How to get a file. */
export interface GetOptions {
  readonly signal?: AbortSignal | undefined;
  /** Told of bytes as they come in. `cached`: they did not cross the network. Negative: they have to come again. */
  readonly onBytes?: ((bytes: number, cached: boolean) => void) | undefined;
  /** `low` lets other requests of the page go first. */
  readonly priority?: "low" | "auto";
  /** What may be this very file, on its way already. */
  readonly early?: Promise<Bytes | undefined> | undefined;
}

/** The files of an index, wherever they come from. */
export interface Files {
  /** @throws {SextantError} */
  manifest(signal?: AbortSignal, early?: Arrivals): Promise<Manifest>;
  /** The file's content, inflated. @throws {SextantError} @throws `signal.reason` */
  get(entry: FileEntry, options?: GetOptions): Promise<Bytes>;
  /** Keeps the file for another visit. Resolves to its bytes as kept, 0 where nothing can be kept. */
  save(entry: FileEntry, signal?: AbortSignal): Promise<number>;
  /** Says that `file` turned out to be damaged. */
  distrust(file: string): Promise<void>;
  /** Drops what older builds left behind. */
  sweep(filesOfHead: HeadReader): Promise<void>;
}

/** The files of one bundle on a server. */
export class Store implements Files {
  readonly #bundle: string;
  readonly #keep = new Keep();
  readonly #transfers = new Map<string, Shared<Bytes>>();
  /** Files that were found damaged or missing: the HTTP cache, which keeps such answers too, is not asked for them again. */
  readonly #doubted = new Set<string>();

  /** @param bundle Absolute, with a trailing slash. */
  constructor(bundle: string) {
    this.#bundle = bundle;
  }

  /**
   * The manifest: the server's, or the kept one when the server cannot be reached or is slow.
   * @param early What the page may have of it.
   * @throws {SextantError} `fetch/…`, `bundle/manifest`
   */
  async manifest(signal?: AbortSignal, early?: Arrivals): Promise<Manifest> {
    const url = this.#url(MANIFEST);
    const kept = await this.#keep.get(url);
    try {
      const patience = kept ? MANIFEST_PATIENCE : STALL;
      const came = early && (await unlessAborted(early.take("manifest", patience), signal));
      const bytes = came ?? (await transfer(url, MANIFEST, { cache: "no-cache", patience, signal }));
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
  async get(entry: FileEntry, options: GetOptions = {}): Promise<Bytes> {
    options.signal?.throwIfAborted();
    return (this.#transfers.get(entry.file) ?? this.#start(entry, options)).wait(options.signal);
  }

  /** The file's content, inflated, if the browser keeps it. */
  async kept(entry: FileEntry, { onBytes }: GetOptions = {}): Promise<Bytes | undefined> {
    const kept = await this.#keep.get(this.#url(entry.file));
    if (kept?.length !== entry.bytes) return undefined;
    try {
      const bytes = await inflate(entry.file, kept);
      onBytes?.(kept.length, true);
      return bytes;
    } catch {
      return undefined; // It was sound when it was kept. The server has another.
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

  #start(entry: FileEntry, options: GetOptions): Shared<Bytes> {
    const { file } = entry;
    const shared = new Shared(
      async (signal) => this.#load(entry, signal, options),
      () => {
        if (this.#transfers.get(file) === shared) this.#transfers.delete(file);
      },
    );
    this.#transfers.set(file, shared);
    return shared;
  }

  async #load(entry: FileEntry, signal: AbortSignal, options: GetOptions): Promise<Bytes> {
    const kept = await this.kept(entry, options);
    if (kept) return kept;
    if (entry.bytes < TURNS_FROM || !(await this.#keep.works())) return this.#fetch(entry, signal, options);
    return inTurn(keyOf(this.#url(entry.file)), signal, async () => (await this.kept(entry, options)) ?? this.#fetch(entry, signal, options));
  }

  async #fetch(entry: FileEntry, signal: AbortSignal, options: GetOptions): Promise<Bytes> {
    let stored: Bytes;
    try {
      stored = (await this.#came(entry, options)) ?? (await this.#download(entry, this.#doubted.has(entry.file), signal, options));
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

  /** What came early, if it is this file. */
  async #came(entry: FileEntry, { early, onBytes }: GetOptions): Promise<Bytes | undefined> {
    try {
      const bytes = await early;
      if (bytes) await verify(entry, bytes);
      onBytes?.(bytes?.length ?? 0, false);
      return bytes;
    } catch {
      return undefined; // Of another build, or damaged, or late.
    }
  }

  async #download(
    entry: FileEntry,
    anew: boolean,
    signal: AbortSignal,
    { onBytes, priority = "auto" }: GetOptions,
  ): Promise<Bytes> {
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

/** Runs `work` when no other tab of the origin runs work of that name; at once where the browser has no locks. @throws `signal.reason` */
async function inTurn<T>(name: string, signal: AbortSignal, work: () => Promise<T>): Promise<T> {
  const locks = (globalThis.navigator as Partial<Navigator> | undefined)?.locks;
  return locks ? locks.request(name, { signal }, work) : work();
}
