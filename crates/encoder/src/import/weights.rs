//! Numbers of any float type to f32, and a token table cut to its vocabulary.

use crate::error::EncoderError;
use crate::layout;
use std::collections::BTreeMap;
use std::path::Path;

use super::malformed;
use crate::config::Shape;

/// Little-endian f32s.
pub(super) fn from_f32(bytes: &[u8]) -> Vec<f32> {
    bytes.as_chunks::<4>().0.iter().map(|bytes| f32::from_le_bytes(*bytes)).collect()
}

/// Little-endian IEEE half-precision floats; every one has an equal f32.
pub(super) fn from_f16(bytes: &[u8]) -> Vec<f32> {
    bytes.as_chunks::<2>().0.iter().map(|bytes| half::f16::from_le_bytes(*bytes).to_f32()).collect()
}

/// Little-endian bfloat16s; every one has an equal f32.
pub(super) fn from_bf16(bytes: &[u8]) -> Vec<f32> {
    bytes
        .as_chunks::<2>()
        .0
        .iter()
        .map(|bytes| half::bf16::from_le_bytes(*bytes).to_f32())
        .collect()
}

/// The canonical name of a published tensor: without `prefix`, old spellings renewed.
pub(super) fn canonical(name: &str, prefix: &str) -> String {
    let name = name.strip_prefix(prefix).unwrap_or(name);
    name.replace("LayerNorm.gamma", "LayerNorm.weight").replace("LayerNorm.beta", "LayerNorm.bias")
}

/// What stands before the canonical names, such as `bert.`; `None` when there is no token table at all.
pub(super) fn prefix<'a>(mut names: impl Iterator<Item = &'a str>) -> Option<String> {
    names.find_map(|name| name.strip_suffix(layout::TOKENS)).map(str::to_owned)
}

/// Cuts the tables to what is used: rows for the vocabulary's tokens, and the first segment's row.
///
/// Some encoders are published with a token table rounded up to a pleasant number of rows.
pub(super) fn trim(
    file: &Path,
    tensors: &mut BTreeMap<String, Vec<f32>>,
    shape: &Shape,
) -> Result<(), EncoderError> {
    for (name, rows) in [(layout::TOKENS, shape.vocabulary), (layout::SEGMENT, 1)] {
        let Some(table) = tensors.get_mut(name) else { continue };
        let needed = rows * shape.hidden;
        if table.len() < needed {
            let found = table.len() / shape.hidden.max(1);
            return Err(malformed(
                file,
                format!("tensor {name} has {found} rows where {rows} are needed"),
            ));
        }
        table.truncate(needed);
    }
    Ok(())
}
