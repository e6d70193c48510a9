//! Fitting the token table: rows whose weighted sums predict an encoder's vectors, by ridge regression over many short texts.
//!
//! A text's features are how often it has each row, times the row's inverse document frequency, together of unit length; its target is the
//! encoder's vector of the text itself, or of the passage below a heading. The inverse document frequencies go into the rows, so that
//! who asks adds rows up and needs no weights.

use std::collections::HashMap;

use sextant_encoder::Encoder;
use sextant_encoder::coding::product::ProductTable;
use sextant_encoder::table::ridge::{self, Problem, Texts};
use sextant_encoder::table::{TableDescription, TableFit, to_unit, write_table};
use sextant_text::plain_words;
use sextant_text::wordpiece::WordPiece;
use sha2::{Digest, Sha256};

use crate::error::TrainError;
use crate::product;

/// The format that is written.
const FORMAT: u32 = 1;
/// Fewer lines say nothing about a vocabulary.
const LEAST: usize = 64;
/// Every so many-th line is kept to measure with.
const HELD_OUT_ONE_IN: usize = 40;
/// Added to inverse document frequencies, so that words in every text count a little.
const LEAST_WEIGHT: f32 = 0.2;

/// What may be chosen. The defaults are what the committed table was made with.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct TableSettings {
    /// What a row's squared length costs beside squared errors.
    pub ridge: f32,
    /// How much a heading counts that leads to its passage's vector; a text that leads to its own counts 1.
    pub heading_weight: f32,
    /// Steps of the solver.
    pub steps: usize,
    /// Texts that a word must be in to have a row of its own beside those of its pieces.
    pub word_texts: u32,
    /// Bytes of a row: a divisor of the encoder's dimensions.
    pub bytes: usize,
    /// Rounds of k-means for the codes.
    pub rounds: usize,
    /// Where the k-means starts from.
    pub seed: u64,
}

impl Default for TableSettings {
    fn default() -> Self {
        Self {
            ridge: 1.0,
            heading_weight: 0.5,
            steps: 15,
            word_texts: 8,
            bytes: 192,
            rounds: 12,
            seed: 1,
        }
    }
}

/// A line of the training text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Line<'a> {
    /// The text whose rows are fitted.
    pub text: &'a str,
    /// The text whose vector they shall give: the passage below a heading, else the text itself.
    pub target: &'a str,
}

impl<'a> Line<'a> {
    /// The lines of a training text: `text`, or `text`, a tab and the passage it leads to.
    pub fn read(text: &'a str) -> impl Iterator<Item = Self> {
        text.lines().filter(|line| !line.trim().is_empty()).map(|line| {
            let (text, target) = line.split_once('\t').unwrap_or((line, line));
            Self { text, target }
        })
    }

    fn leads_elsewhere(&self) -> bool {
        self.text != self.target
    }
}

/// A table with what can be said of it.
#[derive(Debug)]
pub struct FittedTable {
    /// The container's bytes.
    pub container: Vec<u8>,
    /// Texts that it was fitted on.
    pub texts: usize,
    /// Words with a row of their own.
    pub words: usize,
    /// Mean cosine between held-out texts' sums of rows and their own vectors, by the rows as they were fitted.
    pub cosine: f64,
}

/// Fits a table. `text`: the training text; `vectors`: the encoder's vector of each line's target, f32[lines, dimensions], in the
/// order of [`Line::read`]; `vocabulary`: the encoder's tokens in their order.
///
/// Errors: [`TrainError::Calibration`] for too few lines, [`TrainError::TokenBytes`], and [`TrainError::Encoder`].
pub fn fit_table(
    encoder: &Encoder,
    text: &str,
    vectors: &[f32],
    settings: &TableSettings,
) -> Result<FittedTable, TrainError> {
    let width = encoder.dimensions();
    let lines: Vec<Line<'_>> = Line::read(text).collect();
    if lines.len() < LEAST {
        return Err(TrainError::Calibration { found: lines.len(), least: LEAST });
    }
    if settings.bytes == 0 || width % settings.bytes != 0 {
        return Err(TrainError::TokenBytes { bytes: settings.bytes, hidden: width });
    }
    let vocabulary = Vocabulary::of(&lines, encoder.tokenizer(), settings.word_texts);
    let features = Features::new(&lines, &vocabulary);

    let (mut texts, mut held_out) = (Texts::default(), Texts::default());
    let (mut targets, mut held_targets) = (Vec::new(), Vec::new());
    for (at, (line, vector)) in lines.iter().zip(vectors.chunks_exact(width)).enumerate() {
        let weight = if line.leads_elsewhere() { settings.heading_weight } else { 1.0 }.sqrt();
        if at % HELD_OUT_ONE_IN == 0 {
            held_out.push(features.of(at, 1.0));
            held_targets.extend_from_slice(vector);
        } else {
            texts.push(features.of(at, weight));
            targets.extend(vector.iter().map(|value| weight * value));
        }
    }
    let rows = vocabulary.rows();
    let problem = Problem {
        texts: &texts,
        targets: &targets,
        width,
        rows,
        ridge: settings.ridge,
        steps: settings.steps,
    };
    let mut table = ridge::solve(&problem);
    let cosine = mean_cosine(held_out.sums(&table, width), &held_targets, width);
    for (row, weight) in table.chunks_exact_mut(width).zip(&features.weights) {
        row.iter_mut().for_each(|value| *value *= weight);
    }
    let (codes, scales) = coded(&mut table, width, &features.counts, settings);
    let description = TableDescription {
        format: FORMAT,
        encoder: encoder.name().to_owned(),
        fingerprint: encoder.fingerprint().to_owned(),
        dimensions: width,
        tokenizer: encoder.description().tokenizer.clone(),
        fit: TableFit {
            text: Sha256::digest(text).iter().map(|byte| format!("{byte:02x}")).collect(),
            texts: texts.len(),
            ridge: f64::from(settings.ridge),
            bytes: settings.bytes,
            rounds: settings.rounds,
            seed: settings.seed,
        },
    };
    let container =
        write_table(&description, &vocabulary.tokens, &vocabulary.words, &codes, &scales)?;
    Ok(FittedTable { container, texts: texts.len(), words: vocabulary.words.len(), cosine })
}

