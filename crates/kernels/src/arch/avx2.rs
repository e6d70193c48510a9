//! x86-64 with AVX2: all that VNNI (`vnni`) does not do better.

use core::arch::x86_64::*;

use crate::simd::{Conversions, Dots, Floats, LANES, Lookups, Op, Products, Simd, low};

/// Proof that the CPU has AVX2, and what else `PRODUCTS` stands for: see [`Avx2`] and its kin in `vnni`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct X86<const PRODUCTS: u8>(());

/// AVX2 alone.
pub type Avx2 = X86<0>;

impl<const PRODUCTS: u8> X86<PRODUCTS> {
    /// The token, if `here` says that the CPU has what `PRODUCTS` stands for, and it has AVX2.
    #[must_use]
    pub(super) fn if_here(here: bool) -> Option<Self> {
        (here && is_x86_feature_detected!("avx2")).then_some(Self(()))
    }

    /// The token for AVX2 alone.
    #[must_use]
    pub(super) fn without_vnni(self) -> Avx2 {
        X86(())
    }
}

impl Avx2 {
    /// The token, where the CPU has AVX2.
    #[must_use]
    pub(crate) fn new() -> Option<Self> {
        Self::if_here(true)
    }
}

/// An expression of intrinsics that take and give values. Used only in methods of [`X86`].
macro_rules! values {
    ($expression:expr) => {
        // SAFETY: these intrinsics touch no memory; all they need is AVX2, and the method's `self` is the proof of it.
        unsafe { $expression }
    };
}

impl<const PRODUCTS: u8> Floats for X86<PRODUCTS> {
    type F = __m256;
    #[inline(always)]
    fn splat(self, value: f32) -> Self::F {
        values!(_mm256_set1_ps(value))
    }
    #[inline(always)]
    fn load(self, values: &[f32; LANES]) -> Self::F {
        // SAFETY: the reference covers the 32 bytes read; the load accepts any alignment; `self` proves AVX2.
        unsafe { _mm256_loadu_ps(values.as_ptr()) }
    }
    #[inline(always)]
    fn store(self, v: Self::F, to: &mut [f32; LANES]) {
        // SAFETY: the reference covers the 32 bytes written; the store accepts any alignment; `self` proves AVX2.
        unsafe { _mm256_storeu_ps(to.as_mut_ptr(), v) }
    }
    #[inline(always)]
    fn add(self, a: Self::F, b: Self::F) -> Self::F {
        values!(_mm256_add_ps(a, b))
    }
    #[inline(always)]
    fn sub(self, a: Self::F, b: Self::F) -> Self::F {
        values!(_mm256_sub_ps(a, b))
    }
    #[inline(always)]
    fn mul(self, a: Self::F, b: Self::F) -> Self::F {
        values!(_mm256_mul_ps(a, b))
    }
    #[inline(always)]
    fn div(self, a: Self::F, b: Self::F) -> Self::F {
        values!(_mm256_div_ps(a, b))
    }
    #[inline(always)]
    fn max(self, a: Self::F, b: Self::F) -> Self::F {
        // The instruction gives its second operand when neither is greater, so the operands are swapped.
        values!(_mm256_max_ps(b, a))
    }
}

impl<const PRODUCTS: u8> Conversions for X86<PRODUCTS> {
    #[inline(always)]
    fn pow2(self, rounded: Self::F) -> Self::F {
        values!({
            let exponent = _mm256_slli_epi32::<23>(_mm256_castps_si256(rounded));
            _mm256_castsi256_ps(_mm256_add_epi32(exponent, _mm256_set1_epi32(127 << 23)))
        })
    }
    #[inline(always)]
    fn to_floats(self, v: Self::I) -> Self::F {
        values!(_mm256_cvtepi32_ps(v))
    }
}

