/**
 * Parts of a file that are wanted at the same time: those that lie near each other are one request. What a question needs of a site
 * is often side by side, since like pages are.
 */

import { nextTask } from "../next-task.ts";
import type { Range } from "./place.ts";
import type { Bytes } from "./verify.ts";

/** Bytes between two parts that are fetched with them: about what a request of its own sends and receives in headers. */
const GAP = 512;

/** Where the parts are had from. */
export interface Source {
  /** What is kept of the file's `range`. */
  kept(range: Range): Promise<Bytes | undefined>;
  fetch(range: Range, signal: AbortSignal): Promise<Bytes>;
}

/** A part, and whether it was kept. */
export interface Part {
  readonly bytes: Bytes;
  readonly kept: boolean;
}

interface Wanted {
  readonly range: Range;
  readonly signal: AbortSignal;
  readonly resolve: (part: Part) => void;
  readonly reject: (error: unknown) => void;
}

/** What is wanted of one file. */
export class Parts {
  readonly #source: Source;
  #wanted: Wanted[] = [];

  constructor(source: Source) {
    this.#source = source;
  }

  /** The bytes of `range`. @throws what the source throws */
  async get(range: Range, signal: AbortSignal): Promise<Part> {
    return new Promise((resolve, reject) => {
      if (this.#wanted.length === 0) {
        void nextTask().then(async () => {
          const wanted = this.#wanted;
          this.#wanted = [];
          return this.#find(wanted);
        });
      }
      this.#wanted.push({ range, signal, resolve, reject });
    });
  }

  async #find(wanted: readonly Wanted[]): Promise<void> {
    const missing: Wanted[] = [];
    const find = async (part: Wanted): Promise<void> => {
      const bytes = await this.#source.kept(part.range);
      if (bytes) part.resolve({ bytes, kept: true });
      else missing.push(part);
    };
    await Promise.all(wanted.map(find));
    for (const run of runs(missing)) void this.#fetch(run);
  }

  /** Fetches a run, for as long as somebody wants any of it. */
  async #fetch(run: readonly Wanted[]): Promise<void> {
    const from = Math.min(...run.map(({ range }) => range.from));
    const to = Math.max(...run.map(({ range }) => range.to));
    const stop = new AbortController();
    const leave = (): void => {
      if (run.every(({ signal }) => signal.aborted)) stop.abort();
    };
    for (const { signal } of run) signal.addEventListener("abort", leave);
    leave(); // Some may have left while it was looked for among what is kept.
    try {
      stop.signal.throwIfAborted();
      const bytes = await this.#source.fetch({ from, to }, stop.signal);
      for (const { range, resolve } of run) resolve({ bytes: bytes.slice(range.from - from, range.to - from), kept: false });
    } catch (error) {
      for (const { reject } of run) reject(error);
    } finally {
      for (const { signal } of run) signal.removeEventListener("abort", leave);
    }
  }
}

/** `wanted` in runs of which one request each is made. */
function runs(wanted: readonly Wanted[]): Wanted[][] {
  const all: Wanted[][] = [];
  let end = -Infinity;
  for (const part of wanted.toSorted((a, b) => a.range.from - b.range.from)) {
    if (part.range.from > end + GAP) all.push([]);
    all.at(-1)?.push(part);
    end = Math.max(end, part.range.to);
  }
  return all;
}
