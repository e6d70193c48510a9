/**
 * An open bundle, on whichever side of the worker: manifest, engine, encoder, searches. `worker.ts` puts it behind
 * messages; where there are no module workers the client calls it in the page.
 */

import { hasSimd } from "../modules/builds.ts";
import type { Arrivals } from "../files/arrivals.ts";
import { SextantError, fromFault, toFault } from "../errors.ts";
import type { Fault } from "../errors.ts";
import { FullTier } from "../encoder/full-tier.ts";
import type { EncoderSource } from "../encoder/full-tier.ts";
import { filesOf } from "../files/manifest.ts";
import type { FileEntry, Manifest } from "../files/manifest.ts";
import { nextTask } from "../next-task.ts";
import { placeOf } from "../files/place.ts";
import type { Backend, CallName, Calls, Listener, Query, RawAnswer, RawResult } from "./protocol.ts";
import { STALL, Store } from "../files/store.ts";
import type { Files } from "../files/store.ts";
import { unlessAborted, unlessLate } from "../files/transfer.ts";
import { Turns } from "./turns.ts";
import type { Turn } from "./turns.ts";
import type { DevicePolicy, EncoderPolicy, Facets, Kept, Mode, Status } from "../types.ts";
import { lendLanguage, loadSearch } from "../modules/wasm.ts";
import type { Bytes } from "../files/verify.ts";
import type { EngineIndex } from "../modules/wasm.ts";

/** How long after an answer the encoder is sent for, in milliseconds: excerpts of that answer come first. */
const IDLE = 300;
/** How long nothing may come before the words answer without what an answer ranks by besides, in milliseconds. */
const PATIENCE = 1500;
/** The shards that the words can answer without. */
const BESIDE_WORDS = /^(?:tokens|vectors|rescore)\//u;
/** The code of a file that took longer than that, and comes. */
const LATE = "fetch/late";

/** `search::Response`. */
interface Response {
  readonly mode: Mode;
  readonly results: readonly RawResult[];
  readonly total?: number | null;
  readonly facets: Facets;
  readonly timing: readonly (readonly [stage: string, ms: number])[];
  readonly degraded: readonly string[];
}

/** What an index is read from. */
interface Source {
  readonly files: Files;
  readonly tierOf: (manifest: Manifest) => FullTier;
  /** What the page fetches of them. */
  readonly early?: Arrivals | undefined;
}

interface Opened {
  readonly manifest: Manifest;
  readonly engine: EngineIndex;
  readonly tier: FullTier;
}

type Handlers = { readonly [Name in CallName]: (takes: Calls[Name]["takes"], signal?: AbortSignal) => Promise<Calls[Name]["gives"]> };

