// The engine that a bundle carries: flat files, each fetched by a URL relative to the script that wants it.
// `scripts/build.mjs` runs this and puts what changed into `dist/engine`.
//
// A site needs one script tag: nothing here leaves a bare import, a blob, an inlined asset or an `eval`. Library mode, because an
// application's build wraps each dynamic import in a loader for styles; the plugin below does what that mode leaves out.

import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { type Plugin, defineConfig } from "vite";

const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

/** Where the wasm modules' glue is, as `cargo xtask wasm` writes it. */
export const alias = {
  "#wasm/search": here("target/wasm/search/sextant_search.js"),
  "#wasm/encoder-relaxed": here("target/wasm/encoder-relaxed/sextant_encoder_relaxed.js"),
  "#wasm/languages": here("target/wasm/languages/sextant_languages.js"),
  "#wasm/gpu": here("target/wasm/gpu/sextant_gpu.js"),
  "#wasm/build": here("target/wasm/build/sextant_build.js"),
  "#wasm/encoder": here("target/wasm/encoder/sextant_encoder.js"),
};

/**
 * A wasm file that its glue names by `new URL("…", import.meta.url)` becomes a file of the build; library mode would inline it.
 *
 * All but the encoder's come packed by `cargo xtask wasm`, since many hosts compress no wasm: half of the bytes. What is gzip is
 * inflated on the way; the search module, which the library names by itself, is unpacked by it. The encoder's stay as they are: it
 * is small beside its weights, and browsers keep compiled code only of what the network gave.
 */
function wasmFiles(): Plugin {
  const inflated = JSON.stringify(here("web/src/modules/inflated.ts"));
  return {
    name: "wasm-files",
    enforce: "pre",
    transform(code, id) {
      const named = code.replace(/new URL\(['"](#wasm\/)?([\w.-]+)\.wasm['"], import\.meta\.url\)/g, (_, isSearch: string | undefined, name: string) => {
        // What names another build than its glue's own names the module, as the glue's alias does.
        const stem = isSearch ? `sextant_${name.replaceAll("-", "_")}_bg` : name;
        const isEncoder = stem.startsWith("sextant_encoder");
        const file = `${stem}.wasm${isEncoder ? "" : "z"}`;
        const source = readFileSync(join(isSearch ? here(`target/wasm/${name}`) : dirname(id), file));
        const url = `import.meta.ROLLUP_FILE_URL_${this.emitFile({ type: "asset", name: file, source })}`;
        if (isEncoder) return url;
        return isSearch ? `new URL(${url})` : `inflated(new URL(${url}))`;
      });
      return named.includes("inflated(new URL(") ? `import { inflated } from ${inflated};\n${named}` : named;
    },
  };
}

const names = {
  chunkFileNames: "[name]-[hash].js",
  assetFileNames: "[name]-[hash][extname]",
  minify: true,
};

/**
 * The scripts that pages load, by vite's mode: the box with the library in it, and the library for pages with a box of their own.
 * Each is whole by itself, because their names stay when their contents change: one that imported the other could meet an older
 * one in a cache.
 */
const ENTRIES: Record<string, { source: string; file: string }> = {
  production: { source: "web/src/engine.ts", file: "sextant-search.js" },
  library: { source: "web/src/index.ts", file: "sextant-library.js" },
};

export default defineConfig(({ mode }) => {
  const entry = ENTRIES[mode];
  if (!entry) throw new Error(`mode ${mode}, not one of ${Object.keys(ENTRIES).join(", ")}`);
  return {
    root: here("web"),
    publicDir: false,
    resolve: { alias },
    base: "./",
    plugins: [wasmFiles()],
    build: {
      outDir: here("dist/vite"),
      emptyOutDir: mode === "production",
      target: "es2022",
      assetsDir: "",
      reportCompressedSize: false,
      lib: { entry: here(entry.source), formats: ["es"] },
      rolldownOptions: {
        // What the entry shares with its chunks stays in the entry: no script waits for another before anything can start.
        preserveEntrySignatures: "allow-extension",
        output: { ...names, entryFileNames: entry.file, codeSplitting: { groups: [{ name: "entry", tags: ["$initial"] }] } },
      },
    },
    worker: {
      format: "es",
      plugins: () => [wasmFiles()],
      rolldownOptions: {
        preserveEntrySignatures: "allow-extension",
        output: { ...names, entryFileNames: "[name]-[hash].js" },
      },
    },
  };
});
