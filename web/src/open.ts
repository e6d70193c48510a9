/** `openIndex` and the index it gives: what an application calls. */

import { startBackend } from "./session/client.ts";
import { SextantError } from "./errors.ts";
import { toHtml } from "./markup.ts";
import type { Backend, CallName, Calls, Listener, RawAnswer, RawResult } from "./session/protocol.ts";
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
  const base = pageUrl("openIndex");
  const { baseUrl, encoder = "auto", device = "auto", onProgress } = options;
  const bundle = bundleUrl(url, base);
  const index = new OpenIndex(siteUrl(bundle, baseUrl, base), options, {
    early: bundle,
    open: async (backend, opening) => backend.call("open", { bundle, policy: encoder, device }, opening),
    onProgress: (progress) => onProgress?.(progress),
    onBuild: () => undefined,
  });
  await index.start(signal);
  return index;
}

/** The page's own URL. @throws {SextantError} `engine/load`: there is no page, so `caller` cannot work. */
export function pageUrl(caller: string): string {
  const base = (globalThis as Partial<typeof globalThis>).location?.href;
  if (base === undefined) throw new SextantError("engine/load", `${caller} works in a browser: call it in code that runs there`);
  return base;
}

/** What makes an index what it is. */
export interface Opening extends Pick<Listener, "onProgress" | "onBuild"> {
  /** The bundle that is opened, which the page can fetch from at once; none for an index that is built. */
  readonly early: string | undefined;
  /** Makes `backend` answer about the index: when it is opened, and again when a backend died. */
  readonly open: (backend: Backend, signal: AbortSignal | undefined) => Promise<unknown>;
}

/** Of its caller's options, those that are the same for every index. */
type OpenIndexOptions = Pick<OpenOptions, "device" | "onStatus" | "worker">;

/** An index behind a backend. */
export class OpenIndex implements SextantIndex {
  readonly #site: string;
  readonly #options: OpenIndexOptions;
  readonly #opening: Opening;
  readonly #channels = new Map<string, AbortController>();
  readonly #life = new AbortController();
  #backend: Promise<Backend> | undefined;
  /** What `#backend` resolved to. */
  #running: Backend | undefined;
  #status: Status | undefined;
  /** Tells the backend, also one that is opening, whether the page is seen. */
  #see: ((visible: boolean) => void) | undefined;

  /** @param site What results' URLs are relative to. */
  constructor(site: string, options: OpenIndexOptions, opening: Opening) {
    this.#site = site;
    this.#options = options;
    this.#opening = opening;
  }

  /** Resolves when it is open. */
  async start(signal: AbortSignal | undefined): Promise<void> {
    // Until then too: an index may be built for minutes.
    if (this.#options.device !== "cpu") theDocument()?.addEventListener("visibilitychange", this.#onSeen, { signal: this.#life.signal });
    try {
      await this.#start(signal);
    } catch (error) {
      this.#life.abort(error);
      throw error;
    }
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
      let answer = await this.#search(query, options, signal);
      yield answer;
      if (answer.degraded.some(({ code }) => code === "fetch/late")) {
        answer = await this.#search(query, { ...options, patience: Infinity }, signal);
        yield answer;
      }
      if (!answer.pending) return;
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
    const { limit = DEFAULT_LIMIT, mode = "hybrid", typing = true, wait = false, patience, rescore = false, budget, filters, facets, sort } = options;
    const text = query.trim() === "" ? "" : query.trimStart();
    signal.throwIfAborted();
    const filter = filters === undefined ? undefined : (await import("./filters.ts")).toSteps(filters); // Few filter.
    const order = sort === undefined ? undefined : sortText(sort);
    const lists = filter !== undefined || order !== undefined || (facets?.length ?? 0) > 0;
    if (text === "" && !lists) {
      return { query, mode, pending: false, results: [], total: null, facets: {}, timing: [{ stage: "total", ms: 0 }], degraded: [] };
    }
    const pages = Math.min(Math.max(Math.trunc(limit) || DEFAULT_LIMIT, 1), MOST);
    const raw = await this.#call("search", { text, mode, limit: pages, typing, wait, patience, rescore, budget, filter, facets, sort: order }, signal);
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

  readonly #onSeen = (): void => {
    this.#see?.(theDocument()?.visibilityState !== "hidden");
  };

  async #start(signal: AbortSignal | undefined): Promise<Backend> {
    this.#life.signal.throwIfAborted();
    this.#backend ??= this.#open(signal).catch((error: unknown) => {
      this.#backend = undefined;
      throw error;
    });
    return this.#backend;
  }

  async #open(signal: AbortSignal | undefined): Promise<Backend> {
    const { worker = true, onStatus } = this.#options;
    const { early, open, onProgress, onBuild } = this.#opening;
    const backend = await startBackend(
      worker,
      early,
      {
        onProgress,
        onBuild,
        onStatus: (status) => {
          this.#status = status;
          onStatus?.(status);
        },
      },
      signal,
    );
    this.#see = (visible) => {
      backend.call("see", visible).catch(() => undefined); // It is told again when it is replaced.
    };
    try {
      if (theDocument()?.visibilityState === "hidden") this.#onSeen();
      await open(backend, signal);
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

/** The page's document; none where the library runs in an application's own worker. */
function theDocument(): Document | undefined {
  return (globalThis as Partial<typeof globalThis>).document;
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
