//! The encoder's container: a safetensors file whose metadata describes the encoder. Reader and writer.
//!
//! | tensor | type, shape | holds |
//! |---|---|---|
//! | a name of BERT's (see `layout`) | F32, as there | the weights as they are |
//! | the same name | I8, as there | codes in -127..=127; the weight is `code * scale` of its row |
//! | the name and `.scales` | F32 `[rows]` | the rows' scales, above 0 |
//! | `tokenizer.vocabulary` | U8 `[bytes]` | UTF-8, one token a line, in the order of their ids |
//!
//! `__metadata__` has the one key [`KEY`]: the [`Description`] as JSON.

use std::ops::{Range, RangeInclusive};

use serde::Deserialize;

use crate::config::{Coding, Description, FORMAT, KEY, Shape};
use crate::error::EncoderError;
use crate::layout::{self, Slot};
#[cfg(feature = "import")]
use crate::safetensors::{self, NewTensor};
use crate::safetensors::{Dtype, Tensors};

/// Counts beyond these are refused before anything is allocated by them. The largest encoder of the
/// BERT family has 24 layers of 1024 channels.
const MAX_LAYERS: usize = 96;
const MAX_CHANNELS: usize = 16_384;
const MAX_ROWS: usize = 1 << 20;
/// `[CLS]`, one token, `[SEP]`.
const MIN_TOKENS: usize = 3;
/// Hexadecimal digits of a fingerprint.
const FINGERPRINT_DIGITS: usize = 32;

/// A matrix as it is stored, row major.
#[derive(Debug)]
pub(crate) enum Matrix<'a> {
    /// Every weight as it is.
    F32(Vec<f32>),
    /// One byte a weight, one scale a row; `at` is where the codes are in the file.
    Int8 { codes: &'a [i8], scales: Vec<f32>, at: Range<usize> },
}

/// An open container whose every tensor has the shape and the coding that the description promises.
#[derive(Debug)]
pub(crate) struct Container<'a> {
    file: &'a str,
    pub(crate) description: Description,
    /// One token a line.
    pub(crate) vocabulary: &'a str,
    tensors: Tensors<'a>,
}

impl<'a> Container<'a> {
    /// Checks everything but the numbers themselves, which are checked as they are read.
    pub(crate) fn open(file: &'a str, bytes: &'a [u8]) -> Result<Self, EncoderError> {
        let tensors = Tensors::open(file, bytes)?;
        let description = read_description(file, &tensors)?;
        let slots = layout::slots(&description.architecture);
        let mut expected = 1;
        for slot in &slots {
            expected += check_slot(file, &tensors, slot, slot.group.coding(&description.weights))?;
        }
        let vocabulary = read_vocabulary(file, &tensors, description.architecture.vocabulary)?;
        let found = tensors.names().count();
        if found != expected {
            let what = format!("{found} tensors where its description has {expected}");
            return Err(EncoderError::content(file, what));
        }
        Ok(Self { file, description, vocabulary, tensors })
    }

    /// A tensor that is never coded.
    pub(crate) fn plain(&self, name: &str) -> Result<Vec<f32>, EncoderError> {
        let tensor = self.tensors.get(name).ok_or_else(|| missing(self.file, name))?;
        let values = f32s(tensor.bytes);
        match values.iter().position(|value| !value.is_finite()) {
            None => Ok(values),
            Some(at) => {
                Err(self.wrong(format!("tensor {name} has a number at {at} that is not finite")))
            }
        }
    }

    /// A tensor of rows, in whichever coding it is.
    pub(crate) fn matrix(&self, name: &str) -> Result<Matrix<'a>, EncoderError> {
        let tensor = self.tensors.get(name).ok_or_else(|| missing(self.file, name))?;
        if tensor.dtype == Dtype::F32 {
            return self.plain(name).map(Matrix::F32);
        }
        let codes = sextant_kernels::as_i8(tensor.bytes);
        if let Some(at) = codes.iter().position(|code| *code == i8::MIN) {
            return Err(
                self.wrong(format!("tensor {name} has code -128 at {at}; codes lie in -127..=127"))
            );
        }
        let scales = self.plain(&layout::scales(name))?;
        match scales.iter().position(|scale| *scale <= 0.0) {
            None => Ok(Matrix::Int8 { codes, scales, at: tensor.at.clone() }),
            Some(row) => {
                Err(self
                    .wrong(format!("row {row} of tensor {name} has a scale that is not above 0")))
            }
        }
    }

    pub(crate) fn wrong(&self, what: String) -> EncoderError {
        EncoderError::content(self.file, what)
    }
}

fn missing(file: &str, name: &str) -> EncoderError {
    EncoderError::content(file, format!("tensor {name} is missing"))
}

fn f32s(bytes: &[u8]) -> Vec<f32> {
    bytes.as_chunks::<4>().0.iter().map(|bytes| f32::from_le_bytes(*bytes)).collect()
}

