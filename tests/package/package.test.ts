// The package imported where there is no browser, type-checked and bundled. A library that touches `window` when imported
// takes a whole server-side rendering down, and one that cannot be tree-shaken is paid for by pages that never search.

import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Project, install, tool } from "./installed.ts";

let project: Project;
beforeAll(() => {
  project = install();
});
afterAll(() => {
  project.remove();
});

/** Bundles `code` with vite and gives the files by name. */
function bundled(name: string, code: string): Map<string, Buffer> {
  project.write(`${name}/main.js`, code);
  project.write(`${name}/index.html`, '<!doctype html><script type="module" src="main.js"></script>');
  project.node(tool("vite/bin/vite.js"), "build", name, "--logLevel", "error");
  const assets = join(project.dir, name, "dist/assets");
  return new Map(readdirSync(assets).map((file) => [file, readFileSync(join(assets, file))]));
}

test("every export can be imported in Node", () => {
  const paths = Object.keys(project.manifest.exports).filter((path) => !path.endsWith(".json"));
  expect(paths).toContain(".");
  for (const path of paths) {
    const name = path.replace(".", "sextant-search");
    expect(project.node("-e", `import(${JSON.stringify(name)}).then(() => console.log("imported"))`).trim(), name).toBe("imported");
  }
});

test("the library exports what it promises", () => {
  const print = 'import("sextant-search").then((all) => console.log(Object.keys(all).sort().join()))';
  expect(project.node("-e", print).trim()).toBe("SextantError,createIndex,openIndex");
});

test("the types hold in a strict project that checks libraries", () => {
  const use = `
    import { createIndex, openIndex, SextantError, type Answer, type DeviceStatus } from "sextant-search";
    import { SextantSearch } from "sextant-search/element";
    import "sextant-search/define";
    export async function titles(text: string, signal: AbortSignal): Promise<string[]> {
      const index = await openIndex("/sextant/", { signal, device: "auto" });
      const answer: Answer = await index.search(text, { limit: 5, mode: "hybrid", signal });
      return answer.results.map((result) => result.title);
    }
    export async function mine(texts: string[]): Promise<DeviceStatus> {
      const documents = texts.map((text, id) => ({ id, text, meta: { words: text.length } }));
      const index = await createIndex({ documents, bundle: "/sextant/", device: "gpu", onProgress: ({ phase, done, total }) => console.log(phase, done / total) });
      return index.status().devices;
    }
    export const box: SextantSearch = new SextantSearch();
    // @ts-expect-error: a mode that does not exist
    export const wrong = (await openIndex("/sextant/")).search("x", { mode: "magic" });
    // @ts-expect-error: a device that does not exist
    export const cloud = openIndex("/sextant/", { device: "cloud" });
    export const code: string = new SextantError("a/b", "c").code;
  `;
  project.write("use.ts", use);
  const compilerOptions = { strict: true, noEmit: true, target: "ES2022", lib: ["ES2023", "DOM", "DOM.Iterable", "DOM.AsyncIterable"], types: [], skipLibCheck: false };
  for (const module of ["NodeNext", "Preserve"]) {
    project.write("tsconfig.json", JSON.stringify({ compilerOptions: { ...compilerOptions, module }, files: ["use.ts"] }));
    expect(project.node(tool("typescript/bin/tsc"), "--project", "."), module).toBe("");
  }
});

test("a bundler finds the worker and every wasm module, and leaves no bare import", () => {
  const files = bundled("whole", 'import "sextant-search/define"; import { openIndex } from "sextant-search"; globalThis.open = openIndex;');
  const names = [...files.keys()];
  for (const part of [/^worker-.*\.js$/, /^sextant_search_bg-.*\.wasm$/, /^sextant_languages_bg-.*\.wasm$/, /^sextant_build_bg-.*\.wasm$/, /^sextant_gpu_bg-.*\.wasm$/, /^sextant_search_scalar_bg-.*\.wasm$/, /^sextant_encoder_bg-.*\.wasm$/, /^sextant_encoder_relaxed_bg-.*\.wasm$/]) {
    expect(names.some((name) => part.test(name)), `${part} in ${names.join(" ")}`).toBe(true);
  }
  for (const [name, bytes] of files) {
    if (name.endsWith(".js")) expect(/\b(?:from|import)\s*\(?\s*["'](?!\.{0,2}\/)/.exec(bytes.toString()), name).toBeNull();
  }
});

test("what is not used is not bundled", () => {
  const files = bundled("part", 'import { SextantError } from "sextant-search"; console.log(new SextantError("a", "b").code);');
  // The bundler copies each file that any module names, used or not; what counts is what a page would load.
  const scripts = [...files].filter(([name]) => name.endsWith(".js"));
  expect(scripts.map(([name]) => name)).toEqual([expect.stringMatching(/^index-/)]);
  expect(scripts[0]?.[1].length).toBeLessThan(4096);
});
