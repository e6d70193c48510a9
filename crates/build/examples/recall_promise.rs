//! How much of what a build promises do questions get that it did not see?
//!
//! ```sh
//! cargo run --release -p sextant-build --example recall_promise -- PASSAGES QUESTIONS
//! ```
//!
//! Both files: f32, little endian, row by row, 384 dimensions. Every so many-th passage is held out and asked as well. Builds
//! with the default options out of the others, and with each way to search. Right are the exact ten by float32. Prints a JSON
//! object a line: `search`, `plan`, `promised`, `held_out`, `questions` (recall@10 of rescored searches).

use sextant_build::{Search, VectorIndex, VectorOptions};
use sextant_index::vectors::{Best, exact};

/// The dimensions of the encoder that ships.
const WIDTH: usize = 384;
/// Passages that are held out.
const HELD_OUT: usize = 300;
/// The neighbours that recall is about.
const NEIGHBOURS: usize = 10;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut files = std::env::args().skip(1);
    let mut vectors = || -> Result<Vec<f32>, Box<dyn std::error::Error>> {
        let file = files.next().ok_or("usage: recall_promise PASSAGES QUESTIONS")?;
        let bytes = std::fs::read(&file)?;
        Ok(bytes.as_chunks().0.iter().map(|value| f32::from_le_bytes(*value)).collect())
    };
    let (passages, questions) = (vectors()?, vectors()?);
    let step = (passages.len() / WIDTH / HELD_OUT).max(2);
    let (mut rows, mut held_out) = (vec![], vec![]);
    for (at, row) in passages.chunks_exact(WIDTH).enumerate() {
        if at % step == step / 2 { &mut held_out } else { &mut rows }.extend_from_slice(row);
    }
    for search in [Search::Scan, Search::Clusters] {
        let options = VectorOptions { search: Some(search), ..VectorOptions::default() };
        let index = VectorIndex::build(rows.clone(), WIDTH, &[], &options)?;
        let line = serde_json::json!({
            "search": search.name(),
            "plan": index.report().plan,
            "passages": rows.len() / WIDTH,
            "promised": options.recall,
            "held_out": recall(&index, &rows, &held_out)?,
            "questions": recall(&index, &rows, &questions)?,
        });
        println!("{line}");
    }
    Ok(())
}

/// The share of the exact neighbours of `queries` that `index`, which has `rows`, finds with rescoring.
fn recall(
    index: &VectorIndex,
    rows: &[f32],
    queries: &[f32],
) -> Result<f64, Box<dyn std::error::Error>> {
    let mut scores = vec![0.0; rows.len() / WIDTH];
    let (mut found, mut all) = (0usize, 0usize);
    for query in queries.chunks_exact(WIDTH) {
        exact(query, rows, &mut scores)?;
        let mut best = Best::new(NEIGHBOURS);
        (0u32..).zip(&scores).for_each(|(row, score)| best.push(row, *score));
        let nearest: Vec<u32> = best.finish().iter().map(|hit| hit.row).collect();
        let hits = index.nearest(query, NEIGHBOURS, true)?;
        found += hits.iter().filter(|hit| nearest.contains(&hit.row)).count();
        all += nearest.len();
    }
    Ok(found as f64 / all.max(1) as f64)
}