fn read_description(file: &str, tensors: &Tensors<'_>) -> Result<Description, EncoderError> {
    #[derive(Deserialize)]
    struct Format {
        format: u32,
    }
    let json = tensors.metadata(KEY).ok_or_else(|| EncoderError::NotAContainer {
        file: file.to_owned(),
        what: format!("a safetensors file without `{KEY}` in its metadata"),
    })?;
    let unreadable = |error: serde_json::Error| {
        EncoderError::content(file, format!("its description does not read: {error}"))
    };
    let Format { format } = serde_json::from_str(json).map_err(unreadable)?;
    if format != FORMAT {
        return Err(EncoderError::Version { file: file.to_owned(), found: format, reads: FORMAT });
    }
    let description: Description = serde_json::from_str(json).map_err(unreadable)?;
    check_description(&description).map_err(|what| EncoderError::content(file, what))?;
    Ok(description)
}

/// What contradicts what in a description, or nothing.
fn check_description(description: &Description) -> Result<(), String> {
    let shape = &description.architecture;
    check_shape(shape)?;
    check_range("max_tokens", description.max_tokens, MIN_TOKENS..=shape.positions)?;
    check_range("dimensions", description.dimensions, shape.hidden..=shape.hidden)?;
    let fingerprint = &description.fingerprint;
    if fingerprint.len() != FINGERPRINT_DIGITS
        || !fingerprint.bytes().all(|digit| digit.is_ascii_hexdigit())
    {
        return Err(format!(
            "the fingerprint is {fingerprint:?}, not {FINGERPRINT_DIGITS} hexadecimal digits"
        ));
    }
    Ok(())
}

/// What contradicts what in a shape, or nothing.
pub(crate) fn check_shape(shape: &Shape) -> Result<(), String> {
    let Shape { hidden, heads, layer_norm_epsilon, .. } = *shape;
    check_range("layers", shape.layers, 1..=MAX_LAYERS)?;
    check_range("hidden", hidden, 1..=MAX_CHANNELS)?;
    check_range("heads", heads, 1..=hidden)?;
    check_range("intermediate", shape.intermediate, 1..=MAX_CHANNELS)?;
    check_range("positions", shape.positions, MIN_TOKENS..=MAX_ROWS)?;
    check_range("vocabulary", shape.vocabulary, MIN_TOKENS..=MAX_ROWS)?;
    if hidden % heads != 0 {
        return Err(format!("{hidden} channels do not divide into {heads} heads"));
    }
    if !(layer_norm_epsilon > 0.0 && layer_norm_epsilon.is_finite()) {
        return Err(format!("layer_norm_epsilon is {layer_norm_epsilon}, not above 0"));
    }
    Ok(())
}

fn check_range(name: &str, value: usize, range: RangeInclusive<usize>) -> Result<(), String> {
    if range.contains(&value) {
        return Ok(());
    }
    Err(format!("{name} is {value}, not in {}..={}", range.start(), range.end()))
}

/// Checks type and shape; returns how many tensors the slot takes.
fn check_slot(
    file: &str,
    tensors: &Tensors<'_>,
    slot: &Slot,
    coding: Coding,
) -> Result<usize, EncoderError> {
    let expect = |name: &str, dtype: Dtype, shape: &[usize]| {
        let tensor = tensors.get(name).ok_or_else(|| missing(file, name))?;
        if tensor.dtype == dtype && tensor.shape == shape {
            return Ok(());
        }
        let (found, is) = (tensor.dtype.name(), &tensor.shape);
        Err(EncoderError::content(
            file,
            format!(
                "tensor {name} is {found} {is:?}, its description says {} {shape:?}",
                dtype.name()
            ),
        ))
    };
    match coding {
        Coding::F32 => expect(&slot.name, Dtype::F32, &slot.shape).map(|()| 1),
        Coding::Int8 => {
            expect(&slot.name, Dtype::I8, &slot.shape)?;
            expect(&layout::scales(&slot.name), Dtype::F32, &[slot.rows()]).map(|()| 2)
        }
    }
}

fn read_vocabulary<'a>(
    file: &str,
    tensors: &Tensors<'a>,
    rows: usize,
) -> Result<&'a str, EncoderError> {
    let wrong = |what: String| EncoderError::Vocabulary { file: file.to_owned(), what };
    let tensor = tensors
        .get(layout::VOCABULARY)
        .filter(|tensor| tensor.dtype == Dtype::U8)
        .ok_or_else(|| wrong(format!("tensor {} is missing", layout::VOCABULARY)))?;
    let vocabulary = std::str::from_utf8(tensor.bytes).map_err(|error| {
        wrong(format!("the vocabulary is not UTF-8 after byte {}", error.valid_up_to()))
    })?;
    let lines = vocabulary.split('\n').count();
    if lines != rows {
        return Err(wrong(format!(
            "the vocabulary has {lines} tokens, the token table {rows} rows"
        )));
    }
    Ok(vocabulary)
}

