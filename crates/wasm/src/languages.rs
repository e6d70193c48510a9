//! The `languages` module: the stemmers and stop words that the search module leaves out, 170 KB that only
//! bundles in other languages than English want.

use sextant_text::{stem, stop};
use wasm_bindgen::prelude::wasm_bindgen;

/// The stem of a word.
///
/// @param language First part of a BCP 47 tag, in lower case.
/// @param word In lower case.
#[wasm_bindgen]
#[must_use]
pub fn stem(language: &str, word: &str) -> String {
    stem::stem(language, word)
}

/// The stop words of a language, separated by spaces.
///
/// @param language First part of a BCP 47 tag, in lower case.
#[wasm_bindgen(js_name = stopWords)]
#[must_use]
pub fn stop_words(language: &str) -> String {
    stop::words(language).to_owned()
}
