//! Whole numbers for values: 8 bits for what is stored, 12 for what it is scored with.

use sextant_kernels::scan;

/// Symmetric int8, one scale for the vector. `x` is finite; codes lie in `-127..=127`.
/// `code * scale` is within `scale / 2` (up to float rounding) of `x`. Ties go to even, as in wasm
/// and native. `codes` is as long as `x`. Returns the scale, above 0.
pub fn encode(x: &[f32], codes: &mut [i8]) -> f32 {
    let scale = scale(x, 127.0);
    for (code, v) in codes.iter_mut().zip(x) {
        *code = (v / scale).round_ties_even() as i8;
    }
    scale
}

/// The product of two vectors of codes, exactly; 0 for different lengths.
#[must_use]
pub fn dot(a: &[i8], b: &[i8]) -> i32 {
    let mut out = [0];
    match scan::dot_i8(a, b, a.len(), &mut out) {
        Ok(()) => out[0],
        Err(_) => 0,
    }
}

/// [`encode`] with 12 bits, `-2047..=2047`: a query is one vector, so finer codes cost nothing. Zeros
/// up to `length`.
pub(super) fn encode12(x: &[f32], length: usize) -> (Vec<i16>, f32) {
    let scale = scale(x, 2047.0);
    let mut codes: Vec<i16> = x.iter().map(|v| (v / scale).round_ties_even() as i16).collect();
    codes.resize(length, 0);
    (codes, scale)
}

fn scale(x: &[f32], most: f32) -> f32 {
    let peak = x.iter().fold(0.0f32, |peak, v| peak.max(v.abs()));
    // Below the normal floats a scale would lose its digits, or become 0.
    if peak >= f32::MIN_POSITIVE * 4096.0 { peak / most } else { 1.0 }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn every_value_is_within_half_a_scale(x in proptest::collection::vec(-100.0f32..100.0, 1..50)) {
            let mut codes = vec![0; x.len()];
            let scale = encode(&x, &mut codes);
            let (fine, fine_scale) = encode12(&x, x.len() + 3);
            prop_assert!(fine[x.len()..].iter().all(|code| *code == 0));
            for ((v, code), fine) in x.iter().zip(&codes).zip(&fine) {
                prop_assert!((v - f32::from(*code) * scale).abs() <= scale * 0.5001);
                prop_assert!((v - f32::from(*fine) * fine_scale).abs() <= fine_scale * 0.501);
                prop_assert!(*code != i8::MIN && fine.abs() <= 2047);
            }
        }
    }

    #[test]
    fn products_are_exact_and_those_of_different_lengths_nothing() {
        assert_eq!(dot(&[127; 400], &[-127; 400]), -127 * 127 * 400);
        assert_eq!((dot(&[1, 2], &[3]), dot(&[], &[])), (0, 0));
    }

    #[test]
    fn zeros_have_a_scale() {
        assert_eq!(encode(&[0.0, -0.0], &mut [1, 1]), 1.0);
        assert_eq!(encode12(&[], 0), (vec![], 1.0));
    }
}
