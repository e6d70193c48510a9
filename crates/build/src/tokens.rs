//! Rows of words as shards: turned as the passages' codes are, in blocks that questions fetch by their words. Frequent words are in
//! smaller blocks than rare ones.

use crate::error::BuildError;
use crate::files;
use crate::rows::WordRows;
use crate::store::Store;
use sextant_core::head;
use sextant_core::manifest::{ShardEntry, TokensBlockEntry, TokensEntry};
use sextant_index::tokens::{WordRow, write};
use sextant_index::vectors::{Basis, Bits, unit_vector};
use std::cmp::Reverse;

/// Bits of a value: two would lose more than the bytes are worth (`docs/decisions.md`).
const BITS: Bits = Bits::Four;
/// Words at most that count as frequent: by their rank among a site's words, of the words of sixty questions about three
/// sites 96 % are among these.
const OFTEN_WORDS: usize = 8192;
/// Frequent words that a question has.
const OFTEN_ASKED: f64 = 7.0;
/// Rare words that a question has.
const RARE_ASKED: f64 = 0.3;
/// Bytes of a row beside its values: its word, its length.
const WORD_BYTES: usize = 10;
/// Bytes that the head takes to name a block: its first word and its length.
const NAMED: f64 = 5.0;
/// Rows of a block at least: the frame around them costs as much as a quarter of one.
const LEAST_ROWS: usize = 6;

/// Stores `rows` for questions to codes of the first `dimensions` axes of `basis`, or of the encoder's own axes,
/// in `files` files at most.
pub(crate) fn store(
    rows: &WordRows,
    basis: Option<&Basis>,
    dimensions: usize,
    files: usize,
    store: &mut Store<'_>,
) -> Result<TokensEntry, BuildError> {
    let (turned, stretch) = turned(rows, basis, dimensions);
    let [often, rare] = bands(turned);
    let frame = |rows: &[WordRow]| write(rows, dimensions, BITS, stretch);
    let row_bytes = (dimensions * BITS.count()).div_ceil(8) + WORD_BYTES;
    let mut blocks = |rows: &[WordRow], asked: f64, files: usize| {
        let block = rows.len() / files::shards(rows.len() * row_bytes, asked, NAMED).max(1);
        let blocks: Vec<&[WordRow]> = rows.chunks(block.max(LEAST_ROWS)).collect();
        let places = store.shards("tokens", blocks.iter().map(|rows| frame(rows)), files)?;
        let mut last: Option<&str> = None;
        let entries = places.into_iter().zip(blocks).map(|(ShardEntry { file, bytes }, rows)| {
            let word = rows.first().map_or("", |row| &row.word);
            let first = last.map_or(word, |last| head::separator(last, word)).to_owned();
            last = rows.last().map(|row| &*row.word);
            TokensBlockEntry { first, file, bytes }
        });
        Ok::<Vec<_>, BuildError>(entries.collect())
    };
    // Files in these proportions make what a question fetches least where parts of files are not served.
    let weight = |rows: &[WordRow], asked: f64| (asked * rows.len() as f64).sqrt();
    let (of_often, of_rare) = (weight(&often, OFTEN_ASKED), weight(&rare, RARE_ASKED));
    let for_often = (files as f64 * of_often / (of_often + of_rare).max(1.0)) as usize;
    let often = blocks(&often, OFTEN_ASKED, for_often)?;
    let rare = blocks(&rare, RARE_ASKED, files - for_often)?;
    Ok(TokensEntry { often, rare })
}

/// The rows of frequent words and of rare ones, each ascending. `turned`: with the passages that have the word; what no passage has
/// is rare.
fn bands(turned: Vec<(u32, WordRow)>) -> [Vec<WordRow>; 2] {
    let mut order: Vec<usize> = (0..turned.len()).collect();
    order.sort_by_key(|at| Reverse(turned.get(*at).map(|(count, _)| *count)));
    let mut ranks = vec![0; turned.len()];
    for (rank, at) in order.into_iter().enumerate() {
        if let Some(place) = ranks.get_mut(at) {
            *place = rank;
        }
    }
    let mut bands = [vec![], vec![]];
    for ((count, row), rank) in turned.into_iter().zip(ranks) {
        let [often, rare] = &mut bands;
        if rank < OFTEN_WORDS && count > 0 { often.push(row) } else { rare.push(row) }
    }
    bands
}

