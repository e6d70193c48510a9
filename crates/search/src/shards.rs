//! The way out: how the pipeline gets shards and the time.

use std::future::Future;
use thiserror::Error;

/// Why a shard could not be had.
#[derive(Debug, Error, Clone, PartialEq, Eq)]
#[error("{reason}")]
pub struct FetchError {
    /// `404`, `offline`, `no such file`: what the transport said.
    pub reason: String,
}

impl FetchError {
    /// A failure that the transport describes as `reason`.
    #[must_use]
    pub fn new(reason: impl Into<String>) -> Self {
        Self { reason: reason.into() }
    }
}

/// Fetches shards and tells the time. Natively a directory, in the browser HTTP and its caches.
///
/// Futures need not be `Send`: the pipeline runs on one thread.
pub trait Shards {
    /// The bytes of `file` (a path of the manifest), inflated if they are stored compressed.
    fn fetch(&self, file: &str) -> impl Future<Output = Result<Vec<u8>, FetchError>>;

    /// Milliseconds from any fixed moment; never runs backwards.
    fn now_ms(&self) -> f64;
}
