//! Snowball stemming by language tag.
//!
//! Without the feature `all-languages` only English is linked: the algorithm is then a constant, and the optimiser drops the
//! others. Both sides of an index must agree, so [`Stemmer::for_language`] says what it chose.

use std::borrow::Cow;

use rust_stemmers::Algorithm;

/// A stemmer, and the name that a manifest records.
pub(crate) struct Stemmer {
    name: &'static str,
    snowball: rust_stemmers::Stemmer,
}

impl std::fmt::Debug for Stemmer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Stemmer").field(&self.name).finish()
    }
}

impl Stemmer {
    /// The stemmer of a BCP 47 tag (`en-GB`), by its first part; `None` if there is none, or none linked.
    pub(crate) fn for_language(tag: &str) -> Option<Self> {
        let (name, algorithm) = algorithm(primary(tag).as_str())?;
        Some(Self { name, snowball: rust_stemmers::Stemmer::create(algorithm) })
    }

    /// `english` and so on.
    pub(crate) fn name(&self) -> &'static str {
        self.name
    }

    /// The stem of a word in lower case, with its accents; borrowed where it is the word itself.
    pub(crate) fn stem<'w>(&self, word: &'w str) -> Cow<'w, str> {
        self.snowball.stem(word)
    }
}

/// The first part of a language tag, in lower case.
pub(crate) fn primary(tag: &str) -> String {
    tag.split(['-', '_']).next().unwrap_or_default().to_ascii_lowercase()
}

#[cfg(not(feature = "all-languages"))]
fn algorithm(language: &str) -> Option<(&'static str, Algorithm)> {
    (language == "en").then_some(("english", Algorithm::English))
}

#[cfg(feature = "all-languages")]
fn algorithm(language: &str) -> Option<(&'static str, Algorithm)> {
    Some(match language {
        "ar" => ("arabic", Algorithm::Arabic),
        "da" => ("danish", Algorithm::Danish),
        "de" => ("german", Algorithm::German),
        "el" => ("greek", Algorithm::Greek),
        "en" => ("english", Algorithm::English),
        "es" => ("spanish", Algorithm::Spanish),
        "fi" => ("finnish", Algorithm::Finnish),
        "fr" => ("french", Algorithm::French),
        "hu" => ("hungarian", Algorithm::Hungarian),
        "it" => ("italian", Algorithm::Italian),
        "nl" => ("dutch", Algorithm::Dutch),
        "nb" | "nn" | "no" => ("norwegian", Algorithm::Norwegian),
        "pt" => ("portuguese", Algorithm::Portuguese),
        "ro" => ("romanian", Algorithm::Romanian),
        "ru" => ("russian", Algorithm::Russian),
        "sv" => ("swedish", Algorithm::Swedish),
        "ta" => ("tamil", Algorithm::Tamil),
        "tr" => ("turkish", Algorithm::Turkish),
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    #[cfg(feature = "all-languages")]
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_regional_tag_takes_its_languages_stemmer_and_an_unknown_one_none() {
        let name = |tag| Stemmer::for_language(tag).map(|stemmer| stemmer.name());
        assert_eq!(name("en-GB"), Some("english"));
        assert_eq!(name("EN_us"), Some("english"));
        assert_eq!(name("zh"), None);
        assert_eq!(name(""), None);
        assert_eq!(name("nn").is_some(), cfg!(feature = "all-languages"));
    }

    #[cfg(feature = "all-languages")]
    const TAGS: [&str; 18] = [
        "ar", "da", "de", "el", "en", "es", "fi", "fr", "hu", "it", "nl", "no", "pt", "ro", "ru",
        "sv", "ta", "tr",
    ];

    #[cfg(feature = "all-languages")]
    proptest! {
        #![proptest_config(ProptestConfig { cases: 3000, failure_persistence: None, ..ProptestConfig::default() })]

        // A panic would end the wasm for good.
        #[test]
        fn no_stemmer_panics(
            latin in "[a-zà-ÿāăąćčęłńőœřśşšţůűžßıİ']{0,14}",
            greek in "[ͰΑ-ώἀ-ῼς]{0,14}",
            cyrillic in "[а-яё]{0,14}",
            arabic in "[\u{621}-\u{65f}\u{670}-\u{6ff}]{0,14}",
            tamil in "[\u{b80}-\u{bff}]{0,14}",
            any in "\\PC{0,10}",
        ) {
            for tag in TAGS {
                let stemmer = Stemmer::for_language(tag).unwrap();
                let mixed = format!("{latin}{greek}{cyrillic}{arabic}{tamil}{any}");
                for word in [&latin, &greek, &cyrillic, &arabic, &tamil, &any, &mixed] {
                    let stem = stemmer.stem(word);
                    prop_assert!(stem.len() <= 2 * word.len() + 8);
                    prop_assert!(matches!(stem, Cow::Owned(_)) || stem == word.as_str());
                }
            }
        }
    }
}
