/** Search without a network: the bundle is kept by the library, the page itself by a service worker if the site has one. */

import type { KeepMessage } from "../service-worker.ts";
import type { SextantIndex } from "../types.ts";

/**
 * Keeps what `index` needs, and the page with its scripts where `worker` names a service worker.
 * @param worker Address of `sextant-sw.js` at or above the pages it is for; empty for none.
 */
export async function goOffline(index: SextantIndex, worker: string, signal: AbortSignal): Promise<void> {
  const { engine } = await index.keepOffline({ signal });
  const container = (navigator as { serviceWorker?: ServiceWorkerContainer }).serviceWorker;
  if (worker === "" || !container) return;
  await container.register(worker);
  const { active } = await container.ready;
  const own = performance.getEntriesByType("resource").map(({ name }) => name);
  const urls = [location.href.replace(/#.*$/u, ""), ...own, ...engine];
  const message: KeepMessage = { type: "sextant-keep", urls: [...new Set(urls)] };
  active?.postMessage(message);
}
