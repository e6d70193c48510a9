//! Vectors of passages: how they are coded, written and scanned. One module a code; [`open`] picks by
//! the manifest's name for it, and searching knows only [`Codes`].

pub mod int8;

use crate::error::IndexError;
use sextant_core::error::BundleError;

/// Bytes of a plane shard by default: large enough that a site is a few requests, small enough that
/// several can arrive at once and one that fails costs little.
pub const SHARD_BYTES: usize = 512 * 1024;

/// Most dimensions that are read or written. Integer sums of products stay far inside 32 bits:
/// `127 * 127 * 8192 < 2^31 / 16`.
pub const MAX_DIMENSIONS: u32 = 8192;

/// Codes of consecutive passages that can be scored against a query.
pub trait Codes {
    /// Number of passages.
    fn rows(&self) -> usize;
    /// Length of a vector.
    fn dimensions(&self) -> usize;
    /// Scores every passage: appends the cosine of `query` and each passage of this shard,
    /// `-1..=1`, higher is closer. `query`: f32[[`Codes::dimensions`]] of any length but zero. Cost:
    /// one pass over the codes.
    ///
    /// # Errors
    /// [`IndexError::Dimensions`], or [`IndexError::NoDirection`] for a query without one.
    fn scan(&self, query: &[f32], out: &mut Vec<f32>) -> Result<(), IndexError>;
}

/// Opens a plane shard of the code that the manifest names.
///
/// # Errors
/// [`BundleError`]: an unknown code, the frame, or other dimensions or rows than the manifest says.
pub fn open(
    code: &str,
    file: Vec<u8>,
    name: &str,
    dimensions: u32,
    rows: u32,
) -> Result<Box<dyn Codes>, BundleError> {
    match code {
        int8::NAME => Ok(Box::new(int8::Plane::open(file, name, dimensions, rows)?)),
        other => Err(BundleError::content(
            name,
            format!("vectors coded as {other:?}, this build reads int8"),
        )),
    }
}

/// A finished shard of consecutive passages.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlanePart {
    /// Number of its first passage.
    pub start: u32,
    /// Number of passages in it, at least 1.
    pub count: u32,
    /// The framed shard.
    pub file: Vec<u8>,
}
