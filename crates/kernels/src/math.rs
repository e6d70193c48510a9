//! The exponential, and the non-linearities of feed-forward layers.
//!
//! Precision, against f64: the exponential within 2 units in the last place on `-87..=88` (tested below); the activations within 5e-7, or that
//! part of `|x|` above 1 (`tests/sweep`, class `Activation`).

use crate::backend::Backend;
use crate::simd::{Floats, LANES, Op, ROUNDER, Simd, load_padded, store_cut};

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
        match self.activation {
            Activation::Gelu => each(s, Gelu::new(s), self.x),
            Activation::GeluTanh => each(s, GeluTanh::new(s), self.x),
            Activation::Relu => each(s, Relu, self.x),
        }
    }
}

/// `x[i] = f(x[i])`.
#[inline(always)]
fn each<S: Simd>(s: S, f: impl Function<S>, x: &mut [f32]) {
    let (body, tail) = x.as_chunks_mut::<LANES>();
    for x in body {
        let y = f.of(s, s.load(x));
        s.store(y, x);
    }
    let y = f.of(s, load_padded(s, tail));
    store_cut(s, y, tail);
}

/// A function of each lane, and its constants.
trait Function<S: Simd> {
    /// The value at `x`.
    fn of(&self, s: S, x: S::F) -> S::F;
}

/// Constants for a loop, one in all lanes of a vector.
///
/// They are hidden from the compiler: browsers make a constant of a vector anew wherever it is used, by three instructions, and keep
/// what was loaded. In a polynomial that is half of the time.
#[inline(always)]
fn constants<S: Floats, const N: usize>(s: S, values: [f32; N]) -> [S::F; N] {
    core::hint::black_box(values).map(|value| s.splat(value))
}

/// A polynomial by Horner's rule, the highest coefficient first.
#[inline(always)]
fn polynomial<S: Floats, const N: usize>(s: S, x: S::F, coefficients: &[S::F; N]) -> S::F {
    let mut y = coefficients[0];
    for c in &coefficients[1..] {
        y = s.add(s.mul(y, x), *c);
    }
    y
}

/// `e^x` for `x <= 88`; below -87 it stays at `e^-87`, which is 1.6e-38.
///
/// `x = n ln 2 + r` with `|r| <= ln 2 / 2`; `e^r` by the polynomial of Cephes' `expf` (Moshier, 1992).
#[derive(Clone, Copy)]
pub(crate) struct Exp<F> {
    lowest: F,
    log2_e: F,
    rounder: F,
    /// In two parts; the first has so few bits that its product with `n` is exact.
    ln_2: [F; 2],
    coefficients: [F; 6],
    one: F,
}

impl<F: Copy> Exp<F> {
    #[inline(always)]
    pub(crate) fn new<S: Floats<F = F>>(s: S) -> Self {
        let [lowest, log2_e, rounder, one] =
            constants(s, [-87.0, core::f32::consts::LOG2_E, ROUNDER, 1.0]);
        let ln_2 = constants(s, [0.693_359_4, -2.121_944_4e-4]);
        let coefficients = constants(
            s,
            [1.987_569_1e-4, 1.398_199_9e-3, 8.333_452e-3, 4.166_579_6e-2, 1.666_666_6e-1, 0.5],
        );
        Self { lowest, log2_e, rounder, ln_2, coefficients, one }
    }

    #[inline(always)]
    pub(crate) fn of<S: Simd<F = F>>(&self, s: S, x: F) -> F {
        let x = s.max(self.lowest, x);
        let rounded = s.add(s.mul(x, self.log2_e), self.rounder);
        let n = s.sub(rounded, self.rounder);
        let r = s.sub(s.sub(x, s.mul(n, self.ln_2[0])), s.mul(n, self.ln_2[1]));
        let p = polynomial(s, r, &self.coefficients);
        let y = s.add(s.add(s.mul(p, s.mul(r, r)), r), self.one);
        s.mul(y, s.pow2(rounded))
    }
}

/// `max(x, 0)`, and not -0: which of two zeros is the greater is open, and the sum of them is not.
struct Relu;

impl<S: Simd> Function<S> for Relu {
    #[inline(always)]
    fn of(&self, s: S, x: S::F) -> S::F {
        s.add(s.max(x, s.splat(0.0)), s.splat(0.0))
    }
}

