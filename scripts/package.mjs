// The npm package `sextant-search`, as published, into `pkg/`: the library as single modules with their types, and the wasm.
//
// Nothing is bundled: a bundler of the user's sees plain modules, `new URL("./x", import.meta.url)` and drops what is not used.

import { copyFileSync, cpSync, mkdirSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { Failure, at, runTool } from "./run.mjs";

const OUT = at("pkg");
/** Aliases of the source, and where their modules lie in the package. */
const WASM = {
  "#wasm/search": "./wasm/search/sextant_search.js",
  "#wasm/languages": "./wasm/languages/sextant_languages.js",
  "#wasm/gpu": "./wasm/gpu/sextant_gpu.js",
  "#wasm/build": "./wasm/build/sextant_build.js",
  "#wasm/encoder": "./wasm/encoder/sextant_encoder.js",
  "#wasm/encoder-relaxed": "./wasm/encoder-relaxed/sextant_encoder_relaxed.js",
};
/** Further builds of a module, which its glue serves as well. */
const BUILDS = {
  "#wasm/search.wasm": "./wasm/search/sextant_search_bg.wasm",
  "#wasm/search-scalar.wasm": "./wasm/search-scalar/sextant_search_scalar_bg.wasm",
};
/** Entries: the name behind `sextant-search/`, and the module. */
const ENTRIES = { ".": "index", "./element": "element", "./define": "define", "./worker": "session/worker" };
/** Modules that do something when imported, which a bundler must keep. */
const EFFECTS = ["./define.js", "./session/worker.js"];

/** Every file below `dir`. */
function* files(dir) {
  for (const name of readdirSync(dir)) {
    const path = join(dir, name);
    if (statSync(path).isDirectory()) yield* files(path);
    else yield path;
  }
}

function manifest() {
  const { version, license, description } = JSON.parse(readFileSync(at("package.json"), "utf8"));
  const entry = (name) => ({ types: `./${name}.d.ts`, default: `./${name}.js` });
  return {
    name: "sextant-search",
    version,
    description,
    license,
    type: "module",
    keywords: ["search", "semantic-search", "static-site", "wasm", "embeddings"],
    exports: {
      ...Object.fromEntries(Object.entries(ENTRIES).map(([path, name]) => [path, entry(name)])),
      "./service-worker": "./sextant-sw.js",
      "./package.json": "./package.json",
    },
    types: "./index.d.ts",
    sideEffects: EFFECTS,
    engines: { node: ">=20" },
  };
}

/** Builds `pkg/`. Needs the wasm modules and `dist/engine`. */
export async function buildPackage() {
  rmSync(OUT, { recursive: true, force: true });
  await runTool("typescript/bin/tsc", ["--project", "tsconfig.pkg.json"]);
  for (const path of files(OUT)) {
    let text = readFileSync(path, "utf8");
    for (const [alias, file] of Object.entries({ ...WASM, ...BUILDS })) {
      text = text.replaceAll(`"${alias}"`, `"${relative(dirname(path), join(OUT, file)).replace(/^(?!\.)/, "./")}"`);
    }
    text = text.replaceAll('new URL("./worker.ts"', 'new URL("./worker.js"');
    // tsc does this in scripts but not in declarations.
    text = text.replace(/(from |import\()"(\.[^"]*)\.ts"/g, '$1"$2.js"');
    const left = /(?:from |import\(|new URL\()"(?:#[^"]*|\.[^"]*\.ts)"/.exec(text);
    if (left) throw new Failure(`pkg: ${path.slice(OUT.length + 1)} still has ${left[0]}`, "teach scripts/package.mjs to rewrite it");
    writeFileSync(path, text);
  }
  const glue = Object.values(WASM).flatMap((file) => [file, file.replace(/\.js$/, ".d.ts"), file.replace(/\.js$/, "_bg.wasm")]);
  for (const file of [...glue, ...Object.values(BUILDS)]) {
    mkdirSync(dirname(join(OUT, file)), { recursive: true });
    copyFileSync(at("target", file), join(OUT, file));
  }
  copyFileSync(at("dist/engine/sextant-sw.js"), join(OUT, "sextant-sw.js"));
  copyFileSync(at("scripts/package-readme.md"), join(OUT, "README.md"));
  for (const name of ["LICENSE-MIT", "LICENSE-APACHE", "THIRD-PARTY.md"]) cpSync(at(name), join(OUT, name));
  writeFileSync(join(OUT, "package.json"), `${JSON.stringify(manifest(), null, 2)}\n`);
}
