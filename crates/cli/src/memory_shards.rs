//! The shards of a bundle that was built in memory.

use crate::bundle::inflated;
use sextant_build::MemorySink;
use sextant_search::{FetchError, Shards};
use std::time::Instant;

/// A bundle in memory, for the search pipeline.
pub struct MemoryShards {
    sink: MemorySink,
    began: Instant,
}

impl MemoryShards {
    /// Serves what was built into `sink`.
    pub fn new(sink: MemorySink) -> Self {
        Self { sink, began: Instant::now() }
    }
}

impl Shards for MemoryShards {
    async fn fetch(&self, file: &str) -> Result<Vec<u8>, FetchError> {
        let stored = self.sink.shard(file).ok_or_else(|| FetchError::new("no such file"))?;
        inflated(stored.to_vec()).map_err(|error| FetchError::new(error.to_string()))
    }

    fn now_ms(&self) -> f64 {
        self.began.elapsed().as_secs_f64() * 1000.0
    }
}
