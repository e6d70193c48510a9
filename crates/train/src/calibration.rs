//! The calibration text: which passages the layers see, which are kept to measure with, how much each token counts.

use sextant_text::wordpiece::WordPiece;

use crate::Settings;
use crate::error::TrainError;

/// Fewer say nothing about inputs of hundreds of channels.
const LEAST: usize = 64;
/// Passages kept to measure with, at most; never more than one in [`KEPT_ONE_IN`].
const HELD_OUT: usize = 256;
const KEPT_ONE_IN: usize = 8;

pub(crate) struct Calibration {
    /// Ids of the passages that the layers are calibrated on.
    pub(crate) texts: Vec<Vec<u32>>,
    /// Passages that they are not.
    pub(crate) held_out: Vec<String>,
    /// How much each token's row counts, f32[vocabulary]: the root of how often it is met in the whole text, of a
    /// token that is not met 1.
    pub(crate) token_weights: Vec<f32>,
}

impl Calibration {
    pub(crate) fn read(
        text: &str,
        tokenizer: &WordPiece,
        settings: &Settings,
    ) -> Result<Self, TrainError> {
        let passages: Vec<&str> =
            text.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
        if passages.len() < LEAST {
            return Err(TrainError::Calibration { found: passages.len(), least: LEAST });
        }
        let mut counts = vec![1u32; tokenizer.vocabulary_size()];
        let mut ids = Vec::new();
        for passage in &passages {
            tokenizer.encode(passage, usize::MAX, &mut ids);
            for id in &ids {
                if let Some(count) = counts.get_mut(*id as usize) {
                    *count = count.saturating_add(1);
                }
            }
        }
        let kept = passages.len() / KEPT_ONE_IN;
        let (kept, rest): (Vec<_>, Vec<_>) = passages
            .iter()
            .enumerate()
            .partition(|(at, _)| at % KEPT_ONE_IN == 0 && at / KEPT_ONE_IN < kept);
        let held_out = evenly(&kept, HELD_OUT).map(|(_, passage)| (**passage).to_owned()).collect();
        let texts = evenly(&rest, settings.passages)
            .map(|(_, passage)| {
                let mut ids = Vec::new();
                tokenizer.encode(passage, settings.passage_tokens, &mut ids);
                ids
            })
            .collect();
        let token_weights = counts.into_iter().map(|count| (count as f32).sqrt()).collect();
        Ok(Self { texts, held_out, token_weights })
    }
}

/// At most `count` of `all`, as evenly spaced as whole numbers allow.
fn evenly<T>(all: &[T], count: usize) -> impl Iterator<Item = &T> {
    let count = count.min(all.len());
    (0..count).filter_map(move |at| all.get(at * all.len() / count))
}
