//! Vectors of passages: how they are coded, written and searched.
//!
//! A [`Coder`] writes shards of [`Codes`]; [`Scan`] searches them in a cascade. A shard holds one or more
//! planes of consecutive passages: the first is short and scanned whole, the following ones go on where
//! it ends and are read for what is left. A further set of finer codes can rescore that.

pub mod basis;
pub mod bisect;
mod cascade;
pub mod clusters;
mod code;
pub mod graph;
pub mod int8;
pub(crate) mod levels;
pub mod runs;
mod select;
mod shard;
pub mod sketch;
mod writer;

pub use basis::Basis;
pub use cascade::{CodeSet, Part, Scan, Scorer, Turned, Within};
pub use clusters::Clusters;
pub use code::{Code, Spec, fault, passage_bytes};
pub use graph::Graph;
pub use select::{Best, Scored, best_first};
pub use sextant_kernels::scan::packed::Bits;
pub use shard::{Codes, Lent};
pub use sketch::Sketching;
pub use writer::{Coder, CodesPart};

use crate::error::IndexError;
use sextant_kernels::scan;

/// Bytes of a shard of codes by default: large enough that a site is a few requests, small enough that
/// several can arrive at once and one that fails costs little.
pub const SHARD_BYTES: usize = 512 * 1024;

/// Most dimensions that are read or written. Integer sums of products stay inside 32 bits:
/// `127 * 2047 * 8192 < 2^31`.
pub const MAX_DIMENSIONS: u32 = 8192;

/// `out[r] = query * rows[r]` by float32, what codes are measured against. `rows`: f32[out, query] row by
/// row.
///
/// # Errors
/// [`IndexError::Dimensions`] for lengths that do not fit together.
pub fn exact(query: &[f32], rows: &[f32], out: &mut [f32]) -> Result<(), IndexError> {
    scan::dot_f32(query, rows, query.len(), out).map_err(|_| IndexError::Dimensions {
        row: 0,
        expected: query.len().saturating_mul(out.len()),
        found: rows.len(),
    })
}

/// `x` with length 1. `row`: its number, for the message.
///
/// # Errors
/// [`IndexError::NoDirection`] for NaN, infinity or zeros.
pub fn unit_vector(x: &[f32], row: usize) -> Result<Vec<f32>, IndexError> {
    let norm = x.iter().map(|v| f64::from(*v) * f64::from(*v)).sum::<f64>().sqrt() as f32;
    if !norm.is_finite() {
        return Err(IndexError::NoDirection { row, what: "a value that is not finite" });
    }
    if norm < f32::MIN_POSITIVE * 256.0 {
        return Err(IndexError::NoDirection { row, what: "all zeros" });
    }
    Ok(x.iter().map(|v| v / norm).collect())
}

#[cfg(test)]
mod gpu_tests;
#[cfg(test)]
pub(crate) mod testing;
#[cfg(test)]
mod tests;
