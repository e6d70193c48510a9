/**
 * The encoder's life: waits to be wanted, is fetched part by part, verified, started, and turns queries into vectors.
 *
 * Parts that arrived are kept by the browser, so a load that was cut off goes on where it stopped, and the next visit or another
 * bundle with the same encoder fetches none.
 */

import { ABSENCES } from "./absences.ts";
import { SextantError, faultOf, isTrap } from "../errors.ts";
import type { PassageEncoder } from "../session/build-files.ts";
import type { Encoding } from "./encoding.ts";
import type { EncoderEntry } from "../files/manifest.ts";
import { isBurden } from "./policy.ts";
import type { Conditions } from "./policy.ts";
import { Shared } from "../files/shared.ts";
import type { Store } from "../files/store.ts";
import type { DevicePolicy, DeviceStatus, EncoderPolicy, EncoderStatus, Progress } from "../types.ts";
import { hasSimd } from "../modules/builds.ts";
import type { EncoderBuild } from "../modules/later.ts";
import type { Encoder } from "../modules/wasm.ts";

/** Least time between two progress reports, in milliseconds. */
const REPORT_EVERY = 100;

/** What the rest of the session hears of it. */
export interface FullTierEvents {
  readonly onChange: () => void;
  readonly onProgress: (progress: Progress) => void;
}

/** An encoder, and the bundle that its files are fetched from. */
export interface EncoderSource {
  readonly entry: EncoderEntry;
  readonly store: Store;
}

/** The encoder of one bundle. */
export class FullTier {
  readonly #source: EncoderSource | undefined;
  readonly #device: DevicePolicy;
  readonly #events: FullTierEvents;
  /** The state while nobody loads it. */
  readonly #idle: EncoderStatus["state"];
  #status: EncoderStatus;
  #encoder: Encoder | undefined;
  #encoding: Encoding | undefined;
  #visible = true;
  #loading: Shared<void> | undefined;
  #trapped = false;

  constructor(source: EncoderSource | undefined, policy: EncoderPolicy, device: DevicePolicy, events: FullTierEvents) {
    const entry = source?.entry;
    this.#source = source;
    this.#device = device;
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

  /** What computes vectors. */
  get devices(): DeviceStatus {
    return this.#encoding?.status ?? { policy: this.#device, gpu: { state: this.#device === "cpu" ? "off" : "waiting" }, sizes: [] };
  }

  /** Whether an encoder will be there without anybody asking again. */
  get coming(): boolean {
    return this.#status.state === "waiting" || this.#status.state === "loading";
  }

  /** Whether all parts are kept by the browser already: loading costs no network. */
  async isKept(): Promise<boolean> {
    return this.#source !== undefined && (await this.#source.store.hasAll(this.#source.entry.parts));
  }

  /**
   * Fetches and starts the encoder. Everybody who calls shares one load; it goes on while one of them waits.
   * @throws {SextantError} `encoder/absent`, `encoder/simd`, `fetch/…`, `bundle/…`, `engine/…`
   * @throws `signal.reason`
   */
  async load(signal?: AbortSignal): Promise<void> {
    if (this.#encoder) return;
    // What trapped is not loaded again here: the client starts a new worker and asks that.
    if (!this.#source || this.#trapped || this.#status.state === "unsupported") throw this.absence();
    await (this.#loading ?? this.#start(this.#source)).wait(signal);
  }

  /** The query's unit vector; none while the encoder is not ready. @throws {SextantError} `engine/trap` */
  async encode(text: string): Promise<Float32Array | undefined> {
    return this.#encoding?.query(text);
  }

  /** Notes whether the page is seen. */
  see(visible: boolean): void {
    this.#visible = visible;
    this.#encoding?.see(visible);
  }

  /** For passages, as it is ready now; it lasts as long as this. @throws {SextantError} why it is not ready */
  passageEncoder(): PassageEncoder {
    const encoding = this.#encoding;
    if (!this.#encoder || !encoding) throw this.absence();
    const { name, fingerprint, dimensions } = this.#encoder;
    return { name, fingerprint, dimensions, encode: async (texts, later, signal) => encoding.passages(texts, later, signal) };
  }

  /** Why there is no vector now, for an answer's `degraded`. */
  absence(): SextantError {
    const { state, fault } = this.#status;
    if (fault) return new SextantError(fault.code, fault.message, { file: fault.file });
    const code = ABSENCE_IN[state] ?? "encoder/loading";
    return new SextantError(code, ABSENCES[code]);
  }

  /** Frees the encoder and ends a load under way. */
  close(): void {
    this.#loading?.stop(new SextantError("query/closed", "the index was closed"));
    this.#encoder?.free();
    this.#drop();
  }

  /** Takes `encoder` into use, on every device that it may run on. */
  async #take({ entry, store }: EncoderSource, encoder: Encoder, build: EncoderBuild): Promise<void> {
    const { Encoding } = await import("./encoding.ts"); // Neither for it.
    const encoding = new Encoding({
      cpu: {
        dimensions: encoder.dimensions,
        query: (text) => this.#run((running) => running.encode(text)),
        passage: (text) => this.#run((running) => running.encodePassages([text])),
        tokens: (texts, isQuery) => this.#run((running) => (isQuery ? running.queryTokens(texts[0] ?? "") : running.passageTokens(texts))),
      },
      policy: this.#device,
      openGpu: async () => (await import("./start-gpu.ts")).startGpu(entry, store, build),
      encoder: `${entry.fingerprint}/${build}`,
      onChange: () => {
        this.#events.onChange();
      },
    });
    encoding.see(this.#visible);
    this.#encoder = encoder;
    this.#encoding = encoding;
    if (this.#device === "gpu") void encoding.begin();
  }

  /** Forgets the encoder, which was freed or is not to be touched any more. */
  #drop(): void {
    this.#encoding?.close();
    this.#encoding = undefined;
    this.#encoder = undefined;
  }

  #run<T>(work: (encoder: Encoder) => T): T {
    if (!this.#encoder) throw this.absence();
    try {
      return work(this.#encoder);
    } catch (cause) {
      this.#drop(); // After a trap its memory is in no known state: not freed, not used again.
      throw this.#fail(cause);
    }
  }

  #start(source: EncoderSource): Shared<void> {
    const loading = new Shared(
      async (signal) => this.#load(source, signal),
      () => {
        if (this.#loading === loading) this.#loading = undefined;
      },
    );
    this.#loading = loading;
    return loading;
  }

  async #load({ entry, store }: EncoderSource, signal: AbortSignal): Promise<void> {
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
      const { startEncoder } = await import("./start-encoder.ts"); // The first answer does not wait for it.
      const { encoder, build, rejected } = await startEncoder(entry, store, { signal, onBytes, priority: "low" });
      await this.#take({ entry, store }, encoder, build);
      report();
      this.#become({ state: "ready", build, fault: rejected });
    } catch (error) {
      if (signal.aborted) {
        if (!this.#loading) this.#become({ state: this.#idle, loaded: 0 });
        throw error;
      }
      this.#status = { ...this.#status, loaded };
      const fault = this.#fail(error);
      if (fault.code.startsWith("bundle/") && fault.file !== undefined) await store.distrust(fault.file);
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
const ABSENCE_IN: Partial<Record<EncoderStatus["state"], keyof typeof ABSENCES>> = {
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
