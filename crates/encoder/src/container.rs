//! The encoder's container: a safetensors file whose metadata describes the encoder. The reader; the writer is in `write`.
//!
//! | tensor | type, shape | holds |
//! |---|---|---|
//! | a name of BERT's (see `layout`) | F32 or F16, as there | the weights as they are, or rounded |
//! | the same name | I8, as there | codes in -127..=127; the weight is `code * scale` of its row |
//! | the name and `.scales` | F32 `[rows]` | the rows' scales, above 0 |
//! | the same name, with `.lows`, `.spans`, `.scales` | U8, I8, U8, F32 | four bits a weight, see `coding/int4.rs` |
//! | the same name, with `.codebooks` | U8, F16 | a product-quantized table, see `coding/product.rs` |
//! | `tokenizer.vocabulary` | U8 `[bytes]` | UTF-8, one token a line, in the order of their ids; plain or a zlib stream |
//!
//! `__metadata__` has the one key [`KEY`]: the [`Description`] as JSON.

#[cfg(feature = "import")]
pub(crate) mod write;

use std::borrow::Cow;
use std::ops::{Range, RangeInclusive};

use crate::coding::int4::{self, Packed};
use crate::coding::{f32s, half, product, vocabulary};
use crate::config::{Coding, Description, KEY, NEWEST, OLDEST, Shape};
use crate::description;
use crate::error::EncoderError;
use crate::layout::{self, Group, Slot};
use crate::safetensors::{Dtype, Tensor, Tensors};

/// Counts beyond these are refused before anything is allocated by them. The largest encoder of the
/// BERT family has 24 layers of 1024 channels.
const MAX_LAYERS: usize = 96;
const MAX_CHANNELS: usize = 16_384;
const MAX_ROWS: usize = 1 << 20;
/// `[CLS]`, one token, `[SEP]`.
const MIN_TOKENS: usize = 3;
/// Hexadecimal digits of a fingerprint.
const FINGERPRINT_DIGITS: usize = 32;

/// A matrix as the forward takes it, row major.
#[derive(Debug)]
pub(crate) enum Matrix<'a> {
    /// One float a weight.
    F32(Vec<f32>),
    /// One byte a weight, one scale a row; four bits a weight come out as this too.
    Int8 { codes: Cow<'a, [i8]>, scales: Vec<f32> },
}

/// The token table, whose codes may stay where they are in the container.
#[derive(Debug)]
pub(crate) enum Table {
    /// One float a weight.
    F32(Vec<f32>),
    /// One byte a weight, one scale a row; `at` is where the codes are in the container.
    Int8 { at: Range<usize>, scales: Vec<f32> },
    /// `bytes` codes a row, at `at` in the container.
    Product { at: Range<usize>, bytes: usize, codebooks: Vec<f32> },
}

/// An open container whose every tensor has the shape and the coding that the description promises.
///
/// It owns the file's bytes, and gives them back from the end as tensors are forgotten: what was unpacked
/// does not lie in memory twice.
#[derive(Debug)]
pub(crate) struct Container {
    file: String,
    pub(crate) description: Description,
    tensors: Tensors,
    bytes: Vec<u8>,
}

impl Container {
    /// Checks everything but the numbers themselves, which are checked as they are read.
    pub(crate) fn open(file: &str, bytes: Vec<u8>) -> Result<Self, EncoderError> {
        let tensors = Tensors::open(file, &bytes)?;
        let description = read_description(file, &tensors)?;
        let slots = layout::slots(&description.architecture);
        let mut expected = 1;
        for slot in &slots {
            expected += check_slot(file, &tensors, slot, slot.group.coding(&description.weights))?;
        }
        let found = tensors.names().count();
        if found != expected {
            let what = format!("{found} tensors where its description has {expected}");
            return Err(EncoderError::content(file, what));
        }
        Ok(Self { file: file.to_owned(), description, tensors, bytes })
    }

