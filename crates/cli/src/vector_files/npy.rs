//! Vectors as NumPy saves an array: `.npy`, with the names of its rows in a file beside it.
//!
//! Which numbers are read: little-endian halves, floats and doubles, rows together.

mod header;

pub use header::MAGIC;

use super::table::{Naming, Place, VectorTable};
use super::{Exported, PassageWriter, jsonl};
use crate::failure::Failure;
use crate::partial_file::PartialFile;
use anyhow::{Context, Result};
use half::f16;
use header::Header;
use sextant_index::vectors::MAX_DIMENSIONS;
use std::fs::{self, File};
use std::io::{BufReader, Read, Write};
use std::path::{Path, PathBuf};

/// Records with the names of the rows: put behind the name of the array's file.
const RECORDS: &str = ".ids.jsonl";
/// A name a line.
const IDS: &str = ".ids.txt";
const REMEDY: &str = "numpy.save(FILE, numpy.ascontiguousarray(vectors, dtype='<f4')) writes one";

/// How a number is stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Number {
    F2,
    F4,
    F8,
}

impl Number {
    fn of(descr: &str) -> Option<Self> {
        match descr {
            "<f2" => Some(Self::F2),
            "<f4" => Some(Self::F4),
            "<f8" => Some(Self::F8),
            _ => None,
        }
    }

    fn size(self) -> usize {
        match self {
            Self::F2 => 2,
            Self::F4 => 4,
            Self::F8 => 8,
        }
    }

    fn decode(self, bytes: &[u8], out: &mut Vec<f32>) {
        match self {
            Self::F2 => {
                out.extend(bytes.as_chunks().0.iter().map(|b| f16::from_le_bytes(*b).to_f32()));
            }
            Self::F4 => out.extend(bytes.as_chunks().0.iter().map(|b| f32::from_le_bytes(*b))),
            Self::F8 => {
                out.extend(bytes.as_chunks().0.iter().map(|b| f64::from_le_bytes(*b) as f32));
            }
        }
    }
}

/// Reads an array of a row a vector, and the names beside it: `FILE.ids.jsonl` (objects with `id` or
/// `text_sha256`), else `FILE.ids.txt` (an id a line), else rows go by order.
///
/// # Errors
/// A [`Failure`] with the row, where there is one.
pub fn read(path: &Path, file: &str) -> Result<VectorTable> {
    let mut reader = BufReader::new(File::open(path).with_context(|| file.to_owned())?);
    let fault = |what: String| Failure::new(format!("{file}: {what}")).hint(REMEDY);
    let Header { descr, fortran, shape } = Header::read(&mut reader).map_err(fault)?;
    let number = Number::of(&descr)
        .ok_or_else(|| fault(format!("numbers of type {descr:?}; <f2, <f4 and <f8 are read")))?;
    if fortran {
        return Err(fault("columns lie together (fortran_order)".to_owned()).into());
    }
    let [rows, width] = shape[..] else {
        let what = format!("an array of {} dimensions; a row a vector is expected", shape.len());
        return Err(fault(what).into());
    };
    let row_bytes = usize::try_from(width)
        .ok()
        .filter(|width| (1..=MAX_DIMENSIONS as usize).contains(width))
        .map(|width| width * number.size());
    let Some(row_bytes) = row_bytes else {
        return Err(fault(format!(
            "vectors of {width} numbers, 1 to {MAX_DIMENSIONS} are possible"
        ))
        .into());
    };
    let mut table = VectorTable::new(file, Naming::Order);
    let mut bytes = vec![0; row_bytes];
    let mut vector = Vec::new();
    for row in 0..rows {
        let place = Place::Row(row as usize);
        reader.read_exact(&mut bytes).map_err(|error| {
            table
                .fault(place, format!("the file ends before it ({rows} rows announced): {error}"))
                .hint("the file was cut; copy or save it again")
        })?;
        vector.clear();
        number.decode(&bytes, &mut vector);
        table.push(place, &vector)?;
    }
    if reader.read(&mut [0]).with_context(|| file.to_owned())? != 0 {
        return Err(fault(format!("goes on after the {rows} rows that it announces")).into());
    }
    names(path, &mut table)?;
    Ok(table.checked()?)
}

/// Takes the names from the file beside, if there is one.
fn names(path: &Path, table: &mut VectorTable) -> Result<()> {
    let (records, ids) = (beside(path, RECORDS), beside(path, IDS));
    let file = if records.exists() {
        jsonl::read_names(&records, table)?;
        records
    } else if ids.exists() {
        let fault = || ids.display().to_string();
        let text = fs::read_to_string(&ids).with_context(fault)?;
        let lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
        table.names = lines.map(ToOwned::to_owned).collect();
        table.naming = Naming::Id;
        ids
    } else {
        return Ok(());
    };
    if table.names.len() != table.rows() {
        let (names, rows) = (table.names.len(), table.rows());
        let what = format!("{}: {names} names, {} has {rows} rows", file.display(), table.file);
        return Err(Failure::new(what)
            .hint("one line a row, in the order of the rows; remove the file if rows go by the order of documents")
            .into());
    }
    Ok(())
}

/// The file beside `path`.
fn beside(path: &Path, extension: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(extension);
    PathBuf::from(name)
}

/// Writes vectors as a `<f4` array, and everything else of the passages into `FILE.ids.jsonl`.
pub struct NpyWriter {
    array: PartialFile,
    records: PartialFile,
    width: usize,
    left: u64,
}

impl NpyWriter {
    /// `rows` vectors of `width` numbers will come.
    ///
    /// # Errors
    /// When the files cannot be made.
    pub fn new(path: &Path, rows: u64, width: usize) -> Result<Self> {
        let mut array = PartialFile::new(path)?;
        array.write_all(&header::of_floats(rows, width))?;
        let records = PartialFile::new(&beside(path, RECORDS))?;
        Ok(Self { array, records, width, left: rows })
    }
}

