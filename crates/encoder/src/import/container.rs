//! Reads an encoder back from a container, as f32 weights.

use std::collections::BTreeMap;
use std::path::Path;

use super::{Source, read_file, shown};
use crate::coding::product::ProductTable;
use crate::container::{Container, Matrix, Table};
use crate::error::EncoderError;
use crate::layout::{self, Group};
use crate::safetensors::Tensors;

/// Reads the container at `path`. Weights in 8 bits come out as what their codes stand for; the fingerprint is the
/// container's own, of the weights before they were rounded.
///
/// Errors: [`EncoderError::Read`], those of an unsound container, and [`EncoderError::Unsupported`] for a small form,
/// which is not to be rounded twice.
pub fn read_container(path: &Path) -> Result<Source, EncoderError> {
    let file = shown(path);
    let container = Container::open(&file, read_file(path, "its weights")?)?;
    if container.description.quantization.is_some() {
        return Err(EncoderError::Unsupported {
            file,
            what: "a small form as the source of another".to_owned(),
            remedy: "give the container that `sextant model import --precision f32` wrote"
                .to_owned(),
        });
    }
    from_container(file, container)
}

/// The encoder in a container of any coding, with the numbers that its codes stand for. `file` is what messages call it.
///
/// Errors: those of an unsound container.
pub fn decode(file: &str, bytes: Vec<u8>) -> Result<Source, EncoderError> {
    from_container(file.to_owned(), Container::open(file, bytes)?)
}

/// The tensors of a container by name, with the bytes of each, and the bytes in front of them as `header`.
///
/// Errors: those of a file that is no safetensors file.
pub fn sizes(file: &str, bytes: &[u8]) -> Result<Vec<(String, usize)>, EncoderError> {
    let tensors = Tensors::open(file, bytes)?;
    let mut sizes: Vec<(String, usize)> = tensors
        .names()
        .filter_map(|name| Some((name.to_owned(), tensors.get(name)?.at.len())))
        .collect();
    let header = bytes.len() - sizes.iter().map(|(_, bytes)| bytes).sum::<usize>();
    sizes.push(("header".to_owned(), header));
    Ok(sizes)
}

fn from_container(file: String, container: Container) -> Result<Source, EncoderError> {
    let vocabulary = container.vocabulary()?.split('\n').map(str::to_owned).collect();
    let mut tensors = BTreeMap::new();
    for slot in layout::slots(&container.description.architecture) {
        let values = match slot.group {
            Group::Plain => container.plain(&slot.name)?,
            Group::Tokens => match container.table(&slot.name)? {
                Table::F32(values) => values,
                Table::Product { at, bytes, codebooks } => {
                    let codes = container.bytes_at(at).to_vec();
                    ProductTable { bytes, codes, codebooks }.rows()
                }
                Table::Int8 { .. } => rows(container.matrix(&slot.name)?, slot.columns()),
            },
            Group::Linear | Group::Positions => rows(container.matrix(&slot.name)?, slot.columns()),
        };
        tensors.insert(slot.name, values);
    }
    let description = container.description;
    Source {
        file,
        name: description.name,
        shape: description.architecture,
        pooling: description.pooling,
        normalize: description.normalize,
        max_tokens: description.max_tokens,
        query_prefix: description.query_prefix,
        passage_prefix: description.passage_prefix,
        tokenizer: description.tokenizer,
        vocabulary,
        tensors,
        fingerprint: Some(description.fingerprint),
    }
    .checked()
}

fn rows(matrix: Matrix<'_>, columns: usize) -> Vec<f32> {
    match matrix {
        Matrix::F32(values) => values,
        Matrix::Int8 { codes, scales } => {
            let rows = codes.chunks_exact(columns.max(1)).zip(&scales);
            rows.flat_map(|(codes, scale)| codes.iter().map(move |code| f32::from(*code) * scale))
                .collect()
        }
    }
}
