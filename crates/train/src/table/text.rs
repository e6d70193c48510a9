//! What a table is fitted on: the lines of a training text, and every word that has a row, by itself.

use std::collections::HashMap;

use sextant_encoder::Encoder;
use sextant_encoder::table::is_plain_word;
use sextant_text::plain_words;
use sextant_text::wordpiece::WordPiece;
use sha2::{Digest, Sha256};

use super::TableSettings;
use crate::error::TrainError;

/// Fewer lines say nothing about a vocabulary.
const LEAST: usize = 64;
/// Lines that a word must be in to have a row of its own beside those of its pieces.
const WORD_LINES: u32 = 8;
/// Added to inverse document frequencies, so that words in every text count a little.
const LEAST_WEIGHT: f32 = 0.2;

/// Lines, and the rows that they are made of: the encoder's tokens, and behind them words of several tokens that are met often.
#[derive(Debug)]
pub struct TrainingText<'a> {
    tokenizer: &'a WordPiece,
    row_of: HashMap<String, u32>,
    pub(super) lines: Vec<Line>,
    pub(super) tokens: Vec<String>,
    pub(super) words: Vec<String>,
    pub(super) sha256: String,
}

/// A text whose rows are fitted.
#[derive(Debug)]
pub(super) struct Line {
    pub(super) text: String,
    pub(super) kind: Kind,
}

/// What a text's rows shall give the vector of.
#[derive(Debug)]
pub(super) enum Kind {
    /// The text.
    Own,
    /// The text, which is a word with a row.
    Word,
    /// This passage: the text is the heading above it.
    Passage(String),
}

impl Kind {
    pub(super) fn is_own_text(&self) -> bool {
        matches!(self, Self::Own)
    }

    pub(super) fn weight(&self, settings: &TableSettings) -> f32 {
        match self {
            Self::Own => 1.0,
            Self::Word => settings.word_weight,
            Self::Passage(_) => settings.heading_weight,
        }
    }
}

impl<'a> TrainingText<'a> {
    /// Reads a training text for `encoder`: a line each with a text; or with a heading, a tab and the passage below it, which count both
    /// as a heading and as what it leads to.
    ///
    /// Errors: [`TrainError::Calibration`] for too few lines.
    pub fn read(text: &str, encoder: &'a Encoder) -> Result<Self, TrainError> {
        let tokenizer = encoder.tokenizer();
        let mut lines = Vec::new();
        for line in text.lines().filter(|line| !line.trim().is_empty()) {
            let (text, passage) = line.split_once('\t').unwrap_or((line, ""));
            lines.push(Line { text: text.to_owned(), kind: Kind::Own });
            if !passage.is_empty() {
                let kind = Kind::Passage(passage.to_owned());
                lines.push(Line { text: text.to_owned(), kind });
            }
        }
        if lines.len() < LEAST {
            return Err(TrainError::Calibration { found: lines.len(), least: LEAST });
        }
        let words = own_words(&lines, tokenizer);
        let size = tokenizer.vocabulary_size() as u32;
        let tokens: Vec<String> =
            (0..size).map(|id| tokenizer.token(id).unwrap_or_default().to_owned()).collect();
        let whole = tokens.iter().filter(|token| is_plain_word(token)).chain(&words);
        lines.extend(whole.map(|word| Line { text: word.clone(), kind: Kind::Word }));
        let row_of = words.iter().cloned().zip(size..).collect();
        let sha256 = Sha256::digest(text).iter().map(|byte| format!("{byte:02x}")).collect();
        Ok(Self { tokenizer, row_of, lines, tokens, words, sha256 })
    }

    /// What is to be encoded, in order.
    #[must_use]
    pub fn targets(&self) -> Vec<String> {
        let target = |line: &Line| match &line.kind {
            Kind::Passage(passage) => passage.clone(),
            Kind::Own | Kind::Word => line.text.clone(),
        };
        self.lines.iter().map(target).collect()
    }

    pub(super) fn rows(&self) -> usize {
        self.tokens.len() + self.words.len()
    }

    /// What the lines have of each row.
    pub(super) fn features(&self) -> Features {
        let lines: Vec<_> = self.lines.iter().map(|line| self.counts(&line.text)).collect();
        let mut counts = vec![0.0f32; self.rows()];
        let texts = || self.lines.iter().zip(&lines).filter(|(line, _)| line.kind.is_own_text());
        for (row, _) in texts().flat_map(|(_, rows)| rows) {
            if let Some(count) = counts.get_mut(*row as usize) {
                *count += 1.0;
            }
        }
        let all = texts().count() as f32 + 1.0;
        let weights =
            counts.iter().map(|count| (all / (count + 1.0)).ln() + LEAST_WEIGHT).collect();
        Features { lines, counts, weights }
    }

    /// How often `text` has each row, by row.
    fn counts(&self, text: &str) -> Vec<(u32, f32)> {
        let (mut rows, mut pieces) = (Vec::new(), Vec::new());
        plain_words(text, |word| {
            self.tokenizer.pieces(word, &mut pieces);
            rows.extend(&pieces);
            rows.extend(self.row_of.get(word));
        });
        rows.sort_unstable();
        rows.chunk_by(|a, b| a == b)
            .filter_map(|same| Some((*same.first()?, same.len() as f32)))
            .collect()
    }
}

/// Words of several tokens that are in many lines, ascending.
fn own_words(lines: &[Line], tokenizer: &WordPiece) -> Vec<String> {
    // With each word the number of the last line that had it, so that a line counts once.
    let mut met: HashMap<String, (u32, usize)> = HashMap::new();
    for (at, line) in lines.iter().enumerate().filter(|(_, line)| line.kind.is_own_text()) {
        plain_words(&line.text, |word| match met.get_mut(word) {
            Some((count, last)) if *last != at => (*count, *last) = (*count + 1, at),
            Some(_) => {}
            None => {
                met.insert(word.to_owned(), (1, at));
            }
        });
    }
    let mut pieces = Vec::new();
    let often = met.into_iter().filter(|(_, (count, _))| *count >= WORD_LINES);
    let mut words: Vec<String> = often
        .map(|(word, _)| word)
        .filter(|word| {
            tokenizer.pieces(word, &mut pieces);
            pieces.len() > 1
        })
        .collect();
    words.sort_unstable();
    words
}

/// What the lines have of each row, and how much a row counts.
pub(super) struct Features {
    lines: Vec<Vec<(u32, f32)>>,
    /// Texts that have the row, f32[rows].
    pub(super) counts: Vec<f32>,
    /// Inverse document frequencies, f32[rows].
    pub(super) weights: Vec<f32>,
}

impl Features {
    /// The features of line `at`, of length `weight`.
    pub(super) fn of(&self, at: usize, weight: f32) -> Vec<(u32, f32)> {
        let counted = self.lines.get(at).map_or(&[][..], Vec::as_slice);
        let weight_of = |row: u32| self.weights.get(row as usize).copied().unwrap_or(0.0);
        let mut features: Vec<(u32, f32)> =
            counted.iter().map(|(row, count)| (*row, count * weight_of(*row))).collect();
        let length = features.iter().map(|(_, value)| value * value).sum::<f32>().sqrt();
        features.iter_mut().for_each(|(_, value)| *value *= weight / length.max(f32::MIN_POSITIVE));
        features
    }
}
