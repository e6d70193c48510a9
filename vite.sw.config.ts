// The optional service worker of a bundle: one classic script, since not every browser has module service workers.

import { fileURLToPath } from "node:url";
import { defineConfig } from "vite";

const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

export default defineConfig({
  root: here("web"),
  publicDir: false,
  build: {
    outDir: here("dist/vite"),
    emptyOutDir: false,
    target: "es2022",
    reportCompressedSize: false,
    rolldownOptions: {
      input: here("web/src/service-worker.ts"),
      output: { format: "iife", entryFileNames: "sextant-sw.js" },
    },
  },
});