/// The largest magnitude of an int8 code: symmetric, so that a product of two codes has no odd one out.
#[cfg(feature = "import")]
const PEAK_CODE: f32 = 127.0;

/// The bytes of a container: `values` gives the numbers of a slot, `vocabulary` is one token a line.
/// The same input gives the same bytes on every machine.
#[cfg(feature = "import")]
pub(crate) fn write<'v>(
    description: &Description,
    vocabulary: &str,
    values: impl Fn(&Slot) -> Result<&'v [f32], EncoderError>,
) -> Result<Vec<u8>, EncoderError> {
    let mut tensors = Vec::new();
    for slot in layout::slots(&description.architecture) {
        let values = values(&slot)?;
        match slot.group.coding(&description.weights) {
            Coding::F32 => tensors.push(f32_tensor(slot.name, slot.shape, values)),
            Coding::Int8 => tensors.extend(int8_tensors(slot, values)),
        }
    }
    tensors.push(NewTensor {
        name: layout::VOCABULARY.to_owned(),
        dtype: Dtype::U8,
        shape: vec![vocabulary.len()],
        bytes: vocabulary.as_bytes().to_vec(),
    });
    let json = serde_json::to_string(description).map_err(|error| {
        EncoderError::content(&description.name, format!("it cannot be described: {error}"))
    })?;
    Ok(safetensors::write(KEY, &json, tensors))
}

#[cfg(feature = "import")]
fn f32_tensor(name: String, shape: Vec<usize>, values: &[f32]) -> NewTensor {
    let bytes = values.iter().flat_map(|value| value.to_le_bytes()).collect();
    NewTensor { name, dtype: Dtype::F32, shape, bytes }
}

/// Symmetric, row by row: `code * scale` is within `scale / 2` (up to rounding) of the weight. Ties go to even.
#[cfg(feature = "import")]
fn int8_tensors(slot: Slot, values: &[f32]) -> [NewTensor; 2] {
    let rows = slot.rows();
    let columns = slot.len() / rows.max(1);
    let mut codes = Vec::with_capacity(values.len());
    let mut scales = Vec::with_capacity(rows);
    for row in values.chunks_exact(columns.max(1)) {
        let peak = row.iter().fold(0.0f32, |peak, value| peak.max(value.abs()));
        let scale = peak / PEAK_CODE;
        // A row of zeros, or of numbers too small to divide: any scale serves, its codes are 0.
        let scale = if scale.is_normal() { scale } else { 1.0 };
        scales.push(scale);
        codes.extend(row.iter().map(|value| {
            let code = (value / scale).round_ties_even().clamp(-PEAK_CODE, PEAK_CODE) as i8;
            code.cast_unsigned()
        }));
    }
    let scales = f32_tensor(layout::scales(&slot.name), vec![rows], &scales);
    [NewTensor { name: slot.name, dtype: Dtype::I8, shape: slot.shape, bytes: codes }, scales]
}

#[cfg(all(test, feature = "import"))]
mod tests {
    use super::*;
    use crate::layout::Group;

    fn coded(values: &[f32], rows: usize) -> (Vec<i8>, Vec<f32>) {
        let shape = vec![rows, values.len() / rows];
        let slot = Slot { name: "x".to_owned(), shape, group: Group::Linear };
        let [codes, scales] = int8_tensors(slot, values);
        (sextant_kernels::as_i8(&codes.bytes).to_vec(), f32s(&scales.bytes))
    }

    #[test]
    fn int8_codes_are_within_half_a_step_and_never_minus_128() {
        let values: Vec<f32> =
            (0..600).map(|at| ((at * 7919) % 1201) as f32 / 601.0 - 1.0).collect();
        let (codes, scales) = coded(&values, 6);
        for ((row, codes), scale) in values.chunks(100).zip(codes.chunks(100)).zip(&scales) {
            for (value, code) in row.iter().zip(codes) {
                assert!(*code != i8::MIN);
                assert!(
                    (f32::from(*code) * scale - value).abs() <= scale * 0.500_001,
                    "{value}: {code} * {scale}"
                );
            }
            assert_eq!(codes.iter().map(|code| code.unsigned_abs()).max(), Some(127));
        }
    }

    #[test]
    fn rows_of_zeros_and_of_the_smallest_numbers_have_a_scale_above_zero() {
        let (codes, scales) = coded(&[0.0, 0.0, 1e-45, -1e-40, f32::MAX, f32::MIN], 3);
        assert_eq!(codes, [0, 0, 0, 0, 127, -127]);
        assert!(scales.iter().all(|scale| *scale > 0.0 && scale.is_finite()), "{scales:?}");
    }
}
