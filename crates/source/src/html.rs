//! HTML pages as site generators leave them: the main content found, its text under its headings.
//!
//! Read [`HtmlReader::read`] first. The work is split by subject: `facts` (what the head says),
//! `regions` (where the content is), `boilerplate` (what in it is none), `reader` (walking it),
//! `blocks` (text into sections), `anchors` (ids to link to), `attributes` (`data-sextant-*`).

mod anchors;
mod attributes;
mod blocks;
mod boilerplate;
mod dom;
mod facts;
mod reader;
mod regions;
#[cfg(test)]
mod tests;

use scraper::{Html, Selector};
use sextant_core::{Document, Section};

use crate::{SourceError, decode, path as paths};
use attributes::Attributes;
use facts::Facts;
use reader::Reader;
use regions::Regions;

/// How HTML is read. The default suits most sites.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct HtmlOptions {
    /// A CSS selector: nothing outside the first element that matches counts. Default: the whole page.
    pub root: Option<String>,
    /// CSS selectors: where given, exactly the elements that match are indexed, and a page without one
    /// is skipped. Default: `data-sextant-body` regions, else the main content is found.
    pub include: Vec<String>,
    /// CSS selectors of elements whose text is left out. Default: none.
    pub exclude: Vec<String>,
    /// Whether `x/index.html` keeps its name in its URL. Default: its URL is `/x/`.
    pub keep_index_url: bool,
    /// Whether the `alt` text of images is part of the text, in place. Default: it is not.
    pub image_alt: bool,
}

/// What reading one page gave.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Page {
    /// The page's document, or why there is none.
    pub outcome: Outcome,
    /// Whether the page has a `data-sextant-body` or `data-pagefind-body` element.
    pub has_body_region: bool,
    /// Values of `data-sextant-ignore` and its twin that are not known; they count as bare.
    pub unknown_ignore_values: Vec<String>,
}

/// A document, or why a page has none.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// What there is to index.
    Document(Document),
    /// Nothing to index; not an error.
    Skipped(Skip),
}

/// Why a page is not indexed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Skip {
    /// `<meta name="robots" content="noindex">`.
    NoIndex,
    /// `<meta http-equiv="refresh">` to another page.
    Redirect,
    /// Nothing matches the root selector, or one of the include selectors.
    NotSelected,
    /// All text is under `data-sextant-ignore`, its twin, or an exclude selector.
    Ignored,
    /// Other pages have `data-sextant-body` and this one has not.
    NoBodyRegion,
    /// No text in the main content.
    Empty,
}

impl Skip {
    /// The reason for people, to follow the page's name.
    #[must_use]
    pub fn reason(self) -> &'static str {
        match self {
            Self::NoIndex => "robots noindex",
            Self::Redirect => "redirects elsewhere",
            Self::NotSelected => "no element matches the selectors",
            Self::Ignored => "all text is ignored",
            Self::NoBodyRegion => "no data-sextant-body, which other pages have",
            Self::Empty => "no text",
        }
    }
}

/// Reads pages under one set of options; made once a build, shared by threads.
#[derive(Clone, Debug, Default)]
pub struct HtmlReader {
    root: Option<Selector>,
    include: Vec<Selector>,
    exclude: Vec<Selector>,
    keep_index_url: bool,
    image_alt: bool,
}

impl HtmlReader {
    /// Checks the options' selectors.
    ///
    /// # Errors
    /// [`SourceError::Selector`] for the first that is no CSS selector.
    pub fn new(options: &HtmlOptions) -> Result<Self, SourceError> {
        let list = |name, selectors: &[String]| {
            selectors.iter().map(|text| selector(name, text)).collect::<Result<Vec<_>, _>>()
        };
        Ok(Self {
            root: options
                .root
                .as_deref()
                .map(|text| selector("root-selector", text))
                .transpose()?,
            include: list("include", &options.include)?,
            exclude: list("exclude", &options.exclude)?,
            keep_index_url: options.keep_index_url,
            image_alt: options.image_alt,
        })
    }

