//! From an encoder that was read to the bytes of a container: what is kept how exactly.

use std::collections::BTreeMap;

use super::source::Source;
use crate::coding::int4::{GROUP, Int4Matrix, groups};
use crate::coding::product::{ENTRIES, ProductTable};
use crate::config::{Coding, Codings, Description, Packing, Quantization};
use crate::container::write::{self, Stored};
use crate::error::EncoderError;
use crate::layout::{Group, Slot};

/// How exactly the weights are kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Precision {
    /// As they were read.
    F32,
    /// Matrices and tables in one byte a weight with one scale a row; biases and layer norms as they were read.
    Int8,
}

/// What quantization made of an encoder: the parts of the small form that are not just rounded.
#[derive(Clone, Debug)]
pub struct Small {
    /// The matrices of the layers, by the names of their tensors.
    pub linears: BTreeMap<String, Int4Matrix>,
    /// The token table.
    pub tokens: ProductTable,
    /// How they were made.
    pub quantization: Quantization,
}

/// The bytes of a container. The same source and precision give the same bytes on every machine.
///
/// Errors: [`EncoderError::Malformed`] when a weight is not finite.
pub fn write(source: &Source, precision: Precision) -> Result<Vec<u8>, EncoderError> {
    let codings = Codings::all(match precision {
        Precision::F32 => Coding::F32,
        Precision::Int8 => Coding::Int8,
    });
    let description = describe(source, codings, None);
    write::write(&description, &source.vocabulary.join("\n"), |slot| {
        let values = source.tensor(slot)?;
        Ok(match slot.group.coding(&codings) {
            Coding::Int8 => Stored::Int8(values),
            _ => Stored::F32(values),
        })
    })
}

/// The bytes of the small form: `small` for matrices and tokens, the positions in eight bits, biases and layer norms in
/// half precision, the vocabulary packed. The same input gives the same bytes on every machine.
///
/// Errors: [`EncoderError::Malformed`] when a weight is not finite, [`EncoderError::Content`] when `small` lacks a
/// matrix or one has another shape.
pub fn write_small(source: &Source, small: &Small) -> Result<Vec<u8>, EncoderError> {
    let codings = Codings {
        linear: Coding::Int4,
        tokens: Coding::Product,
        positions: Coding::Int8,
        plain: Coding::F16,
        vocabulary: Packing::Zlib,
    };
    let description = describe(source, codings, Some(small.quantization.clone()));
    write::write(&description, &source.vocabulary.join("\n"), |slot| match slot.group {
        Group::Linear => small
            .linears
            .get(&slot.name)
            .filter(|matrix| fits(matrix, slot))
            .map(Stored::Int4)
            .ok_or_else(|| misfit(source, slot)),
        Group::Tokens => Some(&small.tokens)
            .filter(|table| {
                table.codes.len() == slot.rows() * table.bytes
                    && table.codebooks.len() == ENTRIES * slot.columns()
            })
            .map(Stored::Product)
            .ok_or_else(|| misfit(source, slot)),
        Group::Positions => source.tensor(slot).map(Stored::Int8),
        Group::Plain => source.tensor(slot).map(Stored::F16),
    })
}

fn fits(matrix: &Int4Matrix, slot: &Slot) -> bool {
    let (rows, columns) = (slot.rows(), slot.columns());
    const { assert!(GROUP.is_multiple_of(2), "a group ends at a byte's end") };
    matrix.columns == columns
        && matrix.codes.len() == rows * columns
        && matrix.scales.len() == rows
        && [matrix.lows.len(), matrix.spans.len()] == [rows * groups(columns); 2]
}

fn misfit(source: &Source, slot: &Slot) -> EncoderError {
    let what = format!("no quantized form of {} with shape {:?}", slot.name, slot.shape);
    EncoderError::content(&source.name, what)
}

fn describe(source: &Source, weights: Codings, quantization: Option<Quantization>) -> Description {
    Description {
        format: weights.format(),
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
        weights,
        quantization,
    }
}
