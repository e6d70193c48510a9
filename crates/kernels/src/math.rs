//! The exponential, and the non-linearities of feed-forward layers.
//!
//! Precision, against f64: the exponential within 2 units in the last place on `-87..=88` (tested below); the activations within 5e-7, or that
//! part of `|x|` above 1 (`tests/sweep`, class `Activation`).

use crate::backend::Backend;
use crate::simd::{Floats, LANES, Op, Simd, load_padded, store_cut};

/// The non-linearity between the two products of a feed-forward layer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Activation {
    /// `x * Phi(x)`, Phi the normal distribution: the exact error function.
    Gelu,
    /// [`Activation::Gelu`] approximated by a hyperbolic tangent (Hendrycks and Gimpel, 2016).
    GeluTanh,
    /// `max(x, 0)`.
    Relu,
}

/// `x[i] = activation(x[i])`, for finite values. The products apply it to their results by themselves: see
/// [`crate::gemm::Finish`].
pub fn activate(backend: Backend, activation: Activation, x: &mut [f32]) {
    backend.run(Activate { activation, x });
}

struct Activate<'a> {
    activation: Activation,
    x: &'a mut [f32],
}

impl Op for Activate<'_> {
    type Output = ();
    #[inline(always)]
    fn run<S: Simd>(self, s: S) {
        let (body, tail) = self.x.as_chunks_mut::<LANES>();
        for x in body {
            let y = apply(s, self.activation, s.load(x));
            s.store(y, x);
        }
        let y = apply(s, self.activation, load_padded(s, tail));
        store_cut(s, y, tail);
    }
}

/// `activation(x)`, lane by lane.
#[inline(always)]
pub(crate) fn apply<S: Simd>(s: S, activation: Activation, x: S::F) -> S::F {
    match activation {
        Activation::Gelu => gelu(s, x),
        Activation::GeluTanh => gelu_tanh(s, x),
        Activation::Relu => positive(s, x),
    }
}

/// `max(x, 0)`, and not -0: which of two zeros is the greater is open, and the sum of them is not.
#[inline(always)]
fn positive<S: Simd>(s: S, x: S::F) -> S::F {
    s.add(s.max(x, s.splat(0.0)), s.splat(0.0))
}

/// A polynomial by Horner's rule, the highest coefficient first.
#[inline(always)]
fn polynomial<S: Floats, const N: usize>(s: S, x: S::F, coefficients: [f32; N]) -> S::F {
    let mut y = s.splat(coefficients[0]);
    for c in &coefficients[1..] {
        y = s.add(s.mul(y, x), s.splat(*c));
    }
    y
}

/// `e^x` for `x <= 88`; below -87 it stays at `e^-87`, which is 1.6e-38.
///
/// `x = n ln 2 + r` with `|r| <= ln 2 / 2`; `e^r` by the polynomial of Cephes' `expf` (Moshier, 1992).
#[inline(always)]
pub(crate) fn exp<S: Simd>(s: S, x: S::F) -> S::F {
    const LOWEST: f32 = -87.0;
    /// `ln 2` in two parts; the first has so few bits that its product with `n` is exact.
    const LN_2: [f32; 2] = [0.693_359_4, -2.121_944_4e-4];
    /// Adding 1.5 * 2^23 and taking it away rounds to an integer, ties to even.
    const ROUNDER: f32 = 12_582_912.0;
    let x = s.max(s.splat(LOWEST), x);
    let n = s.mul(x, s.splat(core::f32::consts::LOG2_E));
    let n = s.sub(s.add(n, s.splat(ROUNDER)), s.splat(ROUNDER));
    let r = s.sub(s.sub(x, s.mul(n, s.splat(LN_2[0]))), s.mul(n, s.splat(LN_2[1])));
    let p = polynomial(
        s,
        r,
        [1.987_569_1e-4, 1.398_199_9e-3, 8.333_452e-3, 4.166_579_6e-2, 1.666_666_6e-1, 0.5],
    );
    let y = s.add(s.add(s.mul(p, s.mul(r, r)), r), s.splat(1.0));
    s.mul(y, s.pow2(n))
}

/// `x * Phi(x) = max(x, 0) - |x| * Phi(-|x|)`: written so, the tail below zero keeps its digits.
///
/// `2 Phi(-a) = erfc(a / sqrt 2)` by Abramowitz and Stegun 7.1.26, whose error is at most 1.5e-7.
#[inline(always)]
fn gelu<S: Simd>(s: S, x: S::F) -> S::F {
    let zero = s.splat(0.0);
    let a = s.max(x, s.sub(zero, x));
    let slope = 0.327_591_1 * core::f32::consts::FRAC_1_SQRT_2;
    let t = s.div(s.splat(1.0), s.add(s.splat(1.0), s.mul(a, s.splat(slope))));
    let p = polynomial(s, t, [1.061_405_4, -1.453_152, 1.421_413_7, -0.284_496_74, 0.254_829_6]);
    let e = exp(s, s.mul(s.mul(a, a), s.splat(-0.5)));
    let erfc = s.mul(s.mul(p, t), e);
    s.sub(positive(s, x), s.mul(s.mul(a, s.splat(0.5)), erfc))
}

/// `x / (1 + e^-2u)` with `u = sqrt(2 / pi) (x + 0.044715 x^3)`.
#[inline(always)]
fn gelu_tanh<S: Simd>(s: S, x: S::F) -> S::F {
    const MINUS_TWICE_SQRT_2_OVER_PI: f32 = -1.595_769;
    const HIGHEST: f32 = 87.0;
    let inner = s.mul(x, s.add(s.splat(1.0), s.mul(s.mul(x, x), s.splat(0.044_715))));
    let exponent = s.mul(inner, s.splat(MINUS_TWICE_SQRT_2_OVER_PI));
    // The smaller of the two, by way of the larger of their negatives.
    let zero = s.splat(0.0);
    let exponent = s.sub(zero, s.max(s.splat(-HIGHEST), s.sub(zero, exponent)));
    s.div(x, s.add(s.splat(1.0), exp(s, exponent)))
}

/// Largest error of [`exp`] in units of the last place of the result.
#[cfg(test)]
const EXP_ULP: f64 = 2.0;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::arch::scalar::Scalar;

    #[test]
    fn exp_is_good_to_its_stated_units_in_the_last_place() {
        let mut worst = 0.0f64;
        for i in -87_000..=88_000 {
            let x = i as f32 / 1000.0;
            let [y, ..] = exp(Scalar::new(), [x; LANES]);
            let ulp = f64::from(f32::from_bits(y.to_bits() + 1)) - f64::from(y);
            worst = worst.max((f64::from(y) - f64::from(x).exp()).abs() / ulp);
        }
        assert!(worst <= EXP_ULP, "{worst}");
        assert!(worst > 0.5, "no f32 exponential is exact: {worst}");
    }

    #[test]
    fn exp_ends_at_its_lowest_argument_and_never_at_nonsense() {
        let [low, ..] = exp(Scalar::new(), [-87.0; LANES]);
        for x in [-87.5, -1e30, f32::NEG_INFINITY] {
            assert_eq!(exp(Scalar::new(), [x; LANES])[0].to_bits(), low.to_bits());
        }
        assert_eq!(exp(Scalar::new(), [0.0; LANES]), [1.0; LANES]);
    }
}
