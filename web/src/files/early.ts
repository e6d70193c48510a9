/**
 * What every start needs, fetched by the page while the worker's own script is on its way, so that it does not have to wait for
 * that. What the page cannot have, the worker fetches itself, and says what is wrong with it.
 */

import { searchFile } from "../modules/builds.ts";
import { HEAD, MANIFEST } from "./names.ts";

/** What is fetched early: the search module, the manifest, and the head that belongs to it. */
export type EarlyName = "search" | "manifest" | "head";

/** What came of it; nothing where the page could not have it. */
export type EarlyBytes = ArrayBuffer | undefined;

/**
 * Fetches all of it, in the page.
 * @param bundle Absolute, with a trailing slash; none where there is nothing but the engine to fetch.
 */
export function fetchEarly(bundle: string | undefined, signal: AbortSignal | undefined): [EarlyName, Promise<EarlyBytes>][] {
  const get = async (ask: () => Promise<Response>): Promise<EarlyBytes> => {
    try {
      const response = await ask();
      return response.ok ? await response.arrayBuffer() : undefined;
    } catch {
      return undefined;
    }
  };
  const engine: [EarlyName, Promise<EarlyBytes>] = ["search", get(async () => fetch(searchFile()))];
  if (bundle === undefined) return [engine];
  const newest = async (name: string): Promise<Response> => fetch(bundle + name, { cache: "no-cache", signal: signal ?? null });
  // Who was here before has a head, which is still right for as long as the manifest names it.
  const head = async (): Promise<EarlyBytes> => ((await isKept(bundle + MANIFEST)) ? undefined : get(async () => newest(HEAD)));
  return [engine, ["manifest", get(async () => newest(MANIFEST))], ["head", head()]];
}

/** Whether the browser keeps `url`. */
async function isKept(url: string): Promise<boolean> {
  try {
    return (await caches.match(url)) !== undefined;
  } catch {
    return false; // No cache storage: a page without TLS.
  }
}
