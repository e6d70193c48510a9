//! The safetensors file: named tensors behind a JSON header. Reader and writer.
//!
//! The reader trusts nothing: it hands out a tensor only when its bytes lie inside the file, belong
//! to no other tensor, and are as many as its shape and type say.

use std::collections::BTreeMap;
use std::ops::Range;

use serde_json::{Map, Value};

use crate::error::EncoderError;

/// The header key that holds strings instead of a tensor.
const METADATA: &str = "__metadata__";
/// Bytes before the header: its length.
const LENGTH: usize = 8;
/// A longer header is refused, as by the format's own library.
const MAX_HEADER: u64 = 100_000_000;
/// The header is padded with spaces so that the tensors start at a multiple of this.
#[cfg(feature = "import")]
const ALIGNMENT: usize = 8;

/// The number types that encoders come in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Dtype {
    F32,
    F16,
    Bf16,
    I64,
    I8,
    U8,
}

impl Dtype {
    /// In the order in which the writer lays tensors out: the widest first, so that each is aligned.
    const ALL: [Self; 6] = [Self::I64, Self::F32, Self::F16, Self::Bf16, Self::I8, Self::U8];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::F32 => "F32",
            Self::F16 => "F16",
            Self::Bf16 => "BF16",
            Self::I64 => "I64",
            Self::I8 => "I8",
            Self::U8 => "U8",
        }
    }

    fn bytes(self) -> usize {
        match self {
            Self::I64 => 8,
            Self::F32 => 4,
            Self::F16 | Self::Bf16 => 2,
            Self::I8 | Self::U8 => 1,
        }
    }
}

/// One tensor of an open file.
#[derive(Clone, Debug)]
pub(crate) struct Tensor {
    pub(crate) dtype: Dtype,
    pub(crate) shape: Vec<usize>,
    /// Where its numbers are in the file, little endian, row major: inside it, in no other tensor's place, as many
    /// as the shape says.
    pub(crate) at: Range<usize>,
}

/// An open file.
#[derive(Debug)]
pub(crate) struct Tensors {
    metadata: BTreeMap<String, String>,
    /// In the order of their names.
    tensors: Vec<(String, Tensor)>,
}

impl Tensors {
    /// Reads the header and checks that the tensors tile the rest of the file exactly.
    pub(crate) fn open(file: &str, bytes: &[u8]) -> Result<Self, EncoderError> {
        let not = |what: &str| EncoderError::NotAContainer {
            file: file.to_owned(),
            what: what.to_owned(),
        };
        let wrong = |what: String| EncoderError::content(file, what);

        let length =
            bytes.first_chunk::<LENGTH>().ok_or_else(|| not("it is shorter than 8 bytes"))?;
        let length = u64::from_le_bytes(*length);
        if length > MAX_HEADER {
            return Err(not("it does not start as a safetensors file does"));
        }
        let header_end = usize::try_from(length).unwrap_or(usize::MAX).saturating_add(LENGTH);
        let header = bytes.get(LENGTH..header_end).ok_or_else(|| {
            wrong(format!("the header ends at byte {header_end}, the file at {}", bytes.len()))
        })?;
        let body = bytes.get(header_end..).unwrap_or_default();
        let mut header: Map<String, Value> = serde_json::from_slice(header)
            .map_err(|error| not(&format!("its header is not JSON: {error}")))?;

        let metadata = strings(header.remove(METADATA));
        let mut tensors = Vec::with_capacity(header.len());
        let mut ranges: Vec<(Range<usize>, String)> = Vec::with_capacity(header.len());
        for (name, entry) in header {
            let Some((dtype, shape, range)) = parse_entry(&entry) else {
                return Err(wrong(format!("tensor {name} is described by {entry}")));
            };
            let size = shape
                .iter()
                .try_fold(dtype.bytes(), |size, dimension| size.checked_mul(*dimension));
            let tensor = body.get(range.clone()).ok_or_else(|| {
                wrong(format!(
                    "tensor {name} ends at byte {}, the tensors at {}",
                    range.end,
                    body.len()
                ))
            })?;
            if size != Some(tensor.len()) {
                return Err(wrong(format!(
                    "tensor {name} of shape {shape:?} has {} bytes of {}",
                    tensor.len(),
                    dtype.name()
                )));
            }
            let at = header_end + range.start..header_end + range.end;
            ranges.push((range, name.clone()));
            tensors.push((name, Tensor { dtype, shape, at }));
        }
        ranges.sort_unstable_by_key(|(range, _)| (range.start, range.end));
        let mut end = 0;
        for (range, name) in &ranges {
            if range.start != end {
                return Err(wrong(format!(
                    "tensor {name} starts at byte {}, not at {end}",
                    range.start
                )));
            }
            end = range.end;
        }
        if end != body.len() {
            return Err(wrong(format!(
                "the tensors end at byte {end}, the file at {}",
                body.len()
            )));
        }
        tensors.sort_unstable_by(|(a, _), (b, _)| a.cmp(b));
        Ok(Self { metadata, tensors })
    }

    /// The string under `key` of the metadata.
    pub(crate) fn metadata(&self, key: &str) -> Option<&str> {
        self.metadata.get(key).map(String::as_str)
    }

    /// The tensor called `name`.
    pub(crate) fn get(&self, name: &str) -> Option<&Tensor> {
        let at = self.tensors.binary_search_by(|(known, _)| known.as_str().cmp(name)).ok()?;
        self.tensors.get(at).map(|(_, tensor)| tensor)
    }

