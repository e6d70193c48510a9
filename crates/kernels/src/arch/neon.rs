//! AArch64 with NEON, which every such CPU has; products of bytes with the dot product of ARMv8.2 where it is there. A vector of
//! eight lanes is two registers.

use core::arch::aarch64::*;

use crate::simd::{Conversions, Dots, Floats, LANES, Lookups, Op, Products, Simd, low};

/// NEON; with `DOT` a proof that the CPU has the dot product too.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Arm<const DOT: bool>(());

/// NEON alone.
pub type Neon = Arm<false>;
/// NEON and the dot product.
pub type NeonDot = Arm<true>;

impl Neon {
    /// The token; the target has NEON.
    #[must_use]
    pub(crate) fn new() -> Self {
        Self(())
    }
}

impl NeonDot {
    /// The token, where the CPU has the dot product.
    #[must_use]
    pub(crate) fn new() -> Option<Self> {
        std::arch::is_aarch64_feature_detected!("dotprod").then_some(Self(()))
    }
}

/// An expression of intrinsics that take and give values.
macro_rules! values {
    ($expression:expr) => {
        // SAFETY: these intrinsics touch no memory; all they need is NEON, which the target has.
        unsafe { $expression }
    };
}

/// `f` of both halves.
#[inline(always)]
fn halves<T: Copy, U>(a: [T; 2], b: [T; 2], f: impl Fn(T, T) -> U) -> [U; 2] {
    [f(a[0], b[0]), f(a[1], b[1])]
}

impl<const DOT: bool> Floats for Arm<DOT> {
    type F = [float32x4_t; 2];
    #[inline(always)]
    fn splat(self, value: f32) -> Self::F {
        [values!(vdupq_n_f32(value)); 2]
    }
    #[inline(always)]
    fn load(self, values: &[f32; LANES]) -> Self::F {
        let at = values.as_ptr();
        // SAFETY: the reference covers 32 bytes, the two loads read 16 each.
        unsafe { [vld1q_f32(at), vld1q_f32(at.add(4))] }
    }
    #[inline(always)]
    fn store(self, v: Self::F, to: &mut [f32; LANES]) {
        let at = to.as_mut_ptr();
        // SAFETY: the reference covers 32 bytes, the two stores write 16 each.
        unsafe {
            vst1q_f32(at, v[0]);
            vst1q_f32(at.add(4), v[1]);
        }
    }
    #[inline(always)]
    fn add(self, a: Self::F, b: Self::F) -> Self::F {
        halves(a, b, |a, b| values!(vaddq_f32(a, b)))
    }
    #[inline(always)]
    fn sub(self, a: Self::F, b: Self::F) -> Self::F {
        halves(a, b, |a, b| values!(vsubq_f32(a, b)))
    }
    #[inline(always)]
    fn mul(self, a: Self::F, b: Self::F) -> Self::F {
        halves(a, b, |a, b| values!(vmulq_f32(a, b)))
    }
    #[inline(always)]
    fn div(self, a: Self::F, b: Self::F) -> Self::F {
        halves(a, b, |a, b| values!(vdivq_f32(a, b)))
    }
    #[inline(always)]
    fn max(self, a: Self::F, b: Self::F) -> Self::F {
        // The instruction for maxima orders zeros and NaN otherwise.
        halves(a, b, |a, b| values!(vbslq_f32(vcltq_f32(a, b), b, a)))
    }
}

impl<const DOT: bool> Conversions for Arm<DOT> {
    #[inline(always)]
    fn pow2(self, rounded: Self::F) -> Self::F {
        let half = |n| {
            values!({
                let exponent = vshlq_n_s32::<23>(vreinterpretq_s32_f32(n));
                vreinterpretq_f32_s32(vaddq_s32(exponent, vdupq_n_s32(127 << 23)))
            })
        };
        rounded.map(half)
    }
    #[inline(always)]
    fn to_floats(self, v: Self::I) -> Self::F {
        v.map(|v| values!(vcvtq_f32_s32(v)))
    }
}

impl<const DOT: bool> Dots for Arm<DOT> {
    type W = [int16x8_t; 2];
    type I = [int32x4_t; 2];
    #[inline(always)]
    fn zero(self) -> Self::I {
        [values!(vdupq_n_s32(0)); 2]
    }
    #[inline(always)]
    fn widen(self, codes: &[i8; 16]) -> Self::W {
        // SAFETY: the reference covers the 16 bytes read.
        let codes = unsafe { vld1q_s8(codes.as_ptr()) };
        values!([vmovl_s8(vget_low_s8(codes)), vmovl_high_s8(codes)])
    }
    #[inline(always)]
    fn load_i16(self, codes: &[i16; 16]) -> Self::W {
        let at = codes.as_ptr();
        // SAFETY: the reference covers 32 bytes, the two loads read 16 each.
        unsafe { [vld1q_s16(at), vld1q_s16(at.add(8))] }
    }
    #[inline(always)]
    fn broadcast(self, pair: &i32) -> Self::W {
        [values!(vreinterpretq_s16_s32(vdupq_n_s32(*pair))); 2]
    }
    #[inline(always)]
    fn dot(self, acc: Self::I, a: Self::W, b: Self::W) -> Self::I {
        let products = halves(a, b, |a, b| {
            values!({
                let low = vmull_s16(vget_low_s16(a), vget_low_s16(b));
                vpaddq_s32(low, vmull_high_s16(a, b))
            })
        });
        halves(acc, products, |acc, product| values!(vaddq_s32(acc, product)))
    }
    #[inline(always)]
    fn sum(self, v: Self::I) -> i32 {
        values!(vaddvq_s32(vaddq_s32(v[0], v[1])))
    }
}

