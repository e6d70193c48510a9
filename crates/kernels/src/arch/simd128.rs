//! WebAssembly with `simd128`: all that `relaxed` does not do better. A vector of eight lanes is two registers.
//!
//! A module with these instructions does not start where they are missing, so the token needs no test at run time.

use core::arch::wasm32::*;

use crate::simd::{Conversions, Dots, Floats, LANES, Lookups, Op, ROUNDER, Simd, low};

/// Proof that the module was compiled with `simd128`; what `PAIRS` adds is in `relaxed`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Wasm<const PAIRS: bool>(());

/// `simd128`, and with `relaxed-simd` the product that sums four neighbours.
pub type Simd128 = Wasm<false>;

impl<const PAIRS: bool> Wasm<PAIRS> {
    /// The token, if `here`; this file is compiled only with `simd128`.
    #[must_use]
    pub(super) fn if_here(here: bool) -> Option<Self> {
        here.then_some(Self(()))
    }
}

impl Simd128 {
    /// What reports call this build.
    pub(crate) const NAME: &str =
        if cfg!(target_feature = "relaxed-simd") { "relaxed" } else { "simd128" };

    /// The token.
    #[must_use]
    pub(crate) fn new() -> Option<Self> {
        Self::if_here(true)
    }
}

impl<const PAIRS: bool> Floats for Wasm<PAIRS> {
    type F = [v128; 2];
    #[inline(always)]
    fn splat(self, value: f32) -> Self::F {
        [f32x4_splat(value); 2]
    }
    #[inline(always)]
    fn load(self, values: &[f32; LANES]) -> Self::F {
        let at = values.as_ptr();
        // SAFETY: the reference covers 32 bytes, the two loads read 16 each; they accept any alignment.
        unsafe { [v128_load(at.cast()), v128_load(at.add(4).cast())] }
    }
    #[inline(always)]
    fn store(self, v: Self::F, to: &mut [f32; LANES]) {
        let at = to.as_mut_ptr();
        // SAFETY: the reference covers 32 bytes, the two stores write 16 each; they accept any alignment.
        unsafe {
            v128_store(at.cast(), v[0]);
            v128_store(at.add(4).cast(), v[1]);
        }
    }
    #[inline(always)]
    fn add(self, a: Self::F, b: Self::F) -> Self::F {
        [f32x4_add(a[0], b[0]), f32x4_add(a[1], b[1])]
    }
    #[inline(always)]
    fn sub(self, a: Self::F, b: Self::F) -> Self::F {
        [f32x4_sub(a[0], b[0]), f32x4_sub(a[1], b[1])]
    }
    #[inline(always)]
    fn mul(self, a: Self::F, b: Self::F) -> Self::F {
        [f32x4_mul(a[0], b[0]), f32x4_mul(a[1], b[1])]
    }
    #[inline(always)]
    fn div(self, a: Self::F, b: Self::F) -> Self::F {
        [f32x4_div(a[0], b[0]), f32x4_div(a[1], b[1])]
    }
    #[inline(always)]
    fn max(self, a: Self::F, b: Self::F) -> Self::F {
        [f32x4_pmax(a[0], b[0]), f32x4_pmax(a[1], b[1])]
    }
}

impl<const PAIRS: bool> Conversions for Wasm<PAIRS> {
    #[inline(always)]
    fn pow2(self, rounded: Self::F) -> Self::F {
        rounded.map(|n| i32x4_add(i32x4_shl(n, 23), i32x4_splat(127 << 23)))
    }
    #[inline(always)]
    fn to_floats(self, v: Self::I) -> Self::F {
        [f32x4_convert_i32x4(v[0]), f32x4_convert_i32x4(v[1])]
    }
}

impl<const PAIRS: bool> Dots for Wasm<PAIRS> {
    type W = [v128; 2];
    type I = [v128; 2];
    #[inline(always)]
    fn zero(self) -> Self::I {
        [i32x4_splat(0); 2]
    }
    #[inline(always)]
    fn widen(self, codes: &[i8; 16]) -> Self::W {
        let at = codes.as_ptr();
        // SAFETY: the reference covers 16 bytes, the two loads read 8 each; they accept any alignment.
        unsafe { [i16x8_load_extend_i8x8(at), i16x8_load_extend_i8x8(at.add(8))] }
    }
    #[inline(always)]
    fn load_i16(self, codes: &[i16; 16]) -> Self::W {
        let at = codes.as_ptr();
        // SAFETY: the reference covers 32 bytes, the two loads read 16 each; they accept any alignment.
        unsafe { [v128_load(at.cast()), v128_load(at.add(8).cast())] }
    }
    #[inline(always)]
    fn broadcast(self, pair: &i32) -> Self::W {
        // SAFETY: the reference covers the 4 bytes read.
        unsafe { [v128_load32_splat(core::ptr::from_ref(pair).cast()); 2] }
    }
    #[inline(always)]
    fn dot(self, acc: Self::I, a: Self::W, b: Self::W) -> Self::I {
        [
            i32x4_add(acc[0], i32x4_dot_i16x8(a[0], b[0])),
            i32x4_add(acc[1], i32x4_dot_i16x8(a[1], b[1])),
        ]
    }
    #[inline(always)]
    fn sum(self, v: Self::I) -> i32 {
        let v = i32x4_add(v[0], v[1]);
        i32x4_extract_lane::<0>(v)
            .wrapping_add(i32x4_extract_lane::<1>(v))
            .wrapping_add(i32x4_extract_lane::<2>(v))
            .wrapping_add(i32x4_extract_lane::<3>(v))
    }
}

