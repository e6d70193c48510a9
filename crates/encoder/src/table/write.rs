//! The table's writer. The same input gives the same bytes on every machine.

use super::{CODEBOOKS, KEY, ROWS, SCALES, TableDescription, VOCABULARY, WORDS};
use crate::coding::product::{ENTRIES, ProductTable};
use crate::coding::{half, vocabulary};
use crate::config::Packing;
use crate::error::EncoderError;
use crate::safetensors::{self, Dtype, NewTensor};

/// The bytes of a table. `tokens`: the vocabulary in the order of its rows; `words`: those with rows behind them; `rows`: the codes of
/// all, to be multiplied by `scales`.
///
/// Errors: [`EncoderError::Content`] when the numbers of rows differ.
pub fn write_table(
    description: &TableDescription,
    tokens: &[String],
    words: &[String],
    rows: &ProductTable,
    scales: &[f32],
) -> Result<Vec<u8>, EncoderError> {
    let fault = |what: String| EncoderError::content(&description.encoder, what);
    let (count, bytes) = (tokens.len() + words.len(), rows.bytes);
    if rows.codes.len() != count * bytes || scales.len() != count {
        let found = rows.codes.len() / bytes.max(1);
        return Err(fault(format!(
            "{count} tokens and words, {found} rows, {} scales",
            scales.len()
        )));
    }
    let text = |name: &str, lines: &[String]| {
        let bytes = vocabulary::write(&lines.join("\n"), Packing::Zlib);
        NewTensor { name: name.to_owned(), dtype: Dtype::U8, shape: vec![bytes.len()], bytes }
    };
    let new = |name: &str, dtype, shape: &[usize], bytes: Vec<u8>| NewTensor {
        name: name.to_owned(),
        dtype,
        shape: shape.to_vec(),
        bytes,
    };
    let run = description.dimensions / bytes.max(1);
    let tensors = vec![
        new(ROWS, Dtype::U8, &[count, bytes], rows.codes.clone()),
        new(CODEBOOKS, Dtype::F16, &[bytes, ENTRIES, run], half::to_bytes(&rows.codebooks)),
        new(
            SCALES,
            Dtype::F32,
            &[count],
            scales.iter().flat_map(|scale| scale.to_le_bytes()).collect(),
        ),
        text(VOCABULARY, tokens),
        text(WORDS, words),
    ];
    let json = serde_json::to_string(description)
        .map_err(|error| fault(format!("it cannot be described: {error}")))?;
    Ok(safetensors::write(KEY, &json, tensors))
}