impl<const DOT: bool> Products for Arm<DOT> {
    const DEPTH: usize = 4;
    type Step = [i8; 4 * LANES];
    type Bytes = [int8x16_t; 2];
    #[inline(always)]
    fn steps(weights: &[i8]) -> &[Self::Step] {
        weights.as_chunks().0
    }
    #[inline(always)]
    fn load_step(self, step: &Self::Step) -> Self::Bytes {
        let at = step.as_ptr();
        // SAFETY: the reference covers 32 bytes, the two loads read 16 each.
        unsafe { [vld1q_s8(at), vld1q_s8(at.add(16))] }
    }
    #[inline(always)]
    fn broadcast_codes(self, word: &i32) -> Self::Bytes {
        [values!(vreinterpretq_s8_s32(vdupq_n_s32(*word))); 2]
    }
    #[inline(always)]
    fn multiply(self, acc: Self::I, weights: Self::Bytes, codes: Self::Bytes) -> Self::I {
        let products = |mut acc: int32x4_t, weights: int8x16_t, codes: int8x16_t| {
            if DOT {
                // The intrinsic is not stable yet.
                // SAFETY: the instruction touches nothing but its operands; `self` proves that the CPU has it.
                unsafe {
                    core::arch::asm!(
                        ".arch_extension dotprod",
                        "sdot {acc:v}.4s, {weights:v}.16b, {codes:v}.16b",
                        acc = inout(vreg) acc,
                        weights = in(vreg) weights,
                        codes = in(vreg) codes,
                        options(pure, nomem, nostack, preserves_flags),
                    );
                }
                acc
            } else {
                values!({
                    let low = vmull_s8(vget_low_s8(weights), vget_low_s8(codes));
                    vpadalq_s16(acc, vpaddq_s16(low, vmull_high_s8(weights, codes)))
                })
            }
        };
        [products(acc[0], weights[0], codes[0]), products(acc[1], weights[1], codes[1])]
    }
    #[inline(always)]
    fn round_words(self, values: [Self::F; 4], words: &mut [i32; 16]) {
        for (words, [a, b]) in words.as_chunks_mut::<2>().0.iter_mut().zip(values) {
            let codes = values!({
                let first = vqmovn_s32(vcvtnq_s32_f32(a));
                vqmovun_s16(vqmovn_high_s32(first, vcvtnq_s32_f32(b)))
            });
            // SAFETY: `words` covers the 8 bytes written.
            unsafe { vst1_u8(words.as_mut_ptr().cast(), codes) };
        }
    }
}

impl<const DOT: bool> Lookups for Arm<DOT> {
    type B = uint8x16_t;
    #[inline(always)]
    fn load_bytes(self, bytes: &[u8; 16]) -> Self::B {
        // SAFETY: the reference covers the 16 bytes read.
        unsafe { vld1q_u8(bytes.as_ptr()) }
    }
    #[inline(always)]
    fn lookup<const BITS: usize>(self, levels: Self::B, codes: Self::B) -> Self::W {
        values!({
            let at = vandq_u8(codes, vdupq_n_u8(low(BITS)));
            let found = vreinterpretq_s8_u8(vqtbl1q_u8(levels, at));
            [vmovl_s8(vget_low_s8(found)), vmovl_high_s8(found)]
        })
    }
    #[inline(always)]
    fn shift_right<const BITS: usize>(self, codes: Self::B) -> Self::B {
        values!(vshlq_u8(codes, vdupq_n_s8(-(BITS as i8))))
    }
    #[inline(always)]
    fn halves(self, codes: Self::B) -> [Self::B; 2] {
        values!([vandq_u8(codes, vdupq_n_u8(low(4))), vshrq_n_u8::<4>(codes)])
    }
    #[inline(always)]
    fn pick(self, table: Self::B, at: Self::B) -> Self::B {
        values!(vqtbl1q_u8(table, at))
    }
    #[inline(always)]
    fn add_bytes(self, a: Self::B, b: Self::B) -> Self::B {
        values!(vaddq_u8(a, b))
    }
    #[inline(always)]
    fn add_widened(self, acc: Self::W, bytes: Self::B) -> Self::W {
        values!({
            let acc = acc.map(|acc| vreinterpretq_u16_s16(acc));
            let sums = [vaddw_u8(acc[0], vget_low_u8(bytes)), vaddw_high_u8(acc[1], bytes)];
            sums.map(|sum| vreinterpretq_s16_u16(sum))
        })
    }
    #[inline(always)]
    fn at_least(self, v: Self::W, least: i16) -> u16 {
        /// The bit of each lane of a byte.
        const BITS: u64 = 0x8040_2010_0804_0201;
        let bits = v.map(|v| {
            values!({
                let reached = vmovn_u16(vcgeq_s16(v, vdupq_n_s16(least)));
                vaddv_u8(vand_u8(reached, vcreate_u8(BITS)))
            })
        });
        u16::from_le_bytes(bits)
    }
    #[inline(always)]
    fn store_i16(self, v: Self::W, to: &mut [i16; 16]) {
        let at = to.as_mut_ptr();
        // SAFETY: the reference covers 32 bytes, the two stores write 16 each.
        unsafe {
            vst1q_s16(at, v[0]);
            vst1q_s16(at.add(8), v[1]);
        }
    }
}

impl<const DOT: bool> Simd for Arm<DOT> {
    // 24 of 32 registers hold sums. Chosen by that count: it was not measured.
    const ROWS: usize = 6;
    const VECTORS: usize = 2;
    #[inline(always)]
    fn vectorize<O: Op>(self, op: O) -> O::Output {
        if DOT && !O::PRODUCTS { op.run(Arm::<false>(())) } else { op.run(self) }
    }
}
