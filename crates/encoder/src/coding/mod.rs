//! How numbers are stored in a container, a file a coding: what is written beside what is read.

pub(crate) mod half;
pub mod int4;
#[cfg(feature = "import")]
pub(crate) mod int8;
pub mod product;
pub(crate) mod vocabulary;

/// Little-endian f32s.
pub(crate) fn f32s(bytes: &[u8]) -> Vec<f32> {
    bytes.as_chunks::<4>().0.iter().map(|bytes| f32::from_le_bytes(*bytes)).collect()
}
