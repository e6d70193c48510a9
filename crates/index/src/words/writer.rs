//! Writing the keyword index: terms of passages in, shards of consecutive terms out.

use super::positions::put_positions;
use super::shard::{put_entry, put_posting};
use crate::directory::require_ascending;
use crate::error::IndexError;
use sextant_core::frame::{self, Kind};
use sextant_core::passage::PassageId;
use sextant_core::wire::put_varint;
use sextant_text::analysis::{Analyzer, Term};
use std::collections::BTreeMap;

/// Positions left free between title, headings and text, so that no phrase runs across them.
const FIELD_GAP: u32 = 8;

/// Collects the terms of passages.
#[derive(Debug, Default)]
pub struct WordsWriter {
    terms: BTreeMap<String, TermLists>,
    last: Option<u32>,
    length: u64,
}

/// A term's lists as they will be stored.
#[derive(Debug, Default)]
struct TermLists {
    df: u32,
    last: u32,
    postings: Vec<u8>,
    positions: Vec<u8>,
}

/// A term's occurrences in the passage at hand.
#[derive(Debug, Default)]
struct Occurrences {
    title: bool,
    trail: bool,
    text: u32,
    positions: Vec<u32>,
}

/// Where in a passage a term stands.
#[derive(Clone, Copy)]
enum Field {
    Title,
    Trail,
    Text,
}

/// A finished shard of consecutive terms.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WordsPart {
    /// Its first term.
    pub first: String,
    /// The framed words shard.
    pub words: Vec<u8>,
    /// The framed positions shard of the same terms.
    pub positions: Vec<u8>,
}

/// All shards, and what the manifest says of them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct WordsOutput {
    /// Shards in the order of their first terms.
    pub parts: Vec<WordsPart>,
    /// Number of terms.
    pub terms: u32,
    /// Sum of all passages' lengths.
    pub length: u64,
}

impl WordsWriter {
    /// Adds a passage: its page's `title`, the headings above it and its `text`. Gives its length in
    /// terms, for the directory; parts of compounds do not count.
    ///
    /// # Errors
    /// [`IndexError::Order`] unless `passage` is above the one before.
    pub fn add(
        &mut self,
        analyzer: &Analyzer,
        passage: PassageId,
        title: &str,
        trail: &[String],
        text: &str,
    ) -> Result<u32, IndexError> {
        require_ascending(self.last, passage)?;
        self.last = Some(passage.0);
        let mut found: BTreeMap<String, Occurrences> = BTreeMap::new();
        let (mut base, mut length) = (0u32, 0u32);
        let fields = std::iter::once((Field::Title, title))
            .chain(trail.iter().filter(|h| *h != title).map(|h| (Field::Trail, h.as_str())))
            .chain(std::iter::once((Field::Text, text)));
        for (field, text) in fields {
            let mut end = 0;
            analyzer.terms(text, &mut |term: Term<'_>| {
                length += u32::from(!term.part);
                end = end.max(term.position + 1);
                let position = base + term.position;
                match found.get_mut(term.term) {
                    Some(occurrences) => occurrences.note(field, position),
                    None => {
                        let mut occurrences = Occurrences::default();
                        occurrences.note(field, position);
                        found.insert(term.term.to_owned(), occurrences);
                    }
                }
            });
            base += end + FIELD_GAP;
        }
        for (term, occurrences) in found {
            self.terms.entry(term).or_default().push(passage.0, &occurrences);
        }
        self.length += u64::from(length);
        Ok(length)
    }

    /// Cuts what was added into shards of about `shard_bytes` ([`super::SHARD_BYTES`]); a term whose
    /// postings alone are longer makes a shard of its own size.
    #[must_use]
    pub fn finish(self, shard_bytes: usize) -> WordsOutput {
        let mut output =
            WordsOutput { parts: vec![], terms: self.terms.len() as u32, length: self.length };
        let mut shard = OpenShard::default();
        for (term, lists) in &self.terms {
            if shard.terms > 0 && shard.bytes() + lists.postings.len() > shard_bytes {
                output.parts.push(std::mem::take(&mut shard).finish());
            }
            shard.push(term, lists);
        }
        if shard.terms > 0 {
            output.parts.push(shard.finish());
        }
        output
    }
}

impl Occurrences {
    fn note(&mut self, field: Field, position: u32) {
        match field {
            Field::Title => self.title = true,
            Field::Trail => self.trail = true,
            Field::Text => self.text += 1,
        }
        // A compound and a part of it that are the same term stand at one position.
        if self.positions.last() != Some(&position) {
            self.positions.push(position);
        }
    }
}

impl TermLists {
    fn push(&mut self, passage: u32, occurrences: &Occurrences) {
        put_posting(
            &mut self.postings,
            passage - self.last,
            occurrences.title,
            occurrences.trail,
            occurrences.text,
        );
        put_positions(&mut self.positions, &occurrences.positions);
        self.last = passage;
        self.df += 1;
    }
}

/// The shard that terms are being added to.
#[derive(Default)]
struct OpenShard {
    first: String,
    last: String,
    terms: u32,
    lexicon: Vec<u8>,
    postings: Vec<u8>,
    lengths: Vec<u8>,
    positions: Vec<u8>,
}

impl OpenShard {
    fn bytes(&self) -> usize {
        self.lexicon.len() + self.postings.len()
    }

    fn push(&mut self, term: &str, lists: &TermLists) {
        if self.terms == 0 {
            self.first = term.to_owned();
        }
        put_entry(&mut self.lexicon, &self.last, term, lists.df, lists.postings.len());
        self.postings.extend_from_slice(&lists.postings);
        put_varint(&mut self.lengths, lists.positions.len() as u64);
        self.positions.extend_from_slice(&lists.positions);
        term.clone_into(&mut self.last);
        self.terms += 1;
    }

    fn finish(self) -> WordsPart {
        let mut words = Vec::with_capacity(self.bytes() + 10);
        put_varint(&mut words, u64::from(self.terms));
        put_varint(&mut words, self.lexicon.len() as u64);
        words.extend_from_slice(&self.lexicon);
        words.extend_from_slice(&self.postings);
        let mut positions = Vec::with_capacity(self.lengths.len() + self.positions.len() + 5);
        put_varint(&mut positions, u64::from(self.terms));
        positions.extend_from_slice(&self.lengths);
        positions.extend_from_slice(&self.positions);
        WordsPart {
            first: self.first,
            words: frame::write(Kind::Words, &words),
            positions: frame::write(Kind::Positions, &positions),
        }
    }
}

#[cfg(test)]
mod tests;
