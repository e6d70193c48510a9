//! WebAssembly with `relaxed-simd`: products of bytes. Everything else is `simd128`.
//!
//! What the specification leaves open never shows: the second operand of the relaxed product lies in 0..=127, and the
//! sum of two products fits 16 bits.

use core::arch::wasm32::*;

use super::simd128::{Simd128, round_i16};
use crate::simd::{LANES, Products};

impl Products for Simd128 {
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
        // SAFETY: the reference covers the 4 bytes read.
        unsafe { [v128_load32_splat(core::ptr::from_ref(word).cast()); 2] }
    }
    #[inline(always)]
    fn multiply(self, acc: Self::I, weights: Self::Bytes, codes: Self::Bytes) -> Self::I {
        let multiply = |acc, weights, codes| i32x4_relaxed_dot_i8x16_i7x16_add(weights, codes, acc);
        [multiply(acc[0], weights[0], codes[0]), multiply(acc[1], weights[1], codes[1])]
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