/// 16 values, rounded, as `i16`; in `0..=127` then. Cheaper than to round and to convert, which browsers guard against overflow.
#[inline(always)]
pub(super) fn round_i16(v: [[v128; 2]; 2]) -> [v128; 2] {
    let round = |v| v128_and(f32x4_add(v, f32x4_splat(ROUNDER)), i32x4_splat(0x7f));
    v.map(|v| i16x8_narrow_i32x4(round(v[0]), round(v[1])))
}

#[cfg(not(target_feature = "relaxed-simd"))]
impl<const PAIRS: bool> crate::simd::Products for Wasm<PAIRS> {
    // There is no product of bytes, so weights are widened as they are loaded and codes when they are made.
    const DEPTH: usize = 2;
    type Step = [i8; 2 * LANES];
    type Bytes = [v128; 2];
    #[inline(always)]
    fn steps(weights: &[i8]) -> &[Self::Step] {
        weights.as_chunks().0
    }
    #[inline(always)]
    fn load_step(self, step: &Self::Step) -> Self::Bytes {
        self.widen(step)
    }
    #[inline(always)]
    fn broadcast_codes(self, word: &i32) -> Self::Bytes {
        self.broadcast(word)
    }
    #[inline(always)]
    fn multiply(self, acc: Self::I, weights: Self::Bytes, codes: Self::Bytes) -> Self::I {
        self.dot(acc, codes, weights)
    }
    #[inline(always)]
    fn round_words(self, [a, b, c, d]: [Self::F; 4], words: &mut [i32; 16]) {
        let pairs = [round_i16([a, b]), round_i16([c, d])];
        for (words, pairs) in words.as_chunks_mut::<4>().0.iter_mut().zip(pairs.as_flattened()) {
            // SAFETY: `words` covers the 16 bytes written; the store accepts any alignment.
            unsafe { v128_store(words.as_mut_ptr().cast(), *pairs) };
        }
    }
}

impl<const PAIRS: bool> Lookups for Wasm<PAIRS> {
    type B = v128;
    #[inline(always)]
    fn load_bytes(self, bytes: &[u8; 16]) -> Self::B {
        // SAFETY: the reference covers the 16 bytes read; the load accepts any alignment.
        unsafe { v128_load(bytes.as_ptr().cast()) }
    }
    #[inline(always)]
    fn lookup<const BITS: usize>(self, levels: Self::B, codes: Self::B) -> Self::W {
        let found = i8x16_swizzle(levels, v128_and(codes, u8x16_splat(low(BITS))));
        [i16x8_extend_low_i8x16(found), i16x8_extend_high_i8x16(found)]
    }
    #[inline(always)]
    fn shift_right<const BITS: usize>(self, codes: Self::B) -> Self::B {
        u16x8_shr(codes, BITS as u32)
    }
    #[inline(always)]
    fn halves(self, codes: Self::B) -> [Self::B; 2] {
        let low = u8x16_splat(low(4));
        [v128_and(codes, low), v128_and(u16x8_shr(codes, 4), low)]
    }
    #[inline(always)]
    fn pick(self, table: Self::B, at: Self::B) -> Self::B {
        i8x16_swizzle(table, at)
    }
    #[inline(always)]
    fn add_bytes(self, a: Self::B, b: Self::B) -> Self::B {
        u8x16_add(a, b)
    }
    #[inline(always)]
    fn add_widened(self, acc: Self::W, bytes: Self::B) -> Self::W {
        [
            i16x8_add(acc[0], u16x8_extend_low_u8x16(bytes)),
            i16x8_add(acc[1], u16x8_extend_high_u8x16(bytes)),
        ]
    }
    #[inline(always)]
    fn at_least(self, v: Self::W, least: i16) -> u16 {
        let least = i16x8_splat(least);
        i8x16_bitmask(i8x16_narrow_i16x8(i16x8_ge(v[0], least), i16x8_ge(v[1], least)))
    }
    #[inline(always)]
    fn store_i16(self, v: Self::W, to: &mut [i16; 16]) {
        let at = to.as_mut_ptr();
        // SAFETY: the reference covers 32 bytes, the two stores write 16 each; they accept any alignment.
        unsafe {
            v128_store(at.cast(), v[0]);
            v128_store(at.add(8).cast(), v[1]);
        }
    }
}

impl<const PAIRS: bool> Simd for Wasm<PAIRS> {
    // Eight accumulators, two registers of weights, one broadcast: with ten, V8 spills in the inner loop and takes twice the time.
    const ROWS: usize = 4;
    const VECTORS: usize = 1;
    // A function of its own for each loop: see `gemm::Sums`.
    #[inline(never)]
    fn vectorize<O: Op>(self, op: O) -> O::Output {
        if PAIRS && !O::PRODUCTS { op.run(Wasm::<false>(())) } else { op.run(self) }
    }
}
