// Unit tests of the TypeScript library, in Node. What needs a browser is in `tests/e2e`.

import { fileURLToPath } from "node:url";
import { defineConfig } from "vitest/config";
import { alias } from "./vite.config.ts";

export default defineConfig({
  root: fileURLToPath(new URL(".", import.meta.url)),
  resolve: { alias },
  test: { include: ["web/test/**/*.test.ts"] },
});
