// The npm package as its users get it: packed, installed elsewhere, imported in Node, bundled.

import { fileURLToPath } from "node:url";
import { defineConfig } from "vitest/config";

export default defineConfig({
  root: fileURLToPath(new URL(".", import.meta.url)),
  test: { include: ["*.test.ts"], testTimeout: 120_000, hookTimeout: 120_000 },
});