/// The rows along the axes, each with the passages that have its word, and how much longer questions are than what these
/// keep of them. Not of single rows: what words have in common with the site's passages adds up in a sum, the rest does not.
fn turned<'r>(
    rows: &'r WordRows,
    basis: Option<&Basis>,
    dimensions: usize,
) -> (Vec<(u32, WordRow)>, f32) {
    let inputs = basis.map_or(dimensions, Basis::inputs);
    // A Matryoshka prefix is all that was coded.
    let head = |row: &'r [f32]| row.get(..inputs).unwrap_or(row);
    let along = |row: &[f32]| {
        let mut values = basis.map_or_else(|| row.to_vec(), |basis| basis.turned(row));
        values.truncate(dimensions);
        values
    };
    let samples = rows.samples.chunks_exact(rows.dimensions.max(1));
    let lengths = samples.map(head).map(|sum| (length(sum), length(&along(sum))));
    let (whole, kept) = lengths.fold((0.0, 0.0), |sums, of| (sums.0 + of.0, sums.1 + of.1));
    let stretch = if kept > 0.0 { (whole / kept).max(1.0) as f32 } else { 1.0 };
    let mut all = Vec::with_capacity(rows.words.len());
    let words = rows.words.iter().zip(&rows.counts);
    for ((word, count), row) in words.zip(rows.rows.chunks_exact(rows.dimensions.max(1))) {
        let (row, values) = (head(row), along(head(row)));
        let offset = basis.map_or(0.0, |basis| basis.offset(row));
        // A row without a direction says nothing of its word.
        if unit_vector(row, 0).is_ok() {
            all.push((*count, WordRow { word: word.clone(), values, offset }));
        }
    }
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
            samples: Vec::new(),
            adapted: None,
        }
    }

    /// The shard that `file` holds, compressed or not.
    fn open(sink: &MemorySink, file: &str, dimensions: u32) -> Rows {
        let stored = sink.shard(file).unwrap();
        let mut bytes = vec![];
        match stored.starts_with(&[0x1f, 0x8b]) {
            true => drop(GzDecoder::new(stored).read_to_end(&mut bytes).unwrap()),
            false => bytes.extend_from_slice(stored),
        }
        Rows::open(bytes, file, dimensions).unwrap()
    }

    /// The block that `word` would be in.
    fn block<'b>(blocks: &'b [TokensBlockEntry], word: &str) -> Option<&'b TokensBlockEntry> {
        blocks.get(blocks.partition_point(|block| *block.first <= *word).checked_sub(1)?)
    }

    #[test]
    fn every_word_is_in_the_block_that_begins_before_it() {
        let (mut rows, mut sink) = (rows(900, 64), MemorySink::default());
        rows.counts.iter_mut().take(200).for_each(|count| *count = 0);
        let basis = Basis::new(&[0.01; 64], Turn::Seeded(Seeded::new(64, 1)));
        let entry = store(&rows, Some(&basis), 64, 100, &mut Store::new(&mut sink)).unwrap();
        assert!(entry.often.len() > entry.rare.len() && entry.rare.len() > 1);
        for (n, (word, row)) in rows.words.iter().zip(rows.rows.chunks(64)).enumerate() {
            let blocks = if n < 200 { &entry.rare } else { &entry.often };
            let there = open(&sink, &block(blocks, word).unwrap().file, 64);
            let mut sum = Sum::new(64);
            assert!(sum.add(&there, word), "{word}");
            let (found, exact) = (sum.finish().unwrap(), basis.turned(row));
            let cosine: f64 = found.vector.iter().zip(&exact).map(|(a, b)| f64::from(a * b)).sum();
            assert!(cosine / length(&exact) > 0.97, "{word}");
        }
    }

    #[test]
    fn a_question_is_as_long_as_the_sites_own_texts_say() {
        let basis = Basis::new(&[0.0; 64], Turn::Seeded(Seeded::new(64, 1)));
        let axis = |at: usize| (0..64).map(|n| f32::from(n == at)).collect::<Vec<f32>>();
        let columns: Vec<Vec<f32>> = (0..64).map(|at| basis.turned(&axis(at))).collect();
        // What is turned to 1 along the first axis, which is kept, and `last` along the last one, which is not.
        let row = |last: f32| columns.iter().map(move |column| column[0] + last * column[63]);
        let rows = WordRows {
            words: vec!["left".into(), "right".into()],
            rows: row(1.0).chain(row(-1.0)).collect(),
            counts: vec![1, 1],
            samples: row(0.0).collect(),
            ..rows(0, 64)
        };
        let (_, stretch) = turned(&rows, Some(&basis), 32);
        assert!((stretch - 1.0).abs() < 1e-3, "{stretch}");
        let rows = WordRows { samples: rows.rows.clone(), ..rows };
        let (_, stretch) = turned(&rows, Some(&basis), 32);
        assert!((stretch - 2.0f32.sqrt()).abs() < 1e-3, "{stretch}");
    }

    #[test]
    fn blocks_keep_the_number_of_files() {
        let (mut rows, mut sink) = (rows(5000, 64), MemorySink::default());
        rows.counts.iter_mut().take(3000).for_each(|count| *count = 0);
        let entry = store(&rows, None, 64, 20, &mut Store::new(&mut sink)).unwrap();
        assert!(entry.often.len() > entry.rare.len() && entry.rare.len() > 20, "shards are small");
        assert!((10..=20).contains(&sink.files.len()), "{} files", sink.files.len());
    }

    #[test]
    fn without_a_basis_rows_are_as_they_are() {
        let (rows, mut sink) = (rows(3, 8), MemorySink::default());
        let entry = store(&rows, None, 8, 100, &mut Store::new(&mut sink)).unwrap();
        let [often, rare] =
            [&entry.often, &entry.rare].map(|blocks| open(&sink, &blocks[0].file, 8));
        assert!(often.words().eq(["word00001", "word00002"]) && rare.words().eq(["word00000"]));
    }
}
