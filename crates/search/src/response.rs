//! What is answered.

use crate::query::Mode;
use serde::{Serialize, Serializer};
use sextant_core::error::BundleError;
use sextant_text::excerpt::Segment;
use std::collections::BTreeMap;
use std::fmt;

/// The answer to a query.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Response {
    /// What ranked these results: the mode that was asked for, or keyword where meaning is missing.
    pub mode: Mode,
    /// Pages, best first or as sorted.
    pub results: Vec<PageResult>,
    /// All pages that answer, shown or not: counted where facets or an order are asked for, or no
    /// question at all, else `None`.
    pub total: Option<u32>,
    /// How many of these pages have each value of the keys that were asked for.
    pub facets: Facets,
    /// Stages in the order they ran, with their time in milliseconds, fetching included.
    pub timing: Vec<(&'static str, f64)>,
    /// What was missing, so that this answer may be poorer than it could be.
    pub degraded: Vec<Degraded>,
}

/// Keys, each with its values and the number of pages that have each: in the order of the values, none
/// of the numbers 0. In JSON an object of objects.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Facets(pub Vec<(String, Counts)>);

/// Values, each with a number of pages.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Counts(pub Vec<(String, u32)>);

impl Facets {
    /// The values of `key`, where it was counted.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<&Counts> {
        self.0.iter().find(|(name, _)| name == key).map(|(_, counts)| counts)
    }
}

impl Serialize for Facets {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().map(|(key, counts)| (key, counts)))
    }
}

impl Serialize for Counts {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().map(|(value, count)| (value, count)))
    }
}

/// A page that answers.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct PageResult {
    /// Link to the page, without an anchor.
    pub url: String,
    /// The page's title.
    pub title: String,
    /// `0..=1`: that of the page's best passage, and a little for the next two. In keyword mode the
    /// share of the question's words, weighted by how rare they are and how much they count there; in
    /// semantic mode the cosine, stretched over its useful range; in hybrid mode their weighted mean.
    pub score: f32,
    /// The page's metadata.
    pub meta: BTreeMap<String, Vec<String>>,
    /// The heading id of the best passage: `url#anchor` leads there.
    pub anchor: Option<String>,
    /// The heading of the best passage; empty above the first heading.
    pub heading: String,
    /// The part of the best passage that says why: plain text, not HTML, whatever it looks like.
    pub excerpt: Vec<Segment>,
    /// Other sections of the page that answer, best first.
    pub sub_results: Vec<SubResult>,
}

/// Another section of a page that answers.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct SubResult {
    /// The section's heading, or the page's title where it has none.
    pub title: String,
    /// Link to the section.
    pub url: String,
    /// The heading's id, where it has one.
    pub anchor: Option<String>,
    /// As [`PageResult::score`].
    pub score: f32,
    /// The part of the section that says why.
    pub excerpt: Vec<Segment>,
}

/// Something that was missing for an answer. In JSON the string that [`fmt::Display`] gives: the code
/// and, where it is about something, a space and that.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Degraded {
    /// `encoder/absent`: meaning was asked for and no vector of the question was given.
    /// `encoder/vector`: the vector that was given does not fit the bundle's vectors.
    /// `vectors/absent`: the bundle has no vectors. `bundle/fetch`, or a code of
    /// [`BundleError`]: a shard could not be fetched or read; it is tried again by the next search.
    /// `query/filter`: a key that no page has, or a range of what is no number or date: nothing passes.
    /// `query/key`: facets or an order were asked for by a key that no page has.
    pub code: &'static str,
    /// The shard's path, or for `query/…` the key.
    pub about: Option<String>,
}

impl Degraded {
    pub(crate) const NO_VECTOR: Self = Self { code: "encoder/absent", about: None };
    pub(crate) const ODD_VECTOR: Self = Self { code: "encoder/vector", about: None };
    pub(crate) const NO_VECTORS: Self = Self { code: "vectors/absent", about: None };

    pub(crate) fn odd_filter(key: &str) -> Self {
        Self { code: "query/filter", about: Some(key.to_owned()) }
    }

    pub(crate) fn no_key(key: &str) -> Self {
        Self { code: "query/key", about: Some(key.to_owned()) }
    }
}

impl From<&crate::SearchError> for Degraded {
    fn from(error: &crate::SearchError) -> Self {
        Self { code: error.code(), about: error.file().map(str::to_owned) }
    }
}

impl From<&BundleError> for Degraded {
    fn from(error: &BundleError) -> Self {
        Self::from(&crate::SearchError::from(error.clone()))
    }
}

impl fmt::Display for Degraded {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code)?;
        self.about.iter().try_for_each(|about| write!(f, " {about}"))
    }
}

impl Serialize for Degraded {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}
