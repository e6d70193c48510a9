//! From an encoder that was read to the bytes of a container: what is kept how exactly.

use super::source::Source;
use crate::config::{Coding, Codings, Description, FORMAT};
use crate::container;
use crate::error::EncoderError;

/// How exactly the weights are kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Precision {
    /// As they were read.
    F32,
    /// Matrices and tables in one byte a weight with one scale a row; biases and layer norms as they were read.
    Int8,
}

impl Precision {
    fn codings(self) -> Codings {
        let coding = match self {
            Self::F32 => Coding::F32,
            Self::Int8 => Coding::Int8,
        };
        Codings { linear: coding, tokens: coding, positions: coding }
    }
}

/// The bytes of a container. The same source and precision give the same bytes on every machine.
///
/// Errors: [`EncoderError::Malformed`] when a weight is not finite.
pub fn write(source: &Source, precision: Precision) -> Result<Vec<u8>, EncoderError> {
    let codings = precision.codings();
    let description = Description {
        format: FORMAT,
        name: source.name.clone(),
        fingerprint: source.fingerprint(),
        dimensions: source.shape.hidden,
        max_tokens: source.max_tokens,
        query_prefix: source.query_prefix.clone(),
        passage_prefix: source.passage_prefix.clone(),
        pooling: source.pooling,
        normalize: source.normalize,
        architecture: source.shape.clone(),
        tokenizer: source.tokenizer.clone(),
        weights: codings,
    };
    let vocabulary = source.vocabulary.join("\n");
    container::write(&description, &vocabulary, |slot| source.tensor(slot))
}
