//! Why a search has no answer at all. What only makes an answer poorer is a
//! [`Degraded`](crate::Degraded).

use sextant_core::error::BundleError;
use sextant_index::filters::ValueKind;
use thiserror::Error;

/// Why a filter cannot be understood, or cannot be asked of a bundle.
#[derive(Debug, Error, Clone, PartialEq, Eq)]
pub enum FilterError {
    /// Text that is no filter.
    #[error("{what}\n  {text}\n  {:column$}^", "")]
    Syntax {
        /// The whole text.
        text: String,
        /// Characters before the place at fault.
        column: usize,
        /// What is expected there, and what stands there.
        what: String,
    },
    /// A key that no page has.
    #[error("no page has the key \"{key}\"; {known}")]
    Key {
        /// As it was asked for.
        key: String,
        /// What there is instead, as a sentence.
        known: String,
    },
    /// A bound that the key's values cannot be compared with.
    #[error("{key}: \"{bound}\" is no bound for values that are {}", .kind.name())]
    Bound {
        /// The key.
        key: String,
        /// As it was asked for.
        bound: String,
        /// What its values are.
        kind: ValueKind,
    },
}

/// Why an index cannot be opened or searched.
#[derive(Debug, Error, Clone, PartialEq, Eq)]
pub enum SearchError {
    /// A shard or the manifest is damaged, foreign or of another version.
    #[error(transparent)]
    Bundle(#[from] BundleError),
    /// A filter that the bundle has no answer to.
    #[error(transparent)]
    Filter(#[from] FilterError),
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
            Self::Filter(_) => "query/filter",
            Self::Fetch { .. } => "bundle/fetch",
        }
    }

    /// The file that is at fault, where one is.
    #[must_use]
    pub fn file(&self) -> Option<&str> {
        match self {
            Self::Filter(_) => None,
            Self::Fetch { file, .. } => Some(file),
            Self::Bundle(error) => Some(error.file()),
        }
    }
}
