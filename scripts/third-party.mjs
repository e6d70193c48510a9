// Writes THIRD-PARTY.md: the crates that are compiled into what ships, with their licences.
// `--check` compares instead, and fails if the file is not what would be written.

import { readFileSync, writeFileSync } from "node:fs";
import { Failure, at, isStarted, main, output } from "./run.mjs";

const FILE = "THIRD-PARTY.md";
/** Licences whose terms allow what Sextant does with them: one alternative of each crate's must be of these. */
const ALLOWED = ["MIT", "Apache-2.0", "BSD-2-Clause", "BSD-3-Clause", "ISC", "Zlib", "Unlicense", "0BSD", "CC0-1.0", "Unicode-3.0", "BSL-1.0", "MPL-2.0"];
/** What ships, and which builds of which packages it is made of. */
const SHIPPED = [
  { title: "In the WebAssembly modules", packages: ["sextant-wasm"], args: ["--features", "sextant-wasm/search,sextant-wasm/encoder,sextant-wasm/build,sextant-wasm/gpu", "--filter-platform", "wasm32-unknown-unknown"] },
  { title: "In the `sextant` command", packages: ["sextant-cli"], args: ["--filter-platform", "x86_64-unknown-linux-gnu"] },
];

function metadata(args) {
  const text = output("cargo", ["metadata", "--format-version", "1", "--locked", ...args]);
  if (text === undefined) throw new Failure("cargo metadata failed", "run `cargo metadata --locked` to see why; Cargo.lock may be out of date");
  return JSON.parse(text);
}

/** The crates from outside that `roots` are linked with: neither build scripts' nor tests' dependencies. */
function linked({ packages, resolve }, roots) {
  const byId = new Map(packages.map((entry) => [entry.id, entry]));
  const nodes = new Map(resolve.nodes.map((node) => [node.id, node]));
  const waiting = packages.filter((entry) => roots.includes(entry.name)).map((entry) => entry.id);
  const seen = new Set(waiting);
  while (waiting.length > 0) {
    for (const { pkg, dep_kinds: kinds } of nodes.get(waiting.pop()).deps) {
      const macro = byId.get(pkg).targets.some((target) => target.kind.includes("proc-macro"));
      if (seen.has(pkg) || macro || !kinds.some(({ kind }) => kind === null)) continue;
      seen.add(pkg);
      waiting.push(pkg);
    }
  }
  return [...seen].map((id) => byId.get(id)).filter((entry) => entry.source !== null);
}

/** Whether some alternative of an SPDX expression needs allowed licences only. */
function isAllowed(expression) {
  const alternatives = expression.replace(/[()]/g, " ").split(/\s+OR\s+|\//);
  return alternatives.some((one) => one.split(/\s+AND\s+/).every((name) => ALLOWED.includes(name.trim().split(/\s+WITH\s+/)[0])));
}

function page() {
  const parts = SHIPPED.map(({ title, packages, args }) => {
    const crates = linked(metadata(args), packages).sort((a, b) => a.name.localeCompare(b.name, "en") || a.version.localeCompare(b.version, "en"));
    const rows = crates.map(({ name, version, license, repository }) => {
      if (!license || !isAllowed(license)) throw new Failure(`${name} ${version}: licence ${license ?? "unstated"} is not in the list of scripts/third-party.mjs`, "choose another crate, or argue for it in docs/decisions.md");
      return `| ${repository ? `[${name}](${repository})` : name} | ${version} | ${license} |`;
    });
    return `## ${title}\n\n| crate | version | licence |\n|---|---|---|\n${rows.join("\n")}\n`;
  });
  return `# Third-party software\n\nSextant is licensed under MIT or Apache-2.0, at your choice. What ships has the following crates compiled in, each under its own licence.
The default encoder has its licence beside it in \`models/\`. This page is written by \`node scripts/third-party.mjs\`.\n\n${parts.join("\n")}`;
}

if (isStarted(import.meta.url)) {
  await main(() => {
    const wanted = page();
    if (process.argv.includes("--check")) {
      if (readFileSync(at(FILE), "utf8") !== wanted) throw new Failure(`${FILE} is out of date`, "run `node scripts/third-party.mjs`");
      console.log(`${FILE} is up to date`);
    } else {
      writeFileSync(at(FILE), wanted);
      console.log(`wrote ${FILE}`);
    }
  });
}
