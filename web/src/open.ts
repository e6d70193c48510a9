/** `openIndex` and the index it gives: what an application calls. */

import { startBackend } from "./client.ts";
import { SextantError } from "./errors.ts";
import { toSteps } from "./filters.ts";
import { toHtml } from "./markup.ts";
import type { Backend, CallName, Calls, RawAnswer, RawResult } from "./protocol.ts";
import type { Answer, Facets, Kept, OpenOptions, Result, SearchOptions, SextantIndex, Status } from "./types.ts";
import { bundleUrl, resultUrl, siteUrl } from "./urls.ts";

/** Pages in an answer, unless said otherwise. */
const DEFAULT_LIMIT = 10;
/** Pages in an answer at most. */
const MOST = 100;

/**
 * Opens the bundle at `url`, the directory that holds `manifest.json`, in a worker of its own.
 *
 * Fetches the manifest, the engine's search module and the index's directory; everything else when a search needs it.
 * @throws {SextantError} `bundle/…`: the bundle cannot be read; `fetch/…`: it cannot be reached; `engine/load`: not in a browser, or the engine's files are not there.
 * @throws `options.signal.reason` when aborted.
 */
export async function openIndex(url: string | URL, options: OpenOptions = {}): Promise<SextantIndex> {
  const { signal } = options;
  signal?.throwIfAborted();
  const base = (globalThis as Partial<typeof globalThis>).location?.href;
  if (base === undefined) throw new SextantError("engine/load", "openIndex searches in a browser: call it in code that runs there");
  const index = new OpenIndex(bundleUrl(url, base), base, options);
  await index.start(signal);
  return index;
}

class OpenIndex implements SextantIndex {
  readonly #bundle: string;
  readonly #site: string;
  readonly #options: OpenOptions;
  readonly #channels = new Map<string, AbortController>();
  readonly #life = new AbortController();
  #backend: Promise<Backend> | undefined;
  /** What `#backend` resolved to. */
  #running: Backend | undefined;
  #status: Status | undefined;

  constructor(bundle: string, base: string, options: OpenOptions) {
    this.#bundle = bundle;
    this.#site = siteUrl(bundle, options.baseUrl, base);
    this.#options = options;
  }

  async start(signal: AbortSignal | undefined): Promise<void> {
    await this.#start(signal);
  }

  async search(query: string, options: SearchOptions = {}): Promise<Answer> {
    const { signal, leave } = this.#enter(options);
    try {
      return await this.#search(query, options, signal);
    } finally {
      leave();
    }
  }

  async *answers(query: string, options: SearchOptions = {}): AsyncGenerator<Answer, void, void> {
    const { signal, leave } = this.#enter(options);
    try {
      const first = await this.#search(query, options, signal);
      yield first;
      if (!first.pending) return;
      const better = await this.#search(query, { ...options, wait: true }, signal);
      yield { ...better, pending: false };
    } finally {
      leave();
    }
  }

  async filters({ signal }: { readonly signal?: AbortSignal } = {}): Promise<Facets> {
    return this.#call("filters", null, anyOf(this.#life.signal, signal));
  }

  async preload({ signal }: { readonly signal?: AbortSignal } = {}): Promise<void> {
    await this.#call("preload", null, anyOf(this.#life.signal, signal));
  }

  async loadEncoder({ signal }: { readonly signal?: AbortSignal } = {}): Promise<void> {
    await this.#call("encoder", null, anyOf(this.#life.signal, signal));
  }

  async keepOffline({ signal }: { readonly signal?: AbortSignal } = {}): Promise<Kept> {
    const { bytes, engine } = await this.#call("offline", null, anyOf(this.#life.signal, signal));
    // The page fetches the search module for the worker.
    const modules = performance.getEntriesByType("resource").map(({ name }) => name).filter((url) => /\.wasmz?$/u.test(url));
    return { bytes, engine: [...new Set([...engine, ...modules])] };
  }

  status(): Status {
    if (!this.#status) throw closed();
    return this.#status;
  }

  close(): void {
    this.#life.abort(closed());
    const backend = this.#backend;
    this.#backend = undefined;
    void backend?.then((started) => {
      started.close();
    }, () => undefined);
  }

  async #search(query: string, options: SearchOptions, signal: AbortSignal): Promise<Answer> {
    const { limit = DEFAULT_LIMIT, mode = "hybrid", typing = true, wait = false, rescore = false, budget, filters, facets, sort } = options;
    const text = query.trim() === "" ? "" : query.trimStart();
    signal.throwIfAborted();
    const filter = filters === undefined ? undefined : toSteps(filters);
    const order = sort === undefined ? undefined : sortText(sort);
    const lists = filter !== undefined || order !== undefined || (facets?.length ?? 0) > 0;
    if (text === "" && !lists) {
      return { query, mode, pending: false, results: [], total: null, facets: {}, timing: [{ stage: "total", ms: 0 }], degraded: [] };
    }
    const pages = Math.min(Math.max(Math.trunc(limit) || DEFAULT_LIMIT, 1), MOST);
    const raw = await this.#call("search", { text, mode, limit: pages, typing, wait, rescore, budget, filter, facets, sort: order }, signal);
    return this.#finish(query, raw);
  }

