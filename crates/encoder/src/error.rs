//! What can be wrong with an encoder: one enum, a stable code each, a way out in each message.

use thiserror::Error;

/// Why an encoder cannot be opened or imported.
#[derive(Debug, Error, Clone, PartialEq, Eq)]
pub enum EncoderError {
    /// The bytes are no encoder container at all.
    #[error(
        "{file}: not an encoder container ({what}); make one with `sextant model import`, or fetch the file again"
    )]
    NotAContainer {
        /// The container's name.
        file: String,
        /// What was found instead.
        what: String,
    },
    /// A container of a format that this build does not read.
    #[error(
        "{file}: container format {found}, this build reads {oldest} to {newest}; make it again with `sextant model import`, or use the Sextant that made it"
    )]
    Version {
        /// The container's name.
        file: String,
        /// What the container says.
        found: u32,
        /// The oldest that this build reads.
        oldest: u32,
        /// The newest that it reads.
        newest: u32,
    },
    /// A container that contradicts itself: shapes, sizes, ranges, a description out of bounds.
    #[error(
        "{file}: {what}; the file is damaged, fetch it again or make it again with `sextant model import`"
    )]
    Content {
        /// The container's name.
        file: String,
        /// What contradicts what, with numbers.
        what: String,
    },
    /// A vocabulary that text cannot be tokenized with.
    #[error(
        "{file}: {what}; make it again with `sextant model import` from the encoder's own tokenizer.json"
    )]
    Vocabulary {
        /// The container's name.
        file: String,
        /// What the vocabulary lacks.
        what: String,
    },
    /// A file of the encoder to import that cannot be read.
    #[error("{file}: {what}; {remedy}")]
    Read {
        /// The file's path.
        file: String,
        /// What the system says.
        what: String,
        /// What to do.
        remedy: String,
    },
    /// A file of the encoder to import that does not say what such a file says.
    #[error(
        "{file}: {what}; the file is damaged or not of the Hugging Face layout, fetch it again"
    )]
    Malformed {
        /// The file's path.
        file: String,
        /// What is wrong, with numbers.
        what: String,
    },
    /// An encoder of a kind that Sextant does not run.
    #[error("{file}: {what} is not supported; {remedy}")]
    Unsupported {
        /// The file's path.
        file: String,
        /// What the encoder asks for.
        what: String,
        /// What to do instead.
        remedy: String,
    },
    /// The files do not say what the import needs, and guessing would give wrong vectors.
    #[error("{file}: {what}; {remedy}")]
    Unsaid {
        /// The file's path.
        file: String,
        /// What is not said.
        what: String,
        /// How to say it.
        remedy: String,
    },
}

impl EncoderError {
    /// A stable name for the kind of fault, the same in JavaScript.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::NotAContainer { .. } => "encoder/container",
            Self::Version { .. } => "encoder/version",
            Self::Content { .. } => "encoder/content",
            Self::Vocabulary { .. } => "encoder/vocabulary",
            Self::Read { .. } => "encoder/read",
            Self::Malformed { .. } => "encoder/malformed",
            Self::Unsupported { .. } => "encoder/unsupported",
            Self::Unsaid { .. } => "encoder/unsaid",
        }
    }

    /// A [`EncoderError::Content`] about `file`.
    pub(crate) fn content(file: &str, what: impl Into<String>) -> Self {
        Self::Content { file: file.to_owned(), what: what.into() }
    }
}
