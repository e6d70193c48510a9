//! Snowball stemming by language tag.
//!
//! Without the feature `all-languages` only English is linked: the algorithm is then a constant, and the optimiser drops the
//! others, which are 170 KB of wasm. A module that has them all can lend them: [`Languages`]. Both sides of an index must
//! agree, so [`Stemmer::name`] says what was chosen.

use std::borrow::Cow;

use rust_stemmers::Algorithm;

/// Where the languages are that are not linked here. Tags as of [`primary`].
#[derive(Clone, Copy, Debug)]
pub struct Languages {
    /// A language and a word in lower case → its stem.
    pub stem: fn(&str, &str) -> String,
    /// A language → its stop words, separated by spaces; empty where there is no list.
    pub stop_words: fn(&str) -> String,
}

/// A stemmer, and the name that a manifest records.
#[derive(Debug)]
pub(crate) struct Stemmer {
    name: &'static str,
    by: By,
}

enum By {
    Linked(rust_stemmers::Stemmer),
    Lent { language: String, languages: Languages },
}

impl std::fmt::Debug for By {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(if matches!(self, Self::Linked(_)) { "linked" } else { "lent" })
    }
}

impl Stemmer {
    /// The stemmer of a BCP 47 tag (`en-GB`), by its first part; `None` if there is none, or it is neither linked nor lent.
    pub(crate) fn for_language(tag: &str, languages: Option<&Languages>) -> Option<Self> {
        let language = primary(tag);
        let name = name(&language)?;
        match linked(&language) {
            Some(algorithm) => {
                Some(Self { name, by: By::Linked(rust_stemmers::Stemmer::create(algorithm)) })
            }
            None => Self::lent(&language, languages?),
        }
    }

    /// The stemmer of a BCP 47 tag in `languages`.
    pub(crate) fn lent(tag: &str, languages: &Languages) -> Option<Self> {
        let language = primary(tag);
        let name = name(&language)?;
        Some(Self { name, by: By::Lent { language, languages: *languages } })
    }

    /// `english` and so on.
    pub(crate) fn name(&self) -> &'static str {
        self.name
    }

    /// The stem of a word in lower case, with its accents; borrowed where it is the word itself.
    pub(crate) fn stem<'w>(&self, word: &'w str) -> Cow<'w, str> {
        match &self.by {
            By::Linked(snowball) => snowball.stem(word),
            By::Lent { language, languages } => Cow::Owned((languages.stem)(language, word)),
        }
    }
}

/// The first part of a language tag, in lower case.
pub(crate) fn primary(tag: &str) -> String {
    tag.split(['-', '_']).next().unwrap_or_default().to_ascii_lowercase()
}

/// Whether the language of `tag` has a stemmer that is not linked here.
#[must_use]
pub fn is_elsewhere(tag: &str) -> bool {
    let language = primary(tag);
    name(&language).is_some() && linked(&language).is_none()
}

/// The stem of `word` by the stemmer of `tag`, if that is linked: what a module that lends languages does.
#[must_use]
pub fn stem(tag: &str, word: &str) -> String {
    let stemmer = Stemmer::for_language(tag, None);
    stemmer.map_or_else(|| word.to_owned(), |stemmer| stemmer.stem(word).into_owned())
}

fn name(language: &str) -> Option<&'static str> {
    Some(match language {
        "ar" => "arabic",
        "da" => "danish",
        "de" => "german",
        "el" => "greek",
        "en" => "english",
        "es" => "spanish",
        "fi" => "finnish",
        "fr" => "french",
        "hu" => "hungarian",
        "it" => "italian",
        "nl" => "dutch",
        "nb" | "nn" | "no" => "norwegian",
        "pt" => "portuguese",
        "ro" => "romanian",
        "ru" => "russian",
        "sv" => "swedish",
        "ta" => "tamil",
        "tr" => "turkish",
        _ => return None,
    })
}

#[cfg(not(feature = "all-languages"))]
fn linked(language: &str) -> Option<Algorithm> {
    (language == "en").then_some(Algorithm::English)
}

#[cfg(feature = "all-languages")]
fn linked(language: &str) -> Option<Algorithm> {
    Some(match language {
        "ar" => Algorithm::Arabic,
        "da" => Algorithm::Danish,
        "de" => Algorithm::German,
        "el" => Algorithm::Greek,
        "en" => Algorithm::English,
        "es" => Algorithm::Spanish,
        "fi" => Algorithm::Finnish,
        "fr" => Algorithm::French,
        "hu" => Algorithm::Hungarian,
        "it" => Algorithm::Italian,
        "nl" => Algorithm::Dutch,
        "nb" | "nn" | "no" => Algorithm::Norwegian,
        "pt" => Algorithm::Portuguese,
        "ro" => Algorithm::Romanian,
        "ru" => Algorithm::Russian,
        "sv" => Algorithm::Swedish,
        "ta" => Algorithm::Tamil,
        "tr" => Algorithm::Turkish,
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
        let name = |tag| Stemmer::for_language(tag, None).map(|stemmer| stemmer.name());
        assert_eq!(name("en-GB"), Some("english"));
        assert_eq!(name("EN_us"), Some("english"));
        assert_eq!(name("zh"), None);
        assert_eq!(name(""), None);
        assert_eq!(name("nn").is_some(), cfg!(feature = "all-languages"));
        assert_eq!(is_elsewhere("nn"), !cfg!(feature = "all-languages"));
        assert!(!is_elsewhere("en") && !is_elsewhere("zh"));
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
                let stemmer = Stemmer::for_language(tag, None).unwrap();
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
