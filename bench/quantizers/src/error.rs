//! What can go wrong in the bench, each with the way out.

use sextant_build::BuildError;
use sextant_index::IndexError;
use std::path::PathBuf;
use thiserror::Error;

/// Why nothing was measured.
#[derive(Debug, Error)]
pub enum Error {
    /// Arguments that are not understood.
    #[error("usage: sextant-quantizers [DIR] [--json FILE]; DIR is .cache/scan by default")]
    Usage,
    /// A file that could not be read or written.
    #[error("{}: {source}; `node bench/scan/vectors.mjs --cache DIR` writes the vectors", path.display())]
    Io {
        /// Its path.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// A description of vectors that is none.
    #[error("{}: {source}; run `node bench/scan/vectors.mjs --cache DIR` again", path.display())]
    Json {
        /// Its path.
        path: PathBuf,
        /// Why.
        source: serde_json::Error,
    },
    /// A file of vectors of another length than its description says.
    #[error(
        "{}: {found} bytes for {rows} vectors of {width} dimensions; run `node bench/scan/vectors.mjs --cache DIR` again",
        path.display()
    )]
    Length {
        /// Its path.
        path: PathBuf,
        /// Bytes in it.
        found: usize,
        /// Vectors that should be in it.
        rows: usize,
        /// Dimensions of each.
        width: usize,
    },
    /// Dimensions that do not divide into the parts of a product quantizer.
    #[error(
        "{width} dimensions in {parts} equal parts; use vectors whose dimensions {parts} divides"
    )]
    Parts {
        /// Dimensions of a vector.
        width: usize,
        /// Parts they were to be in.
        parts: usize,
    },
    /// A vector that cannot be coded.
    #[error(transparent)]
    Index(#[from] IndexError),
    /// An index that cannot be built.
    #[error(transparent)]
    Build(#[from] BuildError),
}
