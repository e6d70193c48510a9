//! x86-64 with VNNI: a sum of four products of bytes in one instruction, in the form of AVX-512 or of AVX.

use core::arch::x86_64::*;

use super::avx2::{Avx2, X86, quads};
use crate::simd::{LANES, Op, Products, Simd};

/// AVX2 and AVX-VNNI.
pub type AvxVnni = X86<1>;
/// AVX2 and VNNI of AVX-512, with its 32 registers, used 256 bits wide.
pub type Avx512Vnni = X86<2>;

impl AvxVnni {
    /// The token, where the CPU has AVX-VNNI.
    #[must_use]
    pub(crate) fn new() -> Option<Self> {
        Self::if_here(is_x86_feature_detected!("avxvnni"))
    }
}

impl Avx512Vnni {
    /// The token, where the CPU has AVX-512 with VNNI and vectors of 256 bits.
    #[must_use]
    pub(crate) fn new() -> Option<Self> {
        Self::if_here(
            is_x86_feature_detected!("avx512vl") && is_x86_feature_detected!("avx512vnni"),
        )
    }
}

impl Products for AvxVnni {
    quads!();
    #[inline(always)]
    fn multiply(self, acc: Self::I, weights: Self::Bytes, codes: Self::Bytes) -> Self::I {
        // SAFETY: the intrinsic touches no memory; all it needs is AVX-VNNI, and `self` is the proof of it.
        unsafe { _mm256_dpbusd_avx_epi32(acc, codes, weights) }
    }
}

impl Products for Avx512Vnni {
    quads!();
    #[inline(always)]
    fn multiply(self, acc: Self::I, weights: Self::Bytes, codes: Self::Bytes) -> Self::I {
        // SAFETY: the intrinsic touches no memory; all it needs is VNNI and VL of AVX-512, and `self` is the proof of them.
        unsafe { _mm256_dpbusd_epi32(acc, codes, weights) }
    }
}

impl Simd for AvxVnni {
    // Those of AVX2, whose code serves all loops without such products.
    const ROWS: usize = Avx2::ROWS;
    const VECTORS: usize = Avx2::VECTORS;
    #[inline(always)]
    fn vectorize<O: Op>(self, op: O) -> O::Output {
        #[target_feature(enable = "avx2,avxvnni")]
        fn with_avx_vnni<O: Op>(token: AvxVnni, op: O) -> O::Output {
            op.run(token)
        }
        if !O::PRODUCTS {
            return self.without_vnni().vectorize(op);
        }
        // SAFETY: the function needs AVX2 and AVX-VNNI, and `self` is the proof of both.
        unsafe { with_avx_vnni(self, op) }
    }
}

impl Simd for Avx512Vnni {
    // Sixteen sums, two registers of weights and a broadcast. Other tiles were not tried.
    const ROWS: usize = 8;
    const VECTORS: usize = 2;
    #[inline(always)]
    fn vectorize<O: Op>(self, op: O) -> O::Output {
        #[target_feature(enable = "avx2,avx512vl,avx512vnni")]
        fn with_avx512_vnni<O: Op>(token: Avx512Vnni, op: O) -> O::Output {
            op.run(token)
        }
        // SAFETY: the function needs AVX2 and VL and VNNI of AVX-512, and `self` is the proof of all.
        unsafe { with_avx512_vnni(self, op) }
    }
}
