//! Why a search has no answer at all. What only makes an answer poorer is a
//! [`Degraded`](crate::Degraded).

use sextant_core::error::BundleError;
use thiserror::Error;

/// Why an index cannot be opened or searched.
#[derive(Debug, Error, Clone, PartialEq, Eq)]
pub enum SearchError {
    /// A shard or the manifest is damaged, foreign or of another version.
    #[error(transparent)]
    Bundle(#[from] BundleError),
    /// A shard without which nothing can be answered could not be fetched.
    #[error("{file}: cannot be fetched ({reason}); check that the whole bundle was uploaded")]
    Fetch {
        /// The file's name in the bundle.
        file: String,
        /// What the transport said.
        reason: String,
    },
}

impl SearchError {
    /// A stable name for the kind of fault, the same in JavaScript.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Bundle(error) => error.code(),
            Self::Fetch { .. } => "bundle/fetch",
        }
    }

    /// The file that is at fault.
    #[must_use]
    pub fn file(&self) -> &str {
        match self {
            Self::Fetch { file, .. } => file,
            Self::Bundle(
                BundleError::Version { file, .. }
                | BundleError::Kind { file, .. }
                | BundleError::Length { file, .. }
                | BundleError::Checksum { file }
                | BundleError::Content { file, .. }
                | BundleError::Encoder { file, .. },
            ) => file,
        }
    }
}
