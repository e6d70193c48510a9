// The real sites that quality, speed and bytes are measured on, fetched and prepared into `sites/`, which git ignores.
//
//   node scripts/sites.mjs [rust-book] [python] [openjdk]     without a name the first two; a site that is there stays as it is
//
// What is removed are pages without content of their own: redirects, notices in place of old editions, the whole book
// on one page, generated indexes. Of openjdk nothing is: 10,000 pages as javadoc leaves them are what it is for. Licences:
// the book MIT or Apache-2.0, Python's documentation PSF, the JDK's GPL-2 with the Classpath exception.

import { copyFileSync, existsSync, mkdirSync, readFileSync, readdirSync, renameSync, rmSync, statSync } from "node:fs";
import { dirname, join } from "node:path";

import { Failure, at, main, output, run } from "./run.mjs";

const PREPARE = { "rust-book": prepareBook, python: preparePython, openjdk: prepareJdk };
const USUAL = ["rust-book", "python"];
const BOOK_EXTRAS = ["first-edition", "second-edition", "2018-edition", "print.html"];
const BOOK_STUB = /http-equiv="?refresh|<meta name="robots" content="noindex/i;
const PYTHON_INDEX = /^(genindex.*|search|contents|py-modindex)\.html$/;

await main(async () => {
  const names = process.argv.slice(2);
  for (const name of names) {
    if (!(name in PREPARE)) throw new Failure(`there is no site "${name}"`, `choose from ${Object.keys(PREPARE).join(", ")}`);
  }
  for (const name of names.length > 0 ? names : USUAL) {
    const site = at("sites", name);
    if (existsSync(site)) {
      console.log(`sites: ${name} is there (${count(site)} HTML files)`);
      continue;
    }
    // Prepared beside its place and moved there whole, so that a site that is there is complete.
    const fresh = at("sites", `.${name}`);
    rmSync(fresh, { recursive: true, force: true });
    mkdirSync(fresh, { recursive: true });
    await PREPARE[name](fresh);
    renameSync(fresh, site);
    console.log(`sites: ${name} is ready (${count(site)} HTML files)`);
  }
});

/** The Rust Programming Language, from the toolchain's own documentation. */
async function prepareBook(target) {
  const find = () => join(output("rustc", ["--print", "sysroot"]) ?? "", "share/doc/rust/html/book");
  if (!existsSync(join(find(), "index.html"))) {
    console.log("sites: rust-book needs the component rust-docs");
    await run("rustup", ["component", "add", "rust-docs"]);
  }
  const source = find();
  if (!existsSync(join(source, "index.html"))) {
    throw new Failure("rust-book: the toolchain has no book", "check: rustup component list --installed");
  }
  for (const file of files(source)) {
    const stub = file.endsWith(".html") && BOOK_STUB.test(readFileSync(join(source, file), "utf8"));
    if (!stub && !BOOK_EXTRAS.includes(file.split("/")[0])) copy(join(source, file), join(target, file));
  }
}

/** Python's documentation. */
async function preparePython(target) {
  const keep = (file) => !file.startsWith("_sources/") && !PYTHON_INDEX.test(file);
  await prepareDebian(target, { site: "python", name: "python3.11-doc", folder: "usr/share/doc/python3.11/html", keep });
}

/** The JDK's javadoc. */
async function prepareJdk(target) {
  const folder = "usr/share/doc/openjdk-17-jre-headless/api";
  await prepareDebian(target, { site: "openjdk", name: "openjdk-17-doc", folder, keep: () => true });
}

/** A folder of Debian's package `name`, which is unpacked and not installed. */
async function prepareDebian(target, { site, name, folder, keep }) {
  const fetched = `${target}-package`;
  rmSync(fetched, { recursive: true, force: true });
  mkdirSync(fetched, { recursive: true });
  const download = () => run("apt-get", ["download", name], { cwd: fetched });
  const advice = `on Debian 12 run: apt-get update && apt-get download ${name}`;
  try {
    await download();
  } catch {
    console.log("sites: the list of packages may be old; updating it");
    const asRoot = process.getuid?.() === 0 ? ["apt-get"] : ["sudo", "-n", "apt-get"];
    try {
      await run(asRoot[0], [...asRoot.slice(1), "update", "-qq"]);
      await download();
    } catch (error) {
      throw new Failure(`${site}: ${error.message}`, advice);
    }
  }
  const archive = readdirSync(fetched).find((file) => file.endsWith(".deb"));
  if (archive === undefined) throw new Failure(`${site}: apt-get left no ${name}_*.deb`, advice);
  await run("dpkg-deb", ["-x", join(fetched, archive), join(fetched, "root")]);
  const source = join(fetched, "root", folder);
  for (const file of files(source)) {
    if (keep(file)) copy(join(source, file), join(target, file));
  }
  rmSync(fetched, { recursive: true });
}

/** Files below `root`, relative to it and sorted; links are followed, and those that lead nowhere left out. */
function files(root, folder = "") {
  return readdirSync(join(root, folder))
    .sort()
    .flatMap((name) => {
      const file = folder === "" ? name : `${folder}/${name}`;
      const entry = statSync(join(root, file), { throwIfNoEntry: false });
      if (entry?.isDirectory()) return files(root, file);
      return entry?.isFile() ? [file] : [];
    });
}

function copy(from, to) {
  mkdirSync(dirname(to), { recursive: true });
  copyFileSync(from, to);
}

function count(site) {
  return files(site).filter((file) => file.endsWith(".html")).length;
}
