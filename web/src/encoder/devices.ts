/**
 * Which device encodes a batch: the one that is predicted to be done sooner. Measured times in, a choice with its reason out; nothing
 * is asked or kept here.
 */

/** What computes vectors. */
export type Device = "cpu" | "gpu";

/** Texts to encode at once. */
export interface Work {
  readonly texts: number;
  /** Of all of them together. */
  readonly tokens: number;
}

/** Work that was done, and the milliseconds that it took. */
export interface Timing extends Work {
  readonly ms: number;
}

/** How long a device takes: `fixed` milliseconds a call and `perToken` a token, neither below 0. */
export interface Pace {
  readonly fixed: number;
  readonly perToken: number;
}

/** The paces of both devices with one encoder. */
export type Paces = Readonly<Record<Device, Pace>>;

/** A choice, with what it is made by. */
export interface Choice {
  readonly device: Device;
  /** Predicted milliseconds. */
  readonly ms: Readonly<Record<Device, number>>;
}

/**
 * The GPU has to be predicted this many times as fast: predictions are not that good, and it costs the reader battery and the page
 * some of what draws it.
 */
const CLEARLY = 1.25;
/** Work of the CPU, in milliseconds, for which a GPU is started that nothing is known of: starting takes about a second itself. */
const WORTH_A_TRY = 3000;
/** Milliseconds that a GPU whose pace is known has to save to be started. */
const WORTH_STARTING = 1000;

/** What a device of this pace takes for `work`, in milliseconds. */
export function predicted({ fixed, perToken }: Pace, { tokens }: Work): number {
  return fixed + perToken * tokens;
}

/**
 * The pace that explains `timings` best: a line by least squares of the relative errors, since a short question counts as much as a
 * long batch. `undefined` for none.
 */
export function paceOf(timings: readonly Timing[]): Pace | undefined {
  const sound = timings.filter(({ ms, tokens }) => ms > 0 && tokens > 0);
  if (sound.length === 0) return undefined;
  const sum = (of: (timing: Timing) => number): number => sound.reduce((all, timing) => all + of(timing) / timing.ms ** 2, 0);
  const [w, t, tt, m, tm] = [sum(() => 1), sum((x) => x.tokens), sum((x) => x.tokens ** 2), sum((x) => x.ms), sum((x) => x.tokens * x.ms)];
  const spread = w * tt - t * t;
  // All of one length: then it is all put down to tokens.
  const perToken = spread > 1e-9 * w * tt ? (w * tm - t * m) / spread : tm / tt;
  if (perToken <= 0) return { fixed: m / w, perToken: 0 };
  const fixed = (m - perToken * t) / w;
  return fixed < 0 ? { fixed: 0, perToken: tm / tt } : { fixed, perToken };
}

/** The device for `work`. */
export function choose(work: Work, paces: Paces): Choice {
  const ms = { cpu: predicted(paces.cpu, work), gpu: predicted(paces.gpu, work) };
  return { device: ms.gpu * CLEARLY < ms.cpu ? "gpu" : "cpu", ms };
}

/** Whether a GPU should be started for all the `batches` to come. `gpu`: its pace, if it was measured before. */
export function isWorthStarting(batches: readonly Work[], cpu: Pace, gpu: Pace | undefined): boolean {
  const all = (time: (work: Work) => number): number => batches.reduce((sum, work) => sum + time(work), 0);
  if (!gpu) return all((work) => predicted(cpu, work)) > WORTH_A_TRY;
  const saved = all((work) => {
    const { device, ms } = choose(work, { cpu, gpu });
    return device === "gpu" ? ms.cpu - ms.gpu : 0;
  });
  return saved > WORTH_STARTING;
}
