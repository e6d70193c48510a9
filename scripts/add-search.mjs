// Adds the search box to the pages of a built site: one script tag and one element, as its owner would.

import { readFile, readdir, writeFile } from "node:fs/promises";
import { join, relative, sep } from "node:path";

/** Where a page says it wants the box. */
const PLACE = /(<[a-z]+[^>]*\sdata-sextant-box[^>]*>)/i;
/** Elsewhere it floats above the page: in sight, whatever the page looks like. */
const FLOATING = "position:fixed;top:.75rem;right:.75rem;z-index:2147483647;max-width:min(22rem,calc(100vw - 1.5rem))";
/** Pages that are not read by people: their frames and stubs. */
const FRAGMENT = /<html[\s>]|<body[\s>]/i;

/**
 * The page with a search box.
 * @param {string} html
 * @param {string} engine URL of the script, relative to the page.
 * @returns {string} The same text if it is no page, or has a box.
 */
export function withSearch(html, engine) {
  if (!FRAGMENT.test(html) || html.includes("<sextant-search")) return html;
  const script = `<script type="module" src="${engine}"></script>`;
  const box = "<sextant-search></sextant-search>";
  if (PLACE.test(html)) return html.replace(PLACE, (tag) => `${tag}${script}${box}`);
  const added = `${script}<div style="${FLOATING}">${box}</div>`;
  const end = html.toLowerCase().lastIndexOf("</body>");
  return end < 0 ? html + added : html.slice(0, end) + added + html.slice(end);
}

/**
 * Adds the box to every HTML page below `dir`, whose bundle is in `sextant/`.
 * @returns {Promise<number>} How many pages were changed.
 */
export async function addSearch(dir) {
  const entries = await readdir(dir, { recursive: true, withFileTypes: true });
  let pages = 0;
  for (const entry of entries) {
    const folder = entry.parentPath ?? entry.path;
    const way = relative(dir, folder);
    if (!entry.isFile() || !/\.html?$/i.test(entry.name) || way.split(sep)[0] === "sextant") continue;
    const path = join(folder, entry.name);
    const up = way === "" ? "" : "../".repeat(way.split(sep).length);
    // Byte for byte: the encodings of HTML all agree on the characters that are added.
    const before = await readFile(path, "latin1");
    const after = withSearch(before, `${up}sextant/engine/sextant-search.js`);
    if (after === before) continue;
    await writeFile(path, after, "latin1");
    pages += 1;
  }
  return pages;
}
