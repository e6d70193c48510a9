/**
 * The encoder's life: waits to be wanted, is fetched part by part, verified, started, and turns queries into vectors.
 *
 * Parts that arrived are kept by the browser, so a load that was cut off goes on where it stopped.
 */

import { meaningOf } from "./codes.ts";
import { SextantError, toFault } from "./errors.ts";
import type { EncoderEntry } from "./manifest.ts";
import { isBurden } from "./policy.ts";
import type { Conditions } from "./policy.ts";
import type { Store } from "./store.ts";
import { unlessAborted } from "./transfer.ts";
import type { EncoderPolicy, EncoderStatus, Progress } from "./types.ts";
import { buildEncoder, hasSimd } from "./wasm.ts";
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
  readonly #life = new AbortController();
  #status: EncoderStatus;
  #encoder: Encoder | undefined;
  #loading: Promise<void> | undefined;

  constructor(entry: EncoderEntry | undefined, policy: EncoderPolicy, store: Store, events: FullTierEvents) {
    this.#entry = entry;
    this.#store = store;
    this.#events = events;
    const total = entry?.parts.reduce((sum, part) => sum + part.bytes, 0) ?? 0;
    const state = firstState(entry, policy);
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
   * Fetches and starts the encoder. Everybody who calls shares one load; it goes on when one of them aborts.
   * @throws {SextantError} `encoder/absent`, `encoder/simd`, `fetch/…`, `bundle/…`, `engine/…`
   */
  async load(signal?: AbortSignal): Promise<void> {
    if (this.#encoder) return;
    if (!this.#entry || this.#status.state === "unsupported") throw this.absence();
    this.#loading ??= this.#load(this.#entry).finally(() => {
      this.#loading = undefined;
    });
    await unlessAborted(this.#loading, signal);
  }

  /** The query's unit vector. Call when the status is `ready`. @throws {SextantError} `engine/trap` */
  encode(text: string): Float32Array | undefined {
    try {
      return this.#encoder?.encode(text);
    } catch (cause) {
      this.#encoder = undefined; // After a trap its memory is in no known state: not freed, not used again.
      const fault = toFault(cause, "engine/trap");
      this.#become({ state: "failed", fault });
      throw new SextantError(fault.code, fault.message, { cause });
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
    this.#life.abort(new SextantError("query/closed", "the index was closed"));
    this.#encoder?.free();
    this.#encoder = undefined;
  }

  async #load(entry: EncoderEntry): Promise<void> {
    const { signal } = this.#life;
    let cached = 0;
    let reported = 0;
    const report = (): void => {
      reported = Date.now();
      this.#events.onProgress({ stage: "encoder", loaded: this.#status.loaded, total: this.#status.total, cached });
      this.#events.onChange();
    };
    const onBytes = (bytes: number, fromCache: boolean): void => {
      if (fromCache) cached += bytes;
      this.#status = { ...this.#status, loaded: this.#status.loaded + bytes };
      if (Date.now() - reported >= REPORT_EVERY) report();
    };
    this.#become({ state: "loading", loaded: 0, fault: undefined });
    try {
      const builder = await buildEncoder(entry.bytes);
      for (const part of entry.parts) {
        const bytes = await this.#store.get(part, { signal, onBytes, priority: "low" });
        builder.part(part.file, bytes);
      }
      signal.throwIfAborted();
      const encoder = builder.finish();
      checkFingerprint(entry, encoder);
      encoder.encode("warm-up"); // So that the reader's first query finds compiled code and touched memory.
      this.#encoder = encoder;
      report();
      this.#become({ state: "ready" });
    } catch (error) {
      const fault = toFault(error, error instanceof WebAssembly.RuntimeError ? "engine/trap" : "engine/load");
      if (fault.code.startsWith("bundle/") && fault.file !== undefined) await this.#store.distrust(fault.file);
      this.#become({ state: "failed", fault });
      throw error instanceof Error && "code" in error ? error : new SextantError(fault.code, fault.message, { file: fault.file });
    }
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

function checkFingerprint(entry: EncoderEntry, encoder: Encoder): void {
  const found = encoder.fingerprint;
  if (found === entry.fingerprint) return;
  encoder.free();
  const file = entry.parts[0]?.file;
  const message = `${file ?? "encoder"}: vectors were made by encoder ${entry.fingerprint}, but the encoder here is ${found}; run \`sextant build\` with this encoder, or serve the bundle's own`;
  throw new SextantError("bundle/encoder", message, { file });
}
