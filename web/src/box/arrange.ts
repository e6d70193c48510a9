/** How a better answer takes the place of the one that is shown, without moving what the reader is pointing at. */

import type { Result } from "../types.ts";

/**
 * The results to show, in order.
 *
 * Everything down to the page that the reader points at stays as it is shown, to the pixel; what comes after it is the
 * better answer, without the pages that are above already.
 * @param shown What is there.
 * @param better What has come.
 * @param pointedAt URL of the page that the reader points at, if at any.
 */
export function arrange(shown: readonly Result[], better: readonly Result[], pointedAt: string | undefined): readonly Result[] {
  const last = pointedAt === undefined ? -1 : shown.findIndex(({ url }) => url === pointedAt);
  if (last < 0) return better;
  const kept = shown.slice(0, last + 1);
  const above = new Set(kept.map(({ url }) => url));
  return [...kept, ...better.filter(({ url }) => !above.has(url))].slice(0, Math.max(better.length, kept.length));
}
