//! One signed byte a weight and one scale a row: the weight is `code * scale`. The writer.

/// The largest magnitude of a code: symmetric, so that a product of two codes has no odd one out.
const PEAK_CODE: f32 = 127.0;

/// Codes i8[rows, columns] and scales f32[rows] of `values`, f32[rows, columns] with `columns` at least 1.
///
/// `code * scale` is within `scale / 2` (up to rounding) of the weight. Ties go to even.
pub(crate) fn encode(values: &[f32], columns: usize) -> (Vec<u8>, Vec<f32>) {
    let mut codes = Vec::with_capacity(values.len());
    let mut scales = Vec::with_capacity(values.len() / columns.max(1));
    for row in values.chunks_exact(columns.max(1)) {
        let scale = scale(row);
        scales.push(scale);
        codes.extend(row.iter().map(|value| {
            let code = (value / scale).round_ties_even().clamp(-PEAK_CODE, PEAK_CODE) as i8;
            code.cast_unsigned()
        }));
    }
    (codes, scales)
}

/// The scale with which the largest weight of a row has the largest code; above 0.
pub(crate) fn scale(row: &[f32]) -> f32 {
    let peak = row.iter().fold(0.0f32, |peak, value| peak.max(value.abs()));
    let scale = peak / PEAK_CODE;
    // A row of zeros, or of numbers too small to divide: any scale serves, its codes are 0.
    if scale.is_normal() { scale } else { 1.0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn coded(values: &[f32], rows: usize) -> (Vec<i8>, Vec<f32>) {
        let (codes, scales) = encode(values, values.len() / rows);
        (sextant_kernels::as_i8(&codes).to_vec(), scales)
    }

    #[test]
    fn int8_codes_are_within_half_a_step_and_never_minus_128() {
        let values: Vec<f32> =
            (0..600).map(|at| ((at * 7919) % 1201) as f32 / 601.0 - 1.0).collect();
        let (codes, scales) = coded(&values, 6);
        for ((row, codes), scale) in values.chunks(100).zip(codes.chunks(100)).zip(&scales) {
            for (value, code) in row.iter().zip(codes) {
                assert!(*code != i8::MIN);
                assert!(
                    (f32::from(*code) * scale - value).abs() <= scale * 0.500_001,
                    "{value}: {code} * {scale}"
                );
            }
            assert_eq!(codes.iter().map(|code| code.unsigned_abs()).max(), Some(127));
        }
    }

    #[test]
    fn rows_of_zeros_and_of_the_smallest_numbers_have_a_scale_above_zero() {
        let (codes, scales) = coded(&[0.0, 0.0, 1e-45, -1e-40, f32::MAX, f32::MIN], 3);
        assert_eq!(codes, [0, 0, 0, 0, 127, -127]);
        assert!(scales.iter().all(|scale| *scale > 0.0 && scale.is_finite()), "{scales:?}");
    }
}
