/** `<sextant-search>`: a button that opens a search dialog. `define.ts` registers it. */

import { DEFAULT_SHORTCUT, readOptions } from "./box/options.ts";
import { Finder } from "./box/finder.ts";
import { isApple, isTyped, matches, parseShortcuts } from "./box/shortcut.ts";
import type { Shortcut } from "./box/shortcut.ts";
import { readStrings, withDefaults } from "./box/strings.ts";
import type { Strings } from "./box/strings.ts";
import { View } from "./box/view.ts";
import type { SextantError } from "./errors.ts";
import type { Answer, Result } from "./types.ts";

export type { Strings } from "./box/strings.ts";

/** What the events of the box carry. All bubble and cross shadow boundaries. */
export interface SextantSearchEvents {
  /** The dialog opened. */
  "sextant-open": CustomEvent<null>;
  /** The dialog closed. */
  "sextant-close": CustomEvent<null>;
  /** An answer is on show. A better one to the same query is another event. */
  "sextant-answer": CustomEvent<Answer>;
  /** The reader chose a result. Cancel it to go there by yourself, as a router does. */
  "sextant-select": CustomEvent<{ readonly url: string; readonly result: Result }>;
  /** Nothing could be searched; the box says so and offers to try again. */
  "sextant-error": CustomEvent<SextantError>;
}

declare global {
  interface HTMLElementTagNameMap {
    "sextant-search": SextantSearch;
  }
  // eslint-disable-next-line @typescript-eslint/no-empty-object-type -- merges into the DOM's own map
  interface GlobalEventHandlersEventMap extends SextantSearchEvents {}
}

/** On a server there are no elements, and the class only has to exist. */
const Base = (globalThis as Partial<typeof globalThis>).HTMLElement ?? (Object as unknown as typeof HTMLElement);

/** Attributes that end what is open when they change. */
const REOPENING = ["bundle", "base-url", "encoder"];

/**
 * The search box. It fetches nothing until the reader comes near it.
 *
 * | attribute | default | |
 * |---|---|---|
 * | `bundle` | the folder above the script's own, else `/sextant/` | the bundle's directory |
 * | `base-url` | the folder that holds the bundle | put in front of the pages' URLs |
 * | `limit` | 8 | pages shown |
 * | `mode` | `hybrid` | `hybrid`, `semantic` or `keyword` |
 * | `encoder` | `auto` | `auto`, `full`, `instant` or `none`: when the encoder is fetched |
 * | `shortcut` | `mod+k` | opens the box; several with spaces between, empty for none |
 * | `placeholder` | | in the field |
 * | `theme` | the page's `color-scheme` | `light`, `dark`, or `system` |
 * | `offline` | | keeps the whole bundle in the browser after first use; with the address of a service worker, the page too |
 * | `strings` | English | JSON with texts of {@link Strings} |
 *
 * Each has a property of the same name (`baseUrl` for `base-url`). Slot `trigger` takes another button.
 * Parts: `trigger`, `key`, `dialog`, `bar`, `input`, `close`, `list`, `group`, `result`, `sub-result`, `title`, `trail`,
 * `excerpt`, `mark`, `note`, `foot`, `status`. Custom properties: `--sextant-accent`, `-ink`, `-soft`, `-line`, `-paper`,
 * `-panel`, `-mark`, `-warn`, `-radius`, `-width`, `-font`, `-font-size`.
 */
export class SextantSearch extends Base {
  static readonly observedAttributes: readonly string[] = [...REOPENING, "placeholder", "shortcut", "strings"];
  /** The bundle of boxes without a `bundle` attribute. The engine's script sets it from its own address. */
  static defaultBundle = "/sextant/";

  #life: AbortController | undefined;
  #view: View | undefined;
  #finder: Finder | undefined;
  #strings: Strings | undefined;

