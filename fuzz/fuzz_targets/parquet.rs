//! Parquet files for `build --vectors`: those that other programs wrote, changed where the input says, since chance alone never
//! gets past their footer; and any bytes.
//!
//! Input: which file, then triples of a place (u16, little endian, modulo the length) and what is added there.

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
use vector_files::{parquet, read};

const SOUND: [&[u8]; 8] = [
    include_bytes!("../../crates/cli/tests/vectors/pyarrow-snappy.parquet"),
    include_bytes!("../../crates/cli/tests/vectors/pyarrow-zstd-v2.parquet"),
    include_bytes!("../../crates/cli/tests/vectors/pyarrow-fixed-doubles.parquet"),
    include_bytes!("../../crates/cli/tests/vectors/pyarrow-halves.parquet"),
    include_bytes!("../../crates/cli/tests/vectors/pyarrow-gzip.parquet"),
    include_bytes!("../../crates/cli/tests/vectors/pyarrow-integer-ids.parquet"),
    include_bytes!("../../crates/cli/tests/vectors/polars.parquet"),
    include_bytes!("../../crates/cli/tests/vectors/duckdb.parquet"),
];

static FILE: LazyLock<PathBuf> = LazyLock::new(|| {
    tempfile::tempdir().expect("a temporary directory can be made").keep().join("v.parquet")
});

// The reader of the format panics on some files that lie, which ours catches: only what is not caught ends a run.
fuzz_target!(init: std::panic::set_hook(Box::new(|_| {})), |input: &[u8]| {
    let Some((which, edits)) = input.split_first() else { return };
    let bytes = match SOUND.get(usize::from(*which)) {
        Some(sound) => {
            let mut bytes = sound.to_vec();
            for [low, high, change] in edits.as_chunks().0 {
                let at = usize::from(u16::from_le_bytes([*low, *high])) % bytes.len();
                bytes[at] = bytes[at].wrapping_add(*change);
            }
            bytes
        }
        None => [parquet::MAGIC, edits].concat(),
    };
    fs::write(&*FILE, bytes).expect("it can be written");
    let Ok(table) = read(&FILE) else { return };
    assert_eq!(table.names.len(), table.rows());
    for row in 0..table.rows() {
        let vector = table.vector(row).expect("there is a vector for each row");
        assert!(vector.len() == table.dimensions && vector.iter().all(|value| value.is_finite()));
    }
});