    /// The vocabulary, one token a line, as many as the token table has rows.
    pub(crate) fn vocabulary(&self) -> Result<Cow<'_, str>, EncoderError> {
        let wrong = |what: String| EncoderError::Vocabulary { file: self.file.clone(), what };
        let stored = self
            .tensors
            .get(layout::VOCABULARY)
            .filter(|tensor| tensor.dtype == Dtype::U8)
            .ok_or_else(|| wrong(format!("tensor {} is missing", layout::VOCABULARY)))?;
        let packing = self.description.weights.vocabulary;
        let vocabulary = vocabulary::read(self.bytes_of(stored), packing).map_err(wrong)?;
        let (lines, rows) =
            (vocabulary.split('\n').count(), self.description.architecture.vocabulary);
        if lines != rows {
            return Err(wrong(format!(
                "the vocabulary has {lines} tokens, the token table {rows} rows"
            )));
        }
        Ok(vocabulary)
    }

    /// A bias, a layer norm, scales: numbers that are not coded, or half-precision floats.
    pub(crate) fn plain(&self, name: &str) -> Result<Vec<f32>, EncoderError> {
        let tensor = self.tensor(name)?;
        let values = match tensor.dtype {
            Dtype::F16 => half::from_bytes(self.bytes_of(tensor)),
            _ => f32s(self.bytes_of(tensor)),
        };
        match values.iter().position(|value| !value.is_finite()) {
            None => Ok(values),
            Some(at) => {
                Err(self.wrong(format!("tensor {name} has a number at {at} that is not finite")))
            }
        }
    }

    /// A tensor of rows, in whichever coding it is.
    pub(crate) fn matrix(&self, name: &str) -> Result<Matrix<'_>, EncoderError> {
        let tensor = self.tensor(name)?;
        match tensor.dtype {
            Dtype::I8 => {
                let codes = Cow::Borrowed(self.int8_codes(name, tensor)?);
                Ok(Matrix::Int8 { codes, scales: self.scales(name)? })
            }
            Dtype::U8 => {
                let codes = Cow::Owned(self.int4(name, tensor)?.unpack());
                Ok(Matrix::Int8 { codes, scales: self.scales(name)? })
            }
            _ => self.plain(name).map(Matrix::F32),
        }
    }

    /// The token table.
    pub(crate) fn table(&self, name: &str) -> Result<Table, EncoderError> {
        let tensor = self.tensor(name)?;
        let at = tensor.at.clone();
        match tensor.dtype {
            Dtype::I8 => {
                self.int8_codes(name, tensor)?;
                Ok(Table::Int8 { at, scales: self.scales(name)? })
            }
            Dtype::U8 => {
                let bytes = tensor.shape.get(1).copied().unwrap_or(0);
                let codebooks = self.plain(&layout::codebooks(name))?;
                Ok(Table::Product { at, bytes, codebooks })
            }
            _ => self.plain(name).map(Table::F32),
        }
    }

    /// The bytes of a tensor as they lie in the file, codes checked as in [`Container::matrix`].
    pub(crate) fn stored(&self, name: &str) -> Result<&[u8], EncoderError> {
        let tensor = self.tensor(name)?;
        match tensor.dtype {
            Dtype::I8 if self.tensors.get(&layout::scales(name)).is_some() => {
                self.int8_codes(name, tensor)?;
            }
            Dtype::U8 if self.tensors.get(&layout::lows(name)).is_some() => {
                self.int4(name, tensor)?;
            }
            _ => {}
        }
        Ok(self.bytes_of(tensor))
    }

    /// Where the last of the tensors whose names start with `prefix` ends.
    pub(crate) fn end_of(&self, prefix: &str) -> usize {
        self.tensors.end_of(prefix)
    }

    /// Forgets the tensors whose names start with `prefix`, and gives back the bytes behind all others.
    pub(crate) fn forget(&mut self, prefix: &str) {
        self.tensors.forget(prefix);
        self.bytes.truncate(self.tensors.end_of(""));
        self.bytes.shrink_to_fit();
    }

    /// What is left of the file: everything up to the end of the last tensor that was not forgotten.
    pub(crate) fn into_bytes(self) -> Vec<u8> {
        self.bytes
    }

    pub(crate) fn wrong(&self, what: String) -> EncoderError {
        EncoderError::content(&self.file, what)
    }

    fn tensor(&self, name: &str) -> Result<&Tensor, EncoderError> {
        self.tensors.get(name).ok_or_else(|| missing(&self.file, name))
    }

    /// The bytes at a place in the file; none where they were given back.
    pub(crate) fn bytes_at(&self, at: Range<usize>) -> &[u8] {
        self.bytes.get(at).unwrap_or_default()
    }

    fn bytes_of(&self, tensor: &Tensor) -> &[u8] {
        self.bytes_at(tensor.at.clone())
    }

    fn int8_codes(&self, name: &str, tensor: &Tensor) -> Result<&[i8], EncoderError> {
        let codes = sextant_kernels::as_i8(self.bytes_of(tensor));
        match codes.iter().position(|code| *code == i8::MIN) {
            None => Ok(codes),
            Some(at) => {
                Err(self
                    .wrong(format!("tensor {name} has code -128 at {at}; codes lie in -127..=127")))
            }
        }
    }

    fn int4(&self, name: &str, tensor: &Tensor) -> Result<Packed<'_>, EncoderError> {
        let lows = self.bytes_of(self.tensor(&layout::lows(name))?);
        let spans = self.bytes_of(self.tensor(&layout::spans(name))?);
        let columns = layout::slots(&self.description.architecture)
            .iter()
            .find(|slot| slot.name == name)
            .map_or(0, Slot::columns);
        let packed = Packed {
            columns,
            codes: self.bytes_of(tensor),
            lows: sextant_kernels::as_i8(lows),
            spans,
        };
        match packed.wrong_group() {
            None => Ok(packed),
            Some(at) => {
                Err(self.wrong(format!("group {at} of tensor {name} leaves the codes' -127..=127")))
            }
        }
    }

    pub(crate) fn scales(&self, name: &str) -> Result<Vec<f32>, EncoderError> {
        let scales = self.plain(&layout::scales(name))?;
        match scales.iter().position(|scale| *scale <= 0.0) {
            None => Ok(scales),
            Some(row) => {
                Err(self
                    .wrong(format!("row {row} of tensor {name} has a scale that is not above 0")))
            }
        }
    }
}

