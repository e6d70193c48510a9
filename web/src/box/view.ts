/** The box's shadow tree: a button that opens a dialog with a field (combobox), results (listbox), notes and a last line. */

import { icon, make } from "./dom.ts";
import { ResultList } from "./list.ts";
import { ariaShortcut, shortcutLabel } from "./shortcut.ts";
import type { Shortcut } from "./shortcut.ts";
import type { Strings } from "./strings.ts";
import { fill } from "./strings.ts";
import { CSS } from "./styles.ts";

/** What the space under the field says when there are no results. */
export type Note =
  | { readonly kind: "none" }
  | { readonly kind: "hint" }
  | { readonly kind: "nothing"; readonly query: string }
  | { readonly kind: "failed"; readonly message: string };

/** How the answer on show was ranked. `refining` has the part of the encoder that is there, 0 to 1. */
export type How =
  | { readonly kind: "none" }
  | { readonly kind: "meaning" }
  | { readonly kind: "words" }
  | { readonly kind: "refining"; readonly part: number | undefined };

/** The elements, and what changes in them. */
export class View {
  readonly trigger: HTMLButtonElement;
  readonly dialog: HTMLDialogElement;
  readonly input: HTMLInputElement;
  readonly clear: HTMLButtonElement;
  readonly cancel: HTMLButtonElement;
  readonly retry: HTMLButtonElement;
  readonly list: ResultList;
  readonly #label: HTMLElement;
  readonly #key: HTMLElement;
  readonly #close: HTMLElement;
  readonly #sheet: HTMLElement;
  readonly #note: HTMLElement;
  readonly #how: HTMLElement;
  readonly #keys: HTMLElement;
  readonly #live: HTMLElement;

  constructor(root: ShadowRoot) {
    addStyles(root);
    this.#label = make("span");
    this.#key = make("kbd", { part: "key" });
    this.trigger = make("button", {
      class: "trigger",
      part: "trigger",
      attributes: { type: "button", "aria-haspopup": "dialog" },
      children: [icon("search"), this.#label, this.#key],
    });
    this.input = make("input", {
      part: "input",
      attributes: {
        ...{ type: "text", role: "combobox", "aria-autocomplete": "list", "aria-controls": "list", "aria-expanded": "false" },
        ...{ autocomplete: "off", autocapitalize: "off", autocorrect: "off", spellcheck: "false", enterkeyhint: "go" },
      },
    });
    this.#close = make("span");
    this.clear = make("button", { attributes: { type: "button" }, children: [icon("close")] });
    this.cancel = make("button", {
      class: "cancel",
      part: "close",
      attributes: { type: "button" },
      children: [make("kbd", { text: "Esc" }), this.#close],
    });
    const bar = make("div", { class: "bar", part: "bar", children: [icon("search"), this.input, this.clear, this.cancel] });
    const list = make("div", { class: "list", part: "list", attributes: { role: "listbox", id: "list" } });
    this.list = new ResultList(list);
    this.retry = make("button", { attributes: { type: "button" } });
    this.#note = make("div", { class: "note", part: "note" });
    this.#keys = make("span", { class: "keys", attributes: { "aria-hidden": "true" } });
    this.#how = make("span", { class: "how", part: "status" });
    this.#live = make("div", { class: "live", attributes: { role: "status", "aria-live": "polite", "aria-atomic": "true" } });
    const foot = make("div", { class: "foot", part: "foot", children: [this.#keys, this.#how] });
    this.#sheet = make("div", { class: "sheet", children: [bar, list, this.#note, foot, this.#live] });
    this.dialog = make("dialog", { part: "dialog", children: [this.#sheet] });
    const slot = make("slot", { attributes: { name: "trigger" }, children: [this.trigger] });
    root.append(slot, this.dialog);
  }

  /** Writes the texts that do not depend on an answer. */
  label(strings: Strings, shortcut: Shortcut | undefined, apple: boolean): void {
    this.#label.textContent = strings.button;
    this.#key.textContent = shortcut ? shortcutLabel(shortcut, apple) : "";
    this.#key.hidden = !shortcut;
    if (shortcut) this.trigger.setAttribute("aria-keyshortcuts", ariaShortcut(shortcut));
    else this.trigger.removeAttribute("aria-keyshortcuts");
    this.dialog.setAttribute("aria-label", strings.label);
    this.input.setAttribute("aria-label", strings.label);
    this.list.element.setAttribute("aria-label", strings.label);
    this.input.placeholder = strings.placeholder;
    this.clear.setAttribute("aria-label", strings.clear);
    this.cancel.setAttribute("aria-label", strings.close);
    this.#close.textContent = strings.close;
    this.retry.textContent = strings.retry;
    const keys: [string, string][] = [["↵", strings.keyOpen], ["↑ ↓", strings.keyMove], ["Esc", strings.keyClose]];
    this.#keys.replaceChildren(
      ...keys.map(([key, text]) => make("span", { children: [make("kbd", { text: key }), document.createTextNode(text)] })),
    );
  }

  /** Says something in place of results, or nothing. */
  note(note: Note, strings: Strings): void {
    this.#note.hidden = note.kind === "none";
    this.#note.classList.toggle("failed", note.kind === "failed");
    const strong = (text: string): HTMLElement => make("strong", { text });
    const line = (text: string): HTMLElement => make("span", { text });
    if (note.kind === "hint") this.#note.replaceChildren(icon("sextant"), line(strings.hint));
    else if (note.kind === "nothing") {
      const title = fill(strings.nothing, { query: note.query });
      this.#note.replaceChildren(icon("search"), strong(title), line(strings.nothingHint));
    } else if (note.kind === "failed") {
      this.#note.replaceChildren(icon("alert"), strong(strings.failed), make("code", { text: note.message }), this.retry);
    } else this.#note.replaceChildren();
  }

  /** Says how the answer was ranked; `why` is shown on hovering. */
  how(how: How, strings: Strings, why = ""): void {
    this.#how.dataset["how"] = how.kind;
    this.#how.title = why;
    if (how.kind === "none") this.#how.textContent = "";
    else if (how.kind === "meaning") this.#how.textContent = strings.byMeaning;
    else if (how.kind === "words") this.#how.textContent = strings.byWords;
    else {
      const percent = how.part === undefined ? "" : `${Math.round(how.part * 100)}\u202f%`;
      this.#how.textContent = fill(strings.refining, { percent }).trim();
    }
  }

  /** Whether an answer is on its way. */
  busy(on: boolean): void {
    this.#sheet.classList.toggle("busy", on);
    this.list.element.setAttribute("aria-busy", String(on));
  }

  /** Tells assistive technology. */
  announce(text: string): void {
    this.#live.textContent = text;
  }

  /** Marks the option that Enter follows, and brings it into sight. */
  select(link: HTMLElement | undefined, reveal: boolean): void {
    for (const option of this.list.element.querySelectorAll('[aria-selected="true"]')) {
      if (option !== link) option.setAttribute("aria-selected", "false");
    }
    if (link) {
      link.setAttribute("aria-selected", "true");
      this.input.setAttribute("aria-activedescendant", link.id);
      if (reveal) link.scrollIntoView({ block: "nearest" });
    } else this.input.removeAttribute("aria-activedescendant");
  }
}

/** By a constructed style sheet, which a content security policy does not mind; else by an element. */
function addStyles(root: ShadowRoot): void {
  try {
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(CSS);
    root.adoptedStyleSheets = [sheet];
  } catch {
    root.append(make("style", { text: CSS }));
  }
}
