//! Documents into passages: heading-bounded runs of whole sentences and listings, about as long as the
//! encoder reads well.
//!
//! Every block of a document is in exactly one passage, in reading order within its section. A passage
//! never spans sections, except that neighbours under one parent which are next to nothing share one.

mod pack;
mod pieces;
mod words;

#[cfg(test)]
mod tests;

use sextant_core::{Block, Document, PageId, Passage, Section};

use pieces::Piece;

/// How long passages are. Words are estimated, see `chunk/words.rs`: listings and Chinese count too.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ChunkOptions {
    /// A passage is not cut shorter than this where its section has more. Default: 60.
    pub min_words: usize,
    /// A passage is not longer than this, unless a heading above nothing is. Default: 150, which with title and
    /// headings is about the 256 tokens that small encoders read.
    pub max_words: usize,
    /// Sections with fewer words than this share a passage with like neighbours under the same
    /// parent, up to `min_words`; the passage links to the first of them. Default: 8: a list of
    /// constants with a phrase each is one passage, and a function told in a sentence its own.
    pub tiny_words: usize,
}

impl Default for ChunkOptions {
    fn default() -> Self {
        Self { min_words: 60, max_words: 150, tiny_words: 8 }
    }
}

/// Splits a document into passages, in reading order.
///
/// A document with a title and no text gives one passage, whose text is the title; an empty one gives
/// none. A heading above nothing is the text of its own passage. No passage has blank text.
/// Cost: linear in the text, but for the packing of one section: pieces times pieces a passage.
#[must_use]
pub fn passages(document: &Document, page: PageId, options: &ChunkOptions) -> Vec<Passage> {
    let sections = placed(document);
    let mut passages = Vec::new();
    let mut at = 0;
    while let Some(first) = sections.get(at) {
        let group = group_length(sections.get(at..).unwrap_or_default(), options);
        let group_sections = sections.get(at..at + group).unwrap_or_default();
        at += group;
        let pieces = pieces_of(group_sections, options);
        for text in pack::pack(&pieces, options) {
            let (trail, anchor) = (first.trail.clone(), first.anchor.clone());
            passages.push(Passage { page, trail, anchor, text });
        }
    }
    let title = document.title.trim();
    if passages.is_empty() && !title.is_empty() {
        passages.push(Passage { page, trail: Vec::new(), anchor: None, text: title.to_owned() });
    }
    passages
}

/// A section that gives text, with the headings above it.
struct Placed<'a> {
    heading: &'a str,
    /// Its own heading last; the page's title left out.
    trail: Vec<String>,
    /// Its own, else the nearest above.
    anchor: Option<String>,
    blocks: Vec<&'a Block>,
    words: usize,
    /// Which run of neighbours under one parent it is in.
    siblings: usize,
}

/// The sections that have text of their own, or a heading and nothing below it. A section that goes on
/// after the sections below it, as one does around a list of definitions, is one.
fn placed(document: &Document) -> Vec<Placed<'_>> {
    let title = document.title.trim();
    // The headings above, each with its place in `placed` if it has one.
    let mut above: Vec<(&Section, Option<usize>)> = Vec::new();
    let mut placed: Vec<Placed<'_>> = Vec::new();
    let mut siblings = 0;
    let mut level_before = None;
    for (at, section) in document.sections.iter().enumerate() {
        if level_before.replace(section.level) != Some(section.level) {
            siblings += 1;
        }
        let goes_on = above.iter().find(|(heading, _)| goes_on(heading, section));
        let before = goes_on.and_then(|(_, place)| *place);
        above.retain(|(heading, _)| heading.level < section.level);
        above.push((section, before));

        let has_text = |block: &&Block| !block.text().trim().is_empty();
        let blocks: Vec<&Block> = section.blocks.iter().filter(has_text).collect();
        let words = blocks.iter().map(|block| words::count(block.text())).sum();
        if let Some(before) = before.and_then(|place| placed.get_mut(place)) {
            before.blocks.extend(blocks);
            before.words += words;
            continue;
        }
        let next = document.sections.get(at + 1);
        let has_children = next.is_some_and(|next| next.level > section.level);
        let heading = section.heading.trim();
        if blocks.is_empty() && (has_children || heading.is_empty() || heading == title) {
            continue;
        }
        let headings = above.iter().map(|(heading, _)| heading.heading.trim());
        let trail = headings.filter(|h| !h.is_empty() && *h != title).map(Into::into).collect();
        let anchor = above.iter().rev().find_map(|(heading, _)| heading.anchor.clone());
        if let Some((_, place)) = above.last_mut() {
            *place = Some(placed.len());
        }
        placed.push(Placed { heading, trail, anchor, blocks, words, siblings });
    }
    placed
}

/// Whether `section` is more of a section above it, and not another of the same name.
fn goes_on(above: &Section, section: &Section) -> bool {
    above.level == section.level
        && above.heading == section.heading
        && above.anchor == section.anchor
        && (section.anchor.is_some() || section.heading.is_empty())
}

/// How many of the leading sections share a passage: at least one.
fn group_length(sections: &[Placed<'_>], options: &ChunkOptions) -> usize {
    let mut words = 0;
    let mut length = 0;
    for section in sections {
        let first = sections.first().map_or(0, |first| first.siblings);
        // A heading without text (one of two signatures above one text) leans on what follows it,
        // however long that is.
        let leans = length > 0 && words == 0;
        let fits = section.words < options.tiny_words && words + section.words <= options.min_words;
        if length > 0 && !(section.siblings == first && (fits || leans)) {
            break;
        }
        words += section.words;
        length += 1;
        if section.words >= options.tiny_words {
            break;
        }
    }
    length
}

/// The text of sections that share passages. Headings after the first are lines of it, since the
/// passages' trail has the first alone; so is the first if nothing else is there.
fn pieces_of<'a>(group: &[Placed<'a>], options: &ChunkOptions) -> Vec<Piece<'a>> {
    let mut pieces = Vec::new();
    for (at, placed) in group.iter().enumerate() {
        let is_alone = group.len() == 1 && placed.words == 0;
        if (at > 0 || is_alone) && !placed.heading.is_empty() {
            pieces.push(Piece::heading(placed.heading));
        }
        for block in &placed.blocks {
            pieces::split(block, options.max_words, &mut pieces);
        }
    }
    pieces
}
