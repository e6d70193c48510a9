/**
 * The encoder's life: waits to be wanted, is fetched part by part, verified, started, and turns queries into vectors.
 *
 * Parts that arrived are kept by the browser, so a load that was cut off goes on where it stopped, and the next visit or another
 * bundle with the same encoder fetches none.
 */

import { meaningOf } from "./codes.ts";
import { SextantError } from "./errors.ts";
import type { EncoderEntry } from "./manifest.ts";
import { isBurden } from "./policy.ts";
import type { Conditions } from "./policy.ts";
import { Shared } from "./shared.ts";
import type { Store } from "./store.ts";
import { faultOf, isTrap, startEncoder } from "./start-encoder.ts";
import type { EncoderPolicy, EncoderStatus, Progress } from "./types.ts";
import { hasSimd } from "./builds.ts";
import type { Encoder } from "./wasm.ts";

/** Least time between two progress reports, in milliseconds. */
const REPORT_EVERY = 100;

/** What the rest of the session hears of it. */
export interface FullTierEvents {
  readonly onChange: () => void;
  readonly onProgress: (progress: Progress) => void;
}

/** The encoder of one bundle. */
export class FullTier {
  readonly #entry: EncoderEntry | undefined;
  readonly #store: Store;
  readonly #events: FullTierEvents;
  /** The state while nobody loads it. */
  readonly #idle: EncoderStatus["state"];
  #status: EncoderStatus;
  #encoder: Encoder | undefined;
  #loading: Shared<void> | undefined;
  #trapped = false;

  constructor(entry: EncoderEntry | undefined, policy: EncoderPolicy, store: Store, events: FullTierEvents) {
    this.#entry = entry;
    this.#store = store;
    this.#events = events;
    const total = entry?.parts.reduce((sum, part) => sum + part.bytes, 0) ?? 0;
    const state = firstState(entry, policy);
    this.#idle = state;
    this.#status = entry ? { state, name: entry.name, total, loaded: 0 } : { state, total, loaded: 0 };
  }

  /** How it is doing. */
  get status(): EncoderStatus {
    return this.#status;
  }

  /** Whether an encoder will be there without anybody asking again. */
  get coming(): boolean {
    return this.#status.state === "waiting" || this.#status.state === "loading";
  }

  /** Whether all parts are kept by the browser already: loading costs no network. */
  async isKept(): Promise<boolean> {
    return this.#entry !== undefined && (await this.#store.hasAll(this.#entry.parts));
  }

  /**
   * Fetches and starts the encoder. Everybody who calls shares one load; it goes on while one of them waits.
   * @throws {SextantError} `encoder/absent`, `encoder/simd`, `fetch/…`, `bundle/…`, `engine/…`
   * @throws `signal.reason`
   */
  async load(signal?: AbortSignal): Promise<void> {
    if (this.#encoder) return;
    // What trapped is not loaded again here: the client starts a new worker and asks that.
    if (!this.#entry || this.#trapped || this.#status.state === "unsupported") throw this.absence();
    await (this.#loading ?? this.#start(this.#entry)).wait(signal);
  }

  /** The query's unit vector. Call when the status is `ready`. @throws {SextantError} `engine/trap` */
  encode(text: string): Float32Array | undefined {
    try {
      return this.#encoder?.encode(text);
    } catch (cause) {
      this.#encoder = undefined; // After a trap its memory is in no known state: not freed, not used again.
      throw this.#fail(cause);
    }
  }

  /** Why there is no vector now, for an answer's `degraded`. */
  absence(): SextantError {
    const { state, fault } = this.#status;
    if (fault) return new SextantError(fault.code, fault.message, { file: fault.file });
    const code = ABSENCES[state] ?? "encoder/loading";
    return new SextantError(code, meaningOf(code));
  }

  /** Frees the encoder and ends a load under way. */
  close(): void {
    this.#loading?.stop(new SextantError("query/closed", "the index was closed"));
    this.#encoder?.free();
    this.#encoder = undefined;
  }

  #start(entry: EncoderEntry): Shared<void> {
    const loading = new Shared(
      async (signal) => this.#load(entry, signal),
      () => {
        if (this.#loading === loading) this.#loading = undefined;
      },
    );
    this.#loading = loading;
    return loading;
  }

  async #load(entry: EncoderEntry, signal: AbortSignal): Promise<void> {
    let loaded = 0;
    let cached = 0;
    let reported = 0;
    const report = (): void => {
      reported = Date.now();
      this.#events.onProgress({ stage: "encoder", loaded, total: this.#status.total, cached });
      this.#become({ loaded });
    };
    const onBytes = (bytes: number, fromCache: boolean): void => {
      loaded += bytes;
      if (fromCache) cached += bytes;
      if (!signal.aborted && Date.now() - reported >= REPORT_EVERY) report();
    };
    this.#become({ state: "loading", loaded, fault: undefined });
    try {
      const { encoder, build, rejected } = await startEncoder(entry, this.#store, { signal, onBytes, priority: "low" });
      this.#encoder = encoder;
      report();
      this.#become({ state: "ready", build, fault: rejected });
    } catch (error) {
      if (signal.aborted) {
        if (!this.#loading) this.#become({ state: this.#idle, loaded: 0 });
        throw error;
      }
      this.#status = { ...this.#status, loaded };
      const fault = this.#fail(error);
      if (fault.code.startsWith("bundle/") && fault.file !== undefined) await this.#store.distrust(fault.file);
      throw fault;
    }
  }

  /** Notes that `cause` ended it. */
  #fail(cause: unknown): SextantError {
    this.#trapped = isTrap(cause);
    const fault = faultOf(cause);
    this.#become({ state: "failed", fault });
    return new SextantError(fault.code, fault.message, { file: fault.file, cause });
  }

  #become(change: Omit<Partial<EncoderStatus>, "fault"> & { fault?: EncoderStatus["fault"] | undefined }): void {
    const { fault, ...rest } = { ...this.#status, ...change };
    this.#status = fault ? { ...rest, fault } : rest;
    this.#events.onChange();
  }
}

/** Why there is no vector, by state. */
const ABSENCES: Partial<Record<EncoderStatus["state"], string>> = {
  absent: "encoder/absent",
  off: "encoder/off",
  declined: "encoder/declined",
  unsupported: "encoder/simd",
};

function firstState(entry: EncoderEntry | undefined, policy: EncoderPolicy): EncoderStatus["state"] {
  if (!entry) return "absent";
  if (policy === "none" || policy === "instant") return "off";
  if (!hasSimd()) return "unsupported";
  return policy === "auto" && isBurden(globalThis.navigator as Conditions) ? "declined" : "waiting";
}
