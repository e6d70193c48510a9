/** From keys to answers: what the reader types is searched, what comes is shown, what is pointed at stays. */

import { SextantError, isAbort, toFault } from "../errors.ts";
import { openIndex } from "../open.ts";
import type { Answer, SextantIndex, Status } from "../types.ts";
import type { SextantSearch, SextantSearchEvents } from "../element.ts";
import { arrange } from "./arrange.ts";
import type { Hit } from "./list.ts";
import { goOffline } from "./offline.ts";
import { readOptions } from "./options.ts";
import { ENGLISH, fill, plural } from "./strings.ts";
import type { Strings } from "./strings.ts";
import type { Note, View } from "./view.ts";

/** How long after a key the search starts, in milliseconds: keys that follow at once make one search. */
const PAUSE = 45;
/** How long a search may take before the box shows that it is busy, in milliseconds. */
const QUIET = 250;
/** How long after an answer it is announced, in milliseconds: a screen reader speaks the keys first. */
const ANNOUNCE = 700;
/** Options that Page Up and Page Down pass over. */
const PAGE = 5;

/** Runs one box while it is connected. */
export class Finder {
  readonly #box: SextantSearch;
  readonly #view: View;
  readonly #life: AbortSignal;
  #strings: Strings = ENGLISH;
  #index: Promise<SextantIndex> | undefined;
  #opening = new AbortController();
  #search = new AbortController();
  #answer: Answer | undefined;
  #note: Note = { kind: "hint" };
  #status: Status | undefined;
  #active: Hit | undefined;
  /** Whether the reader chose the active option, with arrows or by pointing; the first one is active by itself. */
  #pointing = false;
  #kept: SextantIndex | undefined;
  #announcing: ReturnType<typeof setTimeout> | undefined;

