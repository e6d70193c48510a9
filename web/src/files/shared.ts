/** Work that is done once for all who wait for it, and ends when nobody does any more. */

import { unlessAborted } from "./transfer.ts";

/** How long work that nobody waits for any more goes on, in milliseconds: the next query often wants it. */
const GRACE = 150;

/** One piece of work. */
export class Shared<T> {
  readonly #stop = new AbortController();
  readonly #result: Promise<T>;
  readonly #ended: () => void;
  #waiting = 0;

  /** @param ended Called, more than once maybe, when the work is done or is not to be waited for any more. */
  constructor(work: (signal: AbortSignal) => Promise<T>, ended: () => void) {
    this.#ended = ended;
    this.#result = work(this.#stop.signal);
    this.#result.then(ended, ended); // A failure is seen by those who wait; there may be nobody left.
  }

  /** What the work gives. Leaving by `signal` does not end it while others wait. @throws `signal.reason` */
  async wait(signal: AbortSignal | undefined): Promise<T> {
    this.#waiting += 1;
    try {
      return await unlessAborted(this.#result, signal);
    } finally {
      this.#waiting -= 1;
      setTimeout(() => {
        if (this.#waiting === 0) this.stop();
      }, GRACE);
    }
  }

  /** Ends the work, whoever waits. */
  stop(reason?: Error): void {
    this.#ended();
    this.#stop.abort(reason);
  }
}
