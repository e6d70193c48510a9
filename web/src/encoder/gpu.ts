/**
 * A GPU that encodes: started, tried against the CPU, timed, and given up where it is wrong, lost or hangs. Whoever asks it has the
 * CPU to fall back on, so its failures are told by the status and end no work.
 */

import { meaningOf } from "../codes.ts";
import { cosine } from "./cosine.ts";
import { SextantError, toFault } from "../errors.ts";
import type { Fault } from "../errors.ts";
import { nextTask } from "../next-task.ts";
import { unlessAborted, unlessLate } from "../files/transfer.ts";
import type { GpuStatus } from "../types.ts";
import type { Tokens } from "../modules/wasm.ts";

/** A GPU's encoder, loaded with weights. */
export interface GpuEncoder {
  /** The GPU, as its adapter describes itself. */
  readonly adapter: string;
  /** Whether it is a program that plays GPU. */
  readonly isSoftware: boolean;
  /** Bytes of GPU memory that it holds. */
  readonly bytes: number;
  /** The vectors of texts that were cut into tokens, row by row. One call at a time. */
  encode(tokens: Tokens): Promise<Float32Array>;
  destroy(): void;
}

/** What a GPU is held against. */
export interface Reference {
  /** @param isQuery Whether it is one text, a question, which some encoders put a prefix of its own in front of. */
  tokens(texts: readonly string[], isQuery: boolean): Tokens;
  /** A passage's vector. */
  passage(text: string): Float32Array;
}

/** Least cosine of a vector to the CPU's with the same weights: below, something computes wrongly. */
const AGREES = 0.999;
/** How long starting may take, in milliseconds: fetching the module and uploading; and again the first batch, for which shaders are compiled. */
const START_PATIENCE = 60_000;
/** How long a batch may take, in milliseconds, before the GPU counts as hung. */
const BATCH_PATIENCE = 15_000;
/** How many times as long a program that plays GPU may take: it is only taken where it was asked for, and computes on a CPU. */
const SOFTWARE_PATIENCE = 20;
/** How long after it failed a GPU is tried again, in milliseconds. */
const RETRY_AFTER = 5000;
/** How often it is started, the first time included. */
const MOST_STARTS = 2;
/**
 * What both devices encode before one is believed. Sentences, short and long, that the CPU's own rounding turns by less than 0.0005:
 * it turns a text of a word or two by up to 0.004, which says nothing of the device.
 */
const KNOWN = [
  "How do I stop a download that is under way when I no longer want it?",
  "The borrow checker refuses the program, because the value was moved into the closure before it was used again.",
  "High water comes twice a day, since the moon pulls at the sea. ".repeat(3),
  "Numbers such as 3.14159 and 65536, emphasised and re-read, are tokens of several pieces for most encoders. ".repeat(12),
];

/** One GPU, whatever becomes of it. */
export class Gpu {
  readonly #open: () => Promise<GpuEncoder>;
  readonly #reference: Reference;
  readonly #onChange: () => void;
  #status: GpuStatus = { state: "waiting" };
  #encoder: GpuEncoder | undefined;
  #starting: Promise<void> | undefined;
  #starts = 0;
  #notBefore = 0;
  #away = new AbortController();
  /** Settles when the call that is under way has ended. */
  #turn: Promise<unknown> = Promise.resolve();

  /** @param open Gives a GPU with the encoder's weights. @throws {SextantError} `gpu/…` */
  constructor(open: () => Promise<GpuEncoder>, reference: Reference, onChange: () => void) {
    this.#open = open;
    this.#reference = reference;
    this.#onChange = onChange;
  }

  get status(): GpuStatus {
    return this.#status;
  }

  get isReady(): boolean {
    return this.#encoder !== undefined && !this.#away.signal.aborted;
  }

