/** A plain static file server, as dumb as hosts are, that can be told to fail. It sends no header that a host would not. */

import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { IncomingMessage, Server, ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { extname, join, normalize } from "node:path";
import { byteRange, contentRange } from "../../../scripts/byte-range.mjs";

const TYPES: Readonly<Record<string, string>> = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript",
  ".css": "text/css",
  ".json": "application/json",
  ".wasm": "application/wasm",
  ".svg": "image/svg+xml",
};

/** What goes wrong with a file. */
export interface Trouble {
  /** Another status, without the file. */
  readonly status?: number;
  /** The file changed on its way. */
  readonly change?: (bytes: Buffer) => Buffer;
  /** The answer waits for this. */
  readonly until?: Promise<unknown>;
  /** A file that is not there. */
  readonly serve?: Buffer;
  /** The connection is closed without an answer. */
  readonly drop?: boolean;
}

/** A request that came. */
export interface Seen {
  readonly path: string;
  /** Which bytes of it were asked for, as the request says it; all where it does not. */
  readonly range: string;
  /** Whether the browser gave up before the answer was complete. */
  aborted: boolean;
}

/** Serves one folder. */
export class StaticServer {
  readonly seen: Seen[] = [];
  /** Whether it answers with parts of files where they are asked for, as nearly all hosts do. */
  servesParts = true;
  /** Headers of HTML pages, for sites that send a policy. */
  pageHeaders: Readonly<Record<string, string>> = {};
  readonly #root: string;
  readonly #mount: string;
  readonly #troubles: { pattern: RegExp; trouble: Trouble }[] = [];
  readonly #server: Server;

  private constructor(root: string, mount: string) {
    this.#root = root;
    this.#mount = mount;
    this.#server = createServer((request, response) => {
      this.#answer(request, response).catch(() => response.destroy());
    });
  }

  /** @param mount The path at which the folder appears. */
  static async start(root: string, mount = "/"): Promise<StaticServer> {
    const server = new StaticServer(root, mount);
    await new Promise<void>((resolve) => server.#server.listen(0, "127.0.0.1", resolve));
    return server;
  }

  /** Address of the folder, with a trailing slash. */
  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}${this.#mount}`;
  }

  /** From now on files whose path matches have `trouble`. @returns ends it */
  trouble(pattern: RegExp, trouble: Trouble): () => void {
    const entry = { pattern, trouble };
    this.#troubles.unshift(entry);
    return () => {
      this.#troubles.splice(this.#troubles.indexOf(entry), 1);
    };
  }

  /** Files that match wait until the returned function is called. */
  hold(pattern: RegExp): () => void {
    let release = (): void => undefined;
    const until = new Promise<void>((resolve) => {
      release = resolve;
    });
    const end = this.trouble(pattern, { until });
    return () => {
      end();
      release();
    };
  }

  /** Paths that were asked for. */
  paths(pattern: RegExp): string[] {
    return this.seen.map(({ path }) => path).filter((path) => pattern.test(path));
  }

  /** The same, with the bytes that were asked for behind each. */
  requests(pattern: RegExp): string[] {
    return this.seen.filter(({ path }) => pattern.test(path)).map(({ path, range }) => path + range);
  }

  /** Pulls the cable, if it was not pulled already. */
  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    if (this.#server.listening) await new Promise((resolve) => this.#server.close(resolve));
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const path = decodeURIComponent(new URL(request.url ?? "/", "http://x").pathname);
    const seen: Seen = { path, range: request.headers.range ?? "", aborted: false };
    this.seen.push(seen);
    response.on("close", () => {
      seen.aborted = !response.writableFinished;
    });
    if (path === "/favicon.ico") {
      // Browsers ask for it unasked, and would report that it is missing.
      response.writeHead(204);
      response.end();
      return;
    }
    const trouble = this.#troubles.find(({ pattern }) => pattern.test(path))?.trouble ?? {};
    await trouble.until;
    if (trouble.drop) {
      response.destroy();
      return;
    }
    const bytes = trouble.status === undefined ? (trouble.serve ?? (await this.#file(path))) : undefined;
    if (!bytes) {
      response.writeHead(trouble.status ?? 404, { "content-type": "text/plain" });
      response.end("no such file");
      return;
    }
    const body = trouble.change?.(bytes) ?? bytes;
    const type = TYPES[extname(path.endsWith("/") ? "index.html" : path)] ?? "application/octet-stream";
    const headers = type.startsWith("text/html") ? this.pageHeaders : {};
    const range = this.servesParts ? byteRange(request.headers.range, body.length) : undefined;
    const sent = range ? body.subarray(range.from, range.to) : body;
    const part = range && { "content-range": contentRange(range, body.length) };
    response.writeHead(range ? 206 : 200, { "content-type": type, "content-length": sent.length, ...part, ...headers });
    response.end(sent);
  }

  async #file(path: string): Promise<Buffer | undefined> {
    if (!path.startsWith(this.#mount)) return undefined;
    const inside = normalize(path.slice(this.#mount.length));
    if (inside.startsWith("..")) return undefined;
    try {
      return await readFile(join(this.#root, inside === "." || inside.endsWith("/") ? join(inside, "index.html") : inside));
    } catch {
      return undefined;
    }
  }
}

/** Changes one bit in the middle. */
export function flip(bytes: Buffer): Buffer {
  const changed = Buffer.from(bytes);
  const middle = changed.length >> 1;
  changed.writeUInt8((changed.at(middle) ?? 0) ^ 1, middle);
  return changed;
}

/** Keeps the first half. */
export function cut(bytes: Buffer): Buffer {
  return bytes.subarray(0, bytes.length >> 1);
}
