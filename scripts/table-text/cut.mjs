// Pages of documentation into sections: `{ title, trail, blocks }` each, as far as plain text goes. A reader for each of the formats
// that packages ship. Not the product's own readers: the training text must stay the same when those change.

/** Elements whose text is no documentation. */
const SKIPPED = /<(script|style|nav|footer|head|form|button|svg|aside|select)\b[^>]*>.*?<\/\1>|<!--.*?-->/gis;
const TAG = /<(\/?)([a-z][a-z0-9]*)\b[^>]*>|[^<]+|</gi;
/** Elements that do not end a block. */
const INLINE = new Set("a abbr acronym b bdi big cite code del dfn em font i img ins kbd mark q s samp small span strike strong sub sup tt u var wbr app cmd gui guiseq input key keyseq link output sys file media".split(" "));
const NAMED = { amp: "&", lt: "<", gt: ">", quot: '"', apos: "'", nbsp: " ", mdash: "—", ndash: "–", hellip: "…", rsquo: "’", lsquo: "‘", rdquo: "”", ldquo: "“", copy: "©", para: "" };

/** One line, less the signs that link to headings. */
export const line = (text) => text.replaceAll(/[¶]|\s+/g, " ").trim();

function entities(text) {
  return text.replaceAll(/&(#x?)?([0-9a-z]+);/gi, (whole, numeric, name) => {
    if (!numeric) return NAMED[name] ?? whole;
    const code = Number.parseInt(name, numeric === "#" ? 10 : 16);
    return code > 0 && code < 0x110000 ? String.fromCodePoint(code) : "";
  });
}

/** Gathers headings and blocks into sections. */
class Sections {
  #title;
  #trail = [];
  #found = [];
  #current;

  constructor(title) {
    this.#title = line(title);
  }