impl PassageWriter for NpyWriter {
    fn add(&mut self, mut passage: Exported) -> Result<()> {
        let vector = std::mem::take(&mut passage.vector);
        if vector.len() != self.width || self.left == 0 {
            anyhow::bail!("a vector of {} numbers, {} announced", vector.len(), self.width);
        }
        self.left -= 1;
        let bytes: Vec<u8> = vector.iter().flat_map(|value| value.to_le_bytes()).collect();
        self.array.write_all(&bytes)?;
        serde_json::to_writer(&mut self.records, &passage)?;
        Ok(self.records.write_all(b"\n")?)
    }

    fn finish(self: Box<Self>) -> Result<()> {
        if self.left != 0 {
            anyhow::bail!("{} of the announced vectors did not come", self.left);
        }
        self.records.finish()?;
        self.array.finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(bytes: &[u8], beside: &[(&str, &str)]) -> Result<VectorTable> {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("v.npy");
        fs::write(&path, bytes).unwrap();
        for (extension, text) in beside {
            fs::write(super::beside(&path, extension), text).unwrap();
        }
        read(&path, "v.npy")
    }

    fn array(descr: &str, shape: &str, numbers: &[u8]) -> Vec<u8> {
        let text = format!("{{'descr': '{descr}', 'fortran_order': False, 'shape': {shape}, }}\n");
        let mut bytes = [MAGIC, &[2, 0]].concat();
        bytes.extend_from_slice(&(text.len() as u32).to_le_bytes());
        bytes.extend_from_slice(text.as_bytes());
        bytes.extend_from_slice(numbers);
        bytes
    }

    fn f4(numbers: &[f32]) -> Vec<u8> {
        numbers.iter().flat_map(|number| number.to_le_bytes()).collect()
    }

    #[test]
    fn three_sorts_of_floats_are_read_and_names_stand_beside() {
        let halves = [f16::from_f32(1.5), f16::from_f32(-2.0)];
        let halves: Vec<u8> = halves.iter().flat_map(|half| half.to_le_bytes()).collect();
        let doubles: Vec<u8> = [1.5f64, -2.0].iter().flat_map(|n| n.to_le_bytes()).collect();
        for (descr, numbers) in [("<f2", halves), ("<f4", f4(&[1.5, -2.0])), ("<f8", doubles)] {
            let table = of(&array(descr, "(1, 2)", &numbers), &[]).unwrap();
            assert_eq!(table.vector(0), Some(&[1.5, -2.0][..]), "{descr}");
            assert_eq!(table.naming, Naming::Order);
        }
        let two = array("<f4", "(2, 1)", &f4(&[1.0, 2.0]));
        assert_eq!(of(&two, &[(IDS, "a\n b \n")]).unwrap().names, ["a", "b"]);
        let records = "{\"id\": \"x\", \"text_sha256\": \"s\", \"fingerprint\": \"f\"}\n{\"text_sha256\": \"t\"}\n";
        let table = of(&two, &[(IDS, "a"), (RECORDS, records)]).unwrap();
        assert_eq!((table.naming, table.fingerprint.as_deref()), (Naming::Text, Some("f")));
        assert_eq!(table.names, ["s", "t"]);
        let error = of(&two, &[(IDS, "a\n")]).unwrap_err().to_string();
        assert!(error.contains("1 names") && error.contains("2 rows"), "{error}");
        let error = of(&two, &[(IDS, "a\na\n")]).unwrap_err().to_string();
        assert!(error.contains("row 1"), "{error}");
    }

    #[test]
    fn what_is_no_array_of_vectors_is_refused_and_says_why() {
        let good = f4(&[1.0, 2.0]);
        for (bytes, word) in [
            (array("<i4", "(1, 2)", &good), "<i4"),
            (array(">f4", "(1, 2)", &good), ">f4"),
            (array("<f4", "(2,)", &good), "1 dimensions"),
            (array("<f4", "(1, 1, 2)", &good), "3 dimensions"),
            (array("<f4", "(1, 0)", &[]), "0 numbers"),
            (array("<f4", "(1, 99999999999)", &good), "99999999999"),
            (array("<f4", "(0, 2)", &[]), "no vectors"),
            (array("<f4", "(2, 2)", &good), "row 1"),
            (array("<f4", "(99999999999999, 2)", &good), "row 1"),
            (array("<f4", "(1, 1)", &good), "goes on"),
            (array("<f4", "(1, 2)", &f4(&[1.0, f32::NAN])), "NaN"),
            (array("<f4", "(1, two)", &good), "header"),
            ([MAGIC, &[9, 0, 1, 1]].concat(), "version"),
            ([MAGIC, &[2, 0, 255, 255, 255, 255]].concat(), "too long"),
        ] {
            let error = of(&bytes, &[]).unwrap_err().to_string();
            assert!(error.starts_with("v.npy: ") && error.contains(word), "{word}: {error}");
        }
        let mut columns = array("<f4", "(1, 2)", &good);
        let at = columns.windows(5).position(|bytes| bytes == b"False").unwrap();
        columns[at..at + 5].copy_from_slice(b"True ");
        assert!(of(&columns, &[]).unwrap_err().to_string().contains("fortran_order"));
    }

    #[test]
    fn every_cut_is_an_error() {
        let whole = array("<f4", "(2, 2)", &f4(&[1.0, 2.0, 3.0, 4.0]));
        assert!(of(&whole, &[]).is_ok());
        for length in 8..whole.len() {
            assert!(of(&whole[..length], &[]).is_err(), "{length}");
        }
    }
}
