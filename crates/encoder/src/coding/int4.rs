//! Four bits a weight, in groups along a row: the small form of a matrix.
//!
//! ```text
//! NAME          U8  [rows, ceil(columns / 2)]   two codes a byte, the first in the low half; a code lies in 0..=15
//! NAME.lows     I8  [rows, groups]              low, -127..=127                  groups of 32, the last may be shorter
//! NAME.spans    U8  [rows, groups]              span, low + span <= 127
//! NAME.scales   F32 [rows]                      scale, above 0
//!
//! weight = (low + (code * span + 7) / 15) * scale                       division rounds down
//! ```
//! The values of a group lie on the grid of eight-bit codes with one scale a row. So what the eight-bit products run on
//! is exactly what was stored: unpacking loses nothing, and what quantization saw is what readers get.

/// Weights that share a low and a span.
pub const GROUP: usize = 32;
/// Steps from the lowest code to the highest.
pub const STEPS: u8 = 15;
/// The largest magnitude on the grid.
pub const PEAK: i32 = 127;

/// Groups of a row of `columns` weights.
#[must_use]
pub const fn groups(columns: usize) -> usize {
    columns.div_ceil(GROUP)
}

/// Bytes of the codes of a row of `columns` weights.
#[must_use]
pub const fn row_bytes(columns: usize) -> usize {
    columns.div_ceil(2)
}

/// What a code stands for, in steps of the row's scale: `low..=low + span`.
#[must_use]
pub const fn value(low: i8, span: u8, code: u8) -> i32 {
    const HALF: i32 = STEPS as i32 / 2;
    low as i32 + (code as i32 * span as i32 + HALF) / STEPS as i32
}

/// [`value`] of a whole group's codes. Written without tables and divisions, so that it becomes SIMD: a browser unpacks all weights
/// before its compiler has optimized anything.
fn group(low: i8, span: u8, codes: &[u8; GROUP / 2]) -> [i8; GROUP] {
    const HALF: u32 = STEPS as u32 / 2;
    /// `(x * FIFTEENTH) >> 16` is `x / 15` for all `x` that there are: up to 15 * 255 + 7.
    const FIFTEENTH: u32 = 4370;
    let of = |code: u8| {
        let steps = ((u32::from(code) * u32::from(span) + HALF) * FIFTEENTH) >> 16;
        // At most 254 steps above a low: on the grid, as was checked.
        low.wrapping_add(steps as i8)
    };
    let (lower, upper) = (codes.map(|byte| of(byte & 15)), codes.map(|byte| of(byte >> 4)));
    std::array::from_fn(|at| if at % 2 == 0 { lower[at / 2] } else { upper[at / 2] })
}

/// A matrix of this coding, as it is stored.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Packed<'a> {
    pub(crate) columns: usize,
    pub(crate) codes: &'a [u8],
    pub(crate) lows: &'a [i8],
    pub(crate) spans: &'a [u8],
}

impl Packed<'_> {
    /// The first group whose values leave the grid.
    pub(crate) fn wrong_group(&self) -> Option<usize> {
        self.lows.iter().zip(self.spans).position(|(low, span)| {
            i32::from(*low) < -PEAK || i32::from(*low) + i32::from(*span) > PEAK
        })
    }

    /// All rows as eight-bit codes, i8[rows, columns]. No group may be wrong; lengths belong together.
    pub(crate) fn unpack(&self) -> Vec<i8> {
        let groups = groups(self.columns).max(1);
        let rows = self.lows.len() / groups;
        let mut out = vec![0; rows * self.columns];
        let lows = self.lows.chunks_exact(groups).zip(self.spans.chunks_exact(groups));
        let codes = self.codes.chunks_exact(row_bytes(self.columns).max(1));
        let rows = out.chunks_exact_mut(self.columns.max(1)).zip(codes.zip(lows));
        for (row, (codes, (lows, spans))) in rows {
            let groups = row.chunks_mut(GROUP).zip(codes.chunks(GROUP / 2));
            for ((to, codes), (low, span)) in groups.zip(lows.iter().zip(spans)) {
                match (<&mut [i8; GROUP]>::try_from(&mut *to), codes.try_into()) {
                    (Ok(to), Ok(codes)) => *to = group(*low, *span, codes),
                    _ => {
                        let mut padded = [0; GROUP / 2];
                        padded.iter_mut().zip(codes).for_each(|(to, from)| *to = *from);
                        to.iter_mut().zip(group(*low, *span, &padded)).for_each(|(to, v)| *to = v);
                    }
                }
            }
        }
        out
    }
}

/// A matrix that was quantized to this coding.
#[derive(Clone, Debug, PartialEq)]
pub struct Int4Matrix {
    /// Length of a row, at least 1.
    pub columns: usize,
    /// One code a weight, `0..=15`, u8[rows, columns].
    pub codes: Vec<u8>,
    /// i8[rows, groups].
    pub lows: Vec<i8>,
    /// u8[rows, groups].
    pub spans: Vec<u8>,
    /// f32[rows], above 0.
    pub scales: Vec<f32>,
}

