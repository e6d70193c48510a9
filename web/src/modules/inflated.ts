/** Wasm that lies in gzip. `vite.config.ts` puts this in front of the modules of the first load in a bundle's engine. */

/** The module at `url`, which is gzip whatever the server says, as a response that is compiled while it comes. */
export async function inflated(url: URL): Promise<Response> {
  const { ok, status, body } = await fetch(url);
  if (!ok || !body) throw new TypeError(`the server answered ${status}`);
  return new Response(body.pipeThrough(new DecompressionStream("gzip")), { headers: { "content-type": "application/wasm" } });
}
