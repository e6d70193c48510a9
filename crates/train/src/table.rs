//! Fitting the token table: rows whose weighted sums predict an encoder's vectors, by ridge regression over many short texts.
//!
//! A text's features are how often it has each row, times the row's inverse document frequency, together of unit length; its target is
//! the encoder's vector of the text itself, or of the passage below a heading. The inverse document frequencies go into the rows, so that
//! who asks adds rows up and needs no weights. The direction that all vectors have in common is taken out of them.

mod text;

use sextant_encoder::Encoder;
use sextant_encoder::coding::product::ProductTable;
use sextant_encoder::table::ridge::{self, Problem, Texts};
use sextant_encoder::table::{TableDescription, TableFit, to_unit, write_table};

use crate::error::TrainError;
use crate::product;

pub use text::TrainingText;

/// The format that is written.
const FORMAT: u32 = 1;
/// Every so many-th line is kept to measure with.
const HELD_OUT_ONE_IN: usize = 40;

/// What may be chosen. The defaults are what the committed table was made with.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct TableSettings {
    /// What a row's squared length costs beside squared errors.
    pub ridge: f32,
    /// How much a heading counts that leads to its passage's vector; a text that leads to its own counts 1.
    pub heading_weight: f32,
    /// How much a word by itself counts.
    pub word_weight: f32,
    /// Steps of the solver.
    pub steps: usize,
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
            ridge: 0.3,
            heading_weight: 1.0,
            word_weight: 0.5,
            steps: 12,
            bytes: 192,
            rounds: 4,
            seed: 1,
        }
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
    /// Mean cosine between held-out texts' sums of rows and their own vectors, by the rows as they were fitted, before what all have in
    /// common was taken out.
    pub cosine: f64,
}

/// Fits a table. `vectors`: the encoder's vectors of [`TrainingText::targets`], f32[targets, dimensions].
///
/// Errors: [`TrainError::TokenBytes`], and [`TrainError::Encoder`].
pub fn fit_table(
    encoder: &Encoder,
    text: &TrainingText<'_>,
    vectors: &[f32],
    settings: &TableSettings,
) -> Result<FittedTable, TrainError> {
    let width = encoder.dimensions();
    if settings.bytes == 0 || !width.is_multiple_of(settings.bytes) {
        return Err(TrainError::TokenBytes { bytes: settings.bytes, hidden: width });
    }
    let features = text.features();
    let (mut texts, mut held_out) = (Texts::default(), Texts::default());
    let (mut targets, mut held_targets) = (Vec::new(), Vec::new());
    for (at, (line, vector)) in text.lines.iter().zip(vectors.chunks_exact(width)).enumerate() {
        let weight = line.kind.weight(settings).sqrt();
        if at % HELD_OUT_ONE_IN == 0 && line.kind.is_own_text() {
            held_out.push(features.of(at, 1.0));
            held_targets.extend_from_slice(vector);
        } else if weight > 0.0 {
            texts.push(features.of(at, weight));
            targets.extend(vector.iter().map(|value| weight * value));
        }
    }
    let (rows, ridge, steps) = (text.rows(), settings.ridge, settings.steps);
    let problem = Problem { texts: &texts, targets: &targets, width, rows, ridge, steps };
    let mut table = ridge::solve(&problem);
    let cosine = mean_cosine(held_out.sums(&table, width), &held_targets, width);
    let common = mean_direction(&targets, width);
    for (row, weight) in table.chunks_exact_mut(width).zip(&features.weights) {
        let share: f32 = row.iter().zip(&common).map(|(value, common)| value * common).sum();
        row.iter_mut()
            .zip(&common)
            .for_each(|(value, common)| *value = weight * (*value - share * common));
    }
    let (codes, scales) = coded(&mut table, width, &features.counts, settings);
    let description = TableDescription {
        format: FORMAT,
        encoder: encoder.name().to_owned(),
        fingerprint: encoder.fingerprint().to_owned(),
        dimensions: width,
        tokenizer: encoder.description().tokenizer.clone(),
        fit: TableFit {
            text: text.sha256.clone(),
            texts: texts.len(),
            ridge: f64::from(settings.ridge),
            heading_weight: f64::from(settings.heading_weight),
            word_weight: f64::from(settings.word_weight),
            steps: settings.steps,
            rounds: settings.rounds,
            seed: settings.seed,
        },
    };
    let container = write_table(&description, &text.tokens, &text.words, &codes, &scales)?;
    Ok(FittedTable { container, texts: texts.len(), words: text.words.len(), cosine })
}

/// What all texts' vectors have in common: it ranks passages the same whatever is asked, so rows go without it.
fn mean_direction(vectors: &[f32], width: usize) -> Vec<f32> {
    let mut sums = vec![0.0f64; width];
    for vector in vectors.chunks_exact(width) {
        sums.iter_mut().zip(vector).for_each(|(sum, value)| *sum += f64::from(*value));
    }
    let mut mean: Vec<f32> = sums.into_iter().map(|sum| sum as f32).collect();
    to_unit(&mut mean);
    mean
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
