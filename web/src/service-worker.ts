/**
 * An optional service worker: pages and the engine's files as they were last seen, for when the server cannot be reached.
 *
 * The network comes first, so nothing here makes a page older than it is. The bundle's own files are not touched: the
 * library keeps those itself. A site puts this file at its root and names it in `<sextant-search offline="/sextant-sw.js">`.
 */

/** The cache's name; the number rises when what is kept changes its meaning. */
const PAGES = "sextant-pages-1";

/** What the page says once it is loaded: its own addresses, which were fetched before this worker was there. */
export interface KeepMessage {
  readonly type: "sextant-keep";
  readonly urls: readonly string[];
}

interface Extendable extends Event {
  waitUntil(work: Promise<unknown>): void;
}
interface Fetching extends Extendable {
  readonly request: Request;
  respondWith(response: Promise<Response>): void;
}
interface Messaged extends Extendable {
  readonly data: unknown;
}

/** The part of a service worker's global scope that is used. */
interface Scope {
  readonly location: Location;
  readonly clients: { claim(): Promise<void> };
  skipWaiting(): Promise<void>;
  addEventListener(type: "install" | "activate", listener: (event: Extendable) => void): void;
  addEventListener(type: "fetch", listener: (event: Fetching) => void): void;
  addEventListener(type: "message", listener: (event: Messaged) => void): void;
}

/** Serves `scope`. */
export function serveOffline(scope: Scope): void {
  scope.addEventListener("install", (event) => {
    event.waitUntil(scope.skipWaiting());
  });
  scope.addEventListener("activate", (event) => {
    event.waitUntil(scope.clients.claim());
  });
  scope.addEventListener("message", (event) => {
    if (isKeepMessage(event.data)) event.waitUntil(keepAll(event.data.urls.filter((url) => isKept(url, scope))));
  });
  scope.addEventListener("fetch", (event) => {
    if (event.request.method === "GET" && isKept(event.request.url, scope)) event.respondWith(answer(event));
  });
}

function isKeepMessage(data: unknown): data is KeepMessage {
  return typeof data === "object" && data !== null && "type" in data && data.type === "sextant-keep" && "urls" in data && Array.isArray(data.urls);
}

/** Of this origin, and not a file that the library keeps. */
function isKept(url: string, scope: Scope): boolean {
  const { origin, pathname } = new URL(url);
  return origin === scope.location.origin && !/(?:\.sxt|\/manifest\.json)$/u.test(pathname);
}

async function answer(event: Fetching): Promise<Response> {
  try {
    const response = await fetch(event.request);
    if (response.ok && response.status === 200) event.waitUntil(keep(event.request, response.clone()));
    return response;
  } catch (error) {
    const kept = await caches.match(event.request, { cacheName: PAGES, ignoreSearch: event.request.mode === "navigate" });
    if (kept) return kept;
    throw error;
  }
}

async function keepAll(urls: readonly string[]): Promise<void> {
  await Promise.all(
    urls.map(async (url) => {
      const response = await fetch(url, { cache: "force-cache" });
      if (response.ok) await keep(url, response);
    }),
  );
}

async function keep(request: Request | string, response: Response): Promise<void> {
  const cache = await caches.open(PAGES);
  await cache.put(request, response).catch(() => undefined); // A full disk: the page still works online.
}

if ("ServiceWorkerGlobalScope" in globalThis) serveOffline(globalThis as unknown as Scope);
