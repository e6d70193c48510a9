//! Files as pyarrow, Polars and DuckDB write them (`tests/vectors/make.py`), and our own.

use super::*;
use crate::vector_files::{Exported, ParquetWriter, PassageWriter};
use std::path::PathBuf;

fn fixture(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/vectors").join(name)
}

fn of(bytes: &[u8]) -> Result<VectorTable> {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("v.parquet");
    std::fs::write(&path, bytes).unwrap();
    read(&path, "v.parquet")
}

#[test]
fn what_others_write_is_read() {
    for (name, ids) in [
        ("pyarrow-snappy", ["a", "b", "c"]),
        ("pyarrow-zstd-v2", ["a", "b", "c"]),
        ("pyarrow-fixed-doubles", ["a", "b", "c"]),
        ("pyarrow-halves", ["a", "b", "c"]),
        ("pyarrow-gzip", ["a", "b", "c"]),
        ("pyarrow-integer-ids", ["7", "8", "9"]),
        ("polars", ["a", "b", "c"]),
        ("duckdb", ["a", "b", "c"]),
    ] {
        let table = read(&fixture(&format!("{name}.parquet")), name).unwrap();
        assert_eq!(table.names, ids, "{name}");
        assert_eq!(table.vector(0), Some(&[0.5, -0.25, 1.0, 0.125][..]), "{name}");
        assert_eq!(table.vector(1), Some(&[1.0, 2.0, 3.0, 4.0][..]), "{name}");
        assert_eq!(table.vector(2), Some(&[-1.0, 0.0, 0.0, 0.5][..]), "{name}");
        let declared = (name == "pyarrow-zstd-v2").then_some("f0");
        assert_eq!(table.fingerprint.as_deref(), declared, "{name}");
    }
}

#[test]
fn what_is_wrong_with_a_file_is_said() {
    for (name, words) in [
        ("null-number", &["row 1", "number 1", "null"][..]),
        ("null-list", &["row 1", "no vector"]),
        ("empty-list", &["row 2", "no vector"]),
        ("null-id", &["row 1", "no `id`"]),
        ("shorter", &["row 1", "3 numbers", "has 4"]),
        ("nan", &["row 2", "number 2", "NaN"]),
        ("twice", &["row 2", "\"a\"", "row 0"]),
        ("integers", &["INT32"]),
        ("no-list", &["no list of floats"]),
        ("no-ids", &["no column of ids", "name, vector"]),
        ("no-vectors", &["no column of vectors", "id, values"]),
        ("empty", &["no vectors"]),
        ("lz4", &["LZ4_RAW", "vector.list.element"]),
    ] {
        let file = format!("bad-{name}.parquet");
        let error = read(&fixture(&file), &file).unwrap_err();
        let said = format!("{error:#}");
        assert!(said.starts_with(&file), "{said}");
        for word in words {
            assert!(said.contains(word), "{word}: {said}");
        }
    }
}

fn passage(number: usize) -> Exported {
    let vector = (0..5).map(|at| (number * 7 + at) as f32 - 3.5).collect();
    Exported {
        id: format!("/p:{number}"),
        url: "/p".to_owned(),
        title: "Tides".to_owned(),
        language: String::new(),
        trail: (0..number % 3).map(|level| format!("Heading {level}")).collect(),
        anchor: number.is_multiple_of(2).then(|| "sea".to_owned()),
        text: format!("Text of {number}."),
        text_sha256: format!("{number:064}"),
        meta: [("tags".to_owned(), vec!["a".to_owned()])].into(),
        fingerprint: "f".to_owned(),
        vector,
    }
}

fn written(rows: usize) -> Vec<u8> {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("v.parquet");
    let mut writer = Box::new(ParquetWriter::new(&path, ("all-MiniLM", "f")).unwrap());
    (0..rows).for_each(|number| writer.add(passage(number)).unwrap());
    writer.finish().unwrap();
    std::fs::read(&path).unwrap()
}

#[test]
fn what_is_written_is_read_in_any_number_of_row_groups() {
    for rows in [1, 8191, 8192, 20_000] {
        let table = of(&written(rows)).unwrap();
        assert_eq!((table.rows(), table.naming), (rows, Naming::Text));
        assert_eq!(table.fingerprint.as_deref(), Some("f"));
        for row in [0, rows / 2, rows - 1] {
            assert_eq!(table.names[row], format!("{row:064}"));
            assert_eq!(table.vector(row), Some(&passage(row).vector[..]));
        }
    }
    assert_eq!(written(100), written(100), "the same bytes");
}

#[test]
fn every_cut_is_an_error_and_no_flipped_byte_ends_the_program() {
    let whole = written(1);
    for length in 0..whole.len() {
        let error = of(&whole[..length]).unwrap_err().to_string();
        assert!(error.starts_with("v.parquet: "), "{error}");
    }
    for at in 0..whole.len() {
        let mut damaged = whole.clone();
        damaged[at] ^= 0x41;
        let _ = of(&damaged);
    }
}
