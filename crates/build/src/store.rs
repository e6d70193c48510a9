//! How shards become files: compressed where that pays, several in one where there are many, named by content, counted.

use crate::error::BuildError;
use crate::files::file_bytes;
use crate::sink::Sink;
#[cfg(feature = "gzip")]
use flate2::{Compression, GzBuilder};
use serde::Serialize;
use sextant_core::head::{HASH_BYTES, hex};
use sextant_core::manifest::{self, ShardEntry};
use sextant_core::place::part_of;
use sha2::{Digest, Sha256};
use std::borrow::Cow;
use std::collections::BTreeMap;
#[cfg(feature = "gzip")]
use std::io::Write;

/// A file is stored as gzip when that saves at least this share of it. Many hosts do not compress,
/// and inflating costs a reader about 10 ms a megabyte: below a tenth it does not pay.
#[cfg(feature = "gzip")]
const WORTH_COMPRESSING: f64 = 0.10;

/// Bytes that a file of several shards has at least, where there are as many: who cannot fetch a part of it fetches all of it.
const LEAST_FILE_BYTES: usize = 4 * 1024;

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

    /// Stores `frames` in their order, in `files` files at most; a frame has one of its own where there are as many.
    pub(crate) fn shards<F: AsRef<[u8]>>(
        &mut self,
        room: &str,
        frames: impl IntoIterator<Item = F>,
        files: usize,
    ) -> Result<Vec<ShardEntry>, BuildError> {
        let frames: Vec<(usize, Vec<u8>)> = frames
            .into_iter()
            .map(|frame| (frame.as_ref().len(), packed(frame.as_ref()).into_owned()))
            .collect();
        let total: usize = frames.iter().map(|(_, stored)| stored.len()).sum();
        let bytes = file_bytes(total, LEAST_FILE_BYTES, files);
        let mut entries = Vec::with_capacity(frames.len());
        let mut file = OpenFile::default();
        for (raw, stored) in frames {
            file.push(raw, &stored);
            if file.bytes.len() >= bytes {
                self.close(room, &mut file, &mut entries)?;
            }
        }
        self.close(room, &mut file, &mut entries)?;
        Ok(entries)
    }

    /// Stores `file`, which is empty then, and says in `entries` where its shards are.
    fn close(
        &mut self,
        room: &str,
        file: &mut OpenFile,
        entries: &mut Vec<ShardEntry>,
    ) -> Result<(), BuildError> {
        let OpenFile { raw, bytes, ends } = std::mem::take(file);
        if ends.is_empty() {
            return Ok(());
        }
        let whole = self.counted(room, "sxt", raw, &bytes)?;
        if ends.len() == 1 {
            entries.push(whole);
            return Ok(());
        }
        let mut start = 0;
        for end in ends {
            let file = part_of(&whole.file, start..end);
            entries.push(ShardEntry { file, bytes: end - start });
            start = end;
        }
        Ok(())
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

/// A file that shards are being added to.
#[derive(Default)]
struct OpenFile {
    /// Bytes of the frames.
    raw: usize,
    /// The shards as they are stored.
    bytes: Vec<u8>,
    /// Where each of them ends.
    ends: Vec<u64>,
}

impl OpenFile {
    fn push(&mut self, raw: usize, stored: &[u8]) {
        self.raw += raw;
        self.bytes.extend_from_slice(stored);
        self.ends.push(self.bytes.len() as u64);
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

    /// Bytes that cannot be compressed.
    fn noise(seed: u32, length: usize) -> Vec<u8> {
        let mut state = seed;
        let byte = || {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (state >> 24) as u8
        };
        std::iter::repeat_with(byte).take(length).collect()
    }

    #[test]
    fn what_compresses_is_stored_as_gzip_and_what_does_not_as_it_is() {
        let mut sink = MemorySink::default();
        let mut store = Store::new(&mut sink);
        let plain = vec![7u8; 10_000];
        let noise = noise(1, 10_000);
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
    fn shards_share_files_and_are_found_in_them() {
        let mut sink = MemorySink::default();
        let mut store = Store::new(&mut sink);
        let frames: Vec<Vec<u8>> = (0..40).map(|seed| noise(seed, 3000)).collect();
        let entries = store.shards("words", &frames, 10).unwrap();
        assert_eq!(store.parts["words"].files, 10);
        assert_eq!(sink.files.len(), 10);
        for (entry, frame) in entries.iter().zip(&frames) {
            assert_eq!(sink.shard(&entry.file).unwrap(), frame);
            assert_eq!(entry.bytes, 3000);
        }
        let mut store = Store::new(&mut sink);
        let alone = store.shards("words", &frames[..1], 10).unwrap();
        assert_eq!(
            alone,
            [ShardEntry { file: format!("words/{}.sxt", content_name(&frames[0])), bytes: 3000 }]
        );
        assert_eq!(store.shards("words", &frames[..0], 10).unwrap(), []);
    }

    #[test]
    fn a_file_is_named_by_the_sha256_of_what_is_stored() {
        // sha256("abc"), FIPS 180-2 appendix B.1.
        assert_eq!(content_name(b"abc"), "ba7816bf8f01");
    }
}