    /// Reads one page.
    ///
    /// `path`: relative to the site's root; it becomes the document's id and its URL. Malformed HTML is
    /// read as a browser reads it. Cost: one parse and a few passes; about the page's size in memory
    /// some ten times over.
    ///
    /// # Errors
    /// [`SourceError::Gzip`], [`SourceError::TooLarge`] or [`SourceError::NotText`].
    pub fn read(&self, bytes: &[u8], path: &str) -> Result<Page, SourceError> {
        let path = paths::normal(path);
        let text = decode::html(bytes, &path)?;
        let url = paths::html_url(&path, self.keep_index_url);
        Ok(self.read_text(&text, path, url))
    }

    /// Reads HTML that has an id and a URL already.
    pub(crate) fn read_text(&self, text: &str, id: String, url: String) -> Page {
        let html = Html::parse_document(text);
        let facts = Facts::of(&html);
        let mut page = Page {
            outcome: Outcome::Skipped(Skip::Empty),
            has_body_region: regions::has_body_region(&html),
            unknown_ignore_values: Vec::new(),
        };
        if let Some(skip) = facts.skip {
            page.outcome = Outcome::Skipped(skip);
            return page;
        }
        let Some(regions) = Regions::of(&html, self) else {
            page.outcome = Outcome::Skipped(Skip::NotSelected);
            return page;
        };
        let mut attributes = Attributes::of(regions.root);
        page.unknown_ignore_values = std::mem::take(&mut attributes.unknown_ignore_values);

        let mut reader = Reader::new(&regions, &self.exclude, &facts, self.image_alt);
        for region in &regions.elements {
            reader.read(*region);
        }
        let (sections, ignored) = reader.finish();
        if sections.is_empty() {
            page.outcome = Outcome::Skipped(if ignored { Skip::Ignored } else { Skip::Empty });
            return page;
        }
        page.outcome = Outcome::Document(document(sections, facts, attributes, id, url));
        page
    }
}

/// Reads one page under `options`: what [`HtmlReader`] does, for callers that have just one.
///
/// `None`: nothing to index (see [`Skip`]).
///
/// # Errors
/// Those of [`HtmlReader::new`] and [`HtmlReader::read`].
pub fn parse(
    bytes: &[u8],
    path: &str,
    options: &HtmlOptions,
) -> Result<Option<Document>, SourceError> {
    Ok(match HtmlReader::new(options)?.read(bytes, path)?.outcome {
        Outcome::Document(document) => Some(document),
        Outcome::Skipped(_) => None,
    })
}

/// Skips the pages without a body region if any page has one, and says whether one has.
///
/// `pages`: all pages of a site.
pub fn keep_marked_pages<'a>(pages: impl IntoIterator<Item = &'a mut Page>) -> bool {
    let mut unmarked = Vec::new();
    let mut any = false;
    for page in pages {
        if page.has_body_region {
            any = true;
        } else if matches!(page.outcome, Outcome::Document(_)) {
            unmarked.push(page);
        }
    }
    if any {
        for page in unmarked {
            page.outcome = Outcome::Skipped(Skip::NoBodyRegion);
        }
    }
    any
}

fn selector(option: &'static str, text: &str) -> Result<Selector, SourceError> {
    Selector::parse(text).map_err(|error| SourceError::Selector {
        option,
        selector: text.into(),
        reason: error.to_string(),
    })
}

fn document(
    sections: Vec<Section>,
    facts: Facts,
    mut attributes: Attributes,
    id: String,
    url: String,
) -> Document {
    let title = attributes
        .take("title")
        .or_else(|| facts.title(&sections))
        .unwrap_or_else(|| paths::title(&id));
    let url = attributes.take("url").unwrap_or(url);
    let mut meta = attributes.meta;
    if let Some(description) = facts.description {
        meta.entry("description".into()).or_insert_with(|| vec![description]);
    }
    let Attributes { filters, sorts, .. } = attributes;
    Document { id, url, title, language: facts.language, meta, filters, sorts, sections }
}
