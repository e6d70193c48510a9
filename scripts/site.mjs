// Renders the project's own documentation (`docs/guide/*.md`) into `dist/site`, the site that `npm start` serves.
//
// One page a file, in the order of `docs/guide/order.json`; what lies in `static/` is copied as it is.
// The search box is not written here: `scripts/start.mjs` adds it as it does for any other site.

import { cp, mkdir, readFile, readdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { at, isStarted } from "./run.mjs";

const escape = (text) => text.replace(/[&<>"]/g, (c) => ({ "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" })[c]);

/** `Add it to your site` → `add-it-to-your-site`; a second one on a page gets `-1`. */
function slugger() {
  const seen = new Map();
  return (text) => {
    const base = text.toLowerCase().replace(/[^\p{L}\p{N}\s_-]/gu, "").trim().replace(/\s+/g, "-");
    const count = seen.get(base) ?? 0;
    seen.set(base, count + 1);
    return count === 0 ? base : `${base}-${count}`;
  };
}

/** Markdown → HTML with ids on headings; links to `x.md` become links to `x.html`. */
async function renderer() {
  const { default: MarkdownIt } = await import("markdown-it");
  const markdown = new MarkdownIt({ html: false, linkify: false, typographer: false });
  markdown.core.ruler.push("anchors_and_links", (state) => {
    const slug = slugger();
    state.tokens.forEach((token, index) => {
      if (token.type === "heading_open") token.attrSet("id", slug(state.tokens[index + 1].content));
      for (const child of token.children ?? []) {
        const href = child.type === "link_open" ? child.attrGet("href") : null;
        if (href) child.attrSet("href", href.replace(/^([\w-]+)\.md(#.*)?$/, "$1.html$2"));
      }
    });
  });
  return (text) => markdown.render(text);
}

/** The text of the page's first heading. */
function titleOf(markdown, file) {
  const title = /^# (.+)$/m.exec(markdown)?.[1];
  if (!title) throw new Error(`docs/guide/${file}: no "# Title" line; add one as the first line`);
  return title.replaceAll("`", "");
}

/** Renders the whole site and returns the directory it is in. */
export async function renderSite() {
  const guide = at("docs/guide");
  const out = at("dist/site");
  const order = JSON.parse(await readFile(join(guide, "order.json"), "utf8"));
  const listed = new Set(order.flatMap((group) => group.pages));
  const written = (await readdir(guide)).filter((file) => file.endsWith(".md"));
  const unlisted = written.filter((file) => !listed.has(file));
  if (unlisted.length > 0) throw new Error(`docs/guide/order.json: ${unlisted.join(", ")} not listed; add them to a group`);
  const missing = [...listed].filter((file) => !written.includes(file));
  if (missing.length > 0) throw new Error(`docs/guide/order.json: ${missing.join(", ")} not written; take them out of their group`);

  const pages = new Map();
  for (const file of listed) {
    const markdown = await readFile(join(guide, file), "utf8");
    pages.set(file, { markdown, title: titleOf(markdown, file), href: file.replace(/\.md$/, ".html") });
  }
  const layout = await readFile(at("docs/layout.html"), "utf8");
  const render = await renderer();

  await rm(out, { recursive: true, force: true });
  await mkdir(out, { recursive: true });
  await cp(at("static"), out, { recursive: true });
  for (const [file, page] of pages) {
    const navigation = order.map((group) => {
      const links = group.pages.map((other) => {
        const { href, title } = pages.get(other);
        return `<li><a href="${href}"${other === file ? ' aria-current="page"' : ""}>${escape(title)}</a></li>`;
      });
      return `<p>${escape(group.title)}</p><ul>${links.join("")}</ul>`;
    });
    const html = layout
      .replaceAll("{{title}}", () => escape(page.title))
      .replace("{{navigation}}", () => navigation.join("\n"))
      .replace("{{content}}", () => render(page.markdown));
    await writeFile(join(out, page.href), html);
  }
  return out;
}

if (isStarted(import.meta.url)) {
  console.log(`site: ${await renderSite()}`);
}
