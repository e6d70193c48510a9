//! What is asked.

use crate::filter::Filter;
use crate::sort::Sort;
use serde::{Deserialize, Serialize};

/// Bytes of a question that count. It is many times what an encoder reads of a text, and so little that what takes time
/// with the square of a question's length takes none that is noticed.
pub const LONGEST: usize = 8192;
/// Bytes of clusters that a question fetches by default. [`Query::budget`] says what that is.
pub const BUDGET: u64 = 48 * 1024;

/// What ranks the answers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Mode {
    /// Words and meaning together.
    #[default]
    Hybrid,
    /// Meaning alone.
    Semantic,
    /// Words alone.
    Keyword,
}

impl Mode {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Hybrid, Self::Semantic, Self::Keyword];

    /// `hybrid` and so on.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Hybrid => "hybrid",
            Self::Semantic => "semantic",
            Self::Keyword => "keyword",
        }
    }

    /// The mode of this name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|mode| mode.name() == name)
    }
}

/// A question and how it is to be answered.
#[derive(Clone, Debug, PartialEq)]
pub struct Query {
    /// As the reader typed it; `"quoted words"` must stand next to each other. Blank, with a filter,
    /// an order or facets: every page that passes. Its words are those of the first [`LONGEST`] bytes.
    pub text: String,
    /// Default [`Mode::Hybrid`].
    pub mode: Mode,
    /// Most pages in the answer. Default 10.
    pub limit: usize,
    /// Whether the reader may still be typing: then the last word, unless a space follows it, is the
    /// beginning of a word too. Default `true`; `false` ranks whole words only.
    pub typing: bool,
    /// Most other sections shown under a page. Default 3.
    pub sub_results: usize,
    /// Words of an excerpt. Default 30.
    pub excerpt_words: usize,
    /// Whether results that answer nothing are left out. Default `true`; `false` always fills the list.
    pub cut_off: bool,
    /// Whether the nearest passages are scored again by finer codes, where the bundle has any: exact
    /// neighbours for one more round trip and some hundred kilobytes. Default `false`.
    pub rescore: bool,
    /// Most bytes of clusters of vectors that are fetched for this question, where they are not fetched all
    /// at once; [`u64::MAX`] for all. What earlier questions fetched is used and costs nothing. Default
    /// [`BUDGET`]: with it the answer is nearly that of all clusters (`docs/decisions.md`).
    pub budget: u64,
    /// How much meaning counts in [`Mode::Hybrid`], `0..=1`. Default `None`: by the question and the
    /// language of the bundle.
    pub meaning: Option<f32>,
    /// Which pages may be in the answer. Default `None`: all.
    pub filter: Option<Filter>,
    /// Keys whose values are counted among all pages that answer. Default: none.
    pub facets: Vec<String>,
    /// What pages are sorted by. Default `None`: by score.
    pub sort: Option<Sort>,
}

impl Query {
    /// `text` with all defaults.
    #[must_use]
    pub fn new(text: impl Into<String>) -> Self {
        Self { text: text.into(), ..Self::default() }
    }

    /// The text as far as it counts.
    pub(crate) fn beginning(&self) -> &str {
        self.text.get(..self.text.floor_char_boundary(LONGEST)).unwrap_or_default()
    }

    /// Whether all pages that answer must be known, not only the best.
    pub(crate) fn counts(&self) -> bool {
        !self.facets.is_empty() || self.sort.is_some()
    }

    /// Whether this asks for pages without asking a question.
    pub(crate) fn lists(&self) -> bool {
        self.text.trim().is_empty() && (self.filter.is_some() || self.counts())
    }

    /// The names of the keys that are needed; one that is named twice comes twice.
    pub(crate) fn keys(&self) -> Vec<&str> {
        let mut names: Vec<&str> = self.facets.iter().map(String::as_str).collect();
        self.filter.iter().for_each(|filter| filter.keys(&mut names));
        names.extend(self.sort.iter().map(|sort| sort.key.as_str()));
        names
    }
}

impl Default for Query {
    fn default() -> Self {
        Self {
            text: String::new(),
            mode: Mode::Hybrid,
            limit: 10,
            typing: true,
            sub_results: 3,
            excerpt_words: 30,
            cut_off: true,
            rescore: false,
            budget: BUDGET,
            meaning: None,
            filter: None,
            facets: vec![],
            sort: None,
        }
    }
}
