//! What pages can be filtered, counted and sorted by: for every key its values in order, and for each
//! value the pages that have it.
//!
//! Metadata belongs to pages, so pages are what is stored: fewer than passages, and right in whatever
//! order passages are numbered. The directory, which every search has at hand, makes passages of them.

mod bitmap;
pub mod bits;
pub mod order;
pub mod shard;
pub mod writer;

pub use bits::Bits;
pub use order::{Span, ValueKind};
pub use shard::{FiltersShard, Key};
pub use writer::{FiltersPart, FiltersWriter};

/// Bytes of a filters shard by default, before compression. Keys share one until it is this long, so a
/// small site has one shard; a key that alone is longer has one of its own.
pub const SHARD_BYTES: usize = 64 * 1024;

/// What a key is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
pub enum Role {
    /// Filtering, counting, and sorting where nothing else is said.
    Filter = 0,
    /// Sorting first of all.
    Sort = 1,
}

#[cfg(test)]
mod tests;
