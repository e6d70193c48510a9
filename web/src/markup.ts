/** Excerpts as HTML: text escaped, matches marked. The only place where the library makes markup. */

import type { Segment } from "./types.ts";

const ESCAPES: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};

/** `text` with every character that HTML gives a meaning written as an entity. */
export function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/gu, (character) => ESCAPES[character] ?? character);
}

/** `segments` as HTML: safe to use as `innerHTML`, `<mark>` is its only element. */
export function toHtml(segments: readonly Segment[]): string {
  return segments.map(({ text, marked }) => (marked ? `<mark>${escapeHtml(text)}</mark>` : escapeHtml(text))).join("");
}
