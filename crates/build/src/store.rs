//! How a shard becomes a file: compressed where that pays, named by its content, counted.

use crate::error::BuildError;
use crate::sink::Sink;
#[cfg(feature = "gzip")]
use flate2::{Compression, GzBuilder};
use serde::Serialize;
use sextant_core::head::{HASH_BYTES, hex};
use sextant_core::manifest::{self, ShardEntry};
use sha2::{Digest, Sha256};
use std::borrow::Cow;
use std::collections::BTreeMap;
#[cfg(feature = "gzip")]
use std::io::Write;

/// A file is stored as gzip when that saves at least this share of it. Many hosts do not compress,
/// and inflating costs a reader about 10 ms a megabyte: below a tenth it does not pay.
#[cfg(feature = "gzip")]
const WORTH_COMPRESSING: f64 = 0.10;

/// What one directory of the bundle got.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Part {
    /// Number of files.
    pub files: u64,
    /// Bytes of the frames.
    pub raw: u64,
    /// Bytes of the files as stored.
    pub stored: u64,
}

/// Puts shards into a sink and keeps the count.
pub(crate) struct Store<'a> {
    sink: &'a mut dyn Sink,
    /// By directory.
    pub(crate) parts: BTreeMap<String, Part>,
}

impl<'a> Store<'a> {
    pub(crate) fn new(sink: &'a mut dyn Sink) -> Self {
        Self { sink, parts: BTreeMap::new() }
    }

    /// How many files there are.
    pub(crate) fn files(&self) -> usize {
        self.parts.values().map(|part| part.files as usize).sum()
    }

    /// Stores the head, and a copy of it where readers look first.
    pub(crate) fn head(&mut self, frame: &[u8]) -> Result<ShardEntry, BuildError> {
        // Every visit fetches it, and inflates it once: whatever is saved pays.
        let bytes = smallest(frame);
        self.put(manifest::HEAD, &bytes)?;
        self.count("head", frame.len(), bytes.len());
        self.counted("head", "sxt", frame.len(), &bytes)
    }

    /// Stores `frame` as `<room>/<hash of what is stored>.sxt`.
    pub(crate) fn shard(&mut self, room: &str, frame: &[u8]) -> Result<ShardEntry, BuildError> {
        self.counted(room, "sxt", frame.len(), &packed(frame))
    }

    /// Stores JSON that is for people as `<room>/<hash of it>.json`.
    pub(crate) fn json(&mut self, room: &str, bytes: &[u8]) -> Result<ShardEntry, BuildError> {
        self.counted(room, "json", bytes.len(), bytes)
    }

    /// Stores `bytes`, which were `raw` bytes before, under the hash of them, and counts them.
    fn counted(
        &mut self,
        room: &str,
        extension: &str,
        raw: usize,
        bytes: &[u8],
    ) -> Result<ShardEntry, BuildError> {
        let file = format!("{room}/{}.{extension}", content_name(bytes));
        self.put(&file, bytes)?;
        self.count(room, raw, bytes.len());
        Ok(ShardEntry { file, bytes: bytes.len() as u64 })
    }

    /// Counts a file of `stored` bytes that was `raw` bytes before.
    fn count(&mut self, room: &str, raw: usize, stored: usize) {
        let part = self.parts.entry(room.to_owned()).or_default();
        part.files += 1;
        part.raw += raw as u64;
        part.stored += stored as u64;
    }

    /// Stores `bytes` under a name of their own.
    pub(crate) fn put(&mut self, path: &str, bytes: &[u8]) -> Result<(), BuildError> {
        let fault = |source| BuildError::Sink { path: path.to_owned(), source };
        self.sink.put(path, bytes).map_err(fault)
    }
}

/// The first [`HASH_BYTES`] of the sha256 of `bytes`, in hexadecimal.
#[must_use]
pub fn content_name(bytes: &[u8]) -> String {
    let digest = Sha256::digest(bytes);
    hex(digest.get(..HASH_BYTES).unwrap_or_default())
}

/// `frame` as it is stored.
#[cfg(feature = "gzip")]
fn packed(frame: &[u8]) -> Cow<'_, [u8]> {
    let packed = gzip(frame);
    let saved = frame.len().saturating_sub(packed.len()) as f64;
    if saved >= frame.len() as f64 * WORTH_COMPRESSING { packed.into() } else { frame.into() }
}

/// `frame` as small as it can be stored.
#[cfg(feature = "gzip")]
fn smallest(frame: &[u8]) -> Cow<'_, [u8]> {
    gzip(frame).into()
}

#[cfg(not(feature = "gzip"))]
fn packed(frame: &[u8]) -> Cow<'_, [u8]> {
    frame.into()
}

#[cfg(not(feature = "gzip"))]
use packed as smallest;

/// The same bytes on every system: no time, no name, no operating system in the header.
#[cfg(feature = "gzip")]
fn gzip(bytes: &[u8]) -> Vec<u8> {
    const UNKNOWN_SYSTEM: u8 = 255;
    let sink = Vec::with_capacity(bytes.len() / 2);
    let mut writer =
        GzBuilder::new().mtime(0).operating_system(UNKNOWN_SYSTEM).write(sink, Compression::best());
    // Writing into a vector does not fail; if it ever did, the frame would be stored as it is.
    match writer.write_all(bytes).and_then(|()| writer.finish()) {
        Ok(packed) => packed,
        Err(_) => bytes.to_vec(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sink::MemorySink;
    use flate2::read::GzDecoder;
    use std::io::Read;

    #[test]
    fn what_compresses_is_stored_as_gzip_and_what_does_not_as_it_is() {
        let mut sink = MemorySink::default();
        let mut store = Store::new(&mut sink);
        let plain = vec![7u8; 10_000];
        let mut state = 1u32;
        let noise: Vec<u8> = std::iter::repeat_with(|| {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (state >> 24) as u8
        })
        .take(10_000)
        .collect();
        let packed = store.shard("words", &plain).unwrap();
        let kept = store.shard("words", &noise).unwrap();
        assert_eq!(
            store.parts["words"],
            Part { files: 2, raw: 20_000, stored: packed.bytes + kept.bytes }
        );
        assert_eq!(sink.files[&kept.file], noise);
        let stored = &sink.files[&packed.file];
        assert_eq!(stored[..2], [0x1f, 0x8b]);
        assert_eq!(stored[4..8], [0; 4], "no time in the header");
        let mut back = Vec::new();
        GzDecoder::new(&stored[..]).read_to_end(&mut back).unwrap();
        assert_eq!(back, plain);
    }

    #[test]
    fn a_file_is_named_by_the_sha256_of_what_is_stored() {
        // sha256("abc"), FIPS 180-2 appendix B.1.
        assert_eq!(content_name(b"abc"), "ba7816bf8f01");
    }
}
