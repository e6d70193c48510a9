//! Plain Rust: the fallback, and the definition of what every other backend must give.

use crate::simd::{Conversions, Dots, Floats, LANES, Lookups, Op, Products, Simd, low};

/// Always available.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Scalar(());

impl Scalar {
    /// The token.
    #[must_use]
    pub(crate) fn new() -> Self {
        Self(())
    }
}

/// `f` of each pair of lanes.
#[inline(always)]
fn lanes(a: [f32; LANES], b: [f32; LANES], f: impl Fn(f32, f32) -> f32) -> [f32; LANES] {
    let mut out = a;
    for i in 0..LANES {
        out[i] = f(a[i], b[i]);
    }
    out
}

impl Floats for Scalar {
    type F = [f32; LANES];
    #[inline(always)]
    fn splat(self, value: f32) -> Self::F {
        [value; LANES]
    }
    #[inline(always)]
    fn load(self, values: &[f32; LANES]) -> Self::F {
        *values
    }
    #[inline(always)]
    fn store(self, v: Self::F, to: &mut [f32; LANES]) {
        *to = v;
    }
    #[inline(always)]
    fn add(self, a: Self::F, b: Self::F) -> Self::F {
        lanes(a, b, |a, b| a + b)
    }
    #[inline(always)]
    fn sub(self, a: Self::F, b: Self::F) -> Self::F {
        lanes(a, b, |a, b| a - b)
    }
    #[inline(always)]
    fn mul(self, a: Self::F, b: Self::F) -> Self::F {
        lanes(a, b, |a, b| a * b)
    }
    #[inline(always)]
    fn div(self, a: Self::F, b: Self::F) -> Self::F {
        lanes(a, b, |a, b| a / b)
    }
    #[inline(always)]
    fn max(self, a: Self::F, b: Self::F) -> Self::F {
        lanes(a, b, |a, b| if a < b { b } else { a })
    }
}

impl Conversions for Scalar {
    #[inline(always)]
    fn pow2(self, rounded: Self::F) -> Self::F {
        rounded.map(|n| f32::from_bits((n.to_bits() << 23).wrapping_add(127 << 23)))
    }
    #[inline(always)]
    fn to_floats(self, v: Self::I) -> Self::F {
        v.map(|v| v as f32)
    }
}

impl Dots for Scalar {
    type W = [i16; 16];
    type I = [i32; LANES];
    #[inline(always)]
    fn zero(self) -> Self::I {
        [0; LANES]
    }
    #[inline(always)]
    fn widen(self, codes: &[i8; 16]) -> Self::W {
        codes.map(i16::from)
    }
    #[inline(always)]
    fn load_i16(self, codes: &[i16; 16]) -> Self::W {
        *codes
    }
    #[inline(always)]
    fn broadcast(self, pair: &i32) -> Self::W {
        let (low, high) = (*pair as i16, (*pair >> 16) as i16);
        let mut out = [low; 16];
        for i in 0..LANES {
            out[2 * i + 1] = high;
        }
        out
    }
    #[inline(always)]
    fn dot(self, mut acc: Self::I, a: Self::W, b: Self::W) -> Self::I {
        for i in 0..LANES {
            let low = i32::from(a[2 * i]) * i32::from(b[2 * i]);
            let high = i32::from(a[2 * i + 1]) * i32::from(b[2 * i + 1]);
            acc[i] = acc[i].wrapping_add(low.wrapping_add(high));
        }
        acc
    }
    #[inline(always)]
    fn sum(self, v: Self::I) -> i32 {
        v.iter().fold(0, |sum, v| sum.wrapping_add(*v))
    }
}

impl Products for Scalar {
    const DEPTH: usize = 4;
    type Step = [i8; 4 * LANES];
    type Bytes = [i8; 4 * LANES];
    #[inline(always)]
    fn steps(weights: &[i8]) -> &[Self::Step] {
        weights.as_chunks().0
    }
    #[inline(always)]
    fn load_step(self, step: &Self::Step) -> Self::Bytes {
        *step
    }
    #[inline(always)]
    fn broadcast_codes(self, word: &i32) -> Self::Bytes {
        let codes = word.to_le_bytes();
        std::array::from_fn(|i| codes[i % 4] as i8)
    }
    #[inline(always)]
    fn multiply(self, mut acc: Self::I, weights: Self::Bytes, codes: Self::Bytes) -> Self::I {
        for (i, (weight, code)) in weights.iter().zip(&codes).enumerate() {
            acc[i / 4] = acc[i / 4].wrapping_add(i32::from(*weight) * i32::from(*code));
        }
        acc
    }
    #[inline(always)]
    fn round_words(self, values: [Self::F; 4], words: &mut [i32; 16]) {
        for (word, values) in words.iter_mut().zip(values.as_flattened().as_chunks().0) {
            let codes: &[f32; 4] = values;
            *word = i32::from_le_bytes(codes.map(|v| v.round_ties_even() as u8));
        }
    }
}

impl Lookups for Scalar {
    type B = [u8; 16];
    #[inline(always)]
    fn load_bytes(self, bytes: &[u8; 16]) -> Self::B {
        *bytes
    }
    #[inline(always)]
    fn lookup<const BITS: usize>(self, levels: Self::B, codes: Self::B) -> Self::W {
        codes.map(|code| i16::from(levels[usize::from(code & low(BITS))] as i8))
    }
    #[inline(always)]
    fn shift_right<const BITS: usize>(self, codes: Self::B) -> Self::B {
        codes.map(|code| code >> BITS)
    }
    #[inline(always)]
    fn halves(self, codes: Self::B) -> [Self::B; 2] {
        [codes.map(|code| code & low(4)), codes.map(|code| code >> 4)]
    }
    #[inline(always)]
    fn pick(self, table: Self::B, at: Self::B) -> Self::B {
        at.map(|at| table[usize::from(at & low(4))])
    }
    #[inline(always)]
    fn add_bytes(self, a: Self::B, b: Self::B) -> Self::B {
        core::array::from_fn(|i| a[i].wrapping_add(b[i]))
    }
    #[inline(always)]
    fn add_widened(self, acc: Self::W, bytes: Self::B) -> Self::W {
        core::array::from_fn(|i| acc[i].wrapping_add(i16::from(bytes[i])))
    }
    #[inline(always)]
    fn at_least(self, v: Self::W, least: i16) -> u16 {
        v.iter().rev().fold(0, |bits, v| bits << 1 | u16::from(*v >= least))
    }
    #[inline(always)]
    fn store_i16(self, v: Self::W, to: &mut [i16; 16]) {
        *to = v;
    }
}

impl Simd for Scalar {
    const ROWS: usize = 4;
    const VECTORS: usize = 1;
    #[inline(always)]
    fn vectorize<O: Op>(self, op: O) -> O::Output {
        op.run(self)
    }
}
