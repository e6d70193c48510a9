//! Vectors in a Parquet file: a column with a list of floats, and one that names the rows.
//!
//! Read column by column, without Arrow. Format: <https://parquet.apache.org/docs/file-format/>.

use super::table::{Naming, Place, VectorTable};
use crate::failure::Failure;
use anyhow::{Context, Result};
use half::f16;
use parquet::basic::{Compression, LogicalType, Type};
use parquet::column::reader::{ColumnReader, ColumnReaderImpl};
use parquet::data_type::{ByteArrayType, DataType};
use parquet::errors::ParquetError;
use parquet::file::metadata::ColumnChunkMetaData;
use parquet::file::reader::{FileReader, SerializedFileReader};
use parquet::schema::types::{ColumnDescPtr, SchemaDescriptor};
use std::fs::File;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;

/// The first bytes of every such file, and the last.
pub const MAGIC: &[u8] = b"PAR1";
/// Key of the file's metadata that holds the encoder's fingerprint.
pub const FINGERPRINT: &str = "sextant.fingerprint";
/// Names that the column of vectors may have.
const VECTOR: [&str; 2] = ["vector", "embedding"];
/// Names that the column of ids may have.
const ID: [&str; 2] = ["id", "_id"];
const TEXT: &str = "text_sha256";
/// Rows that are decoded at a time.
const BATCH: usize = 1024;
const COLUMNS: &str =
    "a column `vector` (or `embedding`) with a list of floats is needed, and one of ids, `id`";
const COMPRESSED: &str = "write it with snappy, gzip, zstd or no compression";
const DAMAGED: &str = "the file was cut or damaged; copy or write it again";

/// Why reading stopped: at the content, or at the format.
enum Fault {
    Content(Failure),
    Format(ParquetError),
}

impl From<Failure> for Fault {
    fn from(failure: Failure) -> Self {
        Self::Content(failure)
    }
}

impl From<ParquetError> for Fault {
    fn from(error: ParquetError) -> Self {
        Self::Format(error)
    }
}

/// Reads the vectors of a file and the names of their rows.
///
/// # Errors
/// A [`Failure`] with the row, where there is one.
pub fn read(path: &Path, file: &str) -> Result<VectorTable> {
    let opened = File::open(path).with_context(|| file.to_owned())?;
    // The reader is not written for files that lie: what it does not catch is caught here.
    let found = catch_unwind(AssertUnwindSafe(|| columns(opened, file)));
    let damaged = |what: String| Failure::new(format!("{file}: {what}")).hint(DAMAGED);
    match found {
        Ok(Ok(table)) => Ok(table.checked()?),
        Ok(Err(Fault::Content(failure))) => Err(failure.into()),
        Ok(Err(Fault::Format(error))) => Err(damaged(error.to_string()).into()),
        Err(_) => Err(damaged("the Parquet reader failed on it".to_owned()).into()),
    }
}

fn columns(opened: File, file: &str) -> Result<VectorTable, Fault> {
    let reader = SerializedFileReader::new(opened)?;
    let metadata = reader.metadata().file_metadata();
    let schema = metadata.schema_descr();
    let missing = |what: String| Failure::new(format!("{file}: {what}")).hint(COLUMNS);
    let vector = find(schema, &VECTOR).ok_or_else(|| missing(lack(schema, "column of vectors")))?;
    check_list(&schema.column(vector)).map_err(missing)?;
    let (naming, name) = match (find(schema, &[TEXT]), find(schema, &ID)) {
        (Some(text), _) => (Naming::Text, text),
        (None, Some(id)) => (Naming::Id, id),
        (None, None) => return Err(missing(lack(schema, "column of ids")).into()),
    };
    let mut table = VectorTable::new(file, naming);
    let declared = metadata.key_value_metadata().into_iter().flatten();
    table.fingerprint = declared
        .filter(|pair| pair.key == FINGERPRINT)
        .find_map(|pair| pair.value.clone().filter(|value| !value.is_empty()));
    for group in 0..reader.num_row_groups() {
        let group = reader.get_row_group(group)?;
        for column in [vector, name] {
            check_compression(group.metadata().column(column))
                .map_err(|what| Failure::new(format!("{file}: {what}")).hint(COMPRESSED))?;
        }
        read_vectors(group.get_column_reader(vector)?, &schema.column(vector), &mut table)?;
        read_names(group.get_column_reader(name)?, &schema.column(name), &mut table)?;
        let (rows, names) = (table.rows(), table.names.len());
        if rows != names {
            return Err(missing(format!("{rows} vectors and {names} names")).into());
        }
    }
    Ok(table)
}

/// The leaf column below the first of `names` that there is.
fn find(schema: &SchemaDescriptor, names: &[&str]) -> Option<usize> {
    let top = |column: &ColumnDescPtr| column.path().parts().first().cloned();
    names.iter().find_map(|name| {
        schema.columns().iter().position(|column| top(column).as_deref() == Some(*name))
    })
}

/// `no column of ids; the file has text, vector`.
fn lack(schema: &SchemaDescriptor, what: &str) -> String {
    let mut names: Vec<&str> = schema.root_schema().get_fields().iter().map(|f| f.name()).collect();
    names.truncate(20);
    format!("no {what} among its columns {}", names.join(", "))
}

