/**
 * One search at a time in the engine.
 *
 * The engine asks for files without saying for which search. Taking turns tells: what is asked for now is for the search
 * whose turn it is, so aborting that search can end its waiting, and a file that fails is named in its answer.
 */

import { toFault } from "../errors.ts";
import type { Fault } from "../errors.ts";

/** A search's turn. */
export interface Turn {
  readonly signal: AbortSignal | undefined;
  /** How long nothing may come before it goes on without what it can, in milliseconds. */
  patience: number;
  /** When a file came last, as `performance.now()` gives it. */
  heard: number;
  /** Files that could not be had. */
  readonly faults: Fault[];
}

/** Hands out turns in the order of asking. */
export class Turns {
  #last: Promise<unknown> = Promise.resolve();
  #current: Turn | undefined;

  /** Runs `work` when all earlier work has ended. */
  async take<T>(signal: AbortSignal | undefined, work: (turn: Turn) => Promise<T>, patience = Infinity): Promise<T> {
    const mine = this.#last.then(async () => {
      signal?.throwIfAborted();
      const turn: Turn = { signal, patience, heard: 0, faults: [] };
      this.#current = turn;
      try {
        return await work(turn);
      } finally {
        this.#current = undefined;
      }
    });
    this.#last = mine.catch(() => undefined);
    return mine;
  }

  /** Gets something for the turn that is on: ends with it, and failures are noted. */
  async fetch<T>(get: (turn: Turn | undefined) => Promise<T>): Promise<T> {
    const turn = this.#current;
    try {
      const got = await get(turn);
      if (turn) turn.heard = performance.now();
      return got;
    } catch (error) {
      turn?.signal?.throwIfAborted();
      const fault = toFault(error, "fetch/network");
      turn?.faults.push(fault);
      throw error;
    }
  }
}
