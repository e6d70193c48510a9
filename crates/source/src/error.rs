//! What can be wrong with a source: which file, what was found, and the way out.

use thiserror::Error;

/// Why a source, or one record of it, cannot be read. Other files are not affected.
#[derive(Debug, Error, Clone, PartialEq, Eq)]
pub enum SourceError {
    /// An option holds a CSS selector that is none.
    #[error("{option}: `{selector}` is not a CSS selector ({reason}); correct or remove it")]
    Selector {
        /// The option's name as a user writes it.
        option: &'static str,
        /// What it holds.
        selector: String,
        /// What the selector parser stumbled over.
        reason: String,
    },
    /// A file that starts as gzip data does and cannot be inflated.
    #[error("{file}: gzip data that cannot be inflated ({reason}); write the file again")]
    Gzip {
        /// The file, relative to the source's root.
        file: String,
        /// What the inflater said.
        reason: String,
    },
    /// A file that inflates to more than is sensible for a page.
    #[error("{file}: inflates to more than {limit} bytes; leave it out with a glob or split it")]
    TooLarge {
        /// The file, relative to the source's root.
        file: String,
        /// Most bytes that are read.
        limit: u64,
    },
    /// A file that holds no text at all.
    #[error("{file}: not text (found {found}); rename it or leave it out with a glob")]
    NotText {
        /// The file, relative to the source's root.
        file: String,
        /// What it looks like.
        found: &'static str,
    },
    /// Front matter that is no YAML or TOML.
    #[error("{file}: front matter is not valid {format} ({reason}); correct it or remove it")]
    FrontMatter {
        /// The file, relative to the source's root.
        file: String,
        /// `YAML` or `TOML`, by the fence.
        format: &'static str,
        /// What its parser said, with the line.
        reason: String,
    },
    /// A line of a JSON Lines file that is no JSON object.
    #[error("{file}:{line}: not a JSON object ({reason}); one object a line is expected")]
    Json {
        /// The file.
        file: String,
        /// From 1.
        line: usize,
        /// What the JSON parser said.
        reason: String,
    },
    /// A record that lacks a field or has one of another type.
    #[error("{file}:{line}: `{field}` {found}; give it {expected}")]
    Field {
        /// The file.
        file: String,
        /// From 1.
        line: usize,
        /// The field's name.
        field: String,
        /// What was found in its place.
        found: String,
        /// What it should be.
        expected: &'static str,
    },
}

impl SourceError {
    /// A stable name for the kind of fault.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Selector { .. } => "source/selector",
            Self::Gzip { .. } => "source/gzip",
            Self::TooLarge { .. } => "source/too-large",
            Self::NotText { .. } => "source/not-text",
            Self::FrontMatter { .. } => "source/front-matter",
            Self::Json { .. } => "source/json",
            Self::Field { .. } => "source/field",
        }
    }
}
