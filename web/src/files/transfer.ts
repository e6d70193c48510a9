/** One file from the server: time-outs, the reader's abort, a limit on its length, and errors that name it. */

import { SextantError, isAbort } from "../errors.ts";
import type { Range } from "./place.ts";

/** The status of an answer that is a part of a file. */
const PARTIAL_CONTENT = 206;

/** How to fetch. */
export interface TransferOptions {
  readonly cache: RequestCache;
  /** How long nothing may come, in milliseconds. */
  readonly patience: number;
  readonly priority?: "low" | "auto";
  readonly signal?: AbortSignal | undefined;
  /** Told of the length of each piece. */
  readonly onBytes?: ((bytes: number) => void) | undefined;
  /** Which bytes are asked for; a server may give the whole file instead. */
  readonly range?: Range;
  /** Ends the transfer when more than `bytes` have come, with the error that it makes. */
  readonly limit?: { readonly bytes: number; readonly error: (found: number) => SextantError };
}

/** What came. */
export interface Transferred {
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** Whether that is the part that was asked for, and not the whole file. */
  readonly isPart: boolean;
}

/**
 * Fetches `url` as bytes.
 * @param file Its name in messages.
 * @throws {SextantError} `fetch/missing`, `fetch/network`, or the limit's
 * @throws `signal.reason`
 */
export async function transfer(url: string, file: string, options: TransferOptions): Promise<Transferred> {
  const { cache, patience, priority = "auto", signal, onBytes, range, limit } = options;
  signal?.throwIfAborted();
  const stop = new AbortController();
  const stalled = (): void => {
    stop.abort(networkError(file, new Stall(`nothing came for ${patience / 1000} s`)));
  };
  const abort = (): void => {
    stop.abort(signal?.reason);
  };
  signal?.addEventListener("abort", abort);
  let timer = setTimeout(stalled, patience);
  try {
    const headers: HeadersInit = range ? { range: `bytes=${range.from}-${range.to - 1}` } : {};
    const response = await fetch(url, { cache, priority, headers, signal: stop.signal });
    if (!response.ok) {
      const message = `${file}: the server answered ${response.status}; copy the whole bundle to it`;
      throw new SextantError("fetch/missing", message, { file });
    }
    const pieces: Uint8Array<ArrayBuffer>[] = [];
    let length = 0;
    const reader = (response.body ?? new Blob([]).stream()).getReader();
    for (let read = await reader.read(); !read.done; read = await reader.read()) {
      clearTimeout(timer);
      timer = setTimeout(stalled, patience);
      pieces.push(read.value);
      length += read.value.length;
      if (limit && length > limit.bytes) {
        stop.abort();
        throw limit.error(length);
      }
      onBytes?.(read.value.length);
    }
    return { bytes: join(pieces, length), isPart: response.status === PARTIAL_CONTENT };
  } catch (error) {
    signal?.throwIfAborted();
    throw error instanceof SextantError || isAbort(error) ? error : networkError(file, error);
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener("abort", abort);
  }
}

/** `promise`, unless `signal` comes first. */
export async function unlessAborted<T>(promise: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (!signal) return promise;
  if (signal.aborted) promise.catch(() => undefined); // Nobody will hear of it.
  signal.throwIfAborted();
  let abort: (() => void) | undefined;
  const aborted = new Promise<never>((_, reject) => {
    abort = () => {
      reject(signal.reason as Error);
    };
    signal.addEventListener("abort", abort);
  });
  try {
    return await Promise.race([promise, aborted]);
  } finally {
    if (abort) signal.removeEventListener("abort", abort);
  }
}

/**
 * `promise`, unless it takes longer than `patience` milliseconds, and then as many more as `more` gives.
 * @throws what `late` gives
 */
export async function unlessLate<T>(promise: Promise<T>, patience: number, late: () => Error, more = (): number => 0): Promise<T> {
  if (patience === Infinity) return promise;
  let timer: ReturnType<typeof setTimeout> | undefined;
  const tooLate = new Promise<never>((_, reject) => {
    const wait = (time: number): void => {
      timer = setTimeout(() => {
        const left = more();
        if (left > 0) wait(left);
        else reject(late());
      }, time);
    };
    wait(patience);
  });
  try {
    return await Promise.race([promise, tooLate]);
  } finally {
    clearTimeout(timer);
  }
}

function join(pieces: readonly Uint8Array<ArrayBuffer>[], length: number): Uint8Array<ArrayBuffer> {
  const whole = new Uint8Array(length);
  let at = 0;
  for (const piece of pieces) {
    whole.set(piece, at);
    at += piece.length;
  }
  return whole;
}

/** Why a transfer was given up. */
class Stall extends Error {}

/** Whether `error` says that nothing came for too long. */
export function isStall(error: unknown): boolean {
  return error instanceof Error && error.cause instanceof Stall;
}

/** The error for a file that does not come. */
export function networkError(file: string, cause: unknown): SextantError {
  const why = cause instanceof Error ? cause.message : String(cause);
  return new SextantError("fetch/network", `${file}: cannot be fetched (${why}); is there a network?`, { file, cause });
}
