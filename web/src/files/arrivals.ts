/** What the page fetched early, on the worker's side. */

import type { EarlyBytes, EarlyName } from "./early.ts";
import { networkError, unlessLate } from "./transfer.ts";

interface Slot {
  readonly coming: Promise<EarlyBytes>;
  readonly arrive: (bytes: EarlyBytes) => void;
}

/** What the page fetched, in the worker: asked for and handed over in any order. */
export class Arrivals {
  readonly #slots = new Map<EarlyName, Slot>();
  readonly #taken = new Set<EarlyName>();

  arrive(name: EarlyName, bytes: EarlyBytes): void {
    this.#slot(name).arrive(bytes);
  }

  /**
   * What came of `name`, for the first who asks.
   * @throws {SextantError} `fetch/network` when nothing came for `patience` milliseconds
   */
  async take(name: EarlyName, patience = Infinity): Promise<Uint8Array<ArrayBuffer> | undefined> {
    if (this.#taken.has(name)) return undefined;
    this.#taken.add(name);
    const bytes = await unlessLate(this.#slot(name).coming, patience, () => networkError(name, `nothing came for ${patience / 1000} s`));
    return bytes && new Uint8Array(bytes);
  }

  #slot(name: EarlyName): Slot {
    let slot = this.#slots.get(name);
    if (!slot) {
      let arrive: Slot["arrive"] = () => undefined;
      const coming = new Promise<EarlyBytes>((resolve) => {
        arrive = resolve;
      });
      slot = { coming, arrive };
      this.#slots.set(name, slot);
    }
    return slot;
  }
}
