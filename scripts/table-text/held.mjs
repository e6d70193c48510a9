// What rankings are measured on, so that nothing of it gets into the training text.

import { existsSync, readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { Failure } from "../run.mjs";
import { html } from "./cut.mjs";

/** A text that shares so many words in a row with an evaluated one is left out. */
const RUN = 8;

const normal = (text) => text.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? [];

/** Knows the evaluated texts: those of the collections in `data`, the questions to the sites, and the sites themselves. */
export class Held {
  #whole = new Set();
  #runs = new Set();

  constructor(data, sites) {
    for (const directory of [data, ...sites]) if (!existsSync(directory)) throw new Failure(`${directory} is not there`, "what is evaluated must be known, to be left out: CONTRIBUTING.md");
    for (const path of files(data, /\.jsonl$/)) {
      for (const row of readFileSync(path, "utf8").split("\n").filter(Boolean)) {
        const { title, text, q } = JSON.parse(row);
        for (const part of [title, text, q]) if (part) this.#add(part);
      }
    }
    for (const path of sites.flatMap((site) => files(site, /\.html$/))) {
      for (const { blocks } of html(readFileSync(path, "utf8"))) for (const block of blocks) this.#add(block, false);
    }
  }

  /** Whether `text` is one of them, or shares a run of words with one. */
  has(text) {
    const words = normal(text);
    return this.#whole.has(words.join(" ")) || runs(words).some((run) => this.#runs.has(run));
  }

  #add(text, whole = true) {
    const words = normal(text);
    if (whole) this.#whole.add(words.join(" "));
    for (const run of runs(words)) this.#runs.add(run);
  }
}

/** 48 bits of each run of words: among ten million two are taken for each other less than once. */
function runs(words) {
  return Array.from({ length: Math.max(words.length - RUN + 1, 0) }, (_, at) => {
    let [a, b] = [0x811c9dc5, 0x9747b28c];
    for (const character of words.slice(at, at + RUN).join(" ")) {
      const code = character.codePointAt(0);
      a = Math.imul(a ^ code, 0x01000193);
      b = Math.imul(b ^ code, 0x5bd1e995) ^ (b >>> 15);
    }
    return (a >>> 0) * 2 ** 16 + (b >>> 16);
  });
}

export function files(directory, pattern) {
  return readdirSync(directory, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .filter((path) => pattern.test(path))
    .sort();
}
