//! Pages and passages of a build, numbered.

use crate::chunk;
use crate::error::BuildError;
use crate::pipeline::{Chunking, number};
use crate::progress::{Progress, Stage};
use crate::ready;
use crate::rows::SitePassage;
use sextant_core::{Block, Document, PageId, Passage};
use std::borrow::Cow;
use std::collections::BTreeMap;

/// Documents with text, each a page, and their passages in the order of pages.
pub(crate) struct Corpus<'a> {
    pub(crate) pages: Vec<Cow<'a, Document>>,
    /// The number of each page's document among those that were given.
    pub(crate) documents: Vec<u32>,
    pub(crate) passages: Vec<Passage>,
}

impl<'a> Corpus<'a> {
    pub(crate) fn split(
        documents: impl ExactSizeIterator<Item = Cow<'a, Document>>,
        chunking: &Chunking,
        progress: &mut dyn Progress,
    ) -> Result<Self, BuildError> {
        let given = documents.len();
        progress.start(Stage::Split, given as u64);
        let mut corpus = Self { pages: vec![], documents: vec![], passages: vec![] };
        for (number_given, document) in (0..).zip(documents) {
            let page = PageId(number("pages", corpus.pages.len())?);
            let mut passages = match chunking {
                Chunking::Passages(options) => chunk::passages(&document, page, options),
                Chunking::Whole => whole(&document, page),
            };
            progress.advance(1);
            if !passages.is_empty() {
                corpus.pages.push(document);
                corpus.documents.push(number_given);
                corpus.passages.append(&mut passages);
            }
        }
        number("passages", corpus.passages.len())?;
        if corpus.passages.is_empty() {
            return Err(BuildError::Empty { documents: given });
        }
        Ok(corpus)
    }

    pub(crate) fn site_passages(&self) -> Vec<SitePassage<'_>> {
        let of = |passage| SitePassage {
            title: self.title_of(passage),
            trail: &passage.trail,
            text: &passage.text,
        };
        self.passages.iter().map(of).collect()
    }

    /// Passages of each page, in the order of pages: a page's passages are consecutive.
    pub(crate) fn page_lengths(&self) -> Vec<u32> {
        let mut lengths = vec![0u32; self.pages.len()];
        for passage in &self.passages {
            if let Some(length) = lengths.get_mut(passage.page.0 as usize) {
                *length += 1;
            }
        }
        lengths
    }

    /// Numbers passage `order[n]` as passage `n`, and pages in the order of their first passages.
    pub(crate) fn arrange(&mut self, order: &[u32]) {
        let moved = moved_to(std::mem::take(&mut self.passages), order);
        let mut pages: Vec<u32> = Vec::with_capacity(self.pages.len());
        let mut numbers: Vec<Option<PageId>> = vec![None; self.pages.len()];
        let renumbered = moved.into_iter().map(|mut passage| {
            let old = passage.page.0;
            if let Some(number) = numbers.get_mut(old as usize) {
                passage.page = *number.get_or_insert_with(|| {
                    pages.push(old);
                    PageId(pages.len() as u32 - 1)
                });
            }
            passage
        });
        self.passages = renumbered.collect();
        self.pages = moved_to(std::mem::take(&mut self.pages), &pages);
        self.documents = moved_to(std::mem::take(&mut self.documents), &pages);
    }

    /// The page of a passage, which [`Corpus::split`] numbered.
    pub(crate) fn page_of(&self, passage: &Passage) -> Result<&Document, BuildError> {
        let page = self.pages.get(passage.page.0 as usize);
        page.map(Cow::as_ref).ok_or(BuildError::TooMany {
            what: "pages",
            count: passage.page.0 as usize,
            most: u32::MAX,
        })
    }

    pub(crate) fn title_of(&self, passage: &Passage) -> &str {
        self.pages.get(passage.page.0 as usize).map_or("", |page| &page.title)
    }

    pub(crate) fn encoded_texts(&self) -> Vec<String> {
        self.passages.iter().map(|passage| passage.encoded_text(self.title_of(passage))).collect()
    }

    /// Passages by their page's id and their text, of which `texts` has one a passage.
    pub(crate) fn wanted<'t>(
        &'t self,
        texts: &'t [String],
    ) -> impl ExactSizeIterator<Item = ready::Wanted<'t>> {
        self.passages.iter().zip(texts).map(|(passage, text)| {
            let page = self.pages.get(passage.page.0 as usize);
            (page.map_or("", |page| page.id.as_str()), text.as_str())
        })
    }

    /// Pages a language tag, `und` where a page names none.
    pub(crate) fn languages(&self) -> BTreeMap<String, u32> {
        let mut languages = BTreeMap::new();
        for page in &self.pages {
            let language = page.language.clone().unwrap_or_else(|| "und".to_owned());
            *languages.entry(language).or_insert(0) += 1;
        }
        languages
    }

    /// The tag that most pages name; of two as frequent, the first by alphabet.
    pub(crate) fn main_language(&self) -> Option<String> {
        let named = self.languages().into_iter().filter(|(language, _)| language != "und");
        let best = named.max_by(|a, b| a.1.cmp(&b.1).then_with(|| b.0.cmp(&a.0)));
        best.map(|(language, _)| language)
    }
}

/// Entry `order[n]` as entry `n`.
fn moved_to<T>(entries: Vec<T>, order: &[u32]) -> Vec<T> {
    let mut entries: Vec<Option<T>> = entries.into_iter().map(Some).collect();
    order.iter().filter_map(|old| entries.get_mut(*old as usize)?.take()).collect()
}

/// The document's title, headings and text in one passage; the title is put in front as always.
fn whole(document: &Document, page: PageId) -> Vec<Passage> {
    let mut lines: Vec<&str> = Vec::new();
    for section in &document.sections {
        if section.heading != document.title {
            lines.push(&section.heading);
        }
        lines.extend(section.blocks.iter().map(Block::text));
    }
    lines.retain(|line| !line.trim().is_empty());
    if lines.is_empty() {
        lines.push(document.title.trim());
    }
    let text = lines.join("\n");
    if text.is_empty() {
        return Vec::new();
    }
    vec![Passage { page, trail: Vec::new(), anchor: None, text }]
}
