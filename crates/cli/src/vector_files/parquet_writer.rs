//! Passages as a Parquet file that pandas, Polars, DuckDB and Arrow read: a row a passage, in row groups,
//! compressed with Zstandard.

use super::parquet::FINGERPRINT;
use super::{Exported, PassageWriter};
use crate::partial_file::PartialFile;
use anyhow::{Context, Result};
use parquet::basic::{Compression, ZstdLevel};
use parquet::column::writer::ColumnWriter;
use parquet::data_type::ByteArray;
use parquet::errors::ParquetError;
use parquet::file::metadata::KeyValue;
use parquet::file::properties::{EnabledStatistics, WriterProperties};
use parquet::file::writer::{SerializedFileWriter, SerializedRowGroupWriter};
use parquet::schema::parser::parse_message_type;
use parquet::schema::types::ColumnPath;
use std::path::Path;
use std::sync::Arc;

/// The columns. Lists have the three levels that the format asks for.
const SCHEMA: &str = "
message passages {
  required binary id (STRING);
  required binary url (STRING);
  required binary title (STRING);
  required binary language (STRING);
  required group trail (LIST) { repeated group list { required binary element (STRING); } }
  optional binary anchor (STRING);
  required binary text (STRING);
  required binary text_sha256 (STRING);
  required binary meta (STRING);
  required group vector (LIST) { repeated group list { required float element; } }
}";
/// Rows of a row group: some tens of megabytes, which is what is held in memory.
const GROUP: usize = 8192;
/// Key of the file's metadata that holds the encoder's name.
const ENCODER: &str = "sextant.encoder";

/// Writes passages as Parquet.
pub struct ParquetWriter {
    writer: SerializedFileWriter<PartialFile>,
    rows: Vec<Exported>,
}

impl ParquetWriter {
    /// `encoder`: name and fingerprint, for the file's metadata.
    ///
    /// # Errors
    /// When the file cannot be made.
    pub fn new(path: &Path, (name, fingerprint): (&str, &str)) -> Result<Self> {
        let schema = parse_message_type(SCHEMA).context("the columns of an export")?;
        let pairs = [(ENCODER, name), (FINGERPRINT, fingerprint)];
        let pairs = pairs.map(|(key, value)| KeyValue::new(key.to_owned(), value.to_owned()));
        let vector = ColumnPath::from("vector.list.element");
        let properties = WriterProperties::builder()
            .set_compression(Compression::ZSTD(ZstdLevel::default()))
            .set_key_value_metadata(Some(pairs.to_vec()))
            // Nobody asks for the least text or number, and no two rows share a vector.
            .set_statistics_enabled(EnabledStatistics::None)
            .set_column_dictionary_enabled(vector, false)
            .build();
        let file = PartialFile::new(path)?;
        let writer = SerializedFileWriter::new(file, Arc::new(schema), Arc::new(properties))?;
        Ok(Self { writer, rows: Vec::with_capacity(GROUP) })
    }

    fn write_group(&mut self) -> Result<()> {
        let rows = std::mem::take(&mut self.rows);
        let mut group = self.writer.next_row_group()?;
        write_texts(&mut group, rows.iter().map(|row| row.id.as_str()))?;
        write_texts(&mut group, rows.iter().map(|row| row.url.as_str()))?;
        write_texts(&mut group, rows.iter().map(|row| row.title.as_str()))?;
        write_texts(&mut group, rows.iter().map(|row| row.language.as_str()))?;
        write_trails(&mut group, &rows)?;
        write_anchors(&mut group, &rows)?;
        write_texts(&mut group, rows.iter().map(|row| row.text.as_str()))?;
        write_texts(&mut group, rows.iter().map(|row| row.text_sha256.as_str()))?;
        let meta: Vec<String> =
            rows.iter().map(|row| serde_json::to_string(&row.meta)).collect::<Result<_, _>>()?;
        write_texts(&mut group, meta.iter().map(String::as_str))?;
        write_vectors(&mut group, &rows)?;
        group.close()?;
        Ok(())
    }
}

