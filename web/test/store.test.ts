// A proxy once cut a shard, the cut one was kept, and the search stayed broken after the proxy was mended.

import { createHash } from "node:crypto";
import { crc32, gzipSync } from "node:zlib";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { Store } from "../src/files/store.ts";
import type { FileEntry } from "../src/files/manifest.ts";

const BUNDLE = "https://example.org/sextant/";

/** What a server and the browser's cache storage are to the store. */
class World {
  readonly files = new Map<string, Uint8Array<ArrayBuffer>>();
  readonly kept = new Map<string, Uint8Array<ArrayBuffer>>();
  readonly asked: { url: string; cache: RequestCache | undefined; range: string | undefined }[] = [];
  servesParts = true;
  /** Runs before a file is served; may replace it. */
  serve: (url: string, bytes: Uint8Array<ArrayBuffer>, signal: AbortSignal) => Promise<Uint8Array<ArrayBuffer>> = async (_, bytes) => Promise.resolve(bytes);

  add(bytes: Uint8Array<ArrayBuffer>): FileEntry {
    const file = `words/${createHash("sha256").update(bytes).digest("hex").slice(0, 12)}.sxt`;
    this.files.set(BUNDLE + file, bytes);
    return { file, bytes: bytes.length };
  }

  install(): void {
    vi.stubGlobal("fetch", async (url: string, init: RequestInit) => {
      const { range } = (init.headers ?? {}) as Record<string, string | undefined>;
      this.asked.push({ url, cache: init.cache, range });
      const bytes = this.files.get(url);
      if (!bytes) return new Response("gone", { status: 404 });
      const served = await this.serve(url, bytes, init.signal as AbortSignal);
      const [, first, last] = this.servesParts ? (/^bytes=(\d+)-(\d+)$/u.exec(range ?? "") ?? []) : [];
      if (first === undefined) return new Response(served);
      return new Response(served.slice(Number(first), Number(last) + 1), { status: 206 });
    });
    const cache = {
      match: async (url: string) => Promise.resolve(this.kept.has(url) ? new Response(this.kept.get(url)) : undefined),
      put: async (url: string, response: Response) => { this.kept.set(url, new Uint8Array(await response.arrayBuffer())); },
      delete: async (url: string) => Promise.resolve(this.kept.delete(url)),
      keys: async () => Promise.resolve([...this.kept.keys()].map((url) => ({ url }))),
    };
    vi.stubGlobal("caches", { open: async () => Promise.resolve(cache) });
  }
}

let world: World;
beforeEach(() => {
  world = new World();
  world.install();
});
afterEach(() => {
  vi.unstubAllGlobals();
  vi.useRealTimers();
});

