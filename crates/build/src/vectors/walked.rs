//! A graph of neighbours with how far a search along it looks.

use crate::error::BuildError;
use crate::store::Store;
use sextant_core::manifest::{GraphEntry, ShardEntry};
use sextant_index::vectors::Graph;

/// What is searched along.
pub(super) struct Walked {
    pub graph: Graph,
    /// How many of the nearest passages are followed.
    pub beam: u32,
}

impl Walked {
    /// Stores the shard.
    pub fn store(&self, store: &mut Store<'_>) -> Result<GraphEntry, BuildError> {
        let ShardEntry { file, bytes } = store.shard("graph", self.graph.file())?;
        Ok(GraphEntry { file, bytes, beam: self.beam })
    }
}