  get bundle(): string {
    return this.getAttribute("bundle") ?? SextantSearch.defaultBundle;
  }
  set bundle(value: string) {
    this.setAttribute("bundle", value);
  }
  get baseUrl(): string | null {
    return this.getAttribute("base-url");
  }
  set baseUrl(value: string | null) {
    this.#reflect("base-url", value);
  }
  get limit(): number {
    return readOptions(this).limit;
  }
  set limit(value: number) {
    this.setAttribute("limit", String(value));
  }
  get mode(): string {
    return readOptions(this).mode;
  }
  set mode(value: string) {
    this.setAttribute("mode", value);
  }
  get encoder(): string {
    return readOptions(this).encoder;
  }
  set encoder(value: string) {
    this.setAttribute("encoder", value);
  }
  get shortcut(): string {
    return this.getAttribute("shortcut") ?? DEFAULT_SHORTCUT;
  }
  set shortcut(value: string) {
    this.setAttribute("shortcut", value);
  }
  get placeholder(): string {
    return this.getAttribute("placeholder") ?? this.strings.placeholder;
  }
  set placeholder(value: string) {
    this.setAttribute("placeholder", value);
  }
  get theme(): string | null {
    return this.getAttribute("theme");
  }
  set theme(value: string | null) {
    this.#reflect("theme", value);
  }
  get offline(): string | null {
    return this.getAttribute("offline");
  }
  set offline(value: string | null) {
    this.#reflect("offline", value);
  }
  /** All texts. Setting some leaves the others in English. */
  get strings(): Strings {
    return this.#strings ?? readStrings(this.getAttribute("strings"));
  }
  set strings(value: Partial<Strings>) {
    this.#strings = withDefaults(value);
    this.#label();
  }
  /** Whether the dialog is open. */
  get isOpen(): boolean {
    return this.#view?.dialog.open ?? false;
  }

  connectedCallback(): void {
    this.#life = new AbortController();
    this.#view ??= new View(this.attachShadow({ mode: "open" }));
    const view = this.#view;
    const options = { signal: this.#life.signal };
    this.#finder = new Finder(this, view, this.#life.signal);
    this.#label();
    // Slotted buttons too: the event passes through the slot.
    const slot = this.shadowRoot?.querySelector("slot");
    slot?.addEventListener("click", () => { this.open(); }, options);
    for (const near of ["pointerenter", "focusin"]) slot?.addEventListener(near, () => { this.#finder?.warm(); }, options);
    document.addEventListener("keydown", this.#onShortcut, options);
    view.dialog.addEventListener("close", () => { this.#tell("sextant-close", null); }, options);
    view.dialog.addEventListener("click", this.#onBackdrop, options);
    view.cancel.addEventListener("click", () => { this.close(); }, options);
  }

  disconnectedCallback(): void {
    this.#life?.abort();
    this.#finder = undefined;
    this.#view?.dialog.close();
  }

  attributeChangedCallback(name: string): void {
    if (REOPENING.includes(name)) this.#finder?.reset();
    this.#label();
  }

  /** Opens the dialog. With `query`, searches for it. */
  open(query?: string): void {
    const view = this.#view;
    if (!view || !this.isConnected) return;
    if (!view.dialog.open) {
      view.dialog.showModal();
      this.#tell("sextant-open", null);
    }
    this.#finder?.start(query);
    view.input.focus();
    view.input.select();
  }

  /** Closes the dialog. What was typed stays for the next time. */
  close(): void {
    this.#view?.dialog.close();
  }

  readonly #onShortcut = (event: KeyboardEvent): void => {
    const pressed = this.#shortcuts().find((shortcut) => matches(shortcut, event));
    if (!pressed || event.defaultPrevented || event.isComposing) return;
    if (isTyped(pressed) && (this.isOpen || isField(event.composedPath()[0]))) return;
    event.preventDefault();
    if (this.isOpen) this.close();
    else this.open();
  };

  readonly #onBackdrop = (event: MouseEvent): void => {
    if (event.target === this.#view?.dialog) this.close();
  };

  #shortcuts(): Shortcut[] {
    return parseShortcuts(this.shortcut, isApple(navigator.platform));
  }

  #label(): void {
    const placeholder = this.getAttribute("placeholder");
    const strings = placeholder === null ? this.strings : { ...this.strings, placeholder };
    this.#view?.label(strings, this.#shortcuts()[0], isApple(navigator.platform));
    this.#finder?.label(strings);
  }

  #reflect(attribute: string, value: string | null): void {
    if (value === null) this.removeAttribute(attribute);
    else this.setAttribute(attribute, value);
  }

  #tell<Name extends keyof SextantSearchEvents>(name: Name, detail: SextantSearchEvents[Name]["detail"]): boolean {
    return this.dispatchEvent(new CustomEvent(name, { detail, bubbles: true, composed: true, cancelable: true }));
  }
}

function isField(target: EventTarget | undefined): boolean {
  if (!(target instanceof HTMLElement)) return false;
  return target.isContentEditable || target.matches("input, textarea, select");
}
