//! SIMD loops: one generic body a loop, thin files an instruction set.
//!
//! `simd` holds the vector traits, `arch` one token an instruction set, and every other module one kind of loop, written once.
//! A public function checks its shapes once and then runs the loop compiled for a [`Backend`]. All backends give the same bits:
//! integers because they are exact, floats because they are the same IEEE operations in the same order.
//!
//! All `unsafe` of the project is here: memory access and entry into code compiled for an instruction set. Invariant: a
//! token of `arch` exists only where its instructions do.
#![allow(unsafe_code)]
// Tiles are arrays indexed by two constants at once; iterators would hide which is which.
#![allow(clippy::needless_range_loop)]

mod arch;
pub mod attention;
mod backend;
mod error;
pub mod gemm;
mod layer_norm;
mod math;
pub mod scan;
mod self_test;
mod simd;

pub use backend::Backend;
pub use error::KernelError;
pub use layer_norm::layer_norm;
pub use math::{Activation, activate};
pub use self_test::self_test;

/// The same bytes as signed codes.
#[must_use]
pub fn as_i8(bytes: &[u8]) -> &[i8] {
    // SAFETY: `u8` and `i8` have one size, one alignment and no invalid values; length and lifetime are those of `bytes`.
    unsafe { core::slice::from_raw_parts(bytes.as_ptr().cast(), bytes.len()) }
}
