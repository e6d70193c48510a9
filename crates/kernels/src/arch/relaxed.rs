//! WebAssembly with `relaxed-simd`: products of bytes. Everything else is `simd128`.
//!
//! What the specification leaves open never shows in results: the second operand of the relaxed products lies in 0..=127, and
//! the sum of two products fits 16 bits.
//!
//! There are two ways to sum four products. One instruction does it all, and on ARM and with AVX-VNNI the browser has one
//! instruction for it too. On older x86 it takes five of them, two of which make a constant again each time; there a product of pairs
//! and a sum of pairs take three (measured in Chromium on an AMD Zen 4: 0.83 of the time). Where weights are light, two products of
//! pairs share a sum.

use core::arch::wasm32::*;

use super::simd128::{Wasm, round_i16};
use crate::simd::{Dots, LANES, Products};

/// The products of pairs, where the browser's product that sums four saturates.
pub type Pairs = Wasm<true>;

impl Pairs {
    /// The token, where the CPU is an x86 without VNNI: only its products saturate beyond 7 bits.
    #[must_use]
    pub(crate) fn new() -> Option<Self> {
        /// Four times -128 * 255, of which each pair stays at the least `i16`.
        const SATURATED: i32 = 2 * i16::MIN as i32;
        let [low, high] = core::hint::black_box([i8::MIN, -1]);
        let sums =
            i32x4_relaxed_dot_i8x16_i7x16_add(i8x16_splat(low), i8x16_splat(high), i32x4_splat(0));
        Self::if_here(i32x4_extract_lane::<0>(sums) == SATURATED)
    }
}

impl<const PAIRS: bool> Products for Wasm<PAIRS> {
    const DEPTH: usize = 4;
    type Step = [i8; 4 * LANES];
    type Bytes = [v128; 2];
    #[inline(always)]
    fn steps(weights: &[i8]) -> &[Self::Step] {
        weights.as_chunks().0
    }
    #[inline(always)]
    fn load_step(self, step: &Self::Step) -> Self::Bytes {
        let at = step.as_ptr();
        // SAFETY: the reference covers 32 bytes, the two loads read 16 each; they accept any alignment.
        unsafe { [v128_load(at.cast()), v128_load(at.add(16).cast())] }
    }
    #[inline(always)]
    fn broadcast_codes(self, word: &i32) -> Self::Bytes {
        self.broadcast(word)
    }
    #[inline(always)]
    fn multiply(self, acc: Self::I, weights: Self::Bytes, codes: Self::Bytes) -> Self::I {
        let multiply = |acc, weights, codes| {
            if PAIRS {
                let pairs = i16x8_relaxed_dot_i8x16_i7x16(weights, codes);
                // Written with `extadd_pairwise` the compiler makes the other instruction of it.
                i32x4_add(acc, i32x4_dot_i16x8(pairs, i16x8_splat(1)))
            } else {
                i32x4_relaxed_dot_i8x16_i7x16_add(weights, codes, acc)
            }
        };
        [multiply(acc[0], weights[0], codes[0]), multiply(acc[1], weights[1], codes[1])]
    }
    const LIGHT: bool = PAIRS;
    #[inline(always)]
    fn multiply_light(
        self,
        acc: Self::I,
        weights: [Self::Bytes; 2],
        codes: [Self::Bytes; 2],
        ones: Self::W,
    ) -> Self::I {
        let half =
            |step: usize, i: usize| i16x8_relaxed_dot_i8x16_i7x16(weights[step][i], codes[step][i]);
        let pairs = [0, 1].map(|i| i16x8_add(half(0, i), half(1, i)));
        self.dot(acc, pairs, ones)
    }
    #[inline(always)]
    fn round_words(self, [a, b, c, d]: [Self::F; 4], words: &mut [i32; 16]) {
        let pairs = [round_i16([a, b]), round_i16([c, d])];
        for (words, [low, high]) in words.as_chunks_mut::<4>().0.iter_mut().zip(pairs) {
            // SAFETY: `words` covers the 16 bytes written; the store accepts any alignment.
            unsafe { v128_store(words.as_mut_ptr().cast(), u8x16_narrow_i16x8(low, high)) };
        }
    }
}
