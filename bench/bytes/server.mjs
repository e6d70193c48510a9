// Serves an empty page with a bundle and Pagefind's files beside it, as a plain host does: nothing compressed, no special
// headers, and parts of files where they are asked for, unless it is to be one of the few that do not know them. Each answer waits for LATENCY, so that requests that wait for each other can be told from those that do not.

import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import { extname, join, normalize } from "node:path";
import { byteRange, contentRange } from "../../scripts/byte-range.mjs";
import { listen } from "../listen.mjs";

/** Milliseconds between a request and its answer. */
const LATENCY = 30;
const TYPES = { ".html": "text/html; charset=utf-8", ".js": "text/javascript", ".mjs": "text/javascript", ".json": "application/json", ".css": "text/css", ".wasm": "application/wasm" };
const PAGE = '<!doctype html><html lang="en"><title>bytes</title><link rel="icon" href="data:,">';

/**
 * Starts a server of the folder `root` on a free port of this machine.
 * @param {string} root
 * @param {boolean} parts Whether it answers with parts of files.
 * @returns {Promise<{origin: string, close: () => void}>}
 */
export async function serve(root, parts) {
  const server = createServer((request, response) => {
    const path = normalize(decodeURIComponent(new URL(request.url ?? "/", "http://localhost").pathname));
    const answer = (status, type, body) => {
      const range = status === 200 && parts ? byteRange(request.headers.range, body.length) : undefined;
      const sent = range ? body.subarray(range.from, range.to) : body;
      const headers = { "content-type": type, "content-length": Buffer.byteLength(sent), ...(range && { "content-range": contentRange(range, body.length) }) };
      setTimeout(() => response.writeHead(range ? 206 : status, headers).end(sent), LATENCY);
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
