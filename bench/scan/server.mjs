// Serves the page of the bench, the peers, our wasm and the vectors. Isolated, unlike a site: that gives clocks of 5 µs,
// memory that workers share, and the browser's own account of what each worker holds.

import { createReadStream, statSync } from "node:fs";
import { createServer } from "node:http";
import { extname, join, normalize } from "node:path";
import { listen } from "../listen.mjs";

const TYPES = { ".html": "text/html", ".mjs": "text/javascript", ".js": "text/javascript", ".wasm": "application/wasm", ".json": "application/json" };
const ISOLATED = {
  "cross-origin-opener-policy": "same-origin",
  "cross-origin-embedder-policy": "require-corp",
  "cross-origin-resource-policy": "same-origin",
  "cache-control": "no-store",
};

/**
 * Starts a server on a free port of this machine.
 * @param {Record<string, string>} roots Directories by the first part of the path.
 * @param {Record<string, string>} [headers] Of every answer.
 * @returns {Promise<{origin: string, close: () => void}>}
 */
export async function serve(roots, headers = ISOLATED) {
  const server = createServer((request, response) => {
    const [, root = "", ...rest] = new URL(request.url ?? "/", "http://localhost").pathname.split("/");
    const path = normalize(rest.map(decodeURIComponent).join("/"));
    const file = roots[root] !== undefined && !path.startsWith("..") ? join(roots[root], path) : undefined;
    const stat = file === undefined ? undefined : statSync(file, { throwIfNoEntry: false });
    if (file === undefined || !stat?.isFile()) {
      response.writeHead(404, headers).end();
      return;
    }
    const type = TYPES[extname(file)] ?? "application/octet-stream";
    response.writeHead(200, { ...headers, "content-type": type, "content-length": stat.size });
    createReadStream(file).pipe(response);
  });
  return listen(server);
}
