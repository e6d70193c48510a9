//! The words of Sextant as types: documents, passages, the bundle's manifest, the frame around every
//! shard, and the errors that reading them can give.
//!
//! No I/O and no async: bytes come in as slices and go out as vectors.

#[cfg(any(test, target_arch = "wasm32"))]
mod crc32;
pub mod directory;
pub mod document;
pub mod error;
pub mod frame;
pub mod half;
pub mod head;
pub mod manifest;
pub mod passage;
pub mod place;
pub mod sort;
pub mod wire;

pub use directory::Directory;
pub use document::{Block, Document, Section};
pub use error::{BundleError, BundleFault};
pub use frame::{Body, Kind};
pub use manifest::Manifest;
pub use passage::{PageId, Passage, PassageId};
pub use place::Place;
pub use sort::sort_by;
