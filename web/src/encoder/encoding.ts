/** Texts to vectors on the device that is sooner done: the CPU always can, a GPU is started when there is enough to do for it. */

import { meaningOf } from "../codes.ts";
import { cosine } from "./cosine.ts";
import { choose, isWorthStarting, paceOf, predicted } from "./devices.ts";
import type { Device, Pace, Paces, Timing, Work } from "./devices.ts";
import { SextantError } from "../errors.ts";
import { Gpu } from "./gpu.ts";
import type { GpuEncoder, Reference } from "./gpu.ts";
import { nextTask } from "../next-task.ts";
import { unlessAborted } from "../files/transfer.ts";
import type { DevicePolicy, DeviceStatus, Served } from "../types.ts";
import { Verdicts } from "./verdicts.ts";
import type { Pair } from "./verdicts.ts";

/** Timings of a device that are remembered, the last ones. */
const TIMINGS = 40;
/** How long a GPU is kept busy at a time, in milliseconds: it draws the page too, and one that is slow shall not count as hung. */
const MOST_AT_ONCE = 2000;
/** Texts of a first batch that both devices encode: for the CPU's pace beside the GPU's on the same work. */
const BOTH = 4;
/** Questions that are remembered, the last ones: they stand for those to come, and a GPU that was started for them is timed on them. */
const QUESTIONS = 64;
/** How long after a question a GPU may be started for those to come, in milliseconds: starting must not delay an answer. */
const IDLE = 2000;
/** Least cosine on the real work, which may be a word long and rounded the more: far above what a wrong computation gives. */
const ALIKE = 0.99;
/** Sizes whose device the status tells: texts at once, tokens each. */
const SIZES = [[1, 9], [1, 36], [1, 256], [32, 128]] as const;

/** The CPU's encoder. Its methods throw {@link SextantError}s. */
export interface Cpu extends Reference {
  readonly dimensions: number;
  /** A question's vector. */
  query(text: string): Float32Array;
}

/** What `Encoding` is made of. */
export interface EncodingParts {
  readonly cpu: Cpu;
  readonly policy: DevicePolicy;
  /** Gives a GPU with the encoder's weights. Not called where the policy is `cpu`. */
  readonly openGpu: () => Promise<GpuEncoder>;
  readonly verdicts?: Pick<Verdicts, "get" | "put">;
  /** The encoder's fingerprint and the build of its module. */
  readonly encoder: string;
  readonly onChange: () => void;
}

/** One encoder on all devices there are. */
export class Encoding {
  readonly #cpu: Cpu;
  readonly #gpu: Gpu | undefined;
  readonly #policy: DevicePolicy;
  readonly #verdicts: Pick<Verdicts, "get" | "put">;
  readonly #encoder: string;
  readonly #onChange: () => void;
  readonly #timings: Record<Device, Timing[]> = { cpu: [], gpu: [] };
  /** Questions that the CPU answered, with what it gave. */
  readonly #asked: { readonly text: string; readonly vector: Float32Array }[] = [];
  #idle: ReturnType<typeof setTimeout> | undefined;
  /** The GPU's pace, when it is known of this adapter. */
  #known: Pace | undefined;
  #adapter: string | undefined;

  constructor({ cpu, policy, openGpu, verdicts = new Verdicts(), encoder, onChange }: EncodingParts) {
    this.#cpu = cpu;
    this.#gpu = policy === "cpu" ? undefined : new Gpu(openGpu, cpu, onChange);
    this.#policy = policy;
    this.#verdicts = verdicts;
    this.#encoder = encoder;
    this.#onChange = onChange;
  }

