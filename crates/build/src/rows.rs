//! A row for every word that a reader may ask with: what the instant tier looks up instead of running an encoder.
//!
//! The words are the site's own and the whole words that the table knows, since a paraphrase uses words that the site lacks. A word's
//! row is what the table says, moved towards what the site's passages say where that helps: see [`adapt`].

mod adapt;

use sextant_encoder::TokenTable;
use sextant_encoder::table::to_unit;
use sextant_text::{plain_words, sentences};
use std::collections::BTreeMap;

pub use adapt::Adapted;

/// Passages whose heading and first sentence stand for questions, at most.
const MOST_SAMPLED: usize = 1000;

/// A passage as rows see it.
#[derive(Clone, Copy, Debug)]
pub struct SitePassage<'a> {
    /// Title of its page.
    pub title: &'a str,
    /// Headings above it, outermost first.
    pub trail: &'a [String],
    /// Its text.
    pub text: &'a str,
}

impl SitePassage<'_> {
    /// What a reader would call it: the nearest heading, else the title.
    fn heading(&self) -> &str {
        self.trail.last().map_or(self.title, String::as_str)
    }

    fn first_sentence(&self) -> &str {
        let first = sentences::split(self.text).next();
        first.and_then(|range| self.text.get(range)).unwrap_or_default()
    }
}

/// Words and their rows.
#[derive(Clone, Debug, Default)]
pub struct WordRows {
    /// As [`plain_words`] gives them, ascending by bytes, each once.
    pub words: Vec<String>,
    /// f32[words, dimensions]; a row's length is how much its word counts.
    pub rows: Vec<f32>,
    /// Passages of the site that have the word; 0 for a word that only the table knows.
    pub counts: Vec<u32>,
    /// Numbers of a row.
    pub dimensions: usize,
    /// Sums of the rows of headings and first sentences of the site, f32[texts, dimensions], of any length: what
    /// those of questions are like.
    pub samples: Vec<f32>,
    /// What the site's own passages made better, where they did.
    pub adapted: Option<Adapted>,
}

/// The rows of all words of `passages` that have one, and of the table's own. `vectors`: the passages' unit vectors,
/// f32[passages, dimensions], by the encoder that the table predicts.
///
/// Cost: for 20,000 passages some seconds of one core, most of them for what the site's passages say.
#[must_use]
pub fn word_rows(table: &TokenTable, passages: &[SitePassage<'_>], vectors: &[f32]) -> WordRows {
    let mut rows = shipped(table, passages);
    adapt::adapt(&mut rows, passages, vectors);
    let count = passages.len().min(MOST_SAMPLED);
    let spread = (0..count).filter_map(|at| passages.get(at * passages.len() / count));
    let texts = spread.flat_map(|passage| [passage.heading(), passage.first_sentence()]);
    rows.samples = texts.flat_map(|text| rows.sum(text)).collect();
    rows
}

/// Rows as the table has them.
fn shipped(table: &TokenTable, passages: &[SitePassage<'_>]) -> WordRows {
    // The number of the last passage that had the word, from 1, so that a passage counts once.
    let mut met: BTreeMap<String, (u32, usize)> =
        table.words().map(|word| (word.to_owned(), (0, 0))).collect();
    for (passage, number) in passages.iter().zip(1..) {
        let mut meet = |word: &str| match met.get_mut(word) {
            Some((count, last)) if *last != number => (*count, *last) = (*count + 1, number),
            Some(_) => {}
            None => {
                met.insert(word.to_owned(), (1, number));
            }
        };
        plain_words(passage.title, &mut meet);
        passage.trail.iter().for_each(|heading| plain_words(heading, &mut meet));
        plain_words(passage.text, &mut meet);
    }
    let mut found = WordRows { dimensions: table.dimensions(), ..WordRows::default() };
    for (word, (count, _)) in met {
        if let Some(row) = table.word_row(&word) {
            found.words.push(word);
            found.counts.push(count);
            found.rows.extend(row);
        }
    }
    found
}

impl WordRows {
    /// The number of `word`.
    #[must_use]
    pub fn find(&self, word: &str) -> Option<usize> {
        self.words.binary_search_by(|known| known.as_str().cmp(word)).ok()
    }

    /// The unit vector of a text, f32[`dimensions`]; zeros where none of its words has a row.
    #[must_use]
    pub fn encode(&self, text: &str) -> Vec<f32> {
        let mut sum = self.sum(text);
        to_unit(&mut sum);
        sum
    }

    /// The sum of the rows of a text's words, f32[`dimensions`].
    fn sum(&self, text: &str) -> Vec<f32> {
        let mut sum = vec![0.0; self.dimensions];
        plain_words(text, |word| {
            let row = self
                .find(word)
                .and_then(|at| self.rows.get(at * self.dimensions..(at + 1) * self.dimensions));
            sum.iter_mut().zip(row.unwrap_or_default()).for_each(|(sum, value)| *sum += value);
        });
        sum
    }
}
