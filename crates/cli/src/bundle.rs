//! Bundles on disk, read: the manifest, its shards for the search pipeline, and the encoder's files.

use crate::failure::Failure;
use anyhow::{Context, Result};
use flate2::read::GzDecoder;
use sextant_core::manifest::{self, CodesEntry, Front, Manifest, NEWEST, OLDEST, RangeEntry};
use sextant_core::{BundleError, BundleFault, Kind, Place, frame, head};
use sextant_index::texts::Texts;
use sextant_index::vectors::{Basis, Codes};
use sextant_search::{FetchError, Shards, planes};
use std::fs;
use std::future::Future;
use std::io::{Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};
use std::pin::pin;
use std::task::{Context as TaskContext, Poll, Waker};
use std::time::Instant;

/// The first bytes of a file that is stored compressed.
pub const GZIP: [u8; 2] = [0x1f, 0x8b];

/// A bundle whose manifest and head have been read and checked.
pub struct Bundle {
    /// The directory with the manifest.
    pub directory: PathBuf,
    /// `manifest.json`.
    pub front: Front,
    /// What the head says.
    pub manifest: Manifest,
}

impl Bundle {
    /// Opens the bundle in `path`, or the one in `path/sextant` where `path` is a site.
    ///
    /// # Errors
    /// A [`Failure`] when there is none, [`BundleError`] when its manifest or its head cannot be used.
    pub fn open(path: &Path) -> Result<Self> {
        let inside = path.join("sextant");
        let directory =
            if !path.join(manifest::FILE).exists() && inside.join(manifest::FILE).exists() {
                inside
            } else {
                path.to_path_buf()
            };
        let file = directory.join(manifest::FILE);
        let bytes = fs::read(&file).map_err(|error| {
            Failure::new(format!("{}: {error}", file.display()))
                .hint("give the directory that `sextant build` wrote")
        })?;
        let front = parse_front(&bytes).with_context(|| directory.display().to_string())?;
        let name = &front.head.file;
        let head = read_inflated(&directory.join(name)).with_context(|| {
            Failure::new(name.clone()).hint("build the bundle again, or copy it again whole")
        })?;
        let manifest = head::read(&head, name).with_context(|| directory.display().to_string())?;
        Ok(Self { directory, front, manifest })
    }

    /// The shards, for the search pipeline.
    pub fn shards(&self) -> DirShards {
        DirShards { directory: self.directory.clone(), began: Instant::now() }
    }

    /// The inflated shard `name`.
    fn shard(&self, name: &str) -> Result<Vec<u8>> {
        let stored = read_stored(&self.directory, name);
        stored.and_then(inflated).with_context(|| name.to_owned())
    }

    /// The texts of a shard of the manifest.
    ///
    /// # Errors
    /// When the file cannot be read, is damaged, or holds other passages than the manifest says.
    pub fn texts(&self, shard: &RangeEntry) -> Result<Texts> {
        let file = self.shard(&shard.file)?;
        let texts = Texts::open(&file, &shard.file)?;
        let (start, count) = (texts.start(), texts.count());
        if (start, count) != (shard.start, shard.count) {
            let what = format!(
                "passages {start} and {count} more, the manifest says {} and {}",
                shard.start, shard.count
            );
            return Err(BundleError::content(&shard.file, what).into());
        }
        Ok(texts)
    }

    /// The vectors of one shard of `codes` as they decode, f32[rows, dimensions] row by row, by the basis
    /// if they are written in one.
    ///
    /// # Errors
    /// A shard that cannot be read or is damaged, by name.
    pub fn decoded_vectors(
        &self,
        codes: &CodesEntry,
        shard: &RangeEntry,
        basis: Option<&Basis>,
    ) -> Result<Vec<f32>> {
        let file = self.shard(&shard.file)?;
        let opened = Codes::open(file, &shard.file, &planes(&self.manifest, codes)?, shard.count)?;
        Ok((0..opened.rows()).flat_map(|row| opened.decode(row, basis)).collect())
    }

    /// The basis of the scanned codes, where they need one.
    ///
    /// # Errors
    /// A shard that cannot be read or is damaged, by name.
    pub fn basis(&self) -> Result<Option<Basis>> {
        let Some(vectors) = &self.manifest.vectors else { return Ok(None) };
        let Some(entry) = &vectors.basis else { return Ok(None) };
        let file = self.shard(&entry.file)?;
        Ok(Some(Basis::open(&file, &entry.file, vectors.dimensions)?))
    }

