//! What a build made.

use crate::filters::Filters;
use crate::store::Part;
use crate::vectors::VectorReport;
use serde::Serialize;
use std::collections::BTreeMap;

/// Counts and bytes of a finished build. Times are the caller's: this crate has no clock.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Report {
    /// Documents that were given.
    pub documents: usize,
    /// The number of each page's document among them, by page.
    #[serde(skip)]
    pub document_of_page: Vec<u32>,
    /// Pages in the bundle: documents with text.
    pub pages: u32,
    /// Passages in the bundle.
    pub passages: u32,
    /// Texts that the encoder read.
    pub encoded: usize,
    /// Passages whose vector was there already.
    pub reused: usize,
    /// Passages whose vector came with the documents.
    pub given: usize,
    /// Terms of the keyword index.
    pub terms: u32,
    /// What became of the vectors; absent without any.
    pub vectors: Option<VectorReport>,
    /// Language that words were analysed in.
    pub language: String,
    /// Whether no page named a language.
    pub language_assumed: bool,
    /// What can be filtered and sorted by.
    pub filters: Filters,
    /// Bytes of the manifest.
    pub manifest_bytes: u64,
    /// Files and bytes a directory of the bundle.
    pub parts: BTreeMap<String, Part>,
}