const text = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);
const bytesOf = (value: string): Uint8Array<ArrayBuffer> => new TextEncoder().encode(value);
/** A manifest with this head, and of an encoder with these parts. */
function manifest(pages: number, head: string, ...parts: string[]): Uint8Array<ArrayBuffer> {
  const encoder = { name: "e", fingerprint: "0", bytes: 1, parts: parts.map((file) => ({ file, bytes: 1 })) };
  return bytesOf(JSON.stringify({ format: 3, generator: "test", pages, passages: 1, languages: {}, encoder, head: { file: head, bytes: 1 } }));
}
/** The same length, another content. */
const flipped = (bytes: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> => bytes.map((byte, at) => (at === 3 ? byte ^ 1 : byte));

test("a file is fetched once, kept, and given from what is kept afterwards", async () => {
  const entry = world.add(bytesOf("hello shard"));
  expect(text(await new Store(BUNDLE).get(entry))).toBe("hello shard");
  let cached = 0;
  expect(text(await new Store(BUNDLE).get(entry, { onBytes: (bytes, fromCache) => { if (fromCache) cached += bytes; } }))).toBe("hello shard");
  expect(world.asked).toHaveLength(1);
  expect(cached).toBe(11);
});

test("what one bundle has brought another of the origin has too, for as long as one of them names it", async () => {
  const entry = world.add(bytesOf("an encoder's part"));
  const head = world.add(bytesOf("a head"));
  const [one, two] = [new Store(BUNDLE), new Store("https://example.org/v2/sextant/")];
  const publish = async (...parts: string[]): Promise<void> => {
    world.files.set(`${BUNDLE}manifest.json`, manifest(1, head.file, ...parts));
    await one.manifest();
  };
  await publish(entry.file);
  await one.get(head);
  await one.get(entry);
  expect(text(await two.get(entry))).toBe("an encoder's part");
  expect(world.asked.filter(({ url }) => url.endsWith(entry.file))).toHaveLength(1);
  const none = (): string[] => [];
  await two.sweep(none);
  expect(await one.hasAll([entry])).toBe(true);
  await publish();
  await two.sweep(none);
  expect(await one.hasAll([entry])).toBe(false);
  expect(await one.hasAll([head])).toBe(true);
});

test("tabs take turns with a large file, and who comes second finds it kept", async () => {
  const entry = world.add(new Uint8Array(300_000));
  const small = world.add(bytesOf("small"));
  let last: Promise<unknown> = Promise.resolve();
  const names: string[] = [];
  const request = async (name: string, _: object, work: () => Promise<unknown>): Promise<unknown> => {
    names.push(name);
    last = last.then(work);
    return last;
  };
  vi.stubGlobal("navigator", { locks: { request } });
  const found = await Promise.all([new Store(BUNDLE).get(entry), new Store(BUNDLE).get(entry), new Store(BUNDLE).get(small)]);
  expect(found.map(({ length }) => length)).toEqual([300_000, 300_000, 5]);
  expect(world.asked.filter(({ url }) => url.endsWith(entry.file))).toHaveLength(1);
  expect(new Set(names).size).toBe(1);
});

test("a kept file that cannot be inflated any more is fetched", async () => {
  const stored = new Uint8Array(gzipSync("b".repeat(500)));
  const entry = world.add(stored);
  await new Store(BUNDLE).get(entry);
  for (const url of world.kept.keys()) world.kept.set(url, stored.map((byte, at) => (at < 12 ? byte : 0)));
  expect(text(await new Store(BUNDLE).get(entry))).toBe("b".repeat(500));
  expect(world.asked).toHaveLength(2);
});

test("a compressed file is inflated, and kept as it lies on the server", async () => {
  const stored = new Uint8Array(gzipSync("a".repeat(500)));
  const entry = world.add(stored);
  expect(text(await new Store(BUNDLE).get(entry))).toBe("a".repeat(500));
  expect([...world.kept.values()]).toEqual([stored]);
});

test("two who want the same file share one transfer", async () => {
  const entry = world.add(bytesOf("shared"));
  const store = new Store(BUNDLE);
  await Promise.all([store.get(entry), store.get(entry)]);
  expect(world.asked).toHaveLength(1);
});

test("a damaged file is asked for again past the HTTP cache, once", async () => {
  const entry = world.add(bytesOf("precious"));
  world.serve = async (_, bytes) => Promise.resolve(world.asked.length === 1 ? flipped(bytes) : bytes);
  expect(text(await new Store(BUNDLE).get(entry))).toBe("precious");
  expect(world.asked.map(({ cache }) => cache)).toEqual(["force-cache", "reload"]);
});

test.each([
  ["flipped", flipped, "bundle/checksum"],
  ["cut", (bytes: Uint8Array<ArrayBuffer>) => bytes.slice(0, 4), "bundle/length"],
  ["longer", (bytes: Uint8Array<ArrayBuffer>) => new Uint8Array([...bytes, 0]), "bundle/length"],
])("a file that stays %s is an error that names it, and is not kept", async (_, damage, code) => {
  const entry = world.add(bytesOf("precious"));
  world.serve = async (__, bytes) => Promise.resolve(damage(bytes));
  await expect(new Store(BUNDLE).get(entry)).rejects.toMatchObject({ code, file: entry.file });
  expect(world.kept.size).toBe(0);
});

test("a kept file that turned out bad is fetched anew", async () => {
  const entry = world.add(bytesOf("precious"));
  const store = new Store(BUNDLE);
  await store.get(entry);
  await store.distrust(entry.file);
  await store.get(entry);
  expect(world.asked.map(({ cache }) => cache)).toEqual(["force-cache", "reload"]);
});

test("a missing file is not taken from the HTTP cache, which keeps 404s too", async () => {
  const entry = world.add(bytesOf("late"));
  const { files } = world;
  const url = BUNDLE + entry.file;
  const bytes = files.get(url) ?? bytesOf("");
  files.delete(url);
  const store = new Store(BUNDLE);
  await expect(store.get(entry)).rejects.toMatchObject({ code: "fetch/missing" });
  files.set(url, bytes);
  expect(text(await store.get(entry))).toBe("late");
  expect(world.asked.map(({ cache }) => cache)).toEqual(["force-cache", "reload", "reload"]);
});

test("a file that the server lacks is named, and so is one that does not come", async () => {
  const store = new Store(BUNDLE);
  await expect(store.get({ file: "words/none.sxt", bytes: 3 })).rejects.toMatchObject({ code: "fetch/missing", file: "words/none.sxt" });
  const entry = world.add(bytesOf("x"));
  world.serve = async () => Promise.reject(new TypeError("refused"));
  await expect(store.get(entry)).rejects.toMatchObject({ code: "fetch/network", file: entry.file });
});

test("leaving one waiter does not end the other's transfer; leaving both ends it", async () => {
  vi.useFakeTimers();
  const entry = world.add(bytesOf("slow"));
  let ended = false;
  let deliver: (() => void) | undefined;
  world.serve = async (_, bytes, signal) => new Promise((resolve, reject) => {
    deliver = () => { resolve(bytes); };
    signal.addEventListener("abort", () => { ended = true; reject(signal.reason as Error); });
  });
  const store = new Store(BUNDLE);
  const [one, two] = [new AbortController(), new AbortController()];
  const first = store.get(entry, { signal: one.signal });
  const second = store.get(entry, { signal: two.signal });
  await vi.advanceTimersByTimeAsync(1);
  one.abort(new Error("mine"));
  await expect(first).rejects.toThrow("mine");
  await vi.advanceTimersByTimeAsync(1000);
  expect(ended).toBe(false);
  deliver?.();
  expect(text(await second)).toBe("slow");

  const other = world.add(bytesOf("slow too"));
  const third = store.get(other, { signal: two.signal });
  await vi.advanceTimersByTimeAsync(1);
  two.abort(new Error("gone"));
  await expect(third).rejects.toThrow("gone");
  await vi.advanceTimersByTimeAsync(1000);
  expect(ended).toBe(true);
});

test("a transfer that stands still is given up", async () => {
  vi.useFakeTimers();
  const entry = world.add(bytesOf("never"));
  world.serve = async (_, __, signal) => new Promise((_resolve, reject) => { signal.addEventListener("abort", () => { reject(signal.reason as Error); }); });
  const got = expect(new Store(BUNDLE).get(entry)).rejects.toMatchObject({ code: "fetch/network" });
  await vi.advanceTimersByTimeAsync(21_000);
  await got;
});

test("the kept manifest answers when the server does not, and only then", async () => {
  world.files.set(`${BUNDLE}manifest.json`, manifest(1, "head/a.sxt"));
  expect((await new Store(BUNDLE).manifest()).pages).toBe(1);
  world.files.set(`${BUNDLE}manifest.json`, manifest(2, "head/a.sxt"));
  expect((await new Store(BUNDLE).manifest()).pages).toBe(2);
  world.serve = async () => Promise.reject(new TypeError("offline"));
  expect((await new Store(BUNDLE).manifest()).pages).toBe(2);
  world.serve = async () => Promise.resolve(bytesOf("<!doctype html>"));
  await expect(new Store(BUNDLE).manifest()).rejects.toMatchObject({ code: "bundle/manifest" });
});

test("files that no kept manifest names are swept, those of another bundle are not", async () => {
  world.kept.set(`${BUNDLE}manifest.json`, manifest(1, "head/a.sxt"));
  world.kept.set("https://example.org/b/sextant/manifest.json", manifest(1, "head/b.sxt", "../../encoder/shared.sxt"));
  const files = ["sextant/head/a.sxt", "sextant/words/a.sxt", "sextant/words/old.sxt", "b/sextant/head/b.sxt", "encoder/shared.sxt", "encoder/old.sxt"];
  for (const file of files) world.kept.set(`https://example.org/${file}`, bytesOf("x"));
  // What the engine does, for heads that name one file.
  const readHead = (file: string): string[] => [file.replace("head", "words")];
  await new Store(BUNDLE).sweep(readHead);
  const left = [...world.kept.keys()].filter((url) => !url.endsWith("manifest.json"));
  expect(left).toEqual(["sextant/head/a.sxt", "sextant/words/a.sxt", "b/sextant/head/b.sxt", "encoder/shared.sxt"].map((file) => `https://example.org/${file}`));
});

test("nothing is swept while a head cannot be read", async () => {
  world.kept.set(`${BUNDLE}manifest.json`, manifest(1, "head/a.sxt"));
  world.kept.set(`${BUNDLE}words/old.sxt`, bytesOf("x"));
  await new Store(BUNDLE).sweep(() => { throw new Error("no head"); });
  expect(world.kept.has(`${BUNDLE}words/old.sxt`)).toBe(true);
});

test("without cache storage everything comes from the server", async () => {
  vi.stubGlobal("caches", undefined);
  const entry = world.add(bytesOf("plain http"));
  const store = new Store(BUNDLE);
  expect(text(await store.get(entry))).toBe("plain http");
  expect(await store.save(entry)).toBe(0);
});

/** A shard with this text: a frame, of which readers of files know the checksum alone. */
function shard(body: string): Uint8Array<ArrayBuffer> {
  const frame = Buffer.concat([Buffer.alloc(32, "SXTF"), Buffer.from(body)]);
  frame.writeUInt32LE(crc32(frame.subarray(32), crc32(frame.subarray(0, 20))), 20);
  return new Uint8Array(frame);
}

/** A file of shards with these texts, compressed where they are one letter over and over, and where each lies. */
function together(...bodies: string[]): { entry: FileEntry; ranges: { from: number; to: number }[] } {
  const shards = bodies.map((body) => (/^(.)\1+$/u.test(body) ? new Uint8Array(gzipSync(shard(body))) : shard(body)));
  let end = 0;
  const ranges = shards.map(({ length }) => ({ from: end, to: (end += length) }));
  return { entry: world.add(new Uint8Array(Buffer.concat(shards))), ranges };
}

const bodyOf = (bytes: Uint8Array): string => text(bytes.subarray(32));

test("shards that are wanted together and lie side by side are one request, and each is kept by itself", async () => {
  const { entry, ranges } = together("a", "b".repeat(900), "c", "d".repeat(900), "e");
  const store = new Store(BUNDLE);
  const found = await Promise.all([0, 1, 2].map(async (at) => store.get(entry, { range: ranges[at] })));
  expect(found.map(bodyOf)).toEqual(["a", "b".repeat(900), "c"]);
  expect(world.asked.map(({ range }) => range)).toEqual([`bytes=0-${(ranges[2]?.to ?? 0) - 1}`]);
  let cached = 0;
  const onBytes = (bytes: number, fromCache: boolean): void => { if (fromCache) cached += bytes; };
  expect(bodyOf(await new Store(BUNDLE).get(entry, { range: ranges[1], onBytes }))).toBe("b".repeat(900));
  expect(world.asked).toHaveLength(1);
  expect(cached).toBe((ranges[1]?.to ?? 0) - (ranges[1]?.from ?? 0));
});

test("shards that lie far apart are requests of their own", async () => {
  const { entry, ranges } = together("a", "between".repeat(900), "c");
  const store = new Store(BUNDLE);
  const found = await Promise.all([0, 2].map(async (at) => store.get(entry, { range: ranges[at] })));
  expect(found.map(bodyOf)).toEqual(["a", "c"]);
  expect(world.asked.map(({ range }) => range)).toEqual(["bytes=0-32", `bytes=${ranges[2]?.from}-${entry.bytes - 1}`]);
});

test("a server that gives whole files is asked for whole files from then on, and what came is kept", async () => {
  world.servesParts = false;
  const [one, two] = [together("a", "b"), together("c", "d")];
  const store = new Store(BUNDLE);
  expect(bodyOf(await store.get(one.entry, { range: one.ranges[1] }))).toBe("b");
  expect(bodyOf(await store.get(one.entry, { range: one.ranges[0] }))).toBe("a");
  expect(bodyOf(await store.get(two.entry, { range: two.ranges[0] }))).toBe("c");
  expect(world.asked.map(({ range }) => range)).toEqual(["bytes=33-65", undefined]);
});

test("a shard that nobody waits for any more is not asked for", async () => {
  const { entry, ranges } = together("a", "b", "c");
  const stop = new AbortController();
  vi.useFakeTimers({ toFake: ["setTimeout"] });
  const looked = new Promise<void>((resolve) => {
    const look = async (): Promise<undefined> => {
      stop.abort("no longer");
      await vi.advanceTimersByTimeAsync(1000);
      resolve();
      return undefined;
    };
    vi.stubGlobal("caches", { open: async () => Promise.resolve({ match: look }) });
  });
  await expect(new Store(BUNDLE).get(entry, { range: ranges[1], signal: stop.signal })).rejects.toBe("no longer");
  await looked;
  await vi.advanceTimersByTimeAsync(1000);
  expect(world.asked).toEqual([]);
});

test("a whole file that was kept serves its shards", async () => {
  const { entry, ranges } = together("a", "b");
  const store = new Store(BUNDLE);
  expect(await store.save(entry)).toBe(entry.bytes);
  expect(bodyOf(await store.get(entry, { range: ranges[1] }))).toBe("b");
  expect(world.asked).toHaveLength(1);
});

test.each([["plain", "b"], ["compressed", "b".repeat(900)]])("a damaged shard, %s, is not kept, and its file is fetched anew once", async (_, body) => {
  const { entry, ranges } = together("a", body, "c");
  const at = (ranges[1]?.to ?? 0) - 1;
  world.serve = async (_url, bytes) => Promise.resolve(world.asked.length === 1 ? bytes.map((byte, n) => (n === at ? byte ^ 4 : byte)) : bytes);
  expect(bodyOf(await new Store(BUNDLE).get(entry, { range: ranges[1] }))).toBe(body);
  expect(world.asked.map(({ range, cache }) => [range === undefined, cache])).toEqual([[false, "no-store"], [true, "reload"]]);
  expect(bodyOf(await new Store(BUNDLE).get(entry, { range: ranges[1] }))).toBe(body);
  expect(world.asked).toHaveLength(2);
});

test("a shard that stays damaged is an error that names it", async () => {
  const { entry, ranges } = together("a", "b", "c");
  world.serve = async (_url, bytes) => Promise.resolve(bytes.map((byte, n) => (n === 65 ? byte ^ 4 : byte)));
  const name = `${entry.file}#33-66`;
  await expect(new Store(BUNDLE).get(entry, { range: ranges[1] })).rejects.toMatchObject({ code: "bundle/checksum", file: name });
  expect([...world.kept.keys()]).toEqual([]);
});

test("shards of files that a manifest names are not swept, others are", async () => {
  const [one, two] = [together("a", "b"), together("c", "d")];
  const head = world.add(bytesOf("a head"));
  world.files.set(`${BUNDLE}manifest.json`, manifest(1, head.file));
  const store = new Store(BUNDLE);
  await store.manifest();
  await store.get(head);
  for (const { entry, ranges } of [one, two]) await store.get(entry, { range: ranges[0] });
  const kept = (): number => [...world.kept.keys()].filter((key) => key.includes("?0-33")).length;
  expect(kept()).toBe(2);
  await store.sweep(() => [one.entry.file]);
  expect(kept()).toBe(1);
});