  /** `level` from 1; the first heading of level 1 is the page's title. */
  heading(level, text) {
    const heading = line(text).replace(/^(?:(?:Chapter|Appendix) )?[0-9A-Z]?[0-9.]*[0-9]\.?\s+/, "");
    if (!heading) return;
    if (level === 1 && this.#found.length === 0) this.#title = heading;
    this.#trail.length = Math.min(this.#trail.length, Math.max(level - 2, 0));
    if (level > 1) this.#trail.push(heading);
    this.#current = undefined;
  }

  block(text) {
    const block = line(text);
    if (!block) return;
    if (!this.#current) {
      this.#current = { title: this.#title, trail: this.#trail.filter(Boolean), blocks: [] };
      this.#found.push(this.#current);
    }
    this.#current.blocks.push(block);
  }

  get all() {
    return this.#found;
  }
}

/** HTML of any generator. */
export function html(source) {
  const title = /<title[^>]*>(.*?)<\/title>/is.exec(source)?.[1] ?? "";
  const sections = new Sections(entities(title).split(/ [—|·–-] /)[0]);
  let text = "";
  for (const [token, close, name] of source.replaceAll(SKIPPED, " ").matchAll(TAG)) {
    const tag = name?.toLowerCase();
    if (!tag) text += token;
    else if (!INLINE.has(tag)) {
      const level = close ? /^h([1-6])$/.exec(tag)?.[1] : undefined;
      if (level) sections.heading(Number(level), entities(text));
      else sections.block(entities(text));
      text = "";
    }
  }
  sections.block(entities(text));
  return sections.all;
}

/** Mallard, GNOME's XML for help. */
export function mallard(source) {
  const sections = new Sections("");
  let [text, depth] = ["", 1];
  for (const [token, close, name] of source.replaceAll(/<(info|comment)\b.*?<\/\1>|<!--.*?-->|<\?.*?\?>/gs, " ").matchAll(TAG)) {
    if (!name) text += token;
    else if (!INLINE.has(name)) {
      if (close && name === "title") sections.heading(depth, entities(text));
      else sections.block(entities(text));
      if (name === "section") depth += close ? -1 : 1;
      text = "";
    }
  }
  return sections.all;
}

/** Markdown without its code. */
export function markdown(source) {
  const sections = new Sections("");
  const plain = source.replace(/^---\n.*?\n---\n/s, "").replaceAll(/```.*?```|<!--.*?-->|<[^>\n]*>/gs, "\n\n");
  for (const block of plain.split(/\n\s*\n|\n(?=#+ )|(?<=^#+ .*)\n|\n(?=\s*(?:[*+-]|\d+\.) )/m)) {
    const heading = /^(#{1,6}) (.*)/.exec(block.trim());
    const text = (heading?.[2] ?? block).replaceAll(/!?\[([^\]]*)\](?:\([^)]*\)|\[[^\]]*\])?/g, "$1").replaceAll(/[`*|]|^\s*[>+-] /gm, "");
    if (heading) sections.heading(heading[1].length, text);
    else if (!/^\s*\|/.test(block)) sections.block(text);
  }
  return sections.all;
}

/** Perl's own markup. */
export function pod(source) {
  const sections = new Sections("");
  const plain = (text) => text.replaceAll(/[A-Z]<<+ (.*?) >>+/g, "$1").replaceAll(/[BCFIXSZ]<([^<>]*)>/g, "$1").replaceAll(/L<(?:([^<>|]*)\|)?([^<>]*)>/g, (_, text, to) => text ?? to).replaceAll(/E<\w+>/g, " ");
  for (const block of source.split(/\n\s*\n/)) {
    const [, command, text] = /^=(\w+)\s*(.*)$/s.exec(block) ?? [];
    const level = /^head([1-4])$/.exec(command ?? "")?.[1];
    if (level) sections.heading(Number(level) + 1, plain(plain(text)));
    else if (command === "item") sections.block(plain(plain(text)).replace(/^[*\d.]+\s*/, ""));
    else if (!command && !/^\s/.test(block)) sections.block(plain(plain(block)));
  }
  return sections.all;
}

/** Manual pages: the macros of `man`, which is what generators write too. The title is the line that says what the page is about. */
export function manual(source) {
  const about = /^\.SH "?NAME"?\n((?:(?!\.SH).*\n)*)/m.exec(source)?.[1] ?? "";
  const sections = new Sections(roff(about).replace(/ \\?- /, ": "));
  let text = [];
  const flush = () => {
    sections.block(text.join(" "));
    text = [];
  };
  let verbatim = false;
  for (const raw of source.split("\n")) {
    const [, macro, rest = ""] = /^[.']\s*([A-Za-z]+)\s*(.*)$/.exec(raw) ?? [];
    if (/^(nf|EX)$/.test(macro ?? "")) verbatim = true;
    else if (/^(fi|EE)$/.test(macro ?? "")) verbatim = false;
    else if (/^S[HS]$/.test(macro ?? "")) {
      flush();
      sections.heading(macro === "SH" ? 2 : 3, sentence(roff(rest)));
    } else if (/^(PP|P|LP|TP|IP|HP|sp|RS|RE|TQ)$/.test(macro ?? "")) flush();
    else if (/^(B|I|BR|IR|RB|RI|BI|IB|SM|SB)$/.test(macro ?? "")) text.push(/^..$/.test(macro) ? roff(rest).replaceAll(/(?<!") (?!")/g, "") : roff(rest));
    else if (!macro && !/^[.']/.test(raw) && !verbatim) text.push(roff(raw));
  }
  flush();
  return sections.all.filter(({ trail }) => !/^(Name|Synopsis|See also|Author|Authors|Copyright|Reporting bugs|Colophon|Standards|History)$/i.test(trail[0] ?? ""));
}

const roff = (text) => text.replaceAll(/\\f(?:\[[^\]]*\]|\(..|.)|\\["#].*|\\[&/,|^c]|\\s[+-]?\d/g, "").replaceAll(/\\\((..)|\\\[([^\]]*)\]/g, (_, a, b) => ({ em: "—", aq: "'", dq: '"', lq: "“", rq: "”", cq: "’", oq: "‘", bu: "" })[a ?? b] ?? "").replaceAll(/\\[ e~0]/g, " ").replaceAll(/\\(.)/g, "$1").replaceAll('"', "");
/** Headings of manual pages shout. */
const sentence = (heading) => (heading === heading.toUpperCase() ? heading.charAt(0) + heading.slice(1).toLowerCase() : heading);
