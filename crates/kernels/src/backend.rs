//! Which instruction sets this build has, and the one it runs on.

#[cfg(target_arch = "x86_64")]
use crate::arch::avx2::Avx2;
#[cfg(target_arch = "aarch64")]
use crate::arch::neon::{Neon, NeonDot};
#[cfg(all(target_arch = "wasm32", target_feature = "relaxed-simd"))]
use crate::arch::relaxed::Pairs;
use crate::arch::scalar::Scalar;
#[cfg(all(target_arch = "wasm32", target_feature = "simd128"))]
use crate::arch::simd128::Simd128;
#[cfg(target_arch = "x86_64")]
use crate::arch::vnni::{Avx512Vnni, AvxVnni};
use crate::simd::{Op, Simd};

/// The enum and all that has a line for each of its variants, the slowest first: `condition => Variant(Token) = name;`
macro_rules! backends {
    ($($(#[doc = $doc:expr])* $condition:meta => $variant:ident($token:ty) = $name:expr;)*) => {
        /// An instruction set that this CPU has; a value of this type is the proof. All backends give the same bits.
        ///
        /// To add one: a token and its trait implementations in `arch/`, and a line here.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        #[non_exhaustive]
        pub enum Backend {
            $($(#[doc = $doc])* #[cfg($condition)] $variant($token),)*
        }

        impl Backend {
            /// Shows `see` all that can run here, the slowest first.
            fn each(mut see: impl FnMut(Self)) {
                $(#[cfg($condition)]
                if let Some(token) = Option::<$token>::from(<$token>::new()) {
                    see(Self::$variant(token));
                })*
            }

            /// A short name for reports, such as `scalar` or `avx2`.
            #[must_use]
            pub fn name(self) -> &'static str {
                match self {
                    $(#[cfg($condition)] Self::$variant(_) => $name,)*
                }
            }

            /// Runs `op` compiled for this instruction set.
            pub(crate) fn run<O: Op>(self, op: O) -> O::Output {
                match self {
                    $(#[cfg($condition)] Self::$variant(token) => token.vectorize(op),)*
                }
            }
        }
    };
}

backends! {
    /// Plain Rust, everywhere.
    all() => Scalar(Scalar) = "scalar";
    /// x86-64 with AVX2.
    target_arch = "x86_64" => Avx2(Avx2) = "avx2";
    /// x86-64 with AVX2 and AVX-VNNI.
    target_arch = "x86_64" => AvxVnni(AvxVnni) = "avx-vnni";
    /// x86-64 with AVX2 and VNNI of AVX-512.
    target_arch = "x86_64" => Avx512Vnni(Avx512Vnni) = "avx512-vnni";
    /// AArch64 with NEON.
    target_arch = "aarch64" => Neon(Neon) = "neon";
    /// AArch64 with NEON and the dot product.
    target_arch = "aarch64" => NeonDot(NeonDot) = "neon-dot";
    /// WebAssembly with `simd128`, and with `relaxed-simd` where that is on: both are decided when the module is compiled.
    all(target_arch = "wasm32", target_feature = "simd128") => Simd128(Simd128) = Simd128::NAME;
    /// The same with `relaxed-simd`, with products for an x86 without VNNI.
    all(target_arch = "wasm32", target_feature = "relaxed-simd") => Pairs(Pairs) = "relaxed-pairs";
}

impl Backend {
    /// The fastest one here.
    #[must_use]
    pub fn best() -> Self {
        let mut best = Self::Scalar(Scalar::new());
        Self::each(|backend| best = backend);
        best
    }

    /// All that can run here, the slowest first.
    #[must_use]
    pub fn available() -> Vec<Self> {
        let mut all = Vec::new();
        Self::each(|backend| all.push(backend));
        all
    }

    /// The shape of a product's tile.
    pub(crate) fn tile(self) -> Tile {
        struct Ask;
        impl Op for Ask {
            type Output = Tile;
            // The tile is that of products, also where other loops run on another token.
            const PRODUCTS: bool = true;
            #[inline(always)]
            fn run<S: Simd>(self, _: S) -> Tile {
                Tile { rows: S::ROWS, vectors: S::VECTORS, depth: S::DEPTH, light: S::LIGHT }
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
    /// Neighbours along `k` of a product of integers.
    pub depth: usize,
    /// Whether it has a quicker way to multiply light weights.
    pub light: bool,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tile_is_that_of_products_and_not_of_the_token_that_runs_other_loops() {
        for backend in Backend::available() {
            // Products of AVX2 are sums of pairs; those of VNNI, whose other loops run on AVX2, sum four.
            assert_eq!(backend.tile().light, backend.name() == "avx2", "{}", backend.name());
        }
    }
}
