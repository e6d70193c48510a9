//! From a container's tensors to the weights that the CPU runs on.
//!
//! The token table, half of an int8 container, is not copied: it stays where it is in the container's
//! own buffer, and what lies behind it is given back once the matrices are packed.

use std::ops::Range;

use crate::container::{Container, Matrix};
use crate::cpu::{Layer, Linear, Norm, Parts, Rows, TokenTable};
use crate::error::EncoderError;
use crate::layout::{self, in_layer, linear, norm};

/// The weights but for a token table that is to be left in the container.
pub(crate) struct Unpacked {
    parts: Parts,
    /// Where the token table's codes are in the container, if it is coded.
    tokens: Option<Range<usize>>,
}

impl Unpacked {
    /// The weights, with the token table left in `container`, which is cut behind it.
    pub(crate) fn with_tokens_of(self, mut container: Vec<u8>) -> Parts {
        let mut parts = self.parts;
        if let (Some(range), TokenTable::I8 { bytes, start, .. }) = (self.tokens, &mut parts.tokens)
        {
            container.truncate(range.end);
            container.shrink_to_fit();
            (*bytes, *start) = (container, range.start);
        }
        parts
    }
}

/// Packs everything but coded tokens.
pub(crate) fn parts(container: &Container<'_>) -> Result<Unpacked, EncoderError> {
    let shape = &container.description.architecture;
    let (tokens, range) = match container.matrix(layout::TOKENS)? {
        Matrix::F32(table) => (TokenTable::F32(table), None),
        Matrix::Int8 { scales, at, .. } => {
            (TokenTable::I8 { bytes: Vec::new(), start: 0, scales }, Some(at))
        }
    };
    let layers =
        (0..shape.layers).map(|layer| read_layer(container, layer)).collect::<Result<_, _>>()?;
    let embedding_norm = read_norm(container, layout::EMBEDDING_NORM)?;
    let parts = Parts { tokens, positions: read_positions(container)?, embedding_norm, layers };
    Ok(Unpacked { parts, tokens: range })
}

/// The position table with the first segment's row added: every text is one segment.
fn read_positions(container: &Container<'_>) -> Result<Vec<f32>, EncoderError> {
    let hidden = container.description.architecture.hidden;
    let mut table = match container.matrix(layout::POSITIONS)? {
        Matrix::F32(table) => table,
        Matrix::Int8 { codes, scales, .. } => codes
            .chunks_exact(hidden)
            .zip(&scales)
            .flat_map(|(codes, scale)| codes.iter().map(|code| f32::from(*code) * *scale))
            .collect(),
    };
    let segment = container.plain(layout::SEGMENT)?;
    for row in table.chunks_exact_mut(hidden) {
        row.iter_mut().zip(&segment).for_each(|(value, segment)| *value += segment);
    }
    Ok(table)
}

fn read_layer(container: &Container<'_>, layer: usize) -> Result<Layer, EncoderError> {
    let (hidden, wide) = {
        let shape = &container.description.architecture;
        (shape.hidden, shape.intermediate)
    };
    let product = |inputs: usize, parts: &[&str]| {
        let names: Vec<String> = parts.iter().map(|part| in_layer(layer, part)).collect();
        read_linear(container, inputs, &names)
    };
    Ok(Layer {
        qkv: product(hidden, &[linear::QUERY, linear::KEY, linear::VALUE])?,
        attention_output: product(hidden, &[linear::ATTENTION_OUTPUT])?,
        attention_norm: read_norm(container, &in_layer(layer, norm::ATTENTION))?,
        up: product(hidden, &[linear::UP])?,
        down: product(wide, &[linear::DOWN])?,
        output_norm: read_norm(container, &in_layer(layer, norm::OUTPUT))?,
    })
}

/// One product out of matrices with the same input, one below the other.
fn read_linear(
    container: &Container<'_>,
    inputs: usize,
    names: &[String],
) -> Result<Linear, EncoderError> {
    let read = |name: &String| {
        Ok((
            container.matrix(&format!("{name}.weight"))?,
            container.plain(&format!("{name}.bias"))?,
        ))
    };
    let matrices = names.iter().map(read).collect::<Result<Vec<_>, EncoderError>>()?;
    let rows: Vec<Rows<'_>> = matrices
        .iter()
        .map(|(matrix, bias)| match matrix {
            Matrix::F32(weights) => Rows::F32 { weights, bias },
            Matrix::Int8 { codes, scales, .. } => Rows::I8 { codes, scales, bias },
        })
        .collect();
    Linear::new(inputs, &rows)
        .map_err(|error| container.wrong(format!("{}: {error}", names.join(", "))))
}

fn read_norm(container: &Container<'_>, name: &str) -> Result<Norm, EncoderError> {
    Ok(Norm {
        gamma: container.plain(&format!("{name}.weight"))?,
        beta: container.plain(&format!("{name}.bias"))?,
    })
}