/// `x * Phi(x) = max(x, 0) - |x| * Phi(-|x|)`: written so, the tail below zero keeps its digits.
///
/// `2 Phi(-a) = erfc(a / sqrt 2)` by Abramowitz and Stegun 7.1.26, whose error is at most 1.5e-7.
struct Gelu<F> {
    exp: Exp<F>,
    slope: F,
    coefficients: [F; 5],
    half: F,
    minus_half: F,
}

impl<F: Copy> Gelu<F> {
    #[inline(always)]
    fn new<S: Floats<F = F>>(s: S) -> Self {
        let slope = 0.327_591_1 * core::f32::consts::FRAC_1_SQRT_2;
        let [slope, half, minus_half] = constants(s, [slope, 0.5, -0.5]);
        let coefficients =
            constants(s, [1.061_405_4, -1.453_152, 1.421_413_7, -0.284_496_74, 0.254_829_6]);
        Self { exp: Exp::new(s), slope, coefficients, half, minus_half }
    }
}

impl<S: Simd> Function<S> for Gelu<S::F> {
    #[inline(always)]
    fn of(&self, s: S, x: S::F) -> S::F {
        let one = self.exp.one;
        let a = s.max(x, s.sub(s.splat(0.0), x));
        let t = s.div(one, s.add(one, s.mul(a, self.slope)));
        let p = polynomial(s, t, &self.coefficients);
        let e = self.exp.of(s, s.mul(s.mul(a, a), self.minus_half));
        let erfc = s.mul(s.mul(p, t), e);
        s.sub(Relu.of(s, x), s.mul(s.mul(a, self.half), erfc))
    }
}

/// `x / (1 + e^-2u)` with `u = sqrt(2 / pi) (x + 0.044715 x^3)`.
struct GeluTanh<F> {
    exp: Exp<F>,
    cube: F,
    minus_twice_sqrt_2_over_pi: F,
    /// Less than this goes to no exponential.
    lowest: F,
}

impl<F: Copy> GeluTanh<F> {
    #[inline(always)]
    fn new<S: Floats<F = F>>(s: S) -> Self {
        let [cube, minus_twice_sqrt_2_over_pi, lowest] =
            constants(s, [0.044_715, -1.595_769, -87.0]);
        Self { exp: Exp::new(s), cube, minus_twice_sqrt_2_over_pi, lowest }
    }
}

impl<S: Simd> Function<S> for GeluTanh<S::F> {
    #[inline(always)]
    fn of(&self, s: S, x: S::F) -> S::F {
        let one = self.exp.one;
        let inner = s.mul(x, s.add(one, s.mul(s.mul(x, x), self.cube)));
        let exponent = s.mul(inner, self.minus_twice_sqrt_2_over_pi);
        // The smaller of the two, by way of the larger of their negatives.
        let zero = s.splat(0.0);
        let exponent = s.sub(zero, s.max(self.lowest, s.sub(zero, exponent)));
        s.div(x, s.add(one, self.exp.of(s, exponent)))
    }
}

/// Largest error of [`Exp`] in units of the last place of the result.
#[cfg(test)]
const EXP_ULP: f64 = 2.0;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::arch::scalar::Scalar;

    fn exp(x: f32) -> [f32; LANES] {
        let s = Scalar::new();
        Exp::new(s).of(s, [x; LANES])
    }

    #[test]
    fn exp_is_good_to_its_stated_units_in_the_last_place() {
        let mut worst = 0.0f64;
        for i in -87_000..=88_000 {
            let x = i as f32 / 1000.0;
            let [y, ..] = exp(x);
            let ulp = f64::from(f32::from_bits(y.to_bits() + 1)) - f64::from(y);
            worst = worst.max((f64::from(y) - f64::from(x).exp()).abs() / ulp);
        }
        assert!(worst <= EXP_ULP, "{worst}");
        assert!(worst > 0.5, "no f32 exponential is exact: {worst}");
    }

    #[test]
    fn exp_ends_at_its_lowest_argument_and_never_at_nonsense() {
        let [low, ..] = exp(-87.0);
        for x in [-87.5, -1e30, f32::NEG_INFINITY] {
            assert_eq!(exp(x)[0].to_bits(), low.to_bits());
        }
        assert_eq!(exp(0.0), [1.0; LANES]);
    }
}
