//! What can be wrong with what this crate is given.

use thiserror::Error;

/// Why a vocabulary cannot be used.
#[derive(Debug, Error, Clone, PartialEq, Eq)]
pub enum TextError {
    /// A token that every WordPiece encoding needs is not in the vocabulary.
    #[error(
        "the vocabulary of {tokens} tokens has no {token}; give the `vocab` of a BERT-family tokenizer.json, one token a line"
    )]
    MissingToken {
        /// The token that was looked for.
        token: &'static str,
        /// How many tokens there are.
        tokens: usize,
    },
    /// A vocabulary too large for its offsets.
    #[error("the vocabulary is {bytes} bytes long; at most {limit} are supported")]
    VocabularySize {
        /// Bytes there are.
        bytes: usize,
        /// Bytes there may be.
        limit: usize,
    },
}

impl TextError {
    /// A stable name for the kind of fault, the same in JavaScript.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::MissingToken { .. } => "text/missing-token",
            Self::VocabularySize { .. } => "text/vocabulary-size",
        }
    }
}
