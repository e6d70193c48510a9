// End-to-end tests: a real bundle, a plain static server, Chromium. `npm test` builds what they need.

import { fileURLToPath } from "node:url";
import { defineConfig } from "vitest/config";

const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

// A folder for this run alone: two runs in one checkout do not take each other's site away. Workers inherit it.
process.env["SEXTANT_E2E_SITE"] ??= here(`../../test-results/e2e-${process.pid}/site`);

export default defineConfig({
  root: here("../.."),
  test: {
    include: ["tests/e2e/*.test.ts"],
    globalSetup: [here("support/build.ts")],
    // One browser at a time: the machines that run this have two cores, and some tests watch the order of events.
    fileParallelism: false,
    // A browser, its workers and a server share those cores. A race that is lost once is run again, and the summary of
    // `npm test` names it, so that it is mended and nothing else waits for it.
    retry: 1,
    expect: { poll: { timeout: 10_000 } },
    // The encoder is loaded anew by most tests: seconds on a machine that is doing nothing else.
    testTimeout: 90_000,
    hookTimeout: 300_000,
  },
});