impl<const PRODUCTS: u8> Dots for X86<PRODUCTS> {
    type W = __m256i;
    type I = __m256i;
    #[inline(always)]
    fn zero(self) -> Self::I {
        values!(_mm256_setzero_si256())
    }
    #[inline(always)]
    fn widen(self, codes: &[i8; 16]) -> Self::W {
        // SAFETY: the reference covers the 16 bytes read; the load accepts any alignment; `self` proves AVX2.
        unsafe { _mm256_cvtepi8_epi16(_mm_loadu_si128(codes.as_ptr().cast())) }
    }
    #[inline(always)]
    fn load_i16(self, codes: &[i16; 16]) -> Self::W {
        // SAFETY: the reference covers the 32 bytes read; the load accepts any alignment; `self` proves AVX2.
        unsafe { _mm256_loadu_si256(codes.as_ptr().cast()) }
    }
    #[inline(always)]
    fn broadcast(self, pair: &i32) -> Self::W {
        values!(_mm256_set1_epi32(*pair))
    }
    #[inline(always)]
    fn dot(self, acc: Self::I, a: Self::W, b: Self::W) -> Self::I {
        values!(_mm256_add_epi32(acc, _mm256_madd_epi16(a, b)))
    }
    #[inline(always)]
    fn sum(self, v: Self::I) -> i32 {
        values!({
            let v = _mm_add_epi32(_mm256_castsi256_si128(v), _mm256_extracti128_si256::<1>(v));
            let v = _mm_add_epi32(v, _mm_shuffle_epi32::<0b01_00_11_10>(v));
            _mm_cvtsi128_si32(_mm_add_epi32(v, _mm_shuffle_epi32::<0b10_11_00_01>(v)))
        })
    }
}

impl<const PRODUCTS: u8> X86<PRODUCTS> {
    /// The weights of one step: four neighbours of each of eight columns.
    #[inline(always)]
    pub(super) fn load_quads(self, step: &[i8; 4 * LANES]) -> __m256i {
        // SAFETY: the reference covers the 32 bytes read; the load accepts any alignment; `self` proves AVX2.
        unsafe { _mm256_loadu_si256(step.as_ptr().cast()) }
    }
    /// Four codes, eight times.
    #[inline(always)]
    pub(super) fn broadcast_quad(self, word: &i32) -> __m256i {
        values!(_mm256_set1_epi32(*word))
    }
    /// 32 values as eight words of four codes.
    #[inline(always)]
    pub(super) fn round_quads(self, v: [__m256; 4], words: &mut [i32; 16]) {
        let packed = values!({
            let v = v.map(|v| _mm256_cvtps_epi32(v));
            let pairs = [_mm256_packs_epi32(v[0], v[1]), _mm256_packs_epi32(v[2], v[3])];
            // Packing works in halves of 128 bits: words 0, 2, 4, 6 come first, then 1, 3, 5, 7.
            let order = _mm256_setr_epi32(0, 4, 1, 5, 2, 6, 3, 7);
            _mm256_permutevar8x32_epi32(_mm256_packus_epi16(pairs[0], pairs[1]), order)
        });
        // SAFETY: `words` covers the 32 bytes written; the store accepts any alignment; `self` proves AVX2.
        unsafe { _mm256_storeu_si256(words.as_mut_ptr().cast(), packed) };
    }
}

/// The methods of `Products` that all sets of x86-64 share.
macro_rules! quads {
    () => {
        const DEPTH: usize = 4;
        type Step = [i8; 4 * LANES];
        type Bytes = __m256i;
        #[inline(always)]
        fn steps(weights: &[i8]) -> &[Self::Step] {
            weights.as_chunks().0
        }
        #[inline(always)]
        fn load_step(self, step: &Self::Step) -> Self::Bytes {
            self.load_quads(step)
        }
        #[inline(always)]
        fn broadcast_codes(self, word: &i32) -> Self::Bytes {
            self.broadcast_quad(word)
        }
        #[inline(always)]
        fn round_words(self, values: [Self::F; 4], words: &mut [i32; 16]) {
            self.round_quads(values, words);
        }
    };
}
pub(super) use quads;

