/**
 * Gets the files of a bundle: from what the browser keeps, else from the server; verified before they are kept or used.
 *
 * Of a file with several shards those bytes are asked for that are wanted. A server that does not know of parts answers with the
 * whole file, which does as well, and is asked for whole files from then on.
 *
 * Shards are named by their content, so a kept one is right for ever and any HTTP cache entry will do. The manifest is
 * asked for each time; what is kept of it answers when the server does not.
 */

import type { Arrivals } from "./arrivals.ts";
import { SextantError } from "../errors.ts";
import { Keep, keyOf } from "./keep.ts";
import type { HeadReader } from "./keep.ts";
import { parseManifest } from "./manifest.ts";
import type { FileEntry, Manifest } from "./manifest.ts";
import { MANIFEST } from "./names.ts";
import { Parts } from "./parts.ts";
import { partOf, placeOf } from "./place.ts";
import type { Range } from "./place.ts";
import { Shared } from "./shared.ts";
import { isStall, transfer, unlessAborted } from "./transfer.ts";
import { inflate, opened, verify, wrongLength } from "./verify.ts";
import type { Bytes } from "./verify.ts";

/** How long the server may take over the manifest when there is a kept one, in milliseconds. */
const MANIFEST_PATIENCE = 3000;
/** How long a transfer may stand still, in milliseconds. */
export const STALL = 20_000;
/** The same for some bytes of a file: an answer waits for them, and is poorer without them. */
const PART_STALL = 10_000;
/**
 * From this length on, in bytes, one tab of an origin fetches a file and the others wait for it. Asking whose turn it is takes a
 * message to another process, which a small file is not worth.
 */
const TURNS_FROM = 256 * 1024;

