//! From a container's tensors to the weights that the CPU runs on.
//!
//! The token table is not copied: it stays where it is in the container's own buffer. Layers are packed from the
//! back of the file to its front, and each one's bytes are given back before the next is packed, so that at no time
//! more than one layer lies in memory twice.

use crate::container::{Container, Matrix, Table};
use crate::cpu::{Layer, Linear, Norm, Parts, Rows, TokenTable};
use crate::error::EncoderError;
use crate::layout::{self, in_layer, linear, norm};

/// Packs everything but coded tokens.
pub(crate) fn parts(mut container: Container) -> Result<Parts, EncoderError> {
    container.forget(layout::VOCABULARY);
    let layers = read_layers(&mut container)?;
    let embedding_norm = read_norm(&container, layout::EMBEDDING_NORM)?;
    let positions = positions(&container)?;
    for name in [layout::POSITIONS, layout::SEGMENT, layout::EMBEDDING_NORM] {
        container.forget(name);
    }
    let table = container.table(layout::TOKENS)?;
    let tokens = match table {
        Table::F32(table) => TokenTable::F32(table),
        Table::Int8 { at, scales } => {
            TokenTable::I8 { bytes: container.into_bytes(), start: at.start, scales }
        }
        Table::Product { at, bytes, codebooks } => TokenTable::Product {
            bytes: container.into_bytes(),
            start: at.start,
            codes: bytes,
            codebooks,
        },
    };
    Ok(Parts { tokens, positions, embedding_norm, layers })
}

/// All layers, read from the back of the file, in their own order.
fn read_layers(container: &mut Container) -> Result<Vec<Layer>, EncoderError> {
    let mut layers: Vec<Option<Layer>> =
        (0..container.description.architecture.layers).map(|_| None).collect();
    let end_of = |container: &Container, layer: usize| container.end_of(&in_layer(layer, ""));
    loop {
        let left = layers.iter_mut().enumerate().filter(|(_, layer)| layer.is_none());
        let Some((number, layer)) = left.max_by_key(|(number, _)| end_of(container, *number))
        else {
            return Ok(layers.into_iter().flatten().collect());
        };
        *layer = Some(read_layer(container, number)?);
        container.forget(&in_layer(number, ""));
    }
}

/// The position table with the first segment's row added: every text is one segment.
pub(crate) fn positions(container: &Container) -> Result<Vec<f32>, EncoderError> {
    let hidden = container.description.architecture.hidden;
    let mut table = match container.matrix(layout::POSITIONS)? {
        Matrix::F32(table) => table,
        Matrix::Int8 { codes, scales } => codes
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

fn read_layer(container: &Container, layer: usize) -> Result<Layer, EncoderError> {
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
    container: &Container,
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
            Matrix::Int8 { codes, scales } => Rows::I8 { codes, scales, bias },
        })
        .collect();
    Linear::new(inputs, &rows)
        .map_err(|error| container.wrong(format!("{}: {error}", names.join(", "))))
}

fn read_norm(container: &Container, name: &str) -> Result<Norm, EncoderError> {
    Ok(Norm {
        gamma: container.plain(&format!("{name}.weight"))?,
        beta: container.plain(&format!("{name}.bias"))?,
    })
}
