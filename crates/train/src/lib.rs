//! Quantizing encoders to the small form: matrices by GPTQ to four bits, the token table by product quantization.
//!
//! Everything is decided by the encoder, the calibration text and [`Settings`]: the same input gives the same bytes, on any
//! number of threads and on every processor (float kernels give the same bits everywhere, sums run in one order).

mod calibration;
mod error;
mod factor;
mod gptq;
mod layers;
mod moments;
mod product;
mod random;
mod report;
mod stream;
mod table;
#[cfg(test)]
mod tests;
// The tiny encoder that the tests of `sextant_encoder` use.
#[cfg(test)]
#[allow(dead_code)]
#[path = "../../encoder/tests/support/tiny.rs"]
mod tiny;

use sextant_encoder::Encoder;
use sextant_encoder::config::Quantization;
use sextant_encoder::import::{self, Precision, Small, Source};
use sextant_encoder::layout;
use sha2::{Digest, Sha256};

pub use error::TrainError;
pub use report::{Loss, Part, Report, report};
pub use table::{FittedTable, TableSettings, TrainingText, fit_table};

use calibration::Calibration;

/// What may be chosen. The defaults are what the committed encoder was made with.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Settings {
    /// Most passages that the layers are calibrated on, taken evenly from the text.
    pub passages: usize,
    /// Tokens of such a passage that count.
    pub passage_tokens: usize,
    /// Share of the mean diagonal that is added to second moments.
    pub damping: f64,
    /// Bytes of a token: a divisor of the encoder's channels.
    pub token_bytes: usize,
    /// Rounds of k-means for the token table.
    pub rounds: usize,
    /// Where the k-means starts from.
    pub seed: u64,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            passages: 2500,
            passage_tokens: 96,
            damping: 0.01,
            token_bytes: 96,
            rounds: 20,
            seed: 1,
        }
    }
}

/// What is being done, for those who wait.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// Fitting the token table.
    Tokens,
    /// So many matrices are done, of so many.
    Matrices(usize, usize),
}

/// A small form, with what it was made from.
#[derive(Debug)]
pub struct Quantized {
    /// The encoder as it was given, less the positions that no text reaches.
    pub source: Source,
    /// Its small parts.
    pub small: Small,
    /// The container's bytes.
    pub container: Vec<u8>,
    /// Passages of the text that the layers were not calibrated on, to measure with.
    pub held_out: Vec<String>,
}

/// Makes the small form of `source`. `text`: a passage a line, of the kind that readers ask and search; blank lines do
/// not count.
///
/// Errors: [`TrainError::Calibration`] for too few passages, [`TrainError::TokenBytes`], [`TrainError::Singular`], and
/// [`TrainError::Encoder`] where the encoder is unsound.
pub fn quantize(
    source: Source,
    text: &str,
    settings: &Settings,
    progress: &mut dyn FnMut(Stage),
) -> Result<Quantized, TrainError> {
    let source = source.without_idle_positions();
    let (hidden, token_bytes) = (source.shape().hidden, settings.token_bytes);
    if token_bytes == 0 || hidden % token_bytes != 0 {
        return Err(TrainError::TokenBytes { bytes: token_bytes, hidden });
    }
    let reference = Encoder::open(import::write(&source, Precision::F32)?)?;
    let calibration = Calibration::read(text, reference.tokenizer(), settings)?;
    drop(reference);

    progress(Stage::Tokens);
    let table = source.values(layout::TOKENS).unwrap_or_default();
    let fit = product::Fit { bytes: token_bytes, rounds: settings.rounds, seed: settings.seed };
    let tokens = product::quantize(table, hidden, &calibration.token_weights, fit);

    let matrices = source.shape().layers * layout::MATRICES;
    let mut done = 0;
    progress(Stage::Matrices(done, matrices));
    let mut step = || {
        done += 1;
        progress(Stage::Matrices(done, matrices));
    };
    let linears =
        layers::quantize(&source, &tokens.rows(), &calibration.texts, settings.damping, &mut step)?;
    let quantization = Quantization {
        calibration: Sha256::digest(text).iter().map(|byte| format!("{byte:02x}")).collect(),
        passages: calibration.texts.len(),
        tokens: calibration.texts.iter().map(Vec::len).sum(),
        passage_tokens: settings.passage_tokens,
        damping: settings.damping,
        token_bytes,
        rounds: settings.rounds,
        seed: settings.seed,
    };
    let small = Small { linears, tokens, quantization };
    let container = import::write_small(&source, &small)?;
    Ok(Quantized { source, small, container, held_out: calibration.held_out })
}
