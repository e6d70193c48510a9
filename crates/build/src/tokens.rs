//! Rows of words as shards: turned as the passages' codes are, the frequent words in one shard, the others in
//! blocks that questions fetch by their words.

use crate::error::BuildError;
use crate::rows::WordRows;
use crate::store::Store;
use sextant_core::manifest::{ShardEntry, TokensBlockEntry, TokensEntry};
use sextant_index::tokens::{WordRow, write};
use sextant_index::vectors::{Basis, Bits, unit_vector};
use std::cmp::Reverse;

/// Bits of a value: two would lose more than the bytes are worth (`docs/decisions.md`).
const BITS: Bits = Bits::Four;
/// Words of the core shard: those that most passages have, which are most of any question.
const CORE_WORDS: usize = 256;
/// Bytes of a block of rows, before the frame, at least.
const BLOCK_BYTES: usize = 4 * 1024;

/// Stores `rows` for questions to codes of the first `dimensions` axes of `basis`, or of the encoder's own axes,
/// in `files` blocks at most, beside the core.
pub(crate) fn store(
    rows: &WordRows,
    basis: Option<&Basis>,
    dimensions: usize,
    files: usize,
    store: &mut Store<'_>,
) -> Result<TokensEntry, BuildError> {
    let (mut turned, stretch) = turned(rows, basis, dimensions);
    let mut order: Vec<usize> = (0..turned.len()).collect();
    order.sort_by_key(|at| Reverse(rows.counts.get(*at).copied().unwrap_or(0)));
    let mut in_core = vec![false; turned.len()];
    for at in order.into_iter().take(CORE_WORDS) {
        if let Some(place) = in_core.get_mut(at) {
            *place = true;
        }
    }
    let mut chosen = in_core.into_iter();
    let (core, others): (Vec<WordRow>, Vec<WordRow>) =
        turned.drain(..).partition(|_| chosen.next().unwrap_or(false));
    let shard = |rows: &[WordRow], store: &mut Store<'_>| {
        store.shard("tokens", &write(rows, dimensions, BITS, stretch))
    };
    let core = shard(&core, store)?;
    let row_bytes = (dimensions * BITS.count()).div_ceil(8) + 10;
    let block = (BLOCK_BYTES / row_bytes).max(others.len().div_ceil(files.max(1))).max(1);
    let mut blocks = vec![];
    for rows in others.chunks(block) {
        let ShardEntry { file, bytes } = shard(rows, store)?;
        let first = rows.first().map(|row| row.word.clone()).unwrap_or_default();
        blocks.push(TokensBlockEntry { first, file, bytes });
    }
    Ok(TokensEntry { core, blocks })
}

/// The rows along the axes, and how much longer vectors are than what these keep of them.
fn turned(rows: &WordRows, basis: Option<&Basis>, dimensions: usize) -> (Vec<WordRow>, f32) {
    let inputs = basis.map_or(dimensions, Basis::inputs);
    let (mut whole, mut kept) = (0.0f64, 0.0f64);
    let mut all = Vec::with_capacity(rows.words.len());
    for (word, row) in rows.words.iter().zip(rows.rows.chunks_exact(rows.dimensions.max(1))) {
        // A Matryoshka prefix is all that was coded.
        let row = row.get(..inputs).unwrap_or(row);
        let mut values = basis.map_or_else(|| row.to_vec(), |basis| basis.turned(row));
        values.truncate(dimensions);
        whole += length(row);
        kept += length(&values);
        let offset = basis.map_or(0.0, |basis| basis.offset(row));
        // A row without a direction says nothing of its word.
        if unit_vector(row, 0).is_ok() {
            all.push(WordRow { word: word.clone(), values, offset });
        }
    }
    let stretch = if kept > 0.0 { (whole / kept).max(1.0) as f32 } else { 1.0 };
    (all, stretch)
}

fn length(values: &[f32]) -> f64 {
    values.iter().map(|v| f64::from(*v) * f64::from(*v)).sum::<f64>().sqrt()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sink::MemorySink;
    use flate2::read::GzDecoder;
    use sextant_index::tokens::{Rows, Sum};
    use sextant_index::vectors::basis::{Seeded, Turn};
    use std::io::Read;

    fn rows(words: usize, dimensions: usize) -> WordRows {
        let value = |n: usize| (n as f32 * 0.731).sin();
        WordRows {
            words: (0..words).map(|n| format!("word{n:05}")).collect(),
            rows: (0..words * dimensions).map(value).collect(),
            counts: (0..words as u32).collect(),
            dimensions,
            adapted: None,
        }
    }

    /// The shard that `file` holds, compressed or not.
    fn open(sink: &MemorySink, file: &str, dimensions: u32) -> Rows {
        let stored = &sink.files[file];
        let mut bytes = vec![];
        match stored.starts_with(&[0x1f, 0x8b]) {
            true => drop(GzDecoder::new(&stored[..]).read_to_end(&mut bytes).unwrap()),
            false => bytes.clone_from(stored),
        }
        Rows::open(bytes, file, dimensions).unwrap()
    }

    #[test]
    fn every_word_is_in_the_core_or_in_the_block_that_begins_before_it() {
        let (rows, mut sink) = (rows(700, 64), MemorySink::default());
        let basis = Basis::new(&[0.01; 64], Turn::Seeded(Seeded::new(64, 1)));
        let entry = store(&rows, Some(&basis), 64, 100, &mut Store::new(&mut sink)).unwrap();
        let open = |file: &String| open(&sink, file, 64);
        let core = open(&entry.core.file);
        assert_eq!(core.words().len(), CORE_WORDS);
        // The most frequent come last in the list.
        assert!(core.has("word00699") && !core.has("word00000"));
        assert!(entry.blocks.len() > 1);
        for (word, row) in rows.words.iter().zip(rows.rows.chunks(64)) {
            let at = entry.blocks.partition_point(|block| block.first <= *word);
            let block = at.checked_sub(1).map(|at| open(&entry.blocks[at].file));
            let there = if core.has(word) { &core } else { block.as_ref().unwrap() };
            let mut sum = Sum::new(64);
            assert!(sum.add(there, word), "{word}");
            let (found, exact) = (sum.finish().unwrap(), basis.turned(row));
            let cosine: f64 = found.vector.iter().zip(&exact).map(|(a, b)| f64::from(a * b)).sum();
            assert!(cosine / length(&exact) > 0.97, "{word}");
        }
    }

    #[test]
    fn without_a_basis_rows_are_as_they_are() {
        let (rows, mut sink) = (rows(3, 8), MemorySink::default());
        let entry = store(&rows, None, 8, 100, &mut Store::new(&mut sink)).unwrap();
        assert!(entry.blocks.is_empty());
        let core = open(&sink, &entry.core.file, 8);
        assert!(core.words().eq(["word00000", "word00001", "word00002"]));
    }
}
