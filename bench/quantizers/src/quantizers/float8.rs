//! Float8: E4M3 with a scale a vector.
//!
//! One sign, four bits of exponent with bias 7, three of mantissa; no infinities, and only the two codes
//! with all other bits set are no number (Micikevicius et al., "FP8 formats for deep learning", 2022,
//! table 1; the OCP's 8-bit floating point specification, revision 1.0, 2023). The scale brings the
//! largest value of a vector to the largest of the format.

use super::{Quantizer, require_width};
use crate::error::Error;

/// The largest number of the format.
const LARGEST: f32 = 448.0;
/// Code of [`LARGEST`]; the next is no number.
const LAST: u8 = 0x7e;
const SIGN: u8 = 0x80;
/// Sums that are added up side by side.
const LANES: usize = 4;

/// Vectors as one byte a dimension and a float32.
pub struct Float8 {
    width: usize,
    /// What each code stands for.
    table: [f32; 256],
    scales: Vec<f32>,
    codes: Vec<u8>,
}

impl Float8 {
    /// For vectors of `width` dimensions.
    pub fn new(width: usize) -> Self {
        let table = std::array::from_fn(|code| value(code as u8));
        Self { width, table, scales: vec![], codes: vec![] }
    }

    /// The code nearest to `x`, ties to even codes, beyond the largest number that.
    fn code(&self, x: f32) -> u8 {
        let magnitudes = &self.table[..=usize::from(LAST)];
        let above = magnitudes.partition_point(|v| *v < x.abs()).min(usize::from(LAST));
        let below = above.saturating_sub(1);
        let (up, down) = (magnitudes[above] - x.abs(), x.abs() - magnitudes[below]);
        // Beyond the largest `up` is negative, so the largest is taken.
        let nearest =
            if up < down || (up == down && above.is_multiple_of(2)) { above } else { below };
        nearest as u8 | if x.is_sign_negative() { SIGN } else { 0 }
    }
}

/// What `code` stands for.
fn value(code: u8) -> f32 {
    let (exponent, mantissa) = (i32::from(code >> 3 & 0xf), f32::from(code & 7));
    let magnitude = match exponent {
        0xf if code & 7 == 7 => f32::NAN,
        0 => mantissa / 8.0 * 2f32.powi(-6),
        _ => (1.0 + mantissa / 8.0) * 2f32.powi(exponent - 7),
    };
    if code & SIGN == 0 { magnitude } else { -magnitude }
}

impl Quantizer for Float8 {
    fn name(&self) -> String {
        "float8 (E4M3)".into()
    }

    fn bytes(&self) -> usize {
        self.width + size_of::<f32>()
    }

    fn encode(&mut self, rows: &[f32]) -> Result<(), Error> {
        self.scales.clear();
        self.codes = Vec::with_capacity(rows.len());
        for row in rows.chunks_exact(self.width) {
            let peak = row.iter().fold(0.0f32, |peak, v| peak.max(v.abs()));
            let scale = if peak >= f32::MIN_POSITIVE * LARGEST { peak / LARGEST } else { 1.0 };
            self.scales.push(scale);
            for v in row {
                let code = self.code(v / scale);
                self.codes.push(code);
            }
        }
        Ok(())
    }

    fn scores(&self, query: &[f32]) -> Result<Vec<f32>, Error> {
        require_width(query, self.width)?;
        let (head, tail) = query.as_chunks::<LANES>();
        let score = |(row, scale): (&[u8], &f32)| {
            let (codes, rest) = row.as_chunks::<LANES>();
            let mut sums = [0.0f32; LANES];
            for (codes, query) in codes.iter().zip(head) {
                for lane in 0..LANES {
                    sums[lane] += query[lane] * self.table[usize::from(codes[lane])];
                }
            }
            let rest = rest.iter().zip(tail).map(|(code, q)| q * self.table[usize::from(*code)]);
            (sums.iter().sum::<f32>() + rest.sum::<f32>()) * scale
        };
        Ok(self.codes.chunks_exact(self.width).zip(&self.scales).map(score).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::quantizers::testing::{decoded, dot};
    use proptest::prelude::*;

    /// Micikevicius et al., table 1.
    #[test]
    fn codes_stand_for_the_published_numbers() {
        assert_eq!(value(0x7e), 448.0);
        assert_eq!(value(0x08), 2f32.powi(-6));
        assert_eq!(value(0x07), 0.875 * 2f32.powi(-6));
        assert_eq!(value(0x01), 2f32.powi(-9));
        assert_eq!((value(0x38), value(0xb8), value(0x00)), (1.0, -1.0, 0.0));
        assert!(value(0x7f).is_nan() && value(0xff).is_nan());
    }

    #[test]
    fn every_number_has_its_own_code_and_ties_go_to_even() {
        let float8 = Float8::new(1);
        for code in (0..=LAST).chain(SIGN..=LAST | SIGN) {
            assert_eq!(float8.code(value(code)), code);
        }
        for code in 0..LAST {
            let middle = (value(code) + value(code + 1)) / 2.0;
            assert_eq!(float8.code(middle), code + code % 2, "{middle}");
            assert_eq!(float8.code(middle * 0.9999), code);
            assert_eq!(float8.code(middle * 1.0001), code + 1);
        }
        assert_eq!((float8.code(1e9), float8.code(-449.0)), (LAST, LAST | SIGN));
    }

    proptest! {
        /// Three bits of mantissa: half a step is a sixteenth of a value, or half of the least number.
        #[test]
        fn every_value_is_within_half_a_step(x in proptest::collection::vec(-1.0f32..1.0, 1..40)) {
            let mut float8 = Float8::new(x.len());
            float8.encode(&x).unwrap();
            let scale = float8.scales[0];
            let decoded = decoded(&float8, 0, x.len());
            for (v, code) in x.iter().zip(&decoded) {
                let bound = (v.abs() / 16.0).max(scale * 2f32.powi(-10));
                prop_assert!((v - code).abs() <= bound * 1.0001, "{v} {code}");
            }
            let score = float8.scores(&x).unwrap()[0];
            prop_assert!((score - dot(&x, &decoded)).abs() < 1e-5);
        }
    }

    #[test]
    fn zeros_stay_zeros() {
        let mut float8 = Float8::new(3);
        float8.encode(&[0.0, -0.0, 0.0]).unwrap();
        assert_eq!(float8.scores(&[1.0, 1.0, 1.0]).unwrap(), [0.0]);
    }
}
