//! What can be wrong with a bundle: one enum, a stable code each, a way out in each message.

use std::ops::Deref;
use thiserror::Error;

/// Why a bundle, or one file of it, cannot be read: a [`BundleFault`] behind a pointer. Nearly every function of the readers
/// may give one, and whoever hands such a result on copies it.
#[derive(Debug, Error, Clone, PartialEq, Eq)]
#[error(transparent)]
pub struct BundleError(Box<BundleFault>);

impl BundleError {
    /// A [`BundleFault::Content`] of `file`.
    #[must_use]
    #[cold]
    pub fn content(file: &str, what: impl Into<String>) -> Self {
        BundleFault::Content { file: file.to_owned(), what: what.into() }.into()
    }
}

impl From<BundleFault> for BundleError {
    fn from(fault: BundleFault) -> Self {
        Self(Box::new(fault))
    }
}

impl Deref for BundleError {
    type Target = BundleFault;

    fn deref(&self) -> &BundleFault {
        &self.0
    }
}

/// What is wrong with a bundle, or with one file of it.
#[derive(Debug, Error, Clone, PartialEq, Eq)]
pub enum BundleFault {
    /// The manifest's or a shard's format is not one that this build reads.
    #[error(
        "{file}: format {found}, this build reads {oldest}..={newest}; run `sextant build` again"
    )]
    Version {
        /// The file's name in the bundle.
        file: String,
        /// What the file says.
        found: u16,
        /// Oldest format that is read.
        oldest: u16,
        /// Newest format that is read.
        newest: u16,
    },
    /// A file that does not start as a shard does, or says it is another kind of shard.
    #[error(
        "{file}: not a {expected} shard (found {found}); the file was replaced or renamed, copy the bundle again"
    )]
    Kind {
        /// The file's name in the bundle.
        file: String,
        /// The kind that was asked for.
        expected: &'static str,
        /// What the file says.
        found: String,
    },
    /// A file that is shorter or longer than it says.
    #[error(
        "{file}: {found} bytes where {expected} were expected; the file was cut short, copy the bundle again"
    )]
    Length {
        /// The file's name in the bundle.
        file: String,
        /// Bytes that the header or the manifest promises.
        expected: u64,
        /// Bytes there are.
        found: u64,
    },
    /// A file whose bytes changed after it was written.
    #[error("{file}: checksum mismatch; the file is damaged, copy the bundle again")]
    Checksum {
        /// The file's name in the bundle.
        file: String,
    },
    /// A file with a good checksum whose content contradicts itself or the manifest.
    #[error("{file}: {what}; run `sextant build` again")]
    Content {
        /// The file's name in the bundle.
        file: String,
        /// What contradicts what, with numbers.
        what: String,
    },
    /// Vectors and query come from different encoders.
    #[error(
        "{file}: vectors were made by encoder {expected}, but the encoder here is {found}; run `sextant build` with this encoder, or serve the bundle's own"
    )]
    Encoder {
        /// The file's name in the bundle.
        file: String,
        /// Fingerprint in the manifest.
        expected: String,
        /// Fingerprint of the encoder at hand.
        found: String,
    },
}

impl BundleFault {
    /// A stable name for the kind of fault, the same in JavaScript.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Version { .. } => "bundle/version",
            Self::Kind { .. } => "bundle/kind",
            Self::Length { .. } => "bundle/length",
            Self::Checksum { .. } => "bundle/checksum",
            Self::Content { .. } => "bundle/content",
            Self::Encoder { .. } => "bundle/encoder",
        }
    }

    /// The file's name in the bundle.
    #[must_use]
    pub fn file(&self) -> &str {
        match self {
            Self::Version { file, .. }
            | Self::Kind { file, .. }
            | Self::Length { file, .. }
            | Self::Checksum { file }
            | Self::Content { file, .. }
            | Self::Encoder { file, .. } => file,
        }
    }
}
