/**
 * What the browser keeps of bundles between visits: one Cache Storage for the origin. Shards are kept by their content's hash,
 * so that tabs and bundles share what they have in common, an encoder above all. Whatever it cannot do (plain `http://`, sandboxed
 * frames, a full disk) it leaves undone: it is a convenience, the network is the truth.
 */

import { filesOf, parseManifest } from "./manifest.ts";
import { MANIFEST } from "./names.ts";
import { placeOf } from "./place.ts";
import { HASHED, inflate } from "./verify.ts";

/** The cache's name; the number rises when what is kept changes its meaning. */
export const CACHE = "sextant-2";

/** Gives the files that an inflated head names. */
export type HeadReader = (file: string, bytes: Uint8Array) => readonly string[];

/** The kept files, or nothing where the browser keeps none. */
export class Keep {
  readonly #cache: Promise<Cache | undefined>;

  /** @param cache Its name, where it is another one. */
  constructor(cache = CACHE) {
    this.#cache = openCache(cache);
  }

  /** Whether anything can be kept. */
  async works(): Promise<boolean> {
    return (await this.#cache) !== undefined;
  }

  /** The bytes kept for `url`. */
  async get(url: string): Promise<Uint8Array<ArrayBuffer> | undefined> {
    try {
      const response = await (await this.#cache)?.match(keyOf(url));
      return response && new Uint8Array(await response.arrayBuffer());
    } catch {
      return undefined;
    }
  }

  /** Whether all of `urls` are kept. */
  async hasAll(urls: readonly string[]): Promise<boolean> {
    try {
      const cache = await this.#cache;
      if (!cache) return false;
      const found = await Promise.all(urls.map((url) => cache.match(keyOf(url))));
      return found.every((response) => response !== undefined);
    } catch {
      return false;
    }
  }

  /** Keeps `bytes`, which were verified, for `url`. Resolves to whether it could. */
  async put(url: string, bytes: Uint8Array<ArrayBuffer>): Promise<boolean> {
    try {
      const cache = await this.#cache;
      if (!cache) return false;
      const headers = { "content-type": "application/octet-stream", "content-length": String(bytes.length) };
      await cache.put(keyOf(url), new Response(bytes, { headers }));
      return true;
    } catch {
      return false;
    }
  }

  /** Drops what is kept for `url`. */
  async drop(url: string): Promise<void> {
    try {
      await (await this.#cache)?.delete(keyOf(url));
    } catch {
      // It could not be read either, then.
    }
  }

  /**
   * Drops every file that no kept manifest names: what older builds of this origin's bundles left behind. Where one of the
   * manifests cannot be followed, nothing is dropped.
   */
  async sweep(filesOfHead: HeadReader): Promise<void> {
    try {
      const cache = await this.#cache;
      if (!cache) return;
      const requests = await cache.keys();
      const wanted = new Set<string>();
      for (const { url } of requests.filter((request) => request.url.endsWith(`/${MANIFEST}`))) {
        const manifest = parseManifest((await (await cache.match(url))?.text()) ?? "");
        const { file } = manifest.head;
        const keyOfFile = (name: string): string => keyOf(new URL(name, url).href);
        const head = await cache.match(keyOfFile(file));
        const bytes = await inflate(file, new Uint8Array((await head?.arrayBuffer()) ?? []));
        const names = [MANIFEST, ...filesOf(manifest).map((entry) => entry.file), ...filesOfHead(file, bytes)];
        for (const name of names) wanted.add(keyOfFile(name));
      }
      await Promise.all(requests.filter(({ url }) => !wanted.has(fileOf(url))).map(({ url }) => cache.delete(url)));
    } catch {
      // Swept next time.
    }
  }
}

async function openCache(name: string): Promise<Cache | undefined> {
  try {
    return await globalThis.caches.open(name);
  } catch {
    return undefined;
  }
}

/**
 * What `url` is kept under: for a file that is named by its content an address that no bundle has, with the bytes in its query where
 * it is a part; else the address itself.
 */
export function keyOf(url: string): string {
  const { file, range } = placeOf(url);
  const name = HASHED.exec(file)?.[0];
  if (name === undefined) return url;
  return new URL(`/sextant-kept/${name}${range ? `?${range.from}-${range.to}` : ""}`, url).href;
}

/** The key of the file of which `key` is a part, or `key`. */
function fileOf(key: string): string {
  return key.includes("/sextant-kept/") ? key.replace(/\?.*$/u, "") : key;
}