impl PassageWriter for ParquetWriter {
    fn add(&mut self, passage: Exported) -> Result<()> {
        self.rows.push(passage);
        if self.rows.len() == GROUP { self.write_group() } else { Ok(()) }
    }

    fn finish(mut self: Box<Self>) -> Result<()> {
        if !self.rows.is_empty() {
            self.write_group()?;
        }
        self.writer.into_inner()?.finish()
    }
}

type Group<'a> = SerializedRowGroupWriter<'a, PartialFile>;

/// Hands the writer of the next column to `write`, and closes it.
fn column(
    group: &mut Group<'_>,
    write: impl FnOnce(&mut ColumnWriter<'_>) -> Result<usize, ParquetError>,
) -> Result<()> {
    let mut column = group.next_column()?.context("more columns than the schema has")?;
    write(column.untyped())?;
    Ok(column.close()?)
}

/// What a column of the schema would say if it were of another type than its writer.
fn mismatch() -> ParquetError {
    ParquetError::General("a column of another type than the schema's".to_owned())
}

fn write_bytes(
    group: &mut Group<'_>,
    values: &[ByteArray],
    defined: Option<&[i16]>,
    repeated: Option<&[i16]>,
) -> Result<()> {
    column(group, |writer| match writer {
        ColumnWriter::ByteArrayColumnWriter(writer) => {
            writer.write_batch(values, defined, repeated)
        }
        _ => Err(mismatch()),
    })
}

fn write_texts<'a>(group: &mut Group<'_>, texts: impl Iterator<Item = &'a str>) -> Result<()> {
    let values: Vec<ByteArray> = texts.map(ByteArray::from).collect();
    write_bytes(group, &values, None, None)
}

fn write_anchors(group: &mut Group<'_>, rows: &[Exported]) -> Result<()> {
    let values: Vec<ByteArray> =
        rows.iter().filter_map(|row| row.anchor.as_deref()).map(ByteArray::from).collect();
    let defined: Vec<i16> = rows.iter().map(|row| i16::from(row.anchor.is_some())).collect();
    write_bytes(group, &values, Some(&defined), None)
}

fn write_trails(group: &mut Group<'_>, rows: &[Exported]) -> Result<()> {
    let headings = rows.iter().flat_map(|row| &row.trail);
    let values: Vec<ByteArray> =
        headings.map(|heading| ByteArray::from(heading.as_str())).collect();
    let (defined, repeated) = levels(rows.iter().map(|row| row.trail.len()));
    write_bytes(group, &values, Some(&defined), Some(&repeated))
}

fn write_vectors(group: &mut Group<'_>, rows: &[Exported]) -> Result<()> {
    let values: Vec<f32> = rows.iter().flat_map(|row| &row.vector).copied().collect();
    let (defined, repeated) = levels(rows.iter().map(|row| row.vector.len()));
    column(group, |writer| match writer {
        ColumnWriter::FloatColumnWriter(writer) => {
            writer.write_batch(&values, Some(&defined), Some(&repeated))
        }
        _ => Err(mismatch()),
    })
}

/// Definition and repetition levels of lists that are there, whose items are there: an empty list is one
/// level of 0, and an item repeats unless it is the first.
fn levels(lengths: impl Iterator<Item = usize>) -> (Vec<i16>, Vec<i16>) {
    let (mut defined, mut repeated) = (Vec::new(), Vec::new());
    for length in lengths {
        defined.extend(std::iter::repeat_n(i16::from(length > 0), length.max(1)));
        repeated.push(0);
        repeated.extend(std::iter::repeat_n(1, length.saturating_sub(1)));
    }
    (defined, repeated)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn levels_tell_an_empty_list_from_one_with_items() {
        let (defined, repeated) = levels([2, 0, 1, 3].into_iter());
        assert_eq!(defined, [1, 1, 0, 1, 1, 1, 1]);
        assert_eq!(repeated, [0, 1, 0, 0, 0, 1, 1]);
    }
}
