/** Which passages are encoded together: each text once, those of like length in one batch. */

/** Passages of a batch: enough to keep a GPU busy, and few enough that progress is told every second or so of a CPU. */
export const BATCH_TEXTS = 32;

/** Texts that are encoded together. */
export interface Batch {
  readonly texts: readonly string[];
  /** For each text the places, in the list that the batches were made of, that have it. */
  readonly places: readonly (readonly number[])[];
}

/**
 * Batches of `most` texts at most. They come from both ends in turn, the shortest texts, then the longest, so that the rate so far
 * tells the time that is left.
 */
export function inBatches(texts: readonly string[], most: number): Batch[] {
  const placesOf = new Map<string, number[]>();
  for (const [place, text] of texts.entries()) {
    const places = placesOf.get(text);
    if (places) places.push(place);
    else placesOf.set(text, [place]);
  }
  const sorted = [...placesOf].sort(([a], [b]) => a.length - b.length);
  const batches: Batch[] = [];
  for (let at = 0; at < sorted.length; at += most) {
    const some = sorted.slice(at, at + most);
    batches.push({ texts: some.map(([text]) => text), places: some.map(([, places]) => places) });
  }
  const half = Math.ceil(batches.length / 2);
  const back = batches.slice(half).reverse();
  return batches.slice(0, half).flatMap((batch, at) => [batch, ...back.slice(at, at + 1)]);
}
