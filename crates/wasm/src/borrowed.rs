//! Languages of the `languages` module, for the modules that analyse words.

use sextant_text::stem::{self, Languages};
use std::cell::RefCell;
use wasm_bindgen::prelude::wasm_bindgen;

#[wasm_bindgen(typescript_custom_section)]
const TYPES: &str = r#"
/** What the module `languages` exports. */
export interface Lender {
  readonly stem: (language: string, word: string) => string;
  readonly stopWords: (language: string) => string;
}
"#;

#[wasm_bindgen]
extern "C" {
    /// The module `languages`.
    #[wasm_bindgen(typescript_type = "Lender")]
    pub type Lender;

    #[wasm_bindgen(method)]
    fn stem(this: &Lender, language: &str, word: &str) -> String;

    #[wasm_bindgen(method, js_name = stopWords)]
    fn stop_words(this: &Lender, language: &str) -> String;
}

thread_local! {
    static LENDER: RefCell<Option<Lender>> = const { RefCell::new(None) };
}

/// Whether a bundle in this language needs {@link lendLanguages} before it is opened.
///
/// @param language A BCP 47 tag.
#[wasm_bindgen(js_name = isElsewhere)]
#[must_use]
pub fn is_elsewhere(language: &str) -> bool {
    stem::is_elsewhere(language)
}

/// Gives every bundle that is opened from now on the languages of `lender`.
#[wasm_bindgen(js_name = lendLanguages)]
pub fn lend_languages(lender: Lender) {
    LENDER.with_borrow_mut(|slot| *slot = Some(lender));
}

/// The languages that were lent.
pub(crate) fn languages() -> Option<Languages> {
    LENDER.with_borrow(|lender| {
        lender.as_ref().map(|_| Languages {
            stem: |language, word| ask(|lender| lender.stem(language, word)),
            stop_words: |language| ask(|lender| lender.stop_words(language)),
        })
    })
}

fn ask(question: impl FnOnce(&Lender) -> String) -> String {
    LENDER.with_borrow(|lender| lender.as_ref().map(question).unwrap_or_default())
}