/** Answers calls about one bundle. */
export class Session implements Backend {
  readonly #listener: Listener;
  readonly #environment: Status["environment"];
  readonly #early: Arrivals | undefined;
  readonly #turns = new Turns();
  #source: Source | undefined;
  #opened: Opened | undefined;
  #policy: EncoderPolicy = "auto";
  #device: DevicePolicy = "auto";
  #visible = true;
  /** That of an index while it is built. */
  #building: FullTier | undefined;
  #files = new Map<string, FileEntry>();
  #bytes = { loaded: 0, total: 0, cached: 0 };
  #idle: ReturnType<typeof setTimeout> | undefined;
  readonly #handlers: Handlers = {
    open: async (takes, signal) => this.#open(takes, signal),
    create: async (takes, signal) => this.#create(takes, signal),
    search: async (takes, signal) => this.#again(async (opened) => this.#answer(opened, takes, signal), signal, isPoorer),
    filters: async (_, signal) => this.#again(async (opened) => this.#filters(opened, signal), signal),
    preload: async (_, signal) => this.#preload(signal),
    encoder: async (_, signal) => this.#loadEncoder(signal),
    offline: async (_, signal) => this.#keepOffline(signal),
    see: async (visible) => this.#see(visible),
  };

  /** @param early What the page fetches of the first bundle, where it does. */
  constructor(environment: Status["environment"], listener: Listener, early?: Arrivals) {
    this.#environment = environment;
    this.#listener = listener;
    this.#early = early;
  }

  async call<Name extends CallName>(name: Name, takes: Calls[Name]["takes"], signal?: AbortSignal): Promise<Calls[Name]["gives"]> {
    signal?.throwIfAborted();
    const handler: Handlers[Name] = this.#handlers[name];
    return handler(takes, signal);
  }

  close(): void {
    clearTimeout(this.#idle);
    this.#building?.close();
    if (this.#opened) this.#release(this.#opened);
    this.#opened = undefined;
  }

  async #open({ bundle, policy, device }: Calls["open"]["takes"], signal?: AbortSignal): Promise<null> {
    const store = new Store(bundle);
    this.#policy = policy;
    this.#device = device;
    this.#source = { files: store, tierOf: ({ encoder }) => this.#tier(encoder && { entry: encoder, store }), early: this.#early };
    this.#opened = await this.#read(this.#source, signal);
    const { tier } = this.#opened;
    this.#tellStatus();
    const now = policy === "full" || (policy === "auto" && tier.status.state !== "absent" && (await tier.isKept()));
    if (now) this.#sendForEncoder(0);
    return null;
  }

  async #create({ records, bundle, language, filters, device }: Calls["create"]["takes"], signal?: AbortSignal): Promise<null> {
    this.#device = device;
    this.#policy = bundle === undefined ? "none" : "full";
    try {
      const { buildFiles } = await import("./build-files.ts"); // Most never build.
      const files = await buildFiles({
        records,
        language,
        filters,
        startEncoder: bundle === undefined ? undefined : async () => {
          const store = new Store(bundle);
          const { encoder } = await store.manifest(signal);
          const tier = this.#tier(encoder && { entry: encoder, store });
          this.#building = tier;
          await tier.load(signal);
          return tier.passageEncoder();
        },
        onProgress: this.#listener.onBuild,
        signal,
      });
      const tier = this.#building ?? this.#tier(undefined);
      this.#source = { files, tierOf: () => tier };
      this.#opened = await this.#read(this.#source, signal);
    } catch (error) {
      this.#building?.close();
      throw error instanceof SextantError || signal?.aborted ? error : await this.#failure(error, []);
    } finally {
      this.#building = undefined;
    }
    this.#tellStatus();
    return null;
  }

  #tier(encoder: EncoderSource | undefined): FullTier {
    const tier = new FullTier(encoder, this.#policy, this.#device, {
      onProgress: this.#listener.onProgress,
      onChange: () => {
        this.#tellStatus();
      },
    });
    tier.see(this.#visible);
    return tier;
  }

  async #read({ files: store, tierOf, early }: Source, signal?: AbortSignal): Promise<Opened> {
    const loading = loadSearch(this.#early?.take("search"));
    loading.catch(() => undefined); // Told when it is needed.
    const manifest = await store.manifest(signal, early);
    const files = new Map(filesOf(manifest).map((entry) => [entry.file, entry]));
    this.#files = files;
    const host = { fetch: async (file: string) => this.#turns.fetch(async (turn) => this.#shard(store, file, turn)) };
    const { file } = manifest.head;
    const head = await this.#file(store, file, signal, early?.take("head", STALL));
    const search = await unlessAborted(loading, signal);
    await unlessAborted(lendLanguage(search, manifest.language), signal);
    let engine: EngineIndex;
    try {
      engine = search.SearchIndex.open(file, head, host);
    } catch (error) {
      throw await this.#failure(error, []);
    }
    const sizes = engine.sizes();
    for (const [index, name] of engine.files().entries()) files.set(name, { file: name, bytes: sizes[index] ?? 0 });
    void store.sweep((name, bytes) => search.filesOf(name, bytes));
    return { manifest, engine, tier: tierOf(manifest) };
  }

  /** Asks the bundle; where a file is gone because the site was published anew, opens the new bundle and asks that. */
  async #again<T>(ask: (opened: Opened) => Promise<T>, signal?: AbortSignal, isPoor?: (gives: T) => boolean): Promise<T> {
    const opened = this.#current();
    try {
      const gives = await ask(opened);
      if (!isPoor?.(gives)) return gives;
      const anew = await this.#reopen(opened, signal).catch(() => false); // What there is is an answer all the same.
      return anew ? await ask(this.#current()) : gives;
    } catch (error) {
      signal?.throwIfAborted();
      const gone = error instanceof SextantError && error.code === "fetch/missing";
      if (!gone || !(await this.#reopen(opened, signal))) throw error;
      return ask(this.#current());
    }
  }

  /** Counts every page by every key. */
  async #filters(opened: Opened, signal?: AbortSignal): Promise<Facets> {
    const keys = opened.engine.filterKeys();
    if (keys.length === 0) return {};
    const query: Query = { text: "", mode: "keyword", limit: 0, typing: false, wait: false, facets: keys };
    const { facets, degraded } = await this.#answer(opened, query, signal);
    const [fault] = degraded.filter(({ code }) => !code.startsWith("query/"));
    if (fault) throw fromFault(fault);
    return facets;
  }

  async #answer({ engine, tier }: Opened, query: Query, signal?: AbortSignal): Promise<RawAnswer> {
    const started = performance.now();
    const timing: { stage: string; ms: number }[] = [];
    const wanted = query.mode !== "keyword" && query.text !== "";
    const looksUp = this.#policy !== "none" && engine.looksUp();
    if (wanted && (query.wait || (query.mode === "semantic" && !looksUp)) && tier.coming) {
      await tier.load(signal).catch(() => undefined); // Its failure is told by the answer.
      signal?.throwIfAborted();
      timing.push({ stage: "encoder", ms: performance.now() - started });
    }
    await nextTask(); // A newer query that is waiting in line cancels this one before it costs anything.
    signal?.throwIfAborted();

    let vector: Float32Array | undefined;
    const degraded: Fault[] = [];
    if (wanted) {
      const before = performance.now();
      try {
        vector = await tier.encode(query.text);
      } catch {
        // `absence` says what happened.
      }
      if (vector) timing.push({ stage: "encode", ms: performance.now() - before });
    }

    const patience = query.wait || query.mode !== "hybrid" ? Infinity : (query.patience ?? PATIENCE);
    const response = await this.#turns.take(signal, async (turn) => {
      try {
        const { text, limit, typing, rescore, budget, filter, facets, sort } = query;
        const mode = vector || looksUp ? query.mode : "keyword";
        const answer = (await engine.search({ text, limit, typing, rescore, budget, filter, facets, sort, mode }, vector)) as Response;
        // Where words are looked up and no encoder is to come, nothing is missing.
        const settled = answer.mode !== "keyword" && !tier.coming && !tier.status.fault;
        if (wanted && !vector && !settled) degraded.push(toFault(tier.absence()));
        degraded.push(...(await this.#explain(answer.degraded, turn)));
        return answer;
      } catch (error) {
        signal?.throwIfAborted();
        throw await this.#failure(error, turn.faults);
      }
    }, patience);
    signal?.throwIfAborted();
    const late = degraded.some(({ code }) => code === LATE);
    // What is late should not have to share the line.
    if (wanted && !late && this.#policy === "auto" && tier.status.state === "waiting") this.#sendForEncoder(IDLE);
    const stages = [...timing, ...response.timing.map(([stage, ms]) => ({ stage, ms }))];
    return {
      mode: response.mode,
      pending: late || (wanted && !vector && tier.coming),
      results: response.results,
      total: response.total ?? null,
      facets: response.facets,
      timing: [...stages, { stage: "total", ms: performance.now() - started }],
      degraded,
    };
  }

  async #preload(signal?: AbortSignal): Promise<null> {
    const { engine } = this.#current();
    await this.#turns.take(signal, async () => engine.preload(), PATIENCE);
    return null;
  }

  async #loadEncoder(signal?: AbortSignal): Promise<null> {
    await this.#current().tier.load(signal);
    return null;
  }

  async #keepOffline(signal?: AbortSignal): Promise<Kept> {
    this.#current();
    let bytes = 0;
    for (const entry of this.#files.values()) bytes += (await this.#source?.files.save(entry, signal)) ?? 0;
    const fetched = performance.getEntriesByType("resource").map(({ name }) => name);
    return { bytes, engine: fetched.filter((url) => /\.(?:js|wasmz?)$/u.test(url)) };
  }

  async #see(visible: boolean): Promise<null> {
    this.#visible = visible;
    this.#opened?.tier.see(visible);
    this.#building?.see(visible);
    return Promise.resolve(null);
  }

  #sendForEncoder(delay: number): void {
    clearTimeout(this.#idle);
    this.#idle = setTimeout(() => {
      const tier = this.#opened?.tier;
      if (tier?.status.state === "failed") return; // Somebody who would not wait was faster, and nobody asked again.
      tier?.load().catch(() => undefined); // Told by the status and by answers.
    }, delay);
  }

  /** Frees what `opened` holds, when the searches that use it have ended. */
  #release({ tier, engine }: Opened): void {
    tier.close();
    void this.#turns.take(undefined, async () => {
      engine.free();
      return Promise.resolve();
    });
  }

  async #reopen(old: Opened, signal?: AbortSignal): Promise<boolean> {
    if (this.#opened !== old || !this.#source) return this.#opened !== old;
    const manifest = await this.#source.files.manifest(signal);
    if (JSON.stringify(manifest) === JSON.stringify(old.manifest)) return false;
    this.#opened = await this.#read(this.#source, signal);
    this.#release(old);
    this.#tellStatus();
    return true;
  }

  /** The shard `name` for `turn`, or for nobody's; the transfer of a late one goes on, for the next who asks. */
  async #shard(store: Files, name: string, turn: Turn | undefined): Promise<Uint8Array> {
    if (!turn || !BESIDE_WORDS.test(name)) return this.#file(store, name, turn?.signal);
    const late = (): SextantError => {
      turn.patience = 0; // What it would be followed by is not worth waiting for either.
      return new SextantError(LATE, `${name}: it takes long to come; a better answer follows`, { file: name });
    };
    if (turn.patience === 0) throw late();
    return unlessLate(this.#file(store, name, turn.signal), turn.patience, late, () => turn.heard + turn.patience - performance.now());
  }

  async #file(store: Files, name: string, signal: AbortSignal | undefined, early?: Promise<Bytes | undefined>): Promise<Uint8Array> {
    const place = placeOf(name);
    const { range } = place;
    const entry = this.#files.get(place.file);
    if (!entry) throw new SextantError("bundle/content", `${name}: not in the manifest`, { file: name });
    this.#bytes.total += range ? range.to - range.from : entry.bytes;
    const onBytes = (bytes: number, cached: boolean): void => {
      this.#bytes.loaded += bytes;
      if (cached) this.#bytes.cached += bytes;
      this.#listener.onProgress({ stage: "index", ...this.#bytes });
    };
    return store.get(entry, { range, signal, onBytes, early });
  }

  /** What the engine names as missing, each a code and the file or the key to blame if there is one, with what is known of it here. */
  async #explain(missing: readonly string[], turn: Turn): Promise<Fault[]> {
    const faults: Fault[] = [];
    for (const entry of missing) {
      const at = entry.indexOf(" ");
      const [code, about] = at < 0 ? [entry] : [entry.slice(0, at), entry.slice(at + 1)];
      const isQuestion = code.startsWith("query/");
      const file = isQuestion ? undefined : about;
      const known = turn.faults.find((fault) => fault.file !== undefined && fault.file === file);
      const where = isQuestion ? JSON.stringify(about) : file;
      faults.push(known ?? { code, message: `${where === undefined ? "" : `${where}: `}${await meaningOf(code)}`, file });
    }
    await this.#distrust(faults);
    return faults;
  }

  async #failure(error: unknown, faults: readonly Fault[]): Promise<SextantError> {
    if (error instanceof WebAssembly.RuntimeError) {
      return new SextantError("engine/trap", `the engine stopped: ${error.message}`, { cause: error });
    }
    const told = toFault(error);
    const fault = faults.find(({ file }) => file !== undefined && file === told.file) ?? told;
    await this.#distrust([fault]);
    return new SextantError(fault.code, fault.message, { file: fault.file, cause: error });
  }

  /** Damaged files are not taken from a cache again. */
  async #distrust(faults: readonly Fault[]): Promise<void> {
    for (const { code, file } of faults) {
      if (code.startsWith("bundle/") && file !== undefined) await this.#source?.files.distrust(file);
    }
  }

  #current(): Opened {
    if (!this.#opened) throw new SextantError("query/closed", "the index is not open");
    return this.#opened;
  }

  #tellStatus(): void {
    if (!this.#opened) return;
    const { manifest, tier } = this.#opened;
    const { pages, passages, languages, generator } = manifest;
    const environment = this.#environment;
    const { devices } = tier;
    this.#listener.onStatus({
      ...{ pages, passages, languages, generator, environment },
      encoder: tier.status,
      device: devices.sizes[0]?.device ?? "cpu",
      devices,
      simd: hasSimd(),
    });
  }
}

/** What `code` means; the code itself where that cannot be told. Most answers lack nothing, so the list is not fetched before. */
async function meaningOf(code: string): Promise<string> {
  try {
    const codes = await import("../codes.ts");
    return codes.meaningOf(code);
  } catch {
    return code;
  }
}

/** Whether files of the bundle were not there for an answer: it may have been published anew. */
function isPoorer({ degraded }: RawAnswer): boolean {
  return degraded.some(({ code }) => code === "fetch/missing");
}
