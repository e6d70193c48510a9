//! Which instruction sets this build has, and the one it runs on.

#[cfg(target_arch = "x86_64")]
use crate::arch::avx2::Avx2;
use crate::arch::scalar::Scalar;
#[cfg(all(target_arch = "wasm32", target_feature = "simd128"))]
use crate::arch::simd128::Simd128;
use crate::simd::{Op, Simd};

/// An instruction set that this CPU has; a value of this type is the proof. All backends give the same bits.
///
/// To add one: a token and its four trait implementations in `arch/`, a variant here, and a line in each `match`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Backend {
    /// Plain Rust, everywhere.
    Scalar(Scalar),
    /// x86-64 with AVX2.
    #[cfg(target_arch = "x86_64")]
    Avx2(Avx2),
    /// WebAssembly with `simd128`, decided when the module is compiled.
    #[cfg(all(target_arch = "wasm32", target_feature = "simd128"))]
    Simd128(Simd128),
}

impl Backend {
    /// The fastest one here.
    #[must_use]
    pub fn best() -> Self {
        #[cfg(target_arch = "x86_64")]
        if let Some(token) = Avx2::new() {
            return Self::Avx2(token);
        }
        #[cfg(all(target_arch = "wasm32", target_feature = "simd128"))]
        return Self::Simd128(Simd128::new());
        #[allow(unreachable_code)]
        Self::Scalar(Scalar::new())
    }

    /// All that can run here, the slowest first.
    #[must_use]
    pub fn available() -> Vec<Self> {
        #[allow(unused_mut)]
        let mut all = vec![Self::Scalar(Scalar::new())];
        #[cfg(target_arch = "x86_64")]
        all.extend(Avx2::new().map(Self::Avx2));
        #[cfg(all(target_arch = "wasm32", target_feature = "simd128"))]
        all.push(Self::Simd128(Simd128::new()));
        all
    }

    /// A short name for reports: `scalar`, `avx2`, `simd128`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Scalar(_) => "scalar",
            #[cfg(target_arch = "x86_64")]
            Self::Avx2(_) => "avx2",
            #[cfg(all(target_arch = "wasm32", target_feature = "simd128"))]
            Self::Simd128(_) => "simd128",
        }
    }

    /// Runs `op` compiled for this instruction set.
    pub(crate) fn run<O: Op>(self, op: O) -> O::Output {
        match self {
            Self::Scalar(token) => token.vectorize(op),
            #[cfg(target_arch = "x86_64")]
            Self::Avx2(token) => token.vectorize(op),
            #[cfg(all(target_arch = "wasm32", target_feature = "simd128"))]
            Self::Simd128(token) => token.vectorize(op),
        }
    }

    /// Rows and columns of a product's tile.
    pub(crate) fn tile(self) -> Tile {
        struct Ask;
        impl Op for Ask {
            type Output = Tile;
            #[inline(always)]
            fn run<S: Simd>(self, _: S) -> Tile {
                Tile { rows: S::ROWS, vectors: S::VECTORS }
            }
        }
        self.run(Ask)
    }
}

/// The shape of a product's tile: what fits into the registers.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Tile {
    /// Rows of activations.
    pub rows: usize,
    /// Vectors of eight output columns.
    pub vectors: usize,
}
