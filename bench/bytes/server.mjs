// Serves an empty page with a bundle and Pagefind's files beside it, as a plain host does: nothing compressed, no special
// headers. Each answer waits for LATENCY, so that requests that wait for each other can be told from those that do not.

import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import { extname, join, normalize } from "node:path";
import { listen } from "../listen.mjs";

/** Milliseconds between a request and its answer. */
const LATENCY = 30;
const TYPES = { ".html": "text/html; charset=utf-8", ".js": "text/javascript", ".mjs": "text/javascript", ".json": "application/json", ".css": "text/css", ".wasm": "application/wasm" };
const PAGE = '<!doctype html><html lang="en"><title>bytes</title><link rel="icon" href="data:,">';

/**
 * Starts a server of the folder `root` on a free port of this machine.
 * @returns {Promise<{origin: string, close: () => void}>}
 */
export async function serve(root) {
  const server = createServer((request, response) => {
    const path = normalize(decodeURIComponent(new URL(request.url ?? "/", "http://localhost").pathname));
    const answer = (status, type, body) => {
      setTimeout(() => response.writeHead(status, { "content-type": type, "content-length": Buffer.byteLength(body) }).end(body), LATENCY);
    };
    if (path === "/") {
      answer(200, TYPES[".html"], PAGE);
      return;
    }
    readFile(join(root, path)).then(
      (bytes) => answer(200, TYPES[extname(path)] ?? "application/octet-stream", bytes),
      () => answer(404, "text/plain", "no such file"),
    );
  });
  return listen(server);
}
