//! Residual (recurrent) binarization: the signs of a turned vector with one scale, then the signs of what
//! that leaves, and so on (Y. Gan et al., "Binary embedding-based retrieval at Tencent", 2023, section 3.1,
//! with a seeded rotation where they learn the transformation). Scored asymmetrically: sums of eight of the
//! query's values under all signs are looked up.
//!
//! Centred, turned and scaled as our own codes are, so that only the levels differ.

use super::{Quantizer, require_width};
use crate::error::Error;
use sextant_core::half::{from_half, to_half};
use sextant_index::vectors::Basis;
use sextant_index::vectors::basis::{Seeded, Turn};

/// Dimensions whose signs are one byte.
const BYTE: usize = 8;
/// What the rotation is made from.
const SEED: u64 = 1;

/// Vectors as a bit a dimension and half a float32, a few times.
pub struct Residual {
    width: usize,
    rounds: usize,
    basis: Basis,
    /// f32[any, rounds].
    scales: Vec<f32>,
    /// u8[any, rounds, width / 8, rounded up]: a bit that is set is a value above 0.
    signs: Vec<u8>,
}

impl Residual {
    /// For vectors of `width` dimensions, coded `rounds` times.
    pub fn new(width: usize, rounds: usize) -> Self {
        let basis = basis(&[], width);
        Self { width, rounds, basis, scales: vec![], signs: vec![] }
    }

    /// Codes one vector, centred and turned.
    fn row(&mut self, turned: &[f32]) {
        let mut left = turned.to_vec();
        let mut scales = Vec::with_capacity(self.rounds);
        for _ in 0..self.rounds {
            // Of all scales the mean leaves least: the signs' product with what is left is its sum.
            let scale = left.iter().map(|v| f64::from(v.abs())).sum::<f64>() / self.width as f64;
            for values in left.chunks_mut(BYTE) {
                let mut byte = 0;
                for (bit, v) in values.iter_mut().enumerate() {
                    let above = *v > 0.0;
                    byte |= u8::from(above) << bit;
                    *v -= if above { scale as f32 } else { -scale as f32 };
                }
                self.signs.push(byte);
            }
            scales.push(scale);
        }
        let (mut with_self, mut with_code) = (0.0f64, 0.0f64);
        for (v, left) in turned.iter().zip(&left) {
            with_self += f64::from(*v) * f64::from(*v);
            with_code += f64::from(*v) * f64::from(v - left);
        }
        // As our own codes have it: with this factor the codes' product with the vector itself is right.
        let factor = if with_code > 0.0 { with_self / with_code } else { 0.0 };
        let kept = scales.into_iter().map(|scale| from_half(to_half((scale * factor) as f32)));
        self.scales.extend(kept);
    }
}

/// The rotation, with the mean of `rows` as its origin.
fn basis(rows: &[f32], width: usize) -> Basis {
    let mut sums = vec![0.0f64; width];
    for row in rows.chunks_exact(width) {
        sums.iter_mut().zip(row).for_each(|(sum, v)| *sum += f64::from(*v));
    }
    let count = (rows.len() / width).max(1) as f64;
    let mean: Vec<f32> = sums.iter().map(|sum| (sum / count) as f32).collect();
    Basis::new(&mean, Turn::Seeded(Seeded::new(width, SEED)))
}

impl Quantizer for Residual {
    fn name(&self) -> String {
        format!("residual signs, {} rounds", self.rounds)
    }

    fn bytes(&self) -> usize {
        self.rounds * (self.width.div_ceil(BYTE) + size_of::<u16>())
    }

    fn shared_bytes(&self) -> usize {
        self.basis.write().len()
    }

    fn encode(&mut self, rows: &[f32]) -> Result<(), Error> {
        self.basis = basis(rows, self.width);
        self.scales.clear();
        self.signs.clear();
        for row in rows.chunks_exact(self.width) {
            let turned = self.basis.centred(row);
            self.row(&turned);
        }
        Ok(())
    }

    fn scores(&self, query: &[f32]) -> Result<Vec<f32>, Error> {
        require_width(query, self.width)?;
        let offset = self.basis.offset(query);
        let tables: Vec<[f32; 256]> =
            self.basis.turned(query).chunks(BYTE).map(signed_sums).collect();
        let round = |(signs, scale): (&[u8], &f32)| {
            let sums = signs.iter().zip(&tables).map(|(byte, table)| table[usize::from(*byte)]);
            sums.sum::<f32>() * scale
        };
        let score = |(signs, scales): (&[u8], &[f32])| {
            offset + signs.chunks_exact(tables.len()).zip(scales).map(round).sum::<f32>()
        };
        let signs = self.signs.chunks_exact(self.rounds * tables.len());
        Ok(signs.zip(self.scales.chunks_exact(self.rounds)).map(score).collect())
    }
}

