//! Why something cannot be put into an index. What can be wrong with a written one is
//! [`sextant_core::error::BundleError`].

use sextant_core::passage::PassageId;
use thiserror::Error;

/// Why a writer refuses its input. These are faults of the caller or of an encoder, not of a bundle.
#[derive(Debug, Error, Clone, PartialEq, Eq)]
pub enum IndexError {
    /// A vector of another length than the plane's.
    #[error(
        "vector {row}: {found} dimensions where {expected} were expected; do all vectors come from one encoder?"
    )]
    Dimensions {
        /// The vector's row, from 0.
        row: usize,
        /// Dimensions of the plane.
        expected: usize,
        /// Dimensions that were given.
        found: usize,
    },
    /// A vector that has no direction: all zeros, or a value that is not finite.
    #[error("vector {row}: {what}, so it has no direction; encode this passage again")]
    NoDirection {
        /// The vector's row, from 0.
        row: usize,
        /// `all zeros` or `a value that is not finite`.
        what: &'static str,
    },
    /// Planes that cannot make up a shard of codes.
    #[error("vectors cannot be coded like this: {what}")]
    Planes {
        /// What does not fit, with numbers.
        what: String,
    },
    /// Clusters that do not cover the passages.
    #[error("clusters do not cover the passages: {what}")]
    Clusters {
        /// What does not fit, with numbers.
        what: String,
    },
    /// Lists of neighbours that make no graph of the passages.
    #[error("neighbours make no graph: {what}")]
    Graph {
        /// What does not fit, with numbers.
        what: String,
    },
    /// Passages that were not given in ascending order.
    #[error("passage {found} was added after passage {last}; add passages in ascending order")]
    Order {
        /// The passage that was added last.
        last: u32,
        /// The passage that was refused.
        found: u32,
    },
}

impl IndexError {
    /// A stable name for the kind of fault.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Dimensions { .. } => "index/dimensions",
            Self::NoDirection { .. } => "index/no-direction",
            Self::Planes { .. } => "index/planes",
            Self::Clusters { .. } => "index/clusters",
            Self::Graph { .. } => "index/graph",
            Self::Order { .. } => "index/order",
        }
    }
}

/// The error of a writer that gets passages out of order.
pub(crate) fn require_ascending(last: Option<u32>, next: PassageId) -> Result<(), IndexError> {
    match last {
        Some(last) if next.0 <= last => Err(IndexError::Order { last, found: next.0 }),
        _ => Ok(()),
    }
}