    /// Forgets the tensors whose names start with `prefix`.
    pub(crate) fn forget(&mut self, prefix: &str) {
        self.tensors.retain(|(name, _)| !name.starts_with(prefix));
    }

    /// Where the last of the tensors whose names start with `prefix` ends in the file.
    pub(crate) fn end_of(&self, prefix: &str) -> usize {
        let named = self.tensors.iter().filter(|(name, _)| name.starts_with(prefix));
        named.map(|(_, tensor)| tensor.at.end).max().unwrap_or(0)
    }

    /// The names of all tensors, in order.
    pub(crate) fn names(&self) -> impl Iterator<Item = &str> {
        self.tensors.iter().map(|(name, _)| name.as_str())
    }
}

fn strings(metadata: Option<Value>) -> BTreeMap<String, String> {
    let Some(Value::Object(metadata)) = metadata else { return BTreeMap::new() };
    metadata
        .into_iter()
        .filter_map(|(key, value)| match value {
            Value::String(value) => Some((key, value)),
            _ => None,
        })
        .collect()
}

fn parse_entry(entry: &Value) -> Option<(Dtype, Vec<usize>, Range<usize>)> {
    let number = |value: &Value| value.as_u64().and_then(|value| usize::try_from(value).ok());
    let dtype = entry.get("dtype")?.as_str()?;
    let dtype = Dtype::ALL.into_iter().find(|known| known.name() == dtype)?;
    let shape = entry.get("shape")?.as_array()?.iter().map(number).collect::<Option<_>>()?;
    let [start, end] = entry.get("data_offsets")?.as_array()?.as_slice() else { return None };
    Some((dtype, shape, number(start)?..number(end)?))
}

/// A tensor to be written.
#[cfg(feature = "import")]
pub(crate) struct NewTensor {
    pub(crate) name: String,
    pub(crate) dtype: Dtype,
    pub(crate) shape: Vec<usize>,
    pub(crate) bytes: Vec<u8>,
}

/// The bytes of a file with one string of metadata. The same input gives the same bytes: tensors
/// are laid out by type, widest first, then by name, and the header lists them in that order.
#[cfg(feature = "import")]
pub(crate) fn write(key: &str, value: &str, mut tensors: Vec<NewTensor>) -> Vec<u8> {
    let rank = |dtype: Dtype| Dtype::ALL.into_iter().position(|known| known == dtype);
    tensors.sort_by(|a, b| rank(a.dtype).cmp(&rank(b.dtype)).then_with(|| a.name.cmp(&b.name)));

    let quote = |text: &str| Value::from(text).to_string();
    let mut header = format!("{{{}:{{{}:{}}}", quote(METADATA), quote(key), quote(value));
    let mut end = 0;
    for tensor in &tensors {
        let start = end;
        end += tensor.bytes.len();
        header.push_str(&format!(
            ",{}:{{\"dtype\":\"{}\",\"shape\":{:?},\"data_offsets\":[{start},{end}]}}",
            quote(&tensor.name),
            tensor.dtype.name(),
            tensor.shape
        ));
    }
    header.push('}');
    header
        .extend(std::iter::repeat_n(' ', header.len().next_multiple_of(ALIGNMENT) - header.len()));

    let mut file = Vec::with_capacity(LENGTH + header.len() + end);
    file.extend_from_slice(&(header.len() as u64).to_le_bytes());
    file.extend_from_slice(header.as_bytes());
    for tensor in &tensors {
        file.extend_from_slice(&tensor.bytes);
    }
    file
}

#[cfg(all(test, feature = "import"))]
mod tests {
    use super::*;

    #[test]
    fn a_small_file_is_these_bytes_whatever_the_order_of_its_tensors() {
        let tensor = |name: &str, dtype, bytes: &[u8]| NewTensor {
            name: name.to_owned(),
            dtype,
            shape: vec![bytes.len() / 4, 4 / Dtype::bytes(dtype)],
            bytes: bytes.to_vec(),
        };
        let (a, b) = (
            tensor("a", Dtype::I8, &[1, 2, 3, 0xff]),
            tensor("b", Dtype::F32, &[0, 0, 0x80, 0x3f]),
        );
        let header = concat!(
            r#"{"__metadata__":{"k":"\"v\""},"b":{"dtype":"F32","shape":[1, 1],"data_offsets":[0,4]},"#,
            r#""a":{"dtype":"I8","shape":[1, 4],"data_offsets":[4,8]}}"#,
            "   "
        );
        let expected =
            [&[0x88, 0, 0, 0, 0, 0, 0, 0], header.as_bytes(), &[0, 0, 0x80, 0x3f, 1, 2, 3, 0xff]]
                .concat();
        let file = write("k", "\"v\"", vec![a, b]);
        assert_eq!(String::from_utf8_lossy(&file), String::from_utf8_lossy(&expected));

        let opened = Tensors::open("x", &file).unwrap();
        assert_eq!(opened.metadata("k"), Some("\"v\""));
        let a = opened.get("a").unwrap();
        assert_eq!(
            (a.dtype, a.shape.as_slice(), &file[a.at.clone()]),
            (Dtype::I8, &[1, 4][..], &[1, 2, 3, 0xff][..])
        );
    }
}