  constructor(box: SextantSearch, view: View, life: AbortSignal) {
    this.#box = box;
    this.#view = view;
    this.#life = life;
    const options = { signal: life };
    const list = view.list.element;
    view.input.addEventListener("input", () => { this.#typed(); }, options);
    view.input.addEventListener("keydown", (event) => { this.#key(event); }, options);
    view.clear.addEventListener("click", () => { this.start(""); view.input.focus(); }, options);
    view.retry.addEventListener("click", () => { this.reset(); this.start(view.input.value); view.input.focus(); }, options);
    list.addEventListener("pointermove", (event) => { this.#pointed(event); }, options);
    list.addEventListener("pointerleave", () => { this.#left(); }, options);
    list.addEventListener("click", (event) => { this.#clicked(event); }, options);
    // The field keeps the focus while options are clicked.
    list.addEventListener("mousedown", (event) => { event.preventDefault(); }, options);
    life.addEventListener("abort", () => { this.reset(); }, { once: true });
    view.clear.hidden = true;
  }

  /** Uses other texts. */
  label(strings: Strings): void {
    this.#strings = strings;
    this.#say(this.#note);
    this.#describe();
  }

  /** Opens the index: the reader is near the box. */
  warm(): void {
    this.#open().then(async (index) => index.preload()).catch(() => undefined); // Told when the reader searches.
  }

  /** Begins with `query`, or with what was typed last. */
  start(query?: string): void {
    this.warm();
    if (query === undefined) return;
    this.#view.input.value = query;
    this.#typed(0);
  }

  /** Closes the index; the next search opens it anew. */
  reset(): void {
    clearTimeout(this.#announcing);
    this.#search.abort();
    this.#opening.abort();
    this.#opening = new AbortController();
    void this.#index?.then((index) => { index.close(); }, () => undefined);
    this.#index = undefined;
    this.#status = undefined;
  }

  async #open(): Promise<SextantIndex> {
    this.#index ??= this.#openAnew();
    return this.#index;
  }

  async #openAnew(): Promise<SextantIndex> {
    const { bundle, baseUrl } = this.#box;
    const { signal } = this.#opening;
    try {
      return await openIndex(bundle, {
        signal,
        encoder: readOptions(this.#box).encoder,
        ...(baseUrl === null ? {} : { baseUrl }),
        onStatus: (status) => {
          if (signal.aborted) return;
          this.#status = status;
          this.#describe();
        },
      });
    } catch (error) {
      if (!signal.aborted) this.#index = undefined;
      throw error;
    }
  }

  #typed(pause = PAUSE): void {
    const query = this.#view.input.value;
    this.#search.abort();
    this.#search = new AbortController();
    this.#pointing = false;
    this.#view.clear.hidden = query === "";
    if (query.trim() === "") {
      this.#answer = undefined;
      this.#show([], false);
      this.#view.busy(false);
      this.#say({ kind: "hint" });
      this.#describe();
      return;
    }
    void this.#find(query, pause, this.#search.signal);
  }

  async #find(query: string, pause: number, signal: AbortSignal): Promise<void> {
    const slow = setTimeout(() => { if (!signal.aborted) this.#view.busy(true); }, QUIET);
    try {
      await new Promise((resolve) => setTimeout(resolve, pause));
      signal.throwIfAborted();
      const index = await this.#open();
      const { limit, mode } = readOptions(this.#box);
      let first = true;
      for await (const answer of index.answers(query, { limit, mode, signal })) {
        signal.throwIfAborted();
        clearTimeout(slow);
        this.#view.busy(false);
        this.#answered(answer, first);
        first = false;
      }
      this.#keep(index);
    } catch (error) {
      if (!signal.aborted && !this.#life.aborted) this.#failed(error);
    } finally {
      clearTimeout(slow);
    }
  }

  /** Once an index; what could not be kept is tried again after the next search. */
  #keep(index: SextantIndex): void {
    const { offline } = this.#box;
    if (offline === null || this.#kept === index) return;
    this.#kept = index;
    goOffline(index, offline, this.#life).catch(() => {
      this.#kept = undefined;
    });
  }

  #answered(answer: Answer, first: boolean): void {
    this.#answer = answer;
    this.#tell("sextant-answer", answer);
    const at = first || !this.#pointing ? undefined : this.#active?.result.url;
    this.#show(arrange(this.#view.list.results, answer.results, at), !first);
    if (first) this.#view.list.element.scrollTop = 0;
    const nothing = answer.results.length === 0 && this.#view.list.results.length === 0;
    this.#say(nothing ? { kind: "nothing", query: answer.query.trim() } : { kind: "none" });
    this.#describe();
    this.#announce(nothing ? fill(this.#strings.nothing, { query: answer.query.trim() }) : this.#counted(answer.results.length));
  }

  #failed(error: unknown): void {
    if (isAbort(error)) return;
    const failure = error instanceof SextantError ? error : new SextantError("engine/load", toFault(error).message, { cause: error });
    this.#answer = undefined;
    this.#show([], false);
    this.#view.busy(false);
    this.#say({ kind: "failed", message: failure.message });
    this.#describe();
    this.#announce(this.#strings.failed);
    this.#tell("sextant-error", failure);
  }

  /** Shows `results`; the active option stays active where it is still there, else the first one is. */
  #show(results: Parameters<View["list"]["show"]>[0], glide: boolean): void {
    const { list, input } = this.#view;
    list.show(results, glide);
    const same = this.#pointing ? list.hits.find(({ url }) => url === this.#active?.url) : undefined;
    input.setAttribute("aria-expanded", String(results.length > 0));
    this.#activate(same ?? list.hits[0], false);
  }

  #activate(hit: Hit | undefined, reveal: boolean): void {
    this.#active = hit;
    this.#view.select(hit?.link, reveal);
  }

  #key(event: KeyboardEvent): void {
    if (event.isComposing) return;
    const { hits } = this.#view.list;
    const at = this.#active ? hits.indexOf(this.#active) : -1;
    const last = hits.length - 1;
    const steps: Record<string, number | undefined> = {
      ArrowDown: at >= last ? 0 : at + 1,
      ArrowUp: at <= 0 ? last : at - 1,
      PageDown: Math.min(at + PAGE, last),
      PageUp: Math.max(at - PAGE, 0),
      // In the field these move the caret, until the reader moves through the list.
      Home: this.#pointing ? 0 : undefined,
      End: this.#pointing ? last : undefined,
    };
    const to = event.altKey || event.ctrlKey || event.metaKey || event.shiftKey ? undefined : steps[event.key];
    if (to !== undefined && hits.length > 0) {
      event.preventDefault();
      this.#pointing = true;
      this.#activate(hits[to], true);
    } else if (event.key === "ArrowLeft" || event.key === "ArrowRight") {
      this.#pointing = false; // Back in the field.
    } else if (event.key === "Enter" && this.#active) {
      event.preventDefault();
      if (event.ctrlKey || event.metaKey) window.open(this.#active.link.href, "_blank", "noopener");
      else this.#active.link.click();
    }
  }

  #pointed(event: PointerEvent): void {
    const hit = this.#view.list.hitAt(event.target);
    if (!hit || event.pointerType === "touch") return;
    this.#pointing = true;
    if (hit !== this.#active) this.#activate(hit, false);
  }

  /** The pointer went away: nothing is pointed at, so the better answer takes all of its places. */
  #left(): void {
    if (!this.#pointing) return;
    this.#pointing = false;
    const better = this.#answer?.results;
    const shown = this.#view.list.results;
    if (better && !same(better, shown)) this.#show(better, true);
  }

  #clicked(event: MouseEvent): void {
    const hit = this.#view.list.hitAt(event.target);
    const elsewhere = event.ctrlKey || event.metaKey || event.shiftKey || event.altKey;
    if (!hit || elsewhere) return;
    if (!this.#tell("sextant-select", { url: hit.url, result: hit.result })) event.preventDefault();
    this.#box.close();
  }

  /** In place of results. */
  #say(note: Note): void {
    this.#note = note;
    this.#view.note(note, this.#strings);
  }

  /** The last line: how the answer was ranked, or how far the encoder is. */
  #describe(): void {
    const answer = this.#answer;
    const encoder = this.#status?.encoder;
    if (!answer || (answer.results.length === 0 && !answer.pending)) this.#view.how({ kind: "none" }, this.#strings);
    else if (answer.pending) {
      const part = encoder?.state === "loading" && encoder.total > 0 ? encoder.loaded / encoder.total : undefined;
      this.#view.how({ kind: "refining", part }, this.#strings);
    } else {
      const why = answer.degraded.map(({ message }) => message).join("\n");
      this.#view.how(answer.mode === "keyword" ? { kind: "words" } : { kind: "meaning" }, this.#strings, why);
    }
  }

  #counted(count: number): string {
    const language = this.#box.closest("[lang]")?.getAttribute("lang") ?? "en";
    return plural(this.#strings.results, count, language);
  }

  #announce(text: string): void {
    clearTimeout(this.#announcing);
    this.#announcing = setTimeout(() => { this.#view.announce(text); }, ANNOUNCE);
  }

  #tell<Name extends keyof SextantSearchEvents>(name: Name, detail: SextantSearchEvents[Name]["detail"]): boolean {
    return this.#box.dispatchEvent(new CustomEvent(name, { detail, bubbles: true, composed: true, cancelable: true }));
  }
}

function same(a: readonly unknown[], b: readonly unknown[]): boolean {
  return a.length === b.length && a.every((item, place) => item === b[place]);
}