  /** What serves which size, and why. */
  get status(): DeviceStatus {
    const sizes = SIZES.map(([texts, tokens]): Served => ({ texts, tokens, ...this.#choice({ texts, tokens: texts * tokens }) }));
    return { policy: this.#policy, gpu: this.#gpu?.status ?? { state: "off" }, sizes };
  }

  /** Notes whether the page is seen. */
  see(visible: boolean): void {
    this.#gpu?.see(visible);
  }

  /** Lets the GPU go. */
  close(): void {
    clearTimeout(this.#idle);
    this.#gpu?.close();
  }

  /** Starts the GPU, whatever is to come. Never fails: see the status. */
  async begin(): Promise<void> {
    await this.#prepare([]);
  }

  /** A question's vector. With `auto`, when the last ones would have been worth a GPU, it is started for the next. @throws {SextantError} */
  async query(text: string): Promise<Float32Array> {
    clearTimeout(this.#idle);
    if (this.#choice(workOf([text])).device === "gpu") {
      const vector = await this.#onGpu([text], true);
      if (vector) return vector;
    }
    const vector = this.#timed("cpu", [text], () => this.#cpu.query(text));
    this.#asked.push({ text, vector });
    if (this.#asked.length > QUESTIONS) this.#asked.shift();
    if (this.#policy === "auto") this.#idle = setTimeout(() => void this.#afterQuestions(), IDLE);
    return vector;
  }

  /**
   * Vectors of passages, row by row.
   * @param later What else is to come, by which it is decided whether a GPU should be started.
   * @throws {SextantError}
   * @throws `signal.reason`
   */
  async passages(texts: readonly string[], later: readonly (readonly string[])[], signal: AbortSignal | undefined): Promise<Float32Array> {
    await this.#prepare([texts, ...later].map(workOf));
    signal?.throwIfAborted();
    if (this.#gpu?.isReady && !this.#paces()) return (await this.#both(texts, signal)) ?? this.#onCpu(texts, signal);
    if (this.#choice(workOf(texts)).device === "gpu") {
      const rows = await unlessAborted(this.#onGpu(texts, false), signal);
      if (rows) return rows;
    }
    return this.#onCpu(texts, signal);
  }

  /** Starts the GPU if these batches are worth it. */
  async #prepare(batches: readonly Work[]): Promise<void> {
    const gpu = this.#gpu;
    if (gpu?.status.state === "starting") await gpu.start(this.#policy === "gpu"); // Somebody else's start: worth waiting for.
    if (!gpu?.mayStart) return;
    if (this.#policy === "auto" && !(await this.#isWorthIt(batches))) return;
    await gpu.start(this.#policy === "gpu");
    this.#adapter = gpu.status.adapter;
    const kept = this.#pair && (await this.#verdicts.get(this.#pair));
    this.#known ??= kept?.gpu;
  }

  async #isWorthIt(batches: readonly Work[]): Promise<boolean> {
    const cpu = paceOf(this.#timings.cpu);
    const gpu = this.#known ?? (await this.#verdicts.get({ encoder: this.#encoder }))?.gpu;
    return cpu !== undefined && isWorthStarting(batches, cpu, gpu);
  }

  get #pair(): Pair | undefined {
    return this.#adapter === undefined ? undefined : { adapter: this.#adapter, encoder: this.#encoder };
  }

  /** Encodes a first batch on the GPU and some of it on the CPU: both are timed on the real work, and held against each other. */
  async #both(texts: readonly string[], signal: AbortSignal | undefined): Promise<Float32Array | undefined> {
    const cpu = this.#cpu;
    const rows = await unlessAborted(this.#onGpu(texts, false), signal);
    if (!rows) return undefined;
    for (const [at, text] of texts.slice(0, BOTH).entries()) {
      const expected = this.#timed("cpu", [text], () => cpu.passage(text));
      if (!this.#agrees(rows.subarray(at * cpu.dimensions, (at + 1) * cpu.dimensions), expected)) return undefined;
      await nextTask();
      signal?.throwIfAborted();
    }
    await this.#judge();
    return rows;
  }

  /** Starts the GPU if the last questions would have been worth it, and times it on the shortest and the longest of them. */
  async #afterQuestions(): Promise<void> {
    await this.#prepare(this.#asked.map(({ text }) => workOf([text])));
    if (!this.#gpu?.isReady || this.#paces()) return;
    const asked = [...this.#asked].sort((a, b) => a.text.length - b.text.length);
    for (const { text, vector } of [...asked.slice(0, 1), ...asked.slice(-1)]) {
      const found = await this.#onGpu([text], true);
      if (!found || !this.#agrees(found, vector)) return;
    }
    await this.#judge();
  }

  /** Whether a vector of the GPU's is the CPU's; else it is given up. */
  #agrees(found: Float32Array, expected: Float32Array): boolean {
    const agreement = cosine(expected, found);
    if (agreement >= ALIKE) return true;
    this.#gpu?.fail(new SextantError("gpu/wrong", `cosine ${agreement.toFixed(4)} to the CPU's vector; ${meaningOf("gpu/wrong")}`));
    return false;
  }

  /** Keeps the paces that were measured. */
  async #judge(): Promise<void> {
    this.#known = paceOf(this.#timings.gpu);
    const [pair, paces] = [this.#pair, this.#paces()];
    if (pair && paces) await this.#verdicts.put(pair, paces);
    this.#onChange();
  }

  async #onGpu(texts: readonly string[], isQuery: boolean): Promise<Float32Array | undefined> {
    const { dimensions } = this.#cpu;
    const rows = new Float32Array(texts.length * dimensions);
    for (let at = 0; at < texts.length; ) {
      const some = this.#together(texts.slice(at));
      const started = performance.now();
      const vectors = await this.#gpu?.encode(some, isQuery);
      if (!vectors) return undefined;
      if (vectors.length !== some.length * dimensions) {
        this.#gpu?.fail(new SextantError("gpu/wrong", `${vectors.length} numbers for ${some.length} texts; ${meaningOf("gpu/wrong")}`));
        return undefined;
      }
      this.#note("gpu", { ...workOf(some), ms: performance.now() - started });
      rows.set(vectors, at * dimensions);
      at += some.length;
    }
    return rows;
  }

  /** The first of `texts`, as many as the GPU is predicted to have done soon; one while its pace is not known, which shows its latency. */
  #together(texts: readonly string[]): readonly string[] {
    const pace = paceOf(this.#timings.gpu) ?? this.#known;
    if (!pace) return texts.slice(0, 1);
    const first = texts.findIndex((_, at) => at > 0 && predicted(pace, workOf(texts.slice(0, at + 1))) > MOST_AT_ONCE);
    return first < 0 ? texts : texts.slice(0, first);
  }

  async #onCpu(texts: readonly string[], signal: AbortSignal | undefined): Promise<Float32Array> {
    const cpu = this.#cpu;
    const rows = new Float32Array(texts.length * cpu.dimensions);
    for (const [at, text] of texts.entries()) {
      rows.set(this.#timed("cpu", [text], () => cpu.passage(text)), at * cpu.dimensions);
      await nextTask();
      signal?.throwIfAborted();
    }
    return rows;
  }

  #timed<T>(device: Device, texts: readonly string[], work: () => T): T {
    const started = performance.now();
    const result = work();
    this.#note(device, { ...workOf(texts), ms: performance.now() - started });
    return result;
  }

  #note(device: Device, timing: Timing): void {
    const timings = this.#timings[device];
    timings.push(timing);
    if (timings.length > TIMINGS) timings.shift();
  }

  #paces(): Paces | undefined {
    const [cpu, gpu] = [paceOf(this.#timings.cpu), paceOf(this.#timings.gpu) ?? this.#known];
    return cpu && gpu && this.#known ? { cpu, gpu } : undefined;
  }

  #choice(work: Work): { device: Device; why: string } {
    const gpu = this.#gpu;
    if (!gpu) return { device: "cpu", why: "the GPU was not asked for" };
    if (!gpu.isReady) return { device: "cpu", why: gpu.status.fault?.message ?? REASONS[gpu.status.state] ?? meaningOf("gpu/hidden") };
    if (this.#policy === "gpu") return { device: "gpu", why: "the GPU was asked for" };
    const paces = this.#paces();
    if (!paces) return { device: "cpu", why: "the GPU was not timed yet" };
    const { device, ms } = choose(work, paces);
    return { device, why: `predicted: CPU ${ms.cpu.toFixed(1)} ms, GPU ${ms.gpu.toFixed(1)} ms` };
  }
}

/** Why a GPU is not in use, by its state. */
const REASONS: Partial<Record<DeviceStatus["gpu"]["state"], string>> = {
  waiting: "nothing has come that would be worth starting the GPU for",
  starting: "the GPU is starting",
};

/** Characters of a token, about, in languages that the encoder knows. */
const TOKEN = 4;

/** What `texts` are to a device. Tokens are estimated by their lengths, the same for both, and only compared with each other. */
function workOf(texts: readonly string[]): Work {
  return { texts: texts.length, tokens: texts.reduce((sum, text) => sum + 2 + Math.min(Math.ceil(text.length / TOKEN), 254), 0) };
}
