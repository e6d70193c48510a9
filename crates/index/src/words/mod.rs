//! The keyword index: terms in order, cut into shards; each shard has a run of the lexicon with its
//! postings, and beside it the positions of the same terms, which only quoted phrases need.

pub mod bm25;
mod cuts;
pub mod fuzzy;
mod lists;
pub mod positions;
pub mod postings;
pub mod shard;
pub mod writer;

pub use bm25::Bm25;
pub use positions::Positions;
pub use postings::{Posting, Rest};
pub use shard::{Entry, WordsShard};
pub use writer::{WordsOutput, WordsPart, WordsWriter};

/// Bytes of a words shard at least, lexicon and postings together, before compression, in the mean. A shard is
/// what one typed word costs.
pub const SHARD_BYTES: usize = 1024;
/// Postings of a term in its words shard at most: about 8 KB. The rest is fetched where every passage
/// matters.
pub const MOST_POSTINGS: u32 = 4096;
