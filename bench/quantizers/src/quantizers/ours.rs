//! What ships, as a build makes it: codes in a cascade whose stages were measured, without rescoring.

use super::{Quantizer, require_width};
use crate::error::Error;
use sextant_build::{Axes, Search, VectorIndex, VectorOptions};
use sextant_index::vectors::{Code, Scored};

/// One plan of ours.
pub struct Ours {
    width: usize,
    options: VectorOptions,
    index: Option<VectorIndex>,
    count: usize,
}

impl Ours {
    /// `code` of `dimensions` of vectors of `width`, along `axes` where it has levels.
    pub fn new(width: usize, code: Code, dimensions: u32, axes: Axes) -> Self {
        let options = VectorOptions {
            code: Some(code),
            dimensions: Some(dimensions),
            axes: Some(axes),
            search: Some(Search::Scan),
            rescore: None,
            ..VectorOptions::default()
        };
        Self { width, options, index: None, count: 0 }
    }
}

impl Quantizer for Ours {
    fn name(&self) -> String {
        let plan = self.index.as_ref().map_or("not built", |index| &index.report().plan);
        format!("sextant {plan}")
    }

    fn bytes(&self) -> usize {
        self.index.as_ref().map_or(0, |index| index.report().bytes)
    }

    /// Axes, and the headers of shards.
    fn shared_bytes(&self) -> usize {
        let fetched = self.index.as_ref().map_or(0, VectorIndex::fetched_bytes);
        fetched.saturating_sub(self.count * self.bytes())
    }

    fn encode(&mut self, rows: &[f32]) -> Result<(), Error> {
        self.count = rows.len() / self.width;
        self.index = Some(VectorIndex::build(rows.to_vec(), self.width, &[], &self.options)?);
        Ok(())
    }

    fn scores(&self, query: &[f32]) -> Result<Vec<f32>, Error> {
        let mut scores = vec![f32::NAN; self.count];
        for hit in self.nearest(query, self.count)? {
            if let Some(score) = scores.get_mut(hit.row as usize) {
                *score = hit.score;
            }
        }
        Ok(scores)
    }

    fn nearest(&self, query: &[f32], count: usize) -> Result<Vec<Scored>, Error> {
        require_width(query, self.width)?;
        let nearest = |index: &VectorIndex| index.nearest(query, count, false);
        Ok(self.index.as_ref().map(nearest).transpose()?.unwrap_or_default())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::quantizers::testing::{dot, units};
    use sextant_index::vectors::Bits;

    /// What is lost of a vector's square: by int8 at most half a step of 1/127 a value, by levels on average
    /// what is published (J. Max, "Quantizing for minimum distortion", 1960, table I). Of that a query sees
    /// all at worst, and of levels a 64th on average: five standard deviations are allowed.
    #[test]
    fn every_vector_has_a_score_near_its_cosine() {
        let (rows, query) = (units(300, 64, 1), units(1, 64, 2));
        let spread = |lost: f32| 5.0 * (lost / (1.0 - lost) / 64.0).sqrt();
        for (code, bytes, bound) in [
            (Code::Int8, 68, 64f32.sqrt() / 254.0),
            (Code::Levels(Bits::Four), 34, spread(0.009_497)),
            (Code::Levels(Bits::Two), 18, spread(0.1175)),
        ] {
            let mut ours = Ours::new(64, code, 64, Axes::Random);
            assert!(ours.scores(&query).unwrap().is_empty());
            ours.encode(&rows).unwrap();
            assert_eq!(ours.bytes(), bytes);
            let scores = ours.scores(&query).unwrap();
            for (row, score) in rows.chunks(64).zip(scores) {
                assert!((dot(row, &query) - score).abs() < bound, "{code:?} {score}");
            }
        }
    }
}
