//! Writing the keyword index: terms of passages in, shards of consecutive terms out.

use super::bm25::{self, Bm25, TITLE, TRAIL};
use super::cuts::{Atom, cuts};
use super::lists;
use super::positions::put_positions;
use super::postings::{self, Posting};
use super::shard::put_entry;
use crate::error::{IndexError, require_ascending};
use sextant_core::frame::{self, Kind};
use sextant_core::head::separator;
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
    /// By passage, in terms.
    lengths: Vec<u32>,
    passages: u32,
}

/// What is known of a term.
#[derive(Debug, Default)]
struct TermLists {
    /// The passages that have it, ascending, with its weighted frequency in each.
    frequencies: Vec<(u32, f32)>,
    /// As they will be stored.
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
    /// Where its terms begin: behind all terms of the part before it, at its own first one or before that.
    pub first: String,
    /// The framed words shard.
    pub words: Vec<u8>,
    /// The framed positions shard of the same terms.
    pub positions: Vec<u8>,
    /// The framed shard of the postings that are not in the words shard, where there are any.
    pub rest: Option<Vec<u8>>,
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
    /// Adds a passage: its page's `title`, the headings above it and its `text`.
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
    ) -> Result<(), IndexError> {
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
                // Parts of compounds stand where the whole does.
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
        self.lengths.resize(passage.0 as usize + 1, 0);
        if let Some(last) = self.lengths.last_mut() {
            *last = length;
        }
        self.passages += 1;
        Ok(())
    }

    /// Cuts what was added into shards in which a term has `most` postings at most
    /// ([`super::MOST_POSTINGS`]). `shards` gives how many there may be, at least one, of the bytes of all. Terms that
    /// many passages have are taken to be asked for most, and lie in the smallest shards.
    #[must_use]
    pub fn finish(self, shards: impl FnOnce(usize) -> usize, most: u32) -> WordsOutput {
        let length = self.lengths.iter().copied().map(u64::from).sum();
        let bm25 = Bm25::new(self.passages, length);
        let terms = self.terms.len() as u32;
        let mut output = WordsOutput { parts: vec![], terms, length };
        let mut written = vec![];
        let mut atoms = vec![];
        for (term, lists) in self.terms {
            let mut postings = lists.postings(&bm25, &self.lengths);
            let rest = postings::split(&mut postings, most as usize);
            let mut stored = vec![];
            postings::put(&mut stored, postings);
            let (bytes, weight) = (term.len() + stored.len(), lists.frequencies.len() as f64);
            atoms.push(Atom { terms: 1, bytes, weight });
            written.push((term, lists, stored, rest));
        }
        let total = atoms.iter().map(|atom| atom.bytes).sum();
        let mut written = written.into_iter();
        let mut last = String::new();
        for range in cuts(&atoms, shards(total)) {
            let mut shard = OpenShard::new(most);
            for (term, lists, stored, rest) in written.by_ref().take(range.len()) {
                shard.push(&term, lists, &stored, &rest);
            }
            let next = shard.last.clone();
            let mut part = shard.finish();
            if !output.parts.is_empty() {
                part.first = separator(&last, &part.first).to_owned();
            }
            output.parts.push(part);
            last = next;
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
        let Occurrences { title, trail, text, positions } = occurrences;
        let field = |has: bool, counts: f32| if has { counts } else { 0.0 };
        let frequency = *text as f32 + field(*title, TITLE) + field(*trail, TRAIL);
        self.frequencies.push((passage, frequency));
        put_positions(&mut self.positions, positions);
    }

    /// The postings, by the lengths of all passages.
    fn postings(&self, bm25: &Bm25, lengths: &[u32]) -> Vec<Posting> {
        let posting = |(passage, frequency): &(u32, f32)| {
            let length = lengths.get(*passage as usize).copied().unwrap_or(0);
            let level = bm25::level(bm25.saturation(*frequency, length));
            Posting { passage: PassageId(*passage), level }
        };
        self.frequencies.iter().map(posting).collect()
    }
}

/// The shard that terms are being added to.
struct OpenShard {
    most: u32,
    first: String,
    last: String,
    lexicon: Vec<u8>,
    postings: Vec<u8>,
    positions: Vec<Vec<u8>>,
    rests: Vec<Vec<u8>>,
}

impl OpenShard {
    /// `most`: postings of a term in the shard, at most.
    fn new(most: u32) -> Self {
        Self {
            most,
            first: String::new(),
            last: String::new(),
            lexicon: vec![],
            postings: vec![],
            positions: vec![],
            rests: vec![],
        }
    }

    fn terms(&self) -> usize {
        self.positions.len()
    }

    fn bytes(&self) -> usize {
        self.lexicon.len() + self.postings.len()
    }

    /// `postings`: as they are stored here.
    fn push(&mut self, term: &str, lists: TermLists, postings: &[u8], rest: &[Posting]) {
        if self.terms() == 0 {
            self.first = term.to_owned();
        }
        let df = lists.frequencies.len() as u32;
        let sum: f32 = rest.iter().map(|posting| posting.saturation()).sum();
        let mean = (!rest.is_empty()).then(|| (sum / rest.len() as f32 * 256.0) as u8);
        put_entry(&mut self.lexicon, &self.last, term, df, postings.len(), mean);
        self.postings.extend_from_slice(postings);
        self.positions.push(lists.positions);
        if !rest.is_empty() {
            let mut stored = vec![];
            postings::put(&mut stored, rest.iter().copied());
            self.rests.push(stored);
        }
        term.clone_into(&mut self.last);
    }

    fn finish(self) -> WordsPart {
        let mut words = Vec::with_capacity(self.bytes() + 15);
        put_varint(&mut words, self.terms() as u64);
        put_varint(&mut words, self.most.into());
        put_varint(&mut words, self.lexicon.len() as u64);
        words.extend_from_slice(&self.lexicon);
        words.extend_from_slice(&self.postings);
        WordsPart {
            first: self.first,
            words: frame::write(Kind::Words, &words),
            positions: lists::write(Kind::Positions, &self.positions),
            rest: (!self.rests.is_empty()).then(|| postings::write_rest(&self.rests)),
        }
    }
}

#[cfg(test)]
mod tests;