/// The rows there are: the encoder's tokens, and behind them words that are met often and are more than one token.
struct Vocabulary<'a> {
    tokenizer: &'a WordPiece,
    tokens: Vec<String>,
    words: Vec<String>,
    row_of: HashMap<String, u32>,
}

impl<'a> Vocabulary<'a> {
    fn of(lines: &[Line<'_>], tokenizer: &'a WordPiece, least: u32) -> Self {
        let size = tokenizer.vocabulary_size() as u32;
        let tokens =
            (0..size).map(|id| tokenizer.token(id).unwrap_or_default().to_owned()).collect();
        let mut met: HashMap<String, (u32, usize)> = HashMap::new();
        for (at, line) in lines.iter().enumerate() {
            plain_words(line.text, |word| match met.get_mut(word) {
                Some((count, last)) if *last != at => (*count, *last) = (*count + 1, at),
                Some(_) => {}
                None => {
                    met.insert(word.to_owned(), (1, at));
                }
            });
        }
        let mut pieces = Vec::new();
        let mut words: Vec<String> = met
            .into_iter()
            .filter(|(word, (count, _))| {
                tokenizer.pieces(word, &mut pieces);
                *count >= least && pieces.len() > 1
            })
            .map(|(word, _)| word)
            .collect();
        words.sort_unstable();
        let row_of = words.iter().cloned().zip(size..).collect();
        Self { tokenizer, tokens, words, row_of }
    }

    fn rows(&self) -> usize {
        self.tokens.len() + self.words.len()
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

/// What the lines have of each row, and how much a row counts.
struct Features {
    lines: Vec<Vec<(u32, f32)>>,
    /// Lines that have the row, f32[rows].
    counts: Vec<f32>,
    /// Inverse document frequencies, f32[rows].
    weights: Vec<f32>,
}

impl Features {
    fn new(lines: &[Line<'_>], vocabulary: &Vocabulary<'_>) -> Self {
        let lines: Vec<_> = lines.iter().map(|line| vocabulary.counts(line.text)).collect();
        let mut counts = vec![0.0f32; vocabulary.rows()];
        for (row, _) in lines.iter().flatten() {
            if let Some(count) = counts.get_mut(*row as usize) {
                *count += 1.0;
            }
        }
        let all = lines.len() as f32 + 1.0;
        let weights =
            counts.iter().map(|count| (all / (count + 1.0)).ln() + LEAST_WEIGHT).collect();
        Self { lines, counts, weights }
    }

    /// The features of line `at`, of length `weight`.
    fn of(&self, at: usize, weight: f32) -> Vec<(u32, f32)> {
        let counted = self.lines.get(at).map_or(&[][..], Vec::as_slice);
        let weighted = counted.iter().map(|(row, count)| {
            (*row, count * self.weights.get(*row as usize).copied().unwrap_or(0.0))
        });
        let mut features: Vec<(u32, f32)> = weighted.collect();
        let length = features.iter().map(|(_, value)| value * value).sum::<f32>().sqrt();
        features.iter_mut().for_each(|(_, value)| *value *= weight / length.max(f32::MIN_POSITIVE));
        features
    }
}

/// The codes of `rows`, f32[rows, width], each made a unit vector first, and their scales. A row of zeros has scale 0.
fn coded(
    rows: &mut [f32],
    width: usize,
    counts: &[f32],
    settings: &TableSettings,
) -> (ProductTable, Vec<f32>) {
    let scales: Vec<f32> = rows
        .chunks_exact_mut(width)
        .map(|row| {
            let length = row.iter().map(|value| value * value).sum::<f32>().sqrt();
            to_unit(row);
            length
        })
        .collect();
    // As much as the row's error counts over all texts, by the root so that rare rows keep a say.
    let weights: Vec<f32> = scales
        .iter()
        .zip(counts)
        .map(|(scale, count)| scale * (count + 1.0).sqrt() + f32::MIN_POSITIVE)
        .collect();
    let fit = product::Fit { bytes: settings.bytes, rounds: settings.rounds, seed: settings.seed };
    (product::quantize(rows, width, &weights, fit), scales)
}

/// Of the unit vectors of `sums` with `targets`, f32[texts, width] each.
fn mean_cosine(mut sums: Vec<f32>, targets: &[f32], width: usize) -> f64 {
    let cosine = |(sum, target): (&mut [f32], &[f32])| {
        to_unit(sum);
        f64::from(sum.iter().zip(target).map(|(a, b)| a * b).sum::<f32>())
    };
    let texts = targets.len() / width.max(1);
    sums.chunks_exact_mut(width).zip(targets.chunks_exact(width)).map(cosine).sum::<f64>()
        / texts.max(1) as f64
}