  /** Whether {@link start} may help: it was not started, or failed some time ago in a way that passes. */
  get mayStart(): boolean {
    if (this.#encoder || this.#away.signal.aborted) return false;
    const { state, fault } = this.#status;
    if (state === "waiting") return true;
    return state === "failed" && fault?.code !== "gpu/wrong" && this.#starts < MOST_STARTS && performance.now() >= this.#notBefore;
  }

  /** Starts it. Never fails: see the status. All who call share one start. `software`: whether one that is a program will do. */
  async start(software: boolean): Promise<void> {
    this.#starting ??= this.#start(software).finally(() => {
      this.#starting = undefined;
    });
    await this.#starting;
  }

  /** The vectors of `texts`, row by row; `undefined` where it cannot, and the status says why. */
  async encode(texts: readonly string[], isQuery: boolean): Promise<Float32Array | undefined> {
    const encoder = this.#encoder;
    if (!encoder || this.#away.signal.aborted) return undefined;
    try {
      return await this.#run(encoder, texts, isQuery, BATCH_PATIENCE);
    } catch (error) {
      if (this.#encoder === encoder) this.fail(error);
      return undefined;
    }
  }

  /** Says that it is not to be used any more; a vector of its that was wrong, say. */
  fail(error: unknown): void {
    const fault = toFault(error, "gpu/lost");
    this.#encoder?.destroy();
    this.#encoder = undefined;
    this.#notBefore = performance.now() + RETRY_AFTER;
    this.#become(ABSENCES[fault.code] ?? "failed", fault);
  }

  /**
   * Notes whether the page is seen. Browsers starve the GPU of one that is not: what it has in hand is given up, and nothing more
   * given to it until the page is seen again.
   */
  see(visible: boolean): void {
    if (visible === !this.#away.signal.aborted) return;
    if (visible) this.#away = new AbortController();
    else this.#away.abort(new SextantError("gpu/hidden", meaningOf("gpu/hidden")));
  }

  /** Lets it go for good; one that is still starting as well. */
  close(): void {
    this.#away.abort(new SextantError("query/closed", meaningOf("query/closed")));
    this.#encoder?.destroy();
    this.#encoder = undefined;
    this.#become("waiting");
  }

  async #start(software: boolean): Promise<void> {
    this.#starts += 1;
    this.#become("starting");
    this.#turn = Promise.resolve(); // What is left of a device before is nobody's any more.
    const opening = this.#open();
    try {
      const encoder = await inTime(opening, START_PATIENCE);
      if (encoder.isSoftware && !software) throw new SextantError("gpu/software", `${encoder.adapter}: ${meaningOf("gpu/software")}`);
      await this.#check(encoder);
      this.#encoder = encoder;
      this.#become("ready");
    } catch (error) {
      // Also one that comes too late.
      opening.then((unwanted) => { unwanted.destroy(); }, () => undefined);
      this.fail(error);
    }
  }

  /** Whether it computes what the CPU does: a batch and a text alone, which are two sets of shaders. @throws {SextantError} `gpu/wrong` */
  async #check(encoder: GpuEncoder): Promise<void> {
    const references: Float32Array[] = [];
    for (const text of KNOWN) {
      references.push(this.#reference.passage(text));
      await nextTask(); // A question may be waiting.
    }
    for (const texts of [KNOWN, KNOWN.slice(0, 1)]) {
      const found = await this.#run(encoder, texts, false, START_PATIENCE);
      const width = found.length / texts.length;
      for (const [at, text] of texts.entries()) {
        const agreement = cosine(references[at] ?? new Float32Array(), found.subarray(at * width, (at + 1) * width));
        if (!(agreement >= AGREES)) {
          const what = `${encoder.adapter}: cosine ${agreement.toFixed(4)} to the CPU's vector of ${JSON.stringify(text.slice(0, 40))}`;
          throw new SextantError("gpu/wrong", `${what}; ${meaningOf("gpu/wrong")}`);
        }
      }
    }
  }

  async #run(encoder: GpuEncoder, texts: readonly string[], isQuery: boolean, patience: number): Promise<Float32Array> {
    const turn = this.#turn;
    const run = async (): Promise<Float32Array> => {
      await turn;
      return inTime(encoder.encode(this.#reference.tokens(texts, isQuery)), encoder.isSoftware ? SOFTWARE_PATIENCE * patience : patience);
    };
    const running = run();
    this.#turn = running.catch(() => undefined);
    return unlessAborted(running, this.#away.signal);
  }

  #become(state: GpuStatus["state"], fault?: Fault): void {
    const { adapter, bytes } = this.#encoder ?? {};
    this.#status = { state, ...(adapter === undefined ? {} : { adapter }), ...(bytes === undefined ? {} : { bytes }), ...(fault ? { fault } : {}) };
    this.#onChange();
  }
}

/** States that are for good, by the fault. */
const ABSENCES: Partial<Record<string, GpuStatus["state"]>> = { "gpu/absent": "absent", "gpu/software": "absent" };

/** `work`, unless it takes longer than `patience` milliseconds. @throws {SextantError} `gpu/timeout` */
async function inTime<T>(work: Promise<T>, patience: number): Promise<T> {
  return unlessLate(work, patience, () => new SextantError("gpu/timeout", `${meaningOf("gpu/timeout")} (${patience / 1000} s)`));
}
