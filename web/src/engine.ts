/**
 * What a bundle's `engine/sextant-search.js` is: the element, registered, and the library. A page needs one script tag;
 * the bundle is the folder above the script's own.
 */

import { define } from "./define.ts";
import { SextantSearch } from "./element.ts";

export * from "./index.ts";
export { SextantSearch };

SextantSearch.defaultBundle = new URL(/* @vite-ignore */ "../", import.meta.url).href;
define();
