// What one engine of browsers computes another may compute differently: Firefox has its own compilers and its own storage.

import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import type * as Library from "../../web/src/index.ts";
import { PATIENCE } from "./support/browser.ts";
import { SITE } from "./support/build.ts";
import { Firefox, findFirefox } from "./support/firefox.ts";
import { StaticServer } from "./support/server.ts";
import { encodeAll, natively, serveEncoder, texts, worst } from "./support/vectors.ts";

/** Least cosine of the small form's vector in Firefox to the native one's. */
const TWIN = 0.999;

const path = await findFirefox();
if (path === undefined) console.warn("no Firefox, so nothing is tested in it: install the package firefox-esr, or set FIREFOX to its path");

let firefox: Firefox;
let server: StaticServer;
beforeAll(async () => {
  if (path === undefined) return;
  server = await StaticServer.start(SITE);
  firefox = await Firefox.launch(path);
});
afterAll(async () => {
  if (path === undefined) return;
  await firefox.close();
  await server.stop();
});

test.skipIf(path === undefined)("Firefox's vectors are the native ones, and the same bits in two runs", { timeout: 180_000 }, async () => {
  const inputs = await texts();
  const native = await natively(inputs);
  const encoding = await serveEncoder(server, "encoder", join(SITE, "sextant"), inputs);
  await firefox.goto(server.url);
  const { vectors } = await firefox.evaluate(encodeAll, encoding);
  await firefox.goto(server.url);
  const again = await firefox.evaluate(encodeAll, { ...encoding, inputs: inputs.slice(0, 50) });
  expect(again.vectors).toEqual(vectors.slice(0, 50));
  const farthest = worst(inputs, (at) => vectors[at] ?? [], (at) => native[at] ?? []);
  expect(farthest?.cosine, `worst text: ${JSON.stringify(farthest)}`).toBeGreaterThanOrEqual(TWIN);
});

test.skipIf(path === undefined)("in Firefox the index answers by meaning, and a second visit fetches no part of the encoder", async () => {
  const fetched = (): number => server.paths(/\/encoder\/.*\.sxt$/).length;
  const ask = async (): Promise<{ answer: Library.Answer; status: Library.Status; cached: number }> => {
    await firefox.goto(server.url);
    return firefox.evaluate(async (patience) => {
      const { openIndex } = (await window.load(new URL("/sextant/engine/sextant-search.js", location.href).href)) as typeof Library;
      let cached = 0;
      const index = await openIndex("/sextant/", {
        encoder: "none",
        onProgress: (progress) => {
          if (progress.stage === "encoder") ({ cached } = progress);
        },
      });
      await index.loadEncoder();
      return { answer: await index.search("limit the speed", { patience }), status: index.status(), cached };
    }, PATIENCE);
  };
  const first = await ask();
  expect(first.answer).toMatchObject({ mode: "hybrid", degraded: [] });
  expect(first.answer.results[0]?.url).toBe("/guide/bandwidth.html");
  expect(first.status).toMatchObject({ environment: "worker", encoder: { state: "ready" } });
  const before = fetched();
  const second = await ask();
  expect(second.answer.results.map(({ url, score }) => [url, score])).toEqual(first.answer.results.map(({ url, score }) => [url, score]));
  expect(second.cached).toBe(second.status.encoder.total);
  expect(fetched()).toBe(before);
});