    /// The encoder's container put together from its parts; `None` where the bundle has none.
    ///
    /// # Errors
    /// The first part that cannot be read or is damaged, by name.
    pub fn encoder_container(&self) -> Result<Option<Vec<u8>>> {
        let Some(entry) = self.front.encoder.as_ref().filter(|entry| !entry.parts.is_empty())
        else {
            return Ok(None);
        };
        let mut container = Vec::new();
        for part in &entry.parts {
            let file = self.shard(&part.file)?;
            container.extend_from_slice(frame::open(&file, Kind::Encoder, &part.file)?.bytes);
        }
        if container.len() as u64 != entry.bytes {
            let what =
                format!("the encoder's parts are {} bytes, not {}", container.len(), entry.bytes);
            return Err(BundleError::content(manifest::FILE, what).into());
        }
        Ok(Some(container))
    }
}

/// Parses and checks `manifest.json`. Another format is named as such, whatever else it holds.
///
/// # Errors
/// [`BundleError`].
pub fn parse_front(bytes: &[u8]) -> Result<Front, BundleError> {
    let fault = |error: serde_json::Error| BundleError::content(manifest::FILE, error.to_string());
    let value: serde_json::Value = serde_json::from_slice(bytes).map_err(fault)?;
    if let Some(format) = value.get("format").and_then(serde_json::Value::as_u64) {
        let found = u16::try_from(format).unwrap_or(u16::MAX);
        if !(OLDEST..=NEWEST).contains(&found) {
            let file = manifest::FILE.to_owned();
            return Err(BundleFault::Version { file, found, oldest: OLDEST, newest: NEWEST }.into());
        }
    }
    let front: Front = serde_json::from_value(value).map_err(fault)?;
    front.check()?;
    Ok(front)
}

/// The bytes of a file, inflated if they are stored compressed.
///
/// # Errors
/// When it cannot be read or its compressed data is damaged.
pub fn read_inflated(path: &Path) -> std::io::Result<Vec<u8>> {
    inflated(fs::read(path)?)
}

/// The bytes of the shard `name` of the bundle in `directory`, as they are stored.
///
/// # Errors
/// When its file cannot be read or is too short to have it.
pub fn read_stored(directory: &Path, name: &str) -> std::io::Result<Vec<u8>> {
    let Place { path, bytes } = Place::of(name);
    let path = directory.join(path);
    let Some(range) = bytes else { return fs::read(path) };
    let mut file = fs::File::open(path)?;
    let length = range.end - range.start;
    // The length is the manifest's word alone.
    if file.metadata()?.len() < range.end {
        return Err(std::io::ErrorKind::UnexpectedEof.into());
    }
    file.seek(SeekFrom::Start(range.start))?;
    let mut stored = Vec::with_capacity(length as usize);
    file.take(length).read_to_end(&mut stored)?;
    Ok(stored)
}

/// `stored`, inflated if it is gzip data.
///
/// # Errors
/// When the compressed data is damaged or cut.
pub fn inflated(stored: Vec<u8>) -> std::io::Result<Vec<u8>> {
    if !stored.starts_with(&GZIP) {
        return Ok(stored);
    }
    let mut bytes = Vec::with_capacity(stored.len() * 2);
    GzDecoder::new(stored.as_slice()).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// Shards of a bundle on disk.
pub struct DirShards {
    directory: PathBuf,
    began: Instant,
}

impl Shards for DirShards {
    async fn fetch(&self, file: &str) -> Result<Vec<u8>, FetchError> {
        let stored = read_stored(&self.directory, file);
        stored.and_then(inflated).map_err(|error| FetchError::new(error.to_string()))
    }

    fn now_ms(&self) -> f64 {
        self.began.elapsed().as_secs_f64() * 1000.0
    }
}

/// Runs a future whose every step is ready at once, as it is over files.
pub fn block_on<F: Future>(future: F) -> F::Output {
    let mut future = pin!(future);
    let mut context = TaskContext::from_waker(Waker::noop());
    loop {
        match future.as_mut().poll(&mut context) {
            Poll::Ready(output) => return output,
            Poll::Pending => std::thread::yield_now(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn another_format_is_named_before_anything_else_is_read() {
        let error = parse_front(br#"{"format": 70000, "words": 3}"#).unwrap_err();
        assert!(matches!(*error, BundleFault::Version { found: u16::MAX, .. }));
        let error = parse_front(br#"{"format": 0}"#).unwrap_err();
        assert!(matches!(*error, BundleFault::Version { found: 0, .. }));
        for text in ["", "[]", "{}", r#"{"format": 3}"#, "{\"format\": \"x\"}"] {
            let error = parse_front(text.as_bytes()).unwrap_err();
            assert!(matches!(*error, BundleFault::Content { .. }), "{text}");
        }
    }

    #[test]
    fn a_cut_gzip_file_is_an_error() {
        assert!(inflated(vec![0x1f, 0x8b, 8, 0]).is_err());
        assert_eq!(inflated(b"plain".to_vec()).unwrap(), b"plain");
    }
}
