/** The list of results: pages with their headings under them, as options of a listbox. */

import type { Result, Segment, SubResult } from "../types.ts";
import { icon, make } from "./dom.ts";
import { trailOf } from "./trail.ts";

/** Headings shown under a page at most. */
const MOST_HEADINGS = 3;
/** How long a page glides to its new place, in milliseconds. */
const GLIDE = 180;

/** An option: a link to a page or to one of its headings. */
export interface Hit {
  readonly link: HTMLAnchorElement;
  /** The page it belongs to. */
  readonly result: Result;
  /** Where it leads. */
  readonly url: string;
}

interface Group {
  readonly result: Result;
  readonly element: HTMLElement;
  readonly hits: readonly Hit[];
}

/** Shows results in `element`. */
export class ResultList {
  readonly element: HTMLElement;
  #groups: readonly Group[] = [];
  #next = 0;

  /** @param element Has the role `listbox`. */
  constructor(element: HTMLElement) {
    this.element = element;
  }

  /** The results on show, in order. */
  get results(): readonly Result[] {
    return this.#groups.map(({ result }) => result);
  }

  /** All options in order. */
  get hits(): readonly Hit[] {
    return this.#groups.flatMap(({ hits }) => hits);
  }

  /** The option that `node` is in. */
  hitAt(node: EventTarget | null): Hit | undefined {
    return node instanceof Node ? this.hits.find(({ link }) => link.contains(node)) : undefined;
  }

  /**
   * Shows `results`. A result that is on show already, the very same object, keeps its elements.
   * @param glide Moves pages from where they are to where they go.
   */
  show(results: readonly Result[], glide: boolean): void {
    const before = new Map(this.#groups.map(({ result, element }) => [result.url, element.getBoundingClientRect().top]));
    const there = new Map(this.#groups.map((group) => [group.result, group]));
    this.#groups = results.map((result) => there.get(result) ?? this.#group(result));
    // Elements that stay are not taken out and put in again: that would lose the pointer's place and the selection.
    this.#groups.forEach(({ element }, place) => {
      const here = this.element.children.item(place);
      if (here !== element) this.element.insertBefore(element, here);
    });
    while (this.element.children.length > this.#groups.length) this.element.lastElementChild?.remove();
    if (glide) this.#glide(before);
  }

  #group(result: Result): Group {
    const id = this.#id();
    const subs = result.subResults.slice(0, MOST_HEADINGS);
    const hits = [this.#page(result, id), ...subs.map((sub) => this.#heading(result, sub))];
    const element = make("div", {
      class: "group",
      part: "group",
      attributes: { role: "group", "aria-labelledby": id },
      children: hits.map(({ link }) => link),
    });
    return { result, element, hits };
  }

  #page(result: Result, id: string): Hit {
    const title = make("span", { class: "title", part: "title", text: result.title || result.url, attributes: { id, dir: "auto" } });
    const trail = make("span", { class: "trail", part: "trail", text: trailOf(result.url) });
    const under = result.heading !== "" && result.heading !== result.title;
    const heading = under ? make("span", { class: "under", part: "heading", text: result.heading, attributes: { dir: "auto" } }) : undefined;
    const head = make("span", { class: "head", children: [title, heading, trail] });
    const excerpt = result.segments.length > 0 ? excerptOf(result.segments) : undefined;
    return this.#hit("page", result, whereIn(result), [head, excerpt]);
  }

  #heading(result: Result, sub: SubResult): Hit {
    const title = make("span", { class: "title", part: "title", text: sub.title, attributes: { dir: "auto" } });
    return this.#hit("heading", result, sub.url, [make("span", { class: "head", children: [title] }), excerptOf(sub.segments)]);
  }

  #hit(kind: "page" | "heading", result: Result, url: string, children: readonly (Node | undefined)[]): Hit {
    const go = make("span", { class: "go", children: [icon("enter")] });
    const link = make("a", {
      class: kind === "page" ? "hit" : "hit sub",
      part: kind === "page" ? "result" : "result sub-result",
      attributes: { role: "option", id: this.#id(), "aria-selected": "false", tabindex: "-1", ...(url === "" ? {} : { href: url }) },
      children: [icon(kind), make("span", { class: "body", children }), go],
    });
    return { link, result, url };
  }

  #id(): string {
    this.#next += 1;
    return `hit-${this.#next}`;
  }

  #glide(before: ReadonlyMap<string, number>): void {
    if (matchMedia("(prefers-reduced-motion: reduce)").matches) return;
    for (const { result, element } of this.#groups) {
      const from = before.get(result.url);
      const by = from === undefined ? undefined : from - element.getBoundingClientRect().top;
      if (by === 0) continue;
      const first = by === undefined ? { opacity: 0 } : { transform: `translateY(${by}px)` };
      element.animate([first, {}], { duration: GLIDE, easing: "ease-out" });
    }
  }
}

function excerptOf(segments: readonly Segment[]): HTMLElement {
  const pieces = segments.map(({ text, marked }) => (marked ? make("mark", { part: "mark", text }) : document.createTextNode(text)));
  return make("span", { class: "excerpt", part: "excerpt", attributes: { dir: "auto" }, children: pieces });
}

/** To the best passage, not only to its page. */
function whereIn({ url, anchor }: Result): string {
  return anchor === null || url === "" || url.includes("#") ? url : `${url}#${encodeURIComponent(anchor)}`;
}