impl Products for Avx2 {
    quads!();
    #[inline(always)]
    fn multiply(self, acc: Self::I, weights: Self::Bytes, codes: Self::Bytes) -> Self::I {
        values!({
            let pairs = _mm256_maddubs_epi16(codes, weights);
            _mm256_add_epi32(acc, _mm256_madd_epi16(pairs, _mm256_set1_epi16(1)))
        })
    }
    const LIGHT: bool = true;
    #[inline(always)]
    fn multiply_light(
        self,
        acc: Self::I,
        weights: [Self::Bytes; 2],
        codes: [Self::Bytes; 2],
        ones: Self::W,
    ) -> Self::I {
        let pairs = values!({
            let [first, second] = [0, 1].map(|i| _mm256_maddubs_epi16(codes[i], weights[i]));
            _mm256_add_epi16(first, second)
        });
        self.dot(acc, pairs, ones)
    }
}

impl<const PRODUCTS: u8> Lookups for X86<PRODUCTS> {
    type B = __m128i;
    #[inline(always)]
    fn load_bytes(self, bytes: &[u8; 16]) -> Self::B {
        // SAFETY: the reference covers the 16 bytes read; the load accepts any alignment; `self` proves AVX2.
        unsafe { _mm_loadu_si128(bytes.as_ptr().cast()) }
    }
    #[inline(always)]
    fn lookup<const BITS: usize>(self, levels: Self::B, codes: Self::B) -> Self::W {
        values!({
            let at = _mm_and_si128(codes, _mm_set1_epi8(low(BITS) as i8));
            _mm256_cvtepi8_epi16(_mm_shuffle_epi8(levels, at))
        })
    }
    #[inline(always)]
    fn shift_right<const BITS: usize>(self, codes: Self::B) -> Self::B {
        values!(_mm_srl_epi16(codes, _mm_cvtsi32_si128(BITS as i32)))
    }
    #[inline(always)]
    fn halves(self, codes: Self::B) -> [Self::B; 2] {
        values!({
            let low = _mm_set1_epi8(low(4) as i8);
            [_mm_and_si128(codes, low), _mm_and_si128(_mm_srli_epi16::<4>(codes), low)]
        })
    }
    #[inline(always)]
    fn pick(self, table: Self::B, at: Self::B) -> Self::B {
        values!(_mm_shuffle_epi8(table, at))
    }
    #[inline(always)]
    fn add_bytes(self, a: Self::B, b: Self::B) -> Self::B {
        values!(_mm_add_epi8(a, b))
    }
    #[inline(always)]
    fn add_widened(self, acc: Self::W, bytes: Self::B) -> Self::W {
        values!(_mm256_add_epi16(acc, _mm256_cvtepu8_epi16(bytes)))
    }
    #[inline(always)]
    fn at_least(self, v: Self::W, least: i16) -> u16 {
        values!({
            let below = _mm256_cmpgt_epi16(_mm256_set1_epi16(least), v);
            let below = _mm_packs_epi16(
                _mm256_castsi256_si128(below),
                _mm256_extracti128_si256::<1>(below),
            );
            !(_mm_movemask_epi8(below) as u16)
        })
    }
    #[inline(always)]
    fn store_i16(self, v: Self::W, to: &mut [i16; 16]) {
        // SAFETY: the reference covers the 32 bytes written; the store accepts any alignment; `self` proves AVX2.
        unsafe { _mm256_storeu_si256(to.as_mut_ptr().cast(), v) }
    }
}

impl Simd for Avx2 {
    // Ten accumulators, two vectors of weights, a broadcast and a product: fourteen of sixteen registers. On an AMD Zen 3, of the
    // tiles from 3 x 3 to 12 x 1 this one did most per cycle (6 x 2: 0.9 of it, 4 x 2: 0.92, 4 x 3: 0.65).
    const ROWS: usize = 5;
    const VECTORS: usize = 2;
    #[inline(always)]
    fn vectorize<O: Op>(self, op: O) -> O::Output {
        #[target_feature(enable = "avx2")]
        fn with_avx2<O: Op>(token: Avx2, op: O) -> O::Output {
            op.run(token)
        }
        // SAFETY: the function needs AVX2, and `self` is the proof of it.
        unsafe { with_avx2(self, op) }
    }
}
