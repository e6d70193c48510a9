//! The container's writer. The same input gives the same bytes on every machine.

use super::EncoderError;
use crate::coding::int4::{self, Int4Matrix};
use crate::coding::product::{ENTRIES, ProductTable};
use crate::coding::{half, int8, vocabulary};
use crate::config::{Description, KEY};
use crate::layout::{self, Slot};
use crate::safetensors::{self, Dtype, NewTensor};

/// What is to be stored of a slot.
pub(crate) enum Stored<'a> {
    /// The numbers as they are.
    F32(&'a [f32]),
    /// Rounded to half precision.
    F16(&'a [f32]),
    /// In eight bits, by the largest weight of each row.
    Int8(&'a [f32]),
    /// In four bits, quantized already.
    Int4(&'a Int4Matrix),
    /// As a product-quantized table, quantized already.
    Product(&'a ProductTable),
}

/// The bytes of a container: `stored` says what of a slot, `vocabulary` is one token a line.
pub(crate) fn write<'a>(
    description: &Description,
    vocabulary: &str,
    stored: impl Fn(&Slot) -> Result<Stored<'a>, EncoderError>,
) -> Result<Vec<u8>, EncoderError> {
    let mut tensors = Vec::new();
    for slot in layout::slots(&description.architecture) {
        let stored = stored(&slot)?;
        add(&mut tensors, slot, &stored);
    }
    let bytes = vocabulary::write(vocabulary, description.weights.vocabulary);
    let name = layout::VOCABULARY.to_owned();
    tensors.push(NewTensor { name, dtype: Dtype::U8, shape: vec![bytes.len()], bytes });
    let json = serde_json::to_string(description).map_err(|error| {
        EncoderError::content(&description.name, format!("it cannot be described: {error}"))
    })?;
    Ok(safetensors::write(KEY, &json, tensors))
}

fn add(tensors: &mut Vec<NewTensor>, slot: Slot, stored: &Stored<'_>) {
    let (rows, columns) = (slot.rows(), slot.columns());
    let mut push = |name: String, dtype: Dtype, shape: Vec<usize>, bytes: Vec<u8>| {
        tensors.push(NewTensor { name, dtype, shape, bytes });
    };
    let Slot { name, shape, .. } = slot;
    match stored {
        Stored::F32(values) => push(name, Dtype::F32, shape, f32_bytes(values)),
        Stored::F16(values) => push(name, Dtype::F16, shape, half::to_bytes(values)),
        Stored::Int8(values) => {
            let (codes, scales) = int8::encode(values, columns);
            push(layout::scales(&name), Dtype::F32, vec![rows], f32_bytes(&scales));
            push(name, Dtype::I8, shape, codes);
        }
        Stored::Int4(matrix) => {
            let groups = int4::groups(columns);
            let lows = matrix.lows.iter().map(|low| low.cast_unsigned()).collect();
            push(layout::lows(&name), Dtype::I8, vec![rows, groups], lows);
            push(layout::spans(&name), Dtype::U8, vec![rows, groups], matrix.spans.clone());
            push(layout::scales(&name), Dtype::F32, vec![rows], f32_bytes(&matrix.scales));
            push(name, Dtype::U8, vec![rows, int4::row_bytes(columns)], matrix.packed_codes());
        }
        Stored::Product(table) => {
            let shape = vec![table.bytes, ENTRIES, columns / table.bytes.max(1)];
            let codebooks = half::to_bytes(&table.codebooks);
            push(layout::codebooks(&name), Dtype::F16, shape, codebooks);
            push(name, Dtype::U8, vec![rows, table.bytes], table.codes.clone());
        }
    }
}

fn f32_bytes(values: &[f32]) -> Vec<u8> {
    values.iter().flat_map(|value| value.to_le_bytes()).collect()
}