/** How to get a file. */
export interface GetOptions {
  /** Which bytes of it are wanted, a shard among others; all where there is none. */
  readonly range?: Range | undefined;
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
  /** The content of the file or of a shard in it, inflated. @throws {SextantError} @throws `signal.reason` */
  get(entry: FileEntry, options?: GetOptions): Promise<Bytes>;
  /** Keeps the file for another visit. Resolves to its bytes as kept, 0 where nothing can be kept. */
  save(entry: FileEntry, signal?: AbortSignal): Promise<number>;
  /** Says that the shard `name` turned out to be damaged. */
  distrust(name: string): Promise<void>;
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
  readonly #parts = new Map<string, Parts>();
  /** Whether the server answers with parts of files, as far as is known. */
  #servesParts = true;

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
      const bytes = came ?? (await transfer(url, MANIFEST, { cache: "no-cache", patience, signal })).bytes;
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
   * The content of the file or of a shard in it, inflated. Callers that want the same share one transfer, and leaving it does not end
   * it while others wait.
   * @throws {SextantError} `fetch/…`, `bundle/…`
   * @throws `signal.reason`
   */
  async get(entry: FileEntry, options: GetOptions = {}): Promise<Bytes> {
    const { range, signal } = options;
    signal?.throwIfAborted();
    if (!range) {
      const stored = await this.#whole(entry, options);
      return inflate(entry.file, stored).catch(async () => {
        await this.distrust(entry.file); // It was sound when it was kept.
        return inflate(entry.file, await this.#whole(entry, options));
      });
    }
    const name = partOf(entry.file, range);
    try {
      return await this.#shared(name, async (until) => this.#part(entry, range, until, options)).wait(signal);
    } catch (error) {
      signal?.throwIfAborted();
      throw error instanceof SextantError ? new SextantError(error.code, error.message, { file: name, cause: error }) : error;
    }
  }

  /** The file's content, inflated, if the browser keeps it. */
  async kept(entry: FileEntry, options?: GetOptions): Promise<Bytes | undefined> {
    const kept = await this.#kept(entry, options);
    return kept && inflate(entry.file, kept).catch(() => undefined); // The server has another.
  }

  /** Keeps the file without reading it. Resolves to its bytes as kept, 0 where nothing can be kept. */
  async save(entry: FileEntry, signal?: AbortSignal): Promise<number> {
    if (!(await this.hasAll([entry]))) await this.#whole(entry, { signal, priority: "low" });
    return (await this.hasAll([entry])) ? entry.bytes : 0;
  }

  /** Whether the browser keeps all of `entries`. */
  async hasAll(entries: readonly FileEntry[]): Promise<boolean> {
    return this.#keep.hasAll(entries.map(({ file }) => this.#url(file)));
  }

  /** Says that the shard `name` turned out to be damaged after all: its file is fetched anew when it is next wanted. */
  async distrust(name: string): Promise<void> {
    const { file } = placeOf(name);
    this.#doubted.add(file);
    await Promise.all([this.#keep.drop(this.#url(file)), this.#keep.drop(this.#url(name))]);
  }

  /** Drops what older builds left behind. */
  async sweep(filesOfHead: HeadReader): Promise<void> {
    await this.#keep.sweep(filesOfHead);
  }

  #url(file: string): string {
    return new URL(file, this.#bundle).href;
  }

  /** The transfer called `name`, which `work` begins where there is none. */
  #shared(name: string, work: (signal: AbortSignal) => Promise<Bytes>): Shared<Bytes> {
    const running = this.#transfers.get(name);
    if (running) return running;
    const shared = new Shared(work, () => {
      if (this.#transfers.get(name) === shared) this.#transfers.delete(name);
    });
    this.#transfers.set(name, shared);
    return shared;
  }

  /** The whole file as it is stored. */
  async #whole(entry: FileEntry, options: GetOptions): Promise<Bytes> {
    return this.#shared(entry.file, async (signal) => this.#load(entry, signal, options)).wait(options.signal);
  }

  async #load(entry: FileEntry, signal: AbortSignal, options: GetOptions): Promise<Bytes> {
    const kept = await this.#kept(entry, options);
    if (kept) return kept;
    if (entry.bytes < TURNS_FROM || !(await this.#keep.works())) return this.#fetch(entry, signal, options);
    return inTurn(keyOf(this.#url(entry.file)), signal, async () => (await this.#kept(entry, options)) ?? this.#fetch(entry, signal, options));
  }

  /** The file as the browser keeps it. */
  async #kept(entry: FileEntry, { onBytes }: GetOptions = {}): Promise<Bytes | undefined> {
    const kept = await this.#keep.get(this.#url(entry.file));
    if (kept?.length !== entry.bytes) return undefined;
    onBytes?.(kept.length, true);
    return kept;
  }

  /** A shard among others, inflated. */
  async #part(entry: FileEntry, range: Range, signal: AbortSignal, { onBytes }: GetOptions): Promise<Bytes> {
    const name = partOf(entry.file, range);
    const { bytes: stored, kept } = await this.#partsOf(entry).get(range, signal);
    onBytes?.(stored.length, kept);
    try {
      const shard = await opened(name, stored);
      if (!kept) await this.#keep.put(this.#url(name), stored);
      return shard;
    } catch {
      await this.distrust(name);
      return opened(name, (await this.#whole(entry, { signal })).slice(range.from, range.to));
    }
  }

  #partsOf(entry: FileEntry): Parts {
    const { file } = entry;
    const parts =
      this.#parts.get(file) ??
      new Parts({
        kept: async (range) => (await this.#keep.get(this.#url(partOf(file, range)))) ?? (await this.#kept(entry))?.slice(range.from, range.to),
        fetch: async (range, signal) => this.#fetchPart(entry, range, signal),
      });
    this.#parts.set(file, parts);
    return parts;
  }

  /** Some bytes of a file as they are stored. */
  async #fetchPart(entry: FileEntry, range: Range, signal: AbortSignal): Promise<Bytes> {
    const isWhole = range.to - range.from === entry.bytes;
    if (!isWhole && this.#servesParts && !this.#doubted.has(entry.file)) {
      try {
        return await this.#ask(entry, range, signal);
      } catch (error) {
        signal.throwIfAborted();
        if (isStall(error)) throw error; // Who waited long enough for a part does not wait for more.
      }
    }
    return (await this.#whole(entry, { signal })).slice(range.from, range.to);
  }

  /** What the server gives of a file whose part is wanted: that, or the whole, which is kept then. */
  async #ask(entry: FileEntry, range: Range, signal: AbortSignal): Promise<Bytes> {
    const { bytes, isPart } = await transfer(this.#url(entry.file), entry.file, {
      // Parts of one file would wait for each other in the HTTP cache.
      cache: (await this.#keep.works()) ? "no-store" : "force-cache",
      patience: PART_STALL,
      signal,
      range,
      limit: { bytes: entry.bytes, error: (found) => wrongLength(entry, found) },
    });
    if (isPart && bytes.length === range.to - range.from) return bytes;
    this.#servesParts = false;
    await verify(entry, bytes);
    await this.#keep.put(this.#url(entry.file), bytes);
    return bytes.slice(range.from, range.to);
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
    await this.#keep.put(this.#url(entry.file), stored);
    return stored;
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
      const { bytes } = await transfer(this.#url(entry.file), entry.file, {
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
