//! Builds the index of a plan natively and writes it as one file, for `npm run bench -- scan`: plans whose
//! building is native alone, and collections that are too large to be built in a page.
//!
//! ```sh
//! cargo run --release -p sextant-build --features graph,bench --example scan_index -- PLAN DIMENSIONS ROWS VECTORS OUT
//! ```
//!
//! `VECTORS`: f32, little endian, row by row, of which the first `ROWS` count. `PLAN`: as the bench names it. Prints a JSON
//! object: `build_s`, seconds that building took on one core.

use sextant_build::{VectorIndex, VectorOptions};
use std::error::Error;
use std::fs::File;
use std::io::Read;
use std::time::Instant;

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [plan, dimensions, rows, vectors, out] = arguments.as_slice() else {
        return Err("usage: scan_index PLAN DIMENSIONS ROWS VECTORS OUT".into());
    };
    let (dimensions, rows): (usize, usize) = (dimensions.parse()?, rows.parse()?);
    let options = VectorOptions::of_plan(plan)?;
    let mut read = File::open(vectors)?;
    let mut values = Vec::with_capacity(rows * dimensions);
    let mut row = vec![0; dimensions * size_of::<f32>()];
    for _ in 0..rows {
        read.read_exact(&mut row)?;
        values.extend(row.as_chunks().0.iter().map(|value| f32::from_le_bytes(*value)));
    }
    let start = Instant::now();
    let index = VectorIndex::build(values, dimensions, &[], &options)?;
    let seconds = start.elapsed().as_secs_f64();
    std::fs::write(out, index.packed()?)?;
    println!("{{\"build_s\":{seconds:.3}}}");
    Ok(())
}
