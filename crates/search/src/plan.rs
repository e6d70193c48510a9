//! The planning stage: from the question to the words that are looked up and the shards they are in.

use crate::query::Query;
use crate::words::stem_at_least;
use sextant_core::manifest::WordsShardEntry;
use sextant_core::sort_by;
use sextant_text::analysis::Analyzer;
use sextant_text::query::{self, QueryTerm};
use std::ops::Range;

/// Letters that a beginning must have before it is expanded: one letter begins too many words.
const LEAST_PREFIX: usize = 2;
/// Bytes of the shards, as they lie on the server, that one beginning is looked up in at most.
const MOST_PREFIX_BYTES: u64 = 32 * 1024;

/// How much a part of an identifier counts beside the whole: `capacity` of `Vec::with_capacity`.
const PART_OF_IDENTIFIER: f32 = 0.3;
/// How much the whole of a plain compound counts beside its parts: `email` of `e-mail`.
const WHOLE_OF_COMPOUND: f32 = 0.5;

/// How much meaning counts in a hybrid ranking, `0..=1`: chosen on seven English collections, where
/// 0.35 to 0.5 differ by less than half a point of nDCG@10.
const MEANING_OF_QUESTION: f32 = 0.45;
/// The same where the question is a name, a flag or an error code: words must win.
const MEANING_OF_IDENTIFIER: f32 = 0.2;
/// The same for text that is not English, which most encoders know best; chosen on xquad-de.
const MEANING_ABROAD: f32 = 0.3;
/// The same for questions in scripts of which English encoders know little; chosen on xquad-zh.
const MEANING_OF_OTHER_SCRIPT: f32 = 0.1;
/// The last letter of the Latin blocks of Unicode up to Extended-B.
const LAST_LATIN: char = '\u{24f}';

/// A word of the question.
#[derive(Clone, Debug, PartialEq)]
pub struct Wanted {
    /// As the lexicon would have it.
    pub term: String,
    /// As typed, folded but not stemmed, if it may be the beginning of a longer word.
    pub beginning: Option<String>,
    /// Whether it may be a typing error of another word.
    pub correctable: bool,
    /// How much it counts beside the others, above 0.
    pub share: f32,
    /// Whether it counts only where the lexicon has it: the whole of a compound whose parts are
    /// wanted too.
    pub optional: bool,
}

/// What is looked up for a question.
#[derive(Clone, Debug, PartialEq)]
pub struct Plan {
    pub wanted: Vec<Wanted>,
    /// Quoted phrases: every passage of the answer has all of them.
    pub phrases: Vec<Vec<String>>,
    /// How much meaning counts in a hybrid ranking, `0..=1`.
    pub meaning: f32,
    words: usize,
}

impl Plan {
    /// `language`: that of the bundle's words, a BCP 47 tag.
    pub fn new(query: &Query, analyzer: &Analyzer, language: &str) -> Self {
        let text = query.beginning();
        let parsed = query::parse(text, analyzer, !query.typing);
        let wanted = parsed.terms.iter().map(|term| word(term, &parsed.terms)).collect();
        let foreign = |c: char| c.is_alphabetic() && c > LAST_LATIN;
        let meaning = if parsed.looks_like_identifier {
            MEANING_OF_IDENTIFIER
        } else if text.contains(foreign) {
            MEANING_OF_OTHER_SCRIPT
        } else if language == "en" || language.starts_with("en-") {
            MEANING_OF_QUESTION
        } else {
            MEANING_ABROAD
        };
        let mut words: Vec<u16> = parsed.terms.iter().map(|term| term.word).collect();
        words.dedup();
        Self { wanted, phrases: parsed.phrases, meaning, words: words.len() }
    }

    /// How many words the question has: a compound and its parts are one.
    pub fn words(&self) -> usize {
        self.words
    }

    /// The words shards that are needed, ascending. `shards`: those of the manifest.
    pub fn shards(&self, shards: &[WordsShardEntry]) -> Vec<usize> {
        let of_phrases = self.phrases.iter().flatten().filter_map(|term| shard_of(shards, term));
        let of_words = self.wanted.iter().flat_map(|wanted| needed(shards, wanted));
        let mut needed: Vec<usize> = of_words.chain(of_phrases).collect();
        sort_by(&mut needed, Ord::cmp);
        needed.dedup();
        needed
    }
}

/// How `term` is looked up beside the other `terms` of the question.
fn word(term: &QueryTerm, terms: &[QueryTerm]) -> Wanted {
    let mut forms = terms.iter().filter(|other| other.word == term.word);
    let compound = forms.clone().any(|other| other.part != term.part);
    let identifier = forms.any(|other| other.identifier && !other.part);
    let share = match (compound, term.part, identifier) {
        (false, ..) | (true, false, true) | (true, true, false) => 1.0,
        (true, true, true) => PART_OF_IDENTIFIER,
        (true, false, false) => WHOLE_OF_COMPOUND,
    };
    let begins = term.prefix && term.typed.chars().count() >= LEAST_PREFIX;
    Wanted {
        beginning: begins.then(|| term.typed.clone()),
        correctable: !term.term.contains(|c: char| c.is_ascii_digit()),
        share,
        optional: compound && !term.part,
        term: term.term.clone(),
    }
}

/// The shard that `term` would be in, if any.
pub fn shard_of(shards: &[WordsShardEntry], term: &str) -> Option<usize> {
    shards.partition_point(|shard| shard.first.as_str() <= term).checked_sub(1)
}

/// The shards that terms with this prefix may be in.
pub fn shards_of_prefix(shards: &[WordsShardEntry], prefix: &str) -> Range<usize> {
    let start = shard_of(shards, prefix).unwrap_or(0);
    let begins =
        |shard: &WordsShardEntry| shard.first.as_str() <= prefix || shard.first.starts_with(prefix);
    start..shards.partition_point(begins).max(start)
}

/// All shards that `wanted` needs. `shards`: those of the manifest.
pub fn needed(shards: &[WordsShardEntry], wanted: &Wanted) -> Vec<usize> {
    let mut needed: Vec<usize> = shard_of(shards, &wanted.term).into_iter().collect();
    if let Some(beginning) = &wanted.beginning {
        needed.extend(within(shards, shards_of_prefix(shards, beginning), MOST_PREFIX_BYTES));
        let length = beginning.chars().count();
        let stem: String = beginning.chars().take(stem_at_least(length)).collect();
        needed.extend(shard_of(shards, &stem));
    }
    needed
}

/// The first of `numbers`, at least one, that have `most` bytes together.
fn within(
    shards: &[WordsShardEntry],
    numbers: impl IntoIterator<Item = usize>,
    most: u64,
) -> impl Iterator<Item = usize> {
    let mut before = 0u64;
    numbers.into_iter().take_while(move |shard| {
        let fits = before < most;
        before += shards.get(*shard).map_or(0, |shard| shard.bytes);
        fits
    })
}

#[cfg(test)]
mod tests;
