// Not every WebAssembly has SIMD. Words need none; the encoder does, and says so.

import { expect, test } from "vitest";
import { openInPage, searchInPage, statusOf } from "./support/browser.ts";
import { harness } from "./support/harness.ts";

/** V8 has SIMD in WebAssembly only where the processor has SSE 4.1; elsewhere than on x86 there is no such switch. */
const ground = harness("--js-flags=--no-enable-sse4-1");

test.skipIf(process.arch !== "x64")("without SIMD a question is looked up, and the encoder is neither fetched nor silent", async () => {
  const { page, problems } = await ground.visit();
  await openInPage(page, { encoder: "full" });
  expect(await statusOf(page)).toMatchObject({ simd: false, encoder: { state: "unsupported" } });
  const answer = await searchInPage(page, "limit the speed", { wait: true });
  expect(answer).toMatchObject({ mode: "hybrid", pending: false, degraded: [] });
  expect(answer.results[0]?.url).toBe("/guide/bandwidth.html");
  const refused = page.evaluate(async () => (window as unknown as { opened: { index: { loadEncoder: () => Promise<void> } } }).opened.index.loadEncoder());
  await expect(refused).rejects.toThrow(/SIMD/);
  expect(ground.server.paths(/encoder/)).toEqual([]);
  expect(ground.server.paths(/search_.*\.wasmz$/)).toEqual([expect.stringContaining("scalar")]);
  expect(problems).toEqual([]);
});