impl Int4Matrix {
    /// The weights that the codes stand for, f32[rows, columns].
    #[must_use]
    pub fn weights(&self) -> Vec<f32> {
        let groups = groups(self.columns).max(1);
        let rows = self.codes.chunks_exact(self.columns.max(1)).zip(&self.scales);
        let lows = self.lows.chunks_exact(groups).zip(self.spans.chunks_exact(groups));
        let mut weights = Vec::with_capacity(self.codes.len());
        for ((codes, scale), (lows, spans)) in rows.zip(lows) {
            for (codes, (low, span)) in codes.chunks(GROUP).zip(lows.iter().zip(spans)) {
                weights.extend(codes.iter().map(|code| value(*low, *span, *code) as f32 * scale));
            }
        }
        weights
    }

    /// The codes, two a byte.
    #[cfg(feature = "import")]
    pub(crate) fn packed_codes(&self) -> Vec<u8> {
        let rows = self.codes.chunks_exact(self.columns.max(1));
        let pair = |pair: &[u8]| match pair {
            [low, high] => low & 15 | high << 4,
            [low] => low & 15,
            _ => 0,
        };
        rows.flat_map(|row| row.chunks(2).map(pair)).collect()
    }
}

#[cfg(all(test, feature = "import"))]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_group_is_what_its_codes_stand_for() {
        for (low, span) in
            (-127..=127i8).flat_map(|low| [0, 1, 14, 15, 97, 253, 254].map(|s| (low, s)))
        {
            if i32::from(low) + i32::from(span) > PEAK {
                continue;
            }
            let codes: [u8; 16] = std::array::from_fn(|n| n as u8 | (15 - n as u8) << 4);
            for (at, found) in super::group(low, span, &codes).iter().enumerate() {
                let code = if at % 2 == 0 { at / 2 } else { 15 - at / 2 };
                assert_eq!(i32::from(*found), value(low, span, code as u8), "{low} {span} {code}");
            }
        }
        // All there are, for the division.
        for x in 0..=15 * 255 + 7u32 {
            assert_eq!((x * 4370) >> 16, x / 15);
        }
    }

    fn matrix(columns: usize, bytes: &[u8], groups_of: &[(i8, u8)]) -> Int4Matrix {
        let rows = groups_of.len() / groups(columns);
        Int4Matrix {
            columns,
            codes: bytes.iter().cycle().take(rows * columns).map(|byte| byte & 15).collect(),
            lows: groups_of.iter().map(|(low, _)| *low).collect(),
            spans: groups_of.iter().map(|(_, span)| *span).collect(),
            scales: (1..=rows).map(|row| row as f32 / 64.0).collect(),
        }
    }

    /// A low and a span on the grid.
    fn group() -> impl Strategy<Value = (i8, u8)> {
        (-127i8..=127).prop_flat_map(|low| (Just(low), 0..=(127 - i16::from(low)) as u8))
    }

    proptest! {
        #[test]
        fn unpacking_what_was_packed_gives_the_weights_exactly(
            columns in 1usize..100,
            bytes in prop::collection::vec(any::<u8>(), 1..400),
            pool in prop::collection::vec(group(), 1..20),
            rows in 1usize..4,
        ) {
            let count = rows * groups(columns);
            let all: Vec<(i8, u8)> = pool.iter().copied().cycle().take(count).collect();
            let matrix = matrix(columns, &bytes, &all);
            let codes = matrix.packed_codes();
            prop_assert_eq!(codes.len(), rows * row_bytes(columns));
            let packed = Packed { columns, codes: &codes, lows: &matrix.lows, spans: &matrix.spans };
            prop_assert_eq!(packed.wrong_group(), None);
            let unpacked = packed.unpack();
            let weights: Vec<f32> = unpacked
                .chunks(columns)
                .zip(&matrix.scales)
                .flat_map(|(row, scale)| row.iter().map(move |code| f32::from(*code) * scale))
                .collect();
            prop_assert_eq!(weights, matrix.weights());
        }
    }

    #[test]
    fn a_code_walks_from_low_to_low_and_span_in_nearly_even_steps() {
        for (low, span) in [(-127i8, 254u8), (-5, 15), (0, 127), (3, 0), (-127, 1), (-100, 31)] {
            assert_eq!(value(low, span, 0), i32::from(low));
            assert_eq!(value(low, span, STEPS), i32::from(low) + i32::from(span));
            for code in 0..STEPS {
                let exact = f64::from(low) + f64::from(code) * f64::from(span) / 15.0;
                assert!(
                    (f64::from(value(low, span, code)) - exact).abs() <= 0.5,
                    "{low} {span} {code}"
                );
            }
        }
    }

    #[test]
    fn these_bytes_are_these_weights() {
        // Codes 0, 15, 7 in two bytes; from -10 to 20: 2 a step.
        let packed = Packed { columns: 3, codes: &[0xf0, 0x07], lows: &[-10], spans: &[30] };
        assert_eq!(packed.unpack(), [-10, 20, 4]);
    }

    #[test]
    fn a_group_that_leaves_the_grid_is_found() {
        let wrong = |low: i8, span: u8| {
            Packed { columns: 1, codes: &[0, 0], lows: &[0, low], spans: &[9, span] }.wrong_group()
        };
        assert_eq!(wrong(-128, 1), Some(1));
        assert_eq!(wrong(0, 128), Some(1));
        assert_eq!(wrong(127, 1), Some(1));
        assert_eq!(wrong(-127, 254), None);
    }
}