  /** Calls the backend; one that died is replaced and asked again, once. */
  async #call<Name extends CallName>(name: Name, takes: Calls[Name]["takes"], signal: AbortSignal): Promise<Calls[Name]["gives"]> {
    const backend = await this.#start(signal);
    try {
      return await backend.call(name, takes, signal);
    } catch (error) {
      if (!(error instanceof SextantError) || error.code !== "engine/trap") throw error;
      if (this.#running === backend) {
        // The first of those who had asked it: one is started for all, and the others hear what happened too.
        backend.close(error);
        this.#backend = undefined;
        this.#running = undefined;
      }
      return (await this.#start(signal)).call(name, takes, signal);
    }
  }

  async #start(signal: AbortSignal | undefined): Promise<Backend> {
    this.#life.signal.throwIfAborted();
    this.#backend ??= this.#open(signal).catch((error: unknown) => {
      this.#backend = undefined;
      throw error;
    });
    return this.#backend;
  }

  async #open(signal: AbortSignal | undefined): Promise<Backend> {
    const { worker = true, encoder = "auto", onProgress, onStatus } = this.#options;
    const backend = await startBackend(
      worker,
      this.#bundle,
      {
        onProgress: (progress) => onProgress?.(progress),
        onStatus: (status) => {
          this.#status = status;
          onStatus?.(status);
        },
      },
      signal,
    );
    try {
      await backend.call("open", { bundle: this.#bundle, policy: encoder }, signal);
      this.#running = backend;
      return backend;
    } catch (error) {
      backend.close();
      throw error;
    }
  }

  /** A search's signal: the caller's, the index's, and that of a newer search on its channel. */
  #enter({ signal, channel = "default" }: SearchOptions): { signal: AbortSignal; leave: () => void } {
    const mine = new AbortController();
    if (channel !== null) {
      this.#channels.get(channel)?.abort(new SextantError("query/superseded", "a newer search took its place"));
      this.#channels.set(channel, mine);
    }
    const leave = (): void => {
      if (channel !== null && this.#channels.get(channel) === mine) this.#channels.delete(channel);
    };
    return { signal: anyOf(mine.signal, this.#life.signal, signal), leave };
  }

  #finish(query: string, raw: RawAnswer): Answer {
    const { origin } = globalThis.location;
    const link = (url: string): string => resultUrl(url, this.#site, origin);
    const result = ({ url, title, score, meta, anchor, heading, excerpt, subResults }: RawResult): Result => ({
      url: link(url),
      title,
      score,
      excerpt: toHtml(excerpt),
      segments: excerpt,
      meta,
      anchor: anchor ?? null,
      heading,
      subResults: subResults.map((sub) => ({
        title: sub.title,
        url: link(sub.url),
        anchor: sub.anchor ?? null,
        score: sub.score,
        excerpt: toHtml(sub.excerpt),
        segments: sub.excerpt,
      })),
    });
    const { mode, pending, total, facets, timing, degraded } = raw;
    return { query, mode, pending, results: raw.results.map(result), total, facets, timing, degraded };
  }
}

/** `{ date: "desc" }` → `date:desc`; nothing for an object without a key. */
function sortText(sort: NonNullable<SearchOptions["sort"]>): string | undefined {
  const [first, ...more] = Object.entries(sort);
  if (more.length > 0) throw new SextantError("query/options", "sort: more than one key; results are sorted by one");
  return first?.join(":");
}

function closed(): SextantError {
  return new SextantError("query/closed", "the index was closed");
}

/** Aborts with the first of `signals`. `AbortSignal.any` where there is one. */
function anyOf(...signals: readonly (AbortSignal | undefined)[]): AbortSignal {
  const given = signals.filter((signal) => signal !== undefined);
  if ("any" in AbortSignal) return AbortSignal.any(given);
  const both = new AbortController();
  for (const signal of given) {
    if (signal.aborted) both.abort(signal.reason);
    signal.addEventListener("abort", () => { both.abort(signal.reason); }, { once: true, signal: both.signal });
  }
  return both.signal;
}
