// Sections of documentation into what the token table is fitted on: sentences, passages, and headings with the passages below them.

import { createHash } from "node:crypto";
import { line } from "./cut.mjs";

/** Words of a passage at most: what a build makes of a page. */
const PASSAGE_WORDS = 120;
/** Words of a passage at least, so that it says something. */
const LEAST_PASSAGE = 20;
/** Words of a sentence. */
const SENTENCE = { least: 4, most: 40 };
/** Words of a heading at most. */
const HEADING_WORDS = 14;
/** A block on so many pages of a package is furniture. */
const FURNITURE = 3;

const words = (text) => text.split(/\s+/).length;
const letters = (text) => (text.match(/\p{L}/gu)?.length ?? 0) / text.length;
/** Few letters with accents: other languages of the Latin script have more, other scripts have nothing else. */
const isEnglish = (text) => (text.match(/[^\P{L}a-z]/giu)?.length ?? 0) <= text.length / 100;
/** Text, not a table of numbers or a path. */
const reads = (text) => letters(text) > 0.6 && isEnglish(text);

/**
 * `{ passages, headings, sentences }` of a package's pages, `most` of each at most: lines of the training text. A heading whose passage
 * is taken leads to it, the others stand alone.
 */
export function pairs(pages, most) {
  const found = gathered(pages);
  const below = mixed(found.headings.map(({ passage }) => passage));
  const passages = [...new Set([...below, ...mixed(found.passages)])].slice(0, most.passages);
  const taken = new Set(passages);
  const headings = found.headings.map(({ heading, passage }) => (taken.has(passage) ? `${heading}\t${passage}` : heading));
  // Those with a passage first.
  const order = (lines) => [...lines.filter((line) => line.includes("\t")), ...lines.filter((line) => !line.includes("\t"))];
  return { passages, headings: order(mixed(headings)).slice(0, most.headings), sentences: mixed(found.sentences).slice(0, most.sentences) };
}

function gathered(pages) {
  const counts = new Map();
  for (const page of pages) for (const block of new Set(page.flatMap(({ blocks }) => blocks))) counts.set(block, (counts.get(block) ?? 0) + 1);
  const found = { passages: [], headings: [], sentences: [] };
  for (const section of pages.flat()) {
    const blocks = section.blocks.filter((block) => counts.get(block) < FURNITURE && isEnglish(block));
    const trail = section.trail.filter((heading) => heading !== section.title);
    const above = [section.title, trail.join(" > ")].filter(Boolean).join(" ");
    packed(blocks).forEach((body, at) => {
      if (words(body) < LEAST_PASSAGE || !reads(body)) return;
      const passage = `${above} ${body}`;
      found.passages.push(line(passage));
      const heading = trail.at(-1) ?? section.title;
      if (at === 0 && heading && words(heading) <= HEADING_WORDS && reads(heading)) {
        // A heading of one word says little without its page's title.
        const whole = words(heading) === 1 && trail.length > 0 ? `${section.title} ${heading}` : heading;
        found.headings.push({ heading: line(whole), passage: line(passage) });
      }
    });
    for (const sentence of blocks.flatMap(sentences)) found.sentences.push(line(sentence));
  }
  return found;
}

export function sentences(block) {
  return block.split(/(?<=[.!?:])\s+(?=[\p{Lu}"“(])/u).filter((sentence) => words(sentence) >= SENTENCE.least && words(sentence) <= SENTENCE.most && reads(sentence));
}

/** Whether `text` has no more words than a sentence: a heading or a sentence, no passage. */
export const isShort = (text) => words(text) <= SENTENCE.most;

/** Blocks joined up to the length of a passage; longer ones are cut. */
function packed(blocks) {
  const bodies = [];
  const body = [];
  for (const word of blocks.flatMap((block) => block.split(" "))) {
    body.push(word);
    if (body.length >= PASSAGE_WORDS) bodies.push(body.splice(0).join(" "));
  }
  if (body.length > 0) bodies.push(body.join(" "));
  return bodies;
}

/** Each once, in an order that mixes them and is always the same. */
export function mixed(lines) {
  const hash = (text) => createHash("sha256").update(text).digest("latin1");
  const hashed = [...new Set(lines)].map((text) => [hash(text), text]);
  return hashed.sort(([a], [b]) => (a < b ? -1 : 1)).map(([, text]) => text);
}
