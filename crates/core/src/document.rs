//! A document as its source understood it: what every parser gives and what the builder takes.

use std::collections::BTreeMap;

/// One page: a title, a URL and its text under headings.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Document {
    /// Unique in a build; the path relative to the source's root, or the record's `id`.
    pub id: String,
    /// What a result links to, relative to the site's root (`/guide/install.html`) or absolute.
    pub url: String,
    /// The page's title, entities decoded.
    pub title: String,
    /// BCP 47 language tag (`en`, `pt-BR`) where the source names one.
    pub language: Option<String>,
    /// Metadata, shown with a result. A key may have several values. What the builder finds fit for it
    /// can be filtered and sorted by.
    pub meta: BTreeMap<String, Vec<String>>,
    /// Values that the author marked for filtering. Where any page has some for a key, they alone are
    /// that key's filter, and metadata of its name is only shown.
    pub filters: BTreeMap<String, Vec<String>>,
    /// Values that the author marked for sorting; they go before the key's filter and metadata.
    pub sorts: BTreeMap<String, Vec<String>>,
    /// The text in reading order. The first section may lack a heading.
    pub sections: Vec<Section>,
}

/// A heading and the text up to the next one.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Section {
    /// 1 for `h1` to 6 for `h6`; 0 for text before the first heading.
    pub level: u8,
    /// The heading's text; empty at level 0.
    pub heading: String,
    /// The heading's id, without `#`.
    pub anchor: Option<String>,
    /// Paragraphs, list items, table rows and code in reading order.
    pub blocks: Vec<Block>,
}

/// A run of text that is not split inside a sentence or a line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Block {
    /// A paragraph, a list item or a table row, white space collapsed.
    Prose(String),
    /// A code block, white space kept.
    Code(String),
}

impl Block {
    /// The block's text.
    #[must_use]
    pub fn text(&self) -> &str {
        match self {
            Self::Prose(text) | Self::Code(text) => text,
        }
    }
}

impl Document {
    /// Whether there is nothing that could be found.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.title.trim().is_empty()
            && self.sections.iter().all(|section| {
                section.heading.trim().is_empty()
                    && section.blocks.iter().all(|block| block.text().trim().is_empty())
            })
    }
}
