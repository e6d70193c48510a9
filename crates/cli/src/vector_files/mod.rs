//! Files of vectors that others made, or that others are to read: `.npy`, Parquet and JSON Lines.
//!
//! A row is named by its document's `id`, or by `text_sha256`, the sha256 of the text that the encoder
//! reads of a passage. Exported files have both, and the latter wins: it finds a passage again wherever
//! it stands, and only if it still says the same.

pub mod given;
pub mod jsonl;
pub mod npy;
pub mod parquet;
mod parquet_writer;
mod table;

pub use parquet_writer::ParquetWriter;
pub use table::VectorTable;

use crate::failure::Failure;
use anyhow::Result;
use serde::Serialize;
use std::collections::BTreeMap;
use std::fs::File;
use std::io::Read;
use std::path::Path;

/// First bytes of a file that gzip made.
const GZIP: &[u8] = &[0x1f, 0x8b];
/// First bytes of an archive, which `.npz` is.
const ZIP: &[u8] = b"PK\x03\x04";
/// The way out for a file of another sort.
const FORMATS: &str =
    "--vectors takes .npy (numpy.save), Parquet and JSON Lines (one object a line)";

/// Reads a file of vectors; its first bytes say which format it has.
///
/// # Errors
/// A [`Failure`] that names the file and, where there is one, the row or line.
pub fn read(path: &Path) -> Result<VectorTable> {
    let file = path.display().to_string();
    let unreadable = |error: std::io::Error| Failure::new(format!("{file}: {error}")).hint(FORMATS);
    let mut start = Vec::new();
    File::open(path).and_then(|f| f.take(64).read_to_end(&mut start)).map_err(unreadable)?;
    let first = start.iter().find(|byte| !byte.is_ascii_whitespace());
    if start.starts_with(npy::MAGIC) {
        npy::read(path, &file)
    } else if start.starts_with(parquet::MAGIC) {
        parquet::read(path, &file)
    } else if first == Some(&b'{') {
        jsonl::read(path, &file)
    } else {
        let what = match first {
            None => "empty",
            Some(_) if start.starts_with(GZIP) => "compressed with gzip; unpack it first",
            Some(_) if start.starts_with(ZIP) => "an archive; save its one array with numpy.save",
            Some(_) => "no file of vectors",
        };
        Err(Failure::new(format!("{file}: {what}")).hint(FORMATS).into())
    }
}

/// A passage of a bundle and its vector, as it is exported. The fields are the columns.
#[derive(Clone, Debug, Serialize)]
pub struct Exported {
    /// Unique in the bundle: the page's URL, a colon and the number of the passage in it, from 1.
    pub id: String,
    /// The page's URL.
    pub url: String,
    /// The page's title.
    pub title: String,
    /// BCP 47 tag; empty where the page names none.
    pub language: String,
    /// Headings above the text, outermost first.
    pub trail: Vec<String>,
    /// The id of the heading that the passage links to.
    pub anchor: Option<String>,
    /// What a reader sees.
    pub text: String,
    /// Of the text that the encoder reads: title, headings and text, a line each. 64 digits.
    pub text_sha256: String,
    /// The page's metadata.
    pub meta: BTreeMap<String, Vec<String>>,
    /// The encoder's.
    pub fingerprint: String,
    /// Decoded from the bundle's codes.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub vector: Vec<f32>,
}

/// Writes passages in the order of the bundle.
pub trait PassageWriter {
    /// Adds the next one.
    ///
    /// # Errors
    /// When it cannot be written.
    fn add(&mut self, passage: Exported) -> Result<()>;
    /// Ends the file and puts it into its place.
    ///
    /// # Errors
    /// When it cannot be written.
    fn finish(self: Box<Self>) -> Result<()>;
}
