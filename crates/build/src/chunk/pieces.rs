//! Blocks into pieces: what a passage may not be cut inside of, if it is not too long by itself.

use std::ops::Range;

use sextant_core::Block;

use super::words;

/// A part of a section that stays whole.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Piece<'a> {
    /// The block or heading that it is part of.
    pub(super) source: &'a str,
    /// Bytes of `source`, neither empty nor blank.
    pub(super) range: Range<usize>,
    /// Estimated, at least 1.
    pub(super) words: usize,
    /// What a cut before it would part.
    pub(super) cut: Cut,
    /// Whether it announces what comes next: a heading, or prose that ends in a colon.
    pub(super) leads_on: bool,
}

/// What a cut between two pieces parts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Cut {
    /// Two blocks.
    Blocks,
    /// Two sentences of one paragraph.
    Sentences,
    /// Two parts of a listing between which there is a blank line.
    Paragraphs,
    /// Two lines of a listing.
    Lines,
    /// Words of one sentence or line that is too long.
    Words,
}

impl<'a> Piece<'a> {
    /// A heading that is a line of the text.
    pub(super) fn heading(text: &'a str) -> Self {
        Self { leads_on: true, ..Self::new(text, 0..text.len(), Cut::Blocks) }
    }

    fn new(source: &'a str, range: Range<usize>, cut: Cut) -> Self {
        let text = source.get(range.clone()).unwrap_or_default();
        let leads_on = text.ends_with([':', '：']);
        Self { source, range, words: words::count(text).max(1), cut, leads_on }
    }
}

/// Adds the pieces of `block`: sentences, or a listing whole; what has more than `max_words` in parts.
pub(super) fn split<'a>(block: &'a Block, max_words: usize, pieces: &mut Vec<Piece<'a>>) {
    match block {
        Block::Prose(text) => {
            let sentences = sextant_text::sentences::split(text);
            for (at, sentence) in sentences.map(|range| trimmed(text, range)).enumerate() {
                let cut = if at == 0 { Cut::Blocks } else { Cut::Sentences };
                add(text, sentence, max_words, cut, pieces);
            }
        }
        Block::Code(text) if words::count(text) <= max_words => {
            add(text, lines_trimmed(text, 0..text.len()), usize::MAX, Cut::Blocks, pieces);
        }
        Block::Code(text) => code(text, max_words, pieces),
    }
}

/// A listing that does not fit is split at blank lines; what still does not fit, at lines.
fn code<'a>(text: &'a str, max_words: usize, pieces: &mut Vec<Piece<'a>>) {
    let mut cut = Cut::Blocks;
    for paragraph in split_at(text, 0..text.len(), "\n\n") {
        let paragraph = lines_trimmed(text, paragraph);
        let inner = text.get(paragraph.clone()).unwrap_or_default();
        if words::count(inner) <= max_words {
            add(text, paragraph, usize::MAX, cut, pieces);
        } else {
            for line in split_at(text, paragraph, "\n") {
                add(text, lines_trimmed(text, line), max_words, cut, pieces);
                cut = Cut::Lines;
            }
        }
        cut = Cut::Paragraphs;
    }
}

/// Adds `range` of `source` as one piece, or in parts of at most `max_words` if it has more.
fn add<'a>(
    source: &'a str,
    range: Range<usize>,
    max_words: usize,
    mut cut: Cut,
    pieces: &mut Vec<Piece<'a>>,
) {
    let text = source.get(range.clone()).unwrap_or_default();
    if text.trim().is_empty() {
        return;
    }
    if words::count(text) <= max_words {
        return pieces.push(Piece::new(source, range, cut));
    }
    for part in word_runs(text, max_words) {
        pieces.push(Piece::new(source, range.start + part.start..range.start + part.end, cut));
        cut = Cut::Words;
    }
}

/// Runs of at most `max_words` words, cut at white space where there is any in the second half of a
/// run, else between characters: Chinese has none, and neither has a long key.
fn word_runs(text: &str, max_words: usize) -> Vec<Range<usize>> {
    let mut runs = Vec::new();
    let mut start = 0;
    while start < text.len() {
        let rest = text.get(start..).unwrap_or_default();
        let length = words::prefix(rest, max_words);
        let end = if length < rest.len() {
            let run = rest.get(..length).unwrap_or(rest);
            // White space right after the run is the best place of all.
            let space =
                rest.get(length..).is_some_and(|after| after.starts_with(char::is_whitespace));
            let last = run.rfind(char::is_whitespace).filter(|at| *at >= length / 2 && !space);
            start + last.unwrap_or(length)
        } else {
            text.len()
        };
        let run = trimmed(text, start..end);
        if !run.is_empty() {
            runs.push(run);
        }
        start = end.max(start + 1);
        while !text.is_char_boundary(start) {
            start += 1;
        }
    }
    runs
}

/// The parts of a range between occurrences of `separator`; blank ones left out.
fn split_at<'t>(
    text: &'t str,
    range: Range<usize>,
    separator: &'t str,
) -> impl Iterator<Item = Range<usize>> + use<'t> {
    let mut start = range.start;
    let inner = text.get(range).unwrap_or_default();
    inner.split(separator).filter_map(move |part| {
        let range = start..start + part.len();
        start = range.end + separator.len();
        (!part.trim().is_empty()).then_some(range)
    })
}

/// `range` without white space at its ends.
fn trimmed(text: &str, range: Range<usize>) -> Range<usize> {
    let inner = text.get(range.clone()).unwrap_or_default();
    let start = range.start + (inner.len() - inner.trim_start().len());
    let end = range.end - (inner.len() - inner.trim_end().len());
    start..end.max(start)
}

/// `range` without blank lines at its ends; the first line keeps its indent.
fn lines_trimmed(text: &str, range: Range<usize>) -> Range<usize> {
    let inner = trimmed(text, range.clone());
    let before = text.get(range.start..inner.start).unwrap_or_default();
    let start = before.rfind('\n').map_or(range.start, |at| range.start + at + 1);
    start..inner.end
}
