/** What was measured of a GPU with an encoder, kept by the browser between visits. Like all that it keeps, it may be gone. */

import type { Pace, Paces } from "./devices.ts";
import { Keep } from "../files/keep.ts";

/** The cache's name: another one than that of bundles' files, which is swept. */
const CACHE = "sextant-devices-1";
/** Raised by hand when the kernels change, so that paces of older ones are forgotten. */
const KERNELS = 2;
/** No call takes longer than this many milliseconds, and no token either: what is kept says so or is not believed. */
const MOST = 600_000;

/** What the paces belong to. */
export interface Pair {
  /** The GPU, as its adapter describes itself. */
  readonly adapter: string;
  /** The encoder's fingerprint and the build of its module. */
  readonly encoder: string;
}

/** Paces by adapter and encoder. */
export class Verdicts {
  readonly #keep = new Keep(CACHE);

  /** The paces of `pair`, if they were measured before; without an adapter those of the last that was, which is likely the one there is. */
  async get(pair: Partial<Pair> & Pick<Pair, "encoder">): Promise<Paces | undefined> {
    const kept = await this.#keep.get(addressOf(pair));
    return kept && parsePaces(new TextDecoder().decode(kept));
  }

  /** Keeps the paces of `pair`. */
  async put(pair: Pair, paces: Paces): Promise<void> {
    const bytes = new TextEncoder().encode(JSON.stringify(paces));
    for (const key of [pair, { encoder: pair.encoder }]) await this.#keep.put(addressOf(key), bytes);
  }
}

/** Reads what was kept; anything may have become of it. */
export function parsePaces(text: string): Paces | undefined {
  try {
    const { cpu, gpu } = JSON.parse(text) as Partial<Record<keyof Paces, unknown>>;
    return isPace(cpu) && isPace(gpu) ? { cpu, gpu } : undefined;
  } catch {
    return undefined;
  }
}

function isPace(value: unknown): value is Pace {
  if (typeof value !== "object" || value === null) return false;
  const { fixed, perToken } = value as Partial<Record<keyof Pace, unknown>>;
  const isTime = (number: unknown): boolean => typeof number === "number" && number >= 0 && number <= MOST;
  return isTime(fixed) && isTime(perToken);
}

/** An address that no bundle has. */
function addressOf({ adapter, encoder }: Partial<Pair> & Pick<Pair, "encoder">): string {
  const path = ["sextant-devices", KERNELS, encoder, ...(adapter === undefined ? [] : [adapter])].map(encodeURIComponent).join("/");
  return new URL(`/${path}`, globalThis.location.href).href;
}
