/** Registers `<sextant-search>`. Importing this file is what does it; on a server it does nothing. */

import { SextantSearch } from "./element.ts";

/** Registers the element as `<sextant-search>`, once. */
export function define(): void {
  const registry = globalThis.customElements as CustomElementRegistry | undefined;
  if (registry && !registry.get("sextant-search")) registry.define("sextant-search", SextantSearch);
}

define();
