/** Every text of the search box, in English; a site replaces those it wants in another language. */

/** Forms of a countable text by plural category, as `Intl.PluralRules` names them. */
export type Plural = Readonly<Partial<Record<Intl.LDMLPluralRule, string>> & { other: string }>;

/** The texts. `{query}`, `{count}` and `{percent}` are filled in. */
export interface Strings {
  /** Names the box for assistive technology. */
  readonly label: string;
  /** On the button that opens the box. */
  readonly button: string;
  /** In the empty field. */
  readonly placeholder: string;
  /** Under the empty field. */
  readonly hint: string;
  readonly close: string;
  readonly clear: string;
  /** Announced when an answer is there. */
  readonly results: Plural;
  readonly nothing: string;
  readonly nothingHint: string;
  readonly failed: string;
  readonly retry: string;
  /** While a better answer is on its way. */
  readonly refining: string;
  /** How the answer was ranked. */
  readonly byMeaning: string;
  readonly byWords: string;
  /** Beside the keys in the last line. */
  readonly keyOpen: string;
  readonly keyMove: string;
  readonly keyClose: string;
}

/** The texts in English. */
export const ENGLISH: Strings = {
  label: "Search this site",
  button: "Search",
  placeholder: "Ask, or type a name",
  hint: "Ask in your own words, or type the exact name of something.",
  close: "Close",
  clear: "Clear",
  results: { one: "{count} page found", other: "{count} pages found" },
  nothing: "Nothing found for “{query}”",
  nothingHint: "Nothing on this site is close to it. Other words may help.",
  failed: "Search is not available right now",
  retry: "Try again",
  refining: "Refining by meaning… {percent}",
  byMeaning: "Ranked by words and meaning",
  byWords: "Ranked by words",
  keyOpen: "open",
  keyMove: "move",
  keyClose: "close",
};

/** `template` with `{name}` replaced by `values[name]`. */
export function fill(template: string, values: Readonly<Record<string, string>>): string {
  return template.replace(/\{(?<name>\w+)\}/gu, (whole, name: string) => values[name] ?? whole);
}

/** The form for `count` things in `language`; English rules where the language is not known. */
export function plural(forms: Plural, count: number, language: string): string {
  let rules: Intl.PluralRules;
  try {
    rules = new Intl.PluralRules(language);
  } catch {
    rules = new Intl.PluralRules("en");
  }
  return fill(forms[rules.select(count)] ?? forms.other, { count: String(count) });
}

/**
 * The texts of a JSON attribute over the English ones. What is no JSON, or no text, is left out: a typing error in a
 * translation must not take the box away.
 */
export function readStrings(json: string | null): Strings {
  if (json === null) return ENGLISH;
  try {
    const given: unknown = JSON.parse(json);
    return typeof given === "object" && given !== null ? withDefaults(given) : ENGLISH;
  } catch {
    return ENGLISH;
  }
}

/** `given` over the English texts. */
export function withDefaults(given: object): Strings {
  const fits = ([name, text]: [string, unknown]): boolean => {
    if (name === "results") return typeof text === "object" && text !== null && "other" in text && typeof text.other === "string";
    return typeof text === "string";
  };
  return { ...ENGLISH, ...Object.fromEntries(Object.entries(given).filter(fits)) };
}