/// For each byte the sum of up to eight `values`, added where its bit is set and subtracted where not.
fn signed_sums(values: &[f32]) -> [f32; 256] {
    let mut sums = [0.0; 256];
    sums[0] = -values.iter().sum::<f32>();
    for (bit, v) in values.iter().enumerate() {
        let (done, next) = sums.split_at_mut(1 << bit);
        next.iter_mut().zip(done).for_each(|(next, done)| *next = *done + 2.0 * v);
    }
    sums
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::quantizers::testing::{decoded, dot, units};
    use proptest::prelude::*;

    fn coded(rows: &[f32], width: usize, rounds: usize) -> Residual {
        let mut residual = Residual::new(width, rounds);
        residual.encode(rows).unwrap();
        residual
    }

    proptest! {
        #[test]
        fn sums_have_the_signs_of_their_byte(values in proptest::collection::vec(-9.0f32..9.0, 1..=8)) {
            let sums = signed_sums(&values);
            for (byte, found) in sums.iter().enumerate().take(1 << values.len()) {
                let signed = |(bit, v): (usize, &f32)| if byte >> bit & 1 == 1 { *v } else { -v };
                let sum: f32 = values.iter().enumerate().map(signed).sum();
                prop_assert!((found - sum).abs() < 1e-4);
            }
        }

        /// A round takes at least the mean square from what is left: the sum of absolute values is at
        /// least the length.
        #[test]
        fn every_round_leaves_less_by_its_share(x in proptest::collection::vec(-1.0f32..1.0, 2..40)) {
            let width = x.len();
            let mut residual = Residual::new(width, 3);
            residual.row(&x);
            let squares = |x: &[f32]| x.iter().map(|v| v * v).sum::<f32>();
            let mut left = x.clone();
            // The scales were all multiplied by one factor; the first is known without it.
            let first = x.iter().map(|v| v.abs()).sum::<f32>() / width as f32;
            prop_assume!(first > 0.01);
            let factor = residual.scales[0] / first;
            let bytes = width.div_ceil(8);
            for round in 0..3 {
                let before = squares(&left);
                for (d, v) in left.iter_mut().enumerate() {
                    let set = residual.signs[round * bytes + d / 8] >> (d % 8) & 1 == 1;
                    let scale = residual.scales[round] / factor;
                    *v -= if set { scale } else { -scale };
                }
                let bound = before * (1.0 - 1.0 / width as f32);
                prop_assert!(squares(&left) <= bound + 2e-3 * squares(&x), "round {round}");
            }
        }
    }

    #[test]
    fn scores_are_the_products_with_what_is_decoded_and_right_with_the_vector_itself() {
        // Nine bytes of signs, the last one of four.
        let (rows, query) = (units(30, 68, 1), units(1, 68, 2));
        let residual = coded(&rows, 68, 2);
        assert_eq!(residual.bytes(), 2 * (9 + 2));
        let scores = residual.scores(&query).unwrap();
        for (row, vector) in rows.chunks(68).enumerate() {
            assert!((dot(&decoded(&residual, row, 68), &query) - scores[row]).abs() < 1e-4);
            // From the mean, as codes are; up to half precision of the scales.
            let mean = residual.basis.restored(&[]);
            let from_mean =
                |v: &[f32]| -> Vec<f32> { v.iter().zip(&mean).map(|(v, m)| v - m).collect() };
            let (own, code) = (from_mean(vector), from_mean(&decoded(&residual, row, 68)));
            assert!((dot(&own, &code) / dot(&own, &own) - 1.0).abs() < 2f32.powi(-10));
        }
    }

    /// Of normal values the best bit loses 0.3634 and the best four levels 0.1175 (J. Max, "Quantizing for
    /// minimum distortion", 1960, table I). One round is the first; two rounds are four levels, not the best.
    #[test]
    fn more_rounds_lose_less_and_no_less_than_is_possible() {
        let rows = units(200, 256, 3);
        let lost = [1, 2, 3].map(|rounds| {
            let residual = coded(&rows, 256, rounds);
            let off = |row: usize| -> f32 {
                let found = decoded(&residual, row, 256);
                let cosine = dot(&found, &rows[row * 256..(row + 1) * 256]);
                1.0 - cosine * cosine / dot(&found, &found)
            };
            (0..20).map(off).sum::<f32>() / 20.0
        });
        assert!((lost[0] - 0.3634).abs() < 0.02, "{lost:?}");
        assert!(lost[1] > 0.1175 - 0.01 && lost[1] < lost[0] / 2.0, "{lost:?}");
        assert!(lost[2] < lost[1] / 2.0, "{lost:?}");
    }

    #[test]
    fn vectors_that_are_the_mean_have_no_scale() {
        let residual = coded(&[0.5f32; 12], 4, 2);
        assert!(residual.scales.iter().all(|scale| *scale == 0.0));
        let score = residual.scores(&[0.5; 4]).unwrap()[2];
        assert!((score - 1.0).abs() < 1e-3);
    }
}