fn missing(file: &str, name: &str) -> EncoderError {
    EncoderError::content(file, format!("tensor {name} is missing"))
}

fn read_description(file: &str, tensors: &Tensors) -> Result<Description, EncoderError> {
    let description: Description = description::read(file, tensors, KEY, OLDEST..=NEWEST)?;
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
    for group in Group::ALL {
        let coding = group.coding(&description.weights);
        if !group.can_be(coding) {
            return Err(format!("{} cannot be coded as {coding:?}", group.name()));
        }
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
    tensors: &Tensors,
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
    let (name, rows, columns) = (&slot.name, slot.rows(), slot.columns());
    match coding {
        Coding::F32 => expect(name, Dtype::F32, &slot.shape).map(|()| 1),
        Coding::F16 => expect(name, Dtype::F16, &slot.shape).map(|()| 1),
        Coding::Int8 => {
            expect(name, Dtype::I8, &slot.shape)?;
            expect(&layout::scales(name), Dtype::F32, &[rows]).map(|()| 2)
        }
        Coding::Int4 => {
            expect(name, Dtype::U8, &[rows, int4::row_bytes(columns)])?;
            expect(&layout::lows(name), Dtype::I8, &[rows, int4::groups(columns)])?;
            expect(&layout::spans(name), Dtype::U8, &[rows, int4::groups(columns)])?;
            expect(&layout::scales(name), Dtype::F32, &[rows]).map(|()| 4)
        }
        Coding::Product => {
            // How many codes a row has is said by the codebooks alone.
            let codebooks = layout::codebooks(name);
            let runs = tensors.get(&codebooks).and_then(|tensor| tensor.shape.first());
            let runs = runs.copied().ok_or_else(|| missing(file, &codebooks))?;
            if runs == 0 || columns % runs != 0 {
                let what =
                    format!("tensor {codebooks}: {runs} runs do not divide {columns} channels");
                return Err(EncoderError::content(file, what));
            }
            expect(&codebooks, Dtype::F16, &[runs, product::ENTRIES, columns / runs])?;
            expect(name, Dtype::U8, &[rows, runs]).map(|()| 2)
        }
    }
}
