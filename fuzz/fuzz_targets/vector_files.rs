//! Files for `build --vectors` that are no Parquet: arrays with any names beside them, and JSON Lines.
//!
//! Input: which of them; for an array the version of its format, what follows its magic, and what stands beside it.

#![no_main]

#[allow(dead_code)]
#[path = "../../crates/cli/src/failure.rs"]
mod failure;
#[allow(dead_code)]
#[path = "../../crates/cli/src/partial_file.rs"]
mod partial_file;
#[allow(dead_code)]
#[path = "../../crates/cli/src/term.rs"]
mod term;
#[allow(dead_code, unused_imports)]
#[path = "../../crates/cli/src/vector_files/mod.rs"]
mod vector_files;

use libfuzzer_sys::fuzz_target;
use std::fs;
use std::path::PathBuf;
use std::sync::LazyLock;
use vector_files::{npy, read};

/// The file that is read, and the two that may stand beside an array.
static FILES: LazyLock<[PathBuf; 3]> = LazyLock::new(|| {
    let directory = tempfile::tempdir().expect("a temporary directory can be made").keep();
    ["v", "v.ids.jsonl", "v.ids.txt"].map(|name| directory.join(name))
});

/// A header of NumPy's for so many rows of so many numbers, the first of which are in `rest`.
fn array(rows: u8, width: u8, number: u8, rest: &[u8]) -> Vec<u8> {
    let descr = ["<f2", "<f4", "<f8"][usize::from(number % 3)];
    let text =
        format!("{{'descr': '{descr}', 'fortran_order': False, 'shape': ({rows}, {width}), }}\n");
    let mut bytes = [npy::MAGIC, &[1, 0]].concat();
    bytes.extend_from_slice(&(text.len() as u16).to_le_bytes());
    bytes.extend_from_slice(text.as_bytes());
    bytes.extend_from_slice(rest);
    bytes
}

fuzz_target!(|input: (u8, [u8; 3], Vec<u8>, Option<String>, Option<String>)| {
    let (which, [rows, width, number], body, records, ids) = input;
    let [file, beside @ ..] = &*FILES;
    let bytes = match which % 3 {
        0 => array(rows, width, number, &body),
        1 => [npy::MAGIC, &body].concat(),
        _ => body,
    };
    fs::write(file, bytes).expect("it can be written");
    for (path, text) in beside.iter().zip([records, ids]) {
        match text {
            Some(text) => fs::write(path, text).expect("it can be written"),
            None => drop(fs::remove_file(path)),
        }
    }
    let Ok(table) = read(file) else { return };
    assert!(table.rows() > 0 && (1..=8192).contains(&table.dimensions));
    assert!(table.names.is_empty() || table.names.len() == table.rows());
    for row in 0..table.rows() {
        let vector = table.vector(row).expect("there is a vector for each row");
        assert!(vector.len() == table.dimensions && vector.iter().all(|value| value.is_finite()));
    }
});
