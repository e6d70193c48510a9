//! Whether this very engine computes what all backends must give: for a build whose instructions a browser may get wrong.
//!
//! Relaxed SIMD gave wrong sums in the baseline compiler of Node 20 for as long as a function was new, and nothing but the
//! numbers told.

use crate::attention::{self, attend};
use crate::backend::Backend;
use crate::error::KernelError;
use crate::gemm::{Finish, int8};
use crate::layer_norm::layer_norm;
use crate::math::Activation;

/// Channels: no multiple of a group's length, nor, with [`WIDE`], of a tile's.
const CHANNELS: usize = 150;
const WIDE: usize = 3 * CHANNELS;
const HEADS: usize = 5;
/// The hash of what the scalar backend gives; the test below holds every backend against it.
const EXPECTED: u64 = 0xa785_0d9f_c298_f628;

/// Runs every loop of a forward over made-up numbers, for one row and for several tiles of them, and compares the bits of all
/// results with known ones. It takes about as long as one layer for a short text, and allocates.
#[must_use]
pub fn self_test(backend: Backend) -> bool {
    hash(backend) == Ok(EXPECTED)
}

fn hash(backend: Backend) -> Result<u64, KernelError> {
    let codes: Vec<i8> = (0..WIDE * CHANNELS).map(|i| (mixed(i) >> 24) as u8 as i8).collect();
    let scales: Vec<f32> = (0..WIDE).map(|i| 0.001 + unit(i) * 0.0005).collect();
    let bias: Vec<f32> = (0..WIDE).map(|i| unit(i + 1)).collect();
    let norm = &scales[..CHANNELS];
    let up = int8::Coded { codes: &codes, scales: &scales, bias: &bias };
    let up = int8::Matrix::new(backend, CHANNELS, &[up])?;
    // Heavy weights above, light ones here: they are multiplied in different ways.
    let light: Vec<i8> = codes.iter().map(|code| code / 2).collect();
    let down = int8::Coded { codes: &light, scales: norm, bias: &bias[..CHANNELS] };
    let down = int8::Matrix::new(backend, WIDE, &[down])?;
    let mut rows = int8::Rows::new(backend);
    let mut scratch = attention::Scratch::default();
    // FNV-1a over words.
    let mut hash = 0xcbf2_9ce4_8422_2325u64;
    for tokens in [1, 4, 21] {
        let mut x: Vec<f32> = (0..tokens * CHANNELS).map(|i| unit(i + tokens)).collect();
        let mut wide = vec![0.0; tokens * WIDE];
        let mut mixed = vec![0.0; tokens * CHANNELS];
        rows.quantize(CHANNELS, &x)?;
        up.multiply(&rows, Finish::Store, &mut wide)?;
        attend(backend, &wide, CHANNELS, HEADS, &mut scratch, &mut mixed)?;
        rows.quantize(CHANNELS, &mixed)?;
        up.multiply(&rows, Finish::Activate(Activation::Gelu), &mut wide)?;
        rows.quantize(WIDE, &wide)?;
        down.multiply(&rows, Finish::Accumulate, &mut x)?;
        layer_norm(backend, &mut x, norm, &bias[..CHANNELS], 1e-12)?;
        for value in wide.iter().chain(&mixed).chain(&x) {
            hash = (hash ^ u64::from(value.to_bits())).wrapping_mul(0x0100_0000_01b3);
        }
    }
    Ok(hash)
}

/// A number that looks random (the finalizer of MurmurHash3).
fn mixed(i: usize) -> u32 {
    let h = (i as u32).wrapping_add(1).wrapping_mul(0x9e37_79b9);
    let h = (h ^ h >> 16).wrapping_mul(0x85eb_ca6b);
    let h = (h ^ h >> 13).wrapping_mul(0xc2b2_ae35);
    h ^ h >> 16
}

/// A number in `-1.0..1.0`, exact in f32.
fn unit(i: usize) -> f32 {
    (mixed(i) >> 8) as f32 / (1 << 23) as f32 - 1.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_backend_passes_and_what_it_compares_is_the_scalar_one() {
        let all = Backend::available();
        assert_eq!(hash(all[0]), Ok(EXPECTED), "the scalar backend defines what is expected");
        for backend in all {
            assert!(self_test(backend), "{}", backend.name());
        }
    }
}
