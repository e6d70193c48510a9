//! Why a build can fail.

use sextant_core::BundleError;
use sextant_encoder::EncoderError;
use sextant_index::IndexError;
use std::io;
use thiserror::Error;

/// Why a bundle was not built.
#[derive(Debug, Error)]
pub enum BuildError {
    /// There is no document with any text.
    #[error("nothing to index: {documents} documents, none of them with text")]
    Empty {
        /// Documents that were given.
        documents: usize,
    },
    /// More than a bundle can number.
    #[error("{count} {what}, a bundle holds at most {most}; build several bundles")]
    TooMany {
        /// `pages` or `passages`.
        what: &'static str,
        /// How many there are.
        count: usize,
        /// The limit.
        most: u32,
    },
    /// The encoder gave no usable vectors.
    #[error("encoder: {0}")]
    Encoder(#[from] EncoderError),
    /// The encoder gave a vector that cannot be indexed.
    #[error("encoder {encoder}: {what} for the passage {passage:?}; import the encoder again")]
    Vector {
        /// The encoder's name.
        encoder: String,
        /// `a vector of 383 numbers, not 384`.
        what: String,
        /// The beginning of the text.
        passage: String,
    },
    /// Vectors that were made before the build lack some.
    #[error(
        "{missing} of {passages} passages have no vector, the first is {passage:?} of {document}; give vectors of all of them, or let the encoder make them"
    )]
    NoVector {
        /// Passages without a vector.
        missing: usize,
        /// All passages.
        passages: usize,
        /// Id of the first such passage's document.
        document: String,
        /// The beginning of its text.
        passage: String,
    },
    /// Something that the index cannot hold.
    #[error("index: {0}")]
    Index(#[from] IndexError),
    /// The graph of neighbours could not be built, or is too large for a file.
    #[error("graph of neighbours: {what}; build without `--search graph`")]
    Graph {
        /// What is in the way, with numbers.
        what: String,
    },
    /// Options that give a manifest which no reader takes, such as an encoder's directory elsewhere.
    #[error(transparent)]
    Manifest(#[from] BundleError),
    /// The manifest could not be written as JSON.
    #[error("manifest.json: {0}")]
    Json(#[from] serde_json::Error),
    /// A file could not be stored.
    #[error("{path}: cannot be written")]
    Sink {
        /// Path in the bundle.
        path: String,
        /// What the sink said.
        source: io::Error,
    },
}

impl BuildError {
    /// A stable name for the kind of fault.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Empty { .. } => "build/empty",
            Self::TooMany { .. } => "build/many",
            Self::Vector { .. } | Self::NoVector { .. } => "build/vector",
            Self::Index(_) | Self::Graph { .. } => "build/index",
            Self::Json(_) | Self::Sink { .. } => "build/write",
            Self::Encoder(error) => error.code(),
            Self::Manifest(error) => error.code(),
        }
    }
}
