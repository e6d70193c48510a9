//! Documents to passages to shards, into a sink.
//!
//! [`build`] is the whole of it, [`Prepared`] the same in two halves. It does no I/O, has no clock and starts no threads of its own (an
//! encoder may, and the graph of neighbours): the command runs it over a directory, a page over memory.

mod cache;
pub mod chunk;
mod corpus;
mod encode;
mod encoder;
mod error;
mod files;
mod filters;
mod pipeline;
mod progress;
mod ready;
mod report;
mod rows;
mod sink;
mod store;
mod tokens;
mod vectors;

pub use cache::{NoCache, VectorCache, VectorKey};
pub use chunk::ChunkOptions;
pub use encode::encode_texts;
pub use encoder::{ContainerEncoder, EncoderName, PassageEncoder};
pub use error::BuildError;
pub use files::{FileBudget, MOST as MOST_FILES};
pub use filters::{FilterKey, Filters};
pub use pipeline::{Chunking, EncoderFiles, Options, Prepared, build};
pub use progress::{Progress, Stage};
pub use ready::ReadyVectors;
pub use report::Report;
pub use rows::{Adapted, SitePassage, WordRows, word_rows};
pub use sink::{MemorySink, Sink};
pub use store::{Part, content_name};
#[cfg(feature = "graph")]
pub use vectors::graph;
pub use vectors::{Axes, GraphReport, Search, VectorIndex, VectorOptions, VectorReport, Weighed};

#[cfg(test)]
mod tests;