fn check_list(column: &ColumnDescPtr) -> Result<(), String> {
    let name = column.path().string();
    let is_half = column.logical_type_ref() == Some(&LogicalType::Float16);
    match column.physical_type() {
        _ if column.max_rep_level() != 1 => Err(format!("column {name} is no list of floats")),
        Type::FLOAT | Type::DOUBLE => Ok(()),
        Type::FIXED_LEN_BYTE_ARRAY if is_half => Ok(()),
        other => Err(format!("column {name} holds {other}, not floats")),
    }
}

fn check_compression(chunk: &ColumnChunkMetaData) -> Result<(), String> {
    match chunk.compression() {
        Compression::UNCOMPRESSED
        | Compression::SNAPPY
        | Compression::GZIP(_)
        | Compression::ZSTD(_) => Ok(()),
        other => Err(format!(
            "column {} is compressed with {other}, which is not read",
            chunk.column_path().string()
        )),
    }
}

fn read_vectors(
    reader: ColumnReader,
    column: &ColumnDescPtr,
    table: &mut VectorTable,
) -> Result<(), Fault> {
    match reader {
        ColumnReader::FloatColumnReader(reader) => lists(reader, column, table, |v| *v),
        ColumnReader::DoubleColumnReader(reader) => lists(reader, column, table, |v| *v as f32),
        ColumnReader::FixedLenByteArrayColumnReader(reader) => {
            lists(reader, column, table, |v| match v.data() {
                [low, high] => f16::from_le_bytes([*low, *high]).to_f32(),
                _ => f32::NAN,
            })
        }
        _ => Ok(()),
    }
}

/// Puts lists together: a repetition level of 0 begins a row, and a definition level below the highest
/// stands for a number, or a list, that is missing.
fn lists<T: DataType>(
    mut reader: ColumnReaderImpl<T>,
    column: &ColumnDescPtr,
    table: &mut VectorTable,
    number: impl Fn(&T::T) -> f32,
) -> Result<(), Fault> {
    let present = column.max_def_level();
    let mut vector: Vec<f32> = Vec::new();
    loop {
        let (mut defined, mut repeated, mut values) = (Vec::new(), Vec::new(), Vec::new());
        reader.read_records(BATCH, Some(&mut defined), Some(&mut repeated), &mut values)?;
        if repeated.is_empty() {
            return Ok(());
        }
        let mut values = values.iter();
        let mut levels = defined.iter().zip(&repeated).peekable();
        while let Some((defined, _)) = levels.next() {
            let place = Place::Row(table.rows());
            let value = if *defined == present { values.next() } else { None };
            match value {
                Some(value) => vector.push(number(value)),
                None if vector.is_empty() => {
                    return Err(table.fault(place, "no vector").hint(COLUMNS).into());
                }
                None => {
                    let what = format!("number {} of the vector is null", vector.len());
                    return Err(table.fault(place, what).hint("encode this document again").into());
                }
            }
            if levels.peek().is_none_or(|(_, repeated)| **repeated == 0) {
                table.push(place, &vector)?;
                vector.clear();
            }
        }
    }
}

fn read_names(
    reader: ColumnReader,
    column: &ColumnDescPtr,
    table: &mut VectorTable,
) -> Result<(), Fault> {
    let path = column.path().string();
    let text = |name: &[u8]| String::from_utf8(name.to_vec()).ok();
    match reader {
        _ if column.max_rep_level() != 0 => {}
        ColumnReader::ByteArrayColumnReader(reader) => {
            return texts::<ByteArrayType>(reader, column, table, |name| text(name.data()));
        }
        ColumnReader::Int32ColumnReader(reader) => {
            return texts(reader, column, table, |name| Some(name.to_string()));
        }
        ColumnReader::Int64ColumnReader(reader) => {
            return texts(reader, column, table, |name| Some(name.to_string()));
        }
        _ => {}
    }
    let what = format!("column {path} holds {}, not text or integers", column.physical_type());
    Err(Failure::new(format!("{}: {what}", table.file)).hint(COLUMNS).into())
}

fn texts<T: DataType>(
    mut reader: ColumnReaderImpl<T>,
    column: &ColumnDescPtr,
    table: &mut VectorTable,
    text: impl Fn(&T::T) -> Option<String>,
) -> Result<(), Fault> {
    loop {
        let (mut defined, mut values) = (Vec::new(), Vec::new());
        let (records, ..) = reader.read_records(BATCH, Some(&mut defined), None, &mut values)?;
        if records == 0 {
            return Ok(());
        }
        let missing = defined.iter().position(|level| *level != column.max_def_level());
        let named = values.iter().map(&text).position(|name| name.is_none_or(|n| n.is_empty()));
        if let Some(at) = missing.or(named) {
            let place = Place::Row(table.names.len() + at);
            let what = format!("no `{}`", table.naming.field());
            return Err(table.fault(place, what).hint("each row needs a name of its own").into());
        }
        table.names.extend(values.iter().filter_map(&text));
    }
}

#[cfg(test)]
mod tests;
