//! Rows of words: where no encoder is at hand, a question's vector is the sum of its words' rows.
//!
//! Rows are turned as the passages' codes are, so that a question needs no basis: the sum is scored as it
//! is. A row's length is how much its word counts. Shards hold consecutive words; a few bits a value do,
//! since what is lost of one word is not what is lost of the next.

use crate::vectors::{Bits, Turned, levels};
use sextant_core::error::BundleError;
use sextant_core::frame::{self, Kind};
use sextant_core::half::{from_half, to_half};
use sextant_core::wire::{Reader, put_str, put_varint};

/// Bytes before the codes of a row: scale and offset.
const ROW_HEADER: usize = 4;

/// A word with its row.
#[derive(Clone, Debug, PartialEq)]
pub struct WordRow {
    /// As `sextant_text::plain_words` gives it.
    pub word: String,
    /// Its row along the axes of the passages' codes.
    pub values: Vec<f32>,
    /// What the mean of the corpus adds to every score for it.
    pub offset: f32,
}

/// The framed shard of `rows`, ascending by word, each of `dimensions` values. `stretch`: how much longer a
/// vector is than what these axes keep of it.
#[must_use]
pub fn write(rows: &[WordRow], dimensions: usize, bits: Bits, stretch: f32) -> Vec<u8> {
    let mut body = stretch.to_le_bytes().to_vec();
    body.push(bits.count() as u8);
    put_varint(&mut body, dimensions as u64);
    put_varint(&mut body, rows.len() as u64);
    let mut previous = "";
    for WordRow { word, .. } in rows {
        let shared = previous.chars().zip(word.chars()).take_while(|(a, b)| a == b);
        let shared: usize = shared.map(|(a, _)| a.len_utf8()).sum();
        put_varint(&mut body, shared as u64);
        put_str(&mut body, word.get(shared..).unwrap_or_default());
        previous = word;
    }
    for row in rows {
        put_row(&mut body, row, dimensions, bits);
    }
    frame::write(Kind::Tokens, &body)
}

fn put_row(body: &mut Vec<u8>, row: &WordRow, dimensions: usize, bits: Bits) {
    let table = levels::table(bits);
    let squares: f32 = row.values.iter().map(|v| v * v).sum();
    let deviation = (squares / dimensions.max(1) as f32).sqrt();
    let per = if deviation > 0.0 { deviation } else { 1.0 };
    let mut codes = vec![0u8; row_bytes(dimensions, bits)];
    let (mut with_row, mut with_self) = (0.0f32, 0.0f32);
    for (d, value) in row.values.iter().take(dimensions).enumerate() {
        let level = levels::nearest(bits, value / per);
        let worth = table.get(usize::from(level)).copied().map_or(0.0, f32::from);
        with_row += value * worth;
        with_self += worth * worth;
        let at = d * bits.count();
        if let Some(byte) = codes.get_mut(at / 8) {
            *byte |= level << (at % 8);
        }
    }
    // The scale of least squared error: what is summed has no bias to keep out.
    let scale = if with_self > 0.0 { with_row / with_self } else { 0.0 };
    body.extend_from_slice(&to_half(scale).to_le_bytes());
    body.extend_from_slice(&to_half(row.offset).to_le_bytes());
    body.append(&mut codes);
}

fn row_bytes(dimensions: usize, bits: Bits) -> usize {
    (dimensions * bits.count()).div_ceil(8)
}

/// A shard of rows.
#[derive(Clone, Debug, PartialEq)]
pub struct Rows {
    /// Ascending.
    words: Vec<String>,
    stretch: f32,
    bits: Bits,
    dimensions: usize,
    /// Where the rows begin in the file.
    at: usize,
    file: Vec<u8>,
}

impl Rows {
    /// Reads a shard of rows of `dimensions` values, as the manifest says. `file` is the inflated file, `name`
    /// its name for messages.
    ///
    /// # Errors
    /// [`BundleError`]: the frame, or a content that contradicts itself or the manifest.
    //
    // body: stretch    f32, 1 or more
    //       bits       u8, 2 or 4
    //       dimensions varint
    //       words      varint, that many times, ascending:
    //         shared   varint   bytes shared with the word before
    //         suffix   string
    //       rows       each: scale f16, offset f16, codes of `bits` a dimension, the lowest bits first
    pub fn open(file: Vec<u8>, name: &str, dimensions: u32) -> Result<Self, BundleError> {
        let mut reader = Reader::new(frame::open(&file, Kind::Tokens, name)?);
        let stretch = reader.f32()?;
        if !(stretch.is_finite() && stretch >= 1.0) {
            return Err(reader.fault("a stretch below 1, or none"));
        }
        let bits = match reader.u8()? {
            2 => Bits::Two,
            4 => Bits::Four,
            other => return Err(reader.fault(format!("rows of {other} bits"))),
        };
        let found = reader.varint32()?;
        if found != dimensions {
            let what = format!("rows of {found} values, the manifest says {dimensions}");
            return Err(reader.fault(what));
        }
        let row = ROW_HEADER + row_bytes(dimensions as usize, bits);
        let count = reader.count(2 + row)?;
        let mut words: Vec<String> = Vec::with_capacity(count);
        for _ in 0..count {
            let shared = reader.varint32()? as usize;
            let previous = words.last().map_or("", String::as_str);
            let Some(start) = previous.get(..shared) else {
                return Err(reader.fault(format!("{shared} bytes shared with \"{previous}\"")));
            };
            let word = format!("{start}{}", reader.str()?);
            if !words.is_empty() && word.as_str() <= previous {
                return Err(reader.fault(format!("\"{word}\" behind \"{previous}\"")));
            }
            words.push(word);
        }
        let at = file.len() - reader.remaining();
        for _ in 0..count {
            let scale = from_half(u16::from_le_bytes(reader.array()?));
            let offset = from_half(u16::from_le_bytes(reader.array()?));
            if !(scale.is_finite() && offset.is_finite()) {
                return Err(reader.fault("a row that is not finite"));
            }
            reader.bytes(row - ROW_HEADER)?;
        }
        reader.end()?;
        Ok(Self { words, stretch, bits, dimensions: dimensions as usize, at, file })
    }

    /// The words, ascending.
    pub fn words(&self) -> impl ExactSizeIterator<Item = &str> {
        self.words.iter().map(String::as_str)
    }

    /// Whether there is a row for `word`.
    #[must_use]
    pub fn has(&self, word: &str) -> bool {
        self.find(word).is_some()
    }

    fn find(&self, word: &str) -> Option<usize> {
        self.words.binary_search_by(|known| known.as_str().cmp(word)).ok()
    }
}

/// The rows of a question's words, added up.
#[derive(Clone, Debug, PartialEq)]
pub struct Sum {
    values: Vec<f32>,
    offset: f32,
    stretch: f32,
}

impl Sum {
    /// Of no word yet. `dimensions`: of the rows.
    #[must_use]
    pub fn new(dimensions: u32) -> Self {
        Self { values: vec![0.0; dimensions as usize], offset: 0.0, stretch: 1.0 }
    }

    /// Adds the row of `word`; says whether there is one.
    pub fn add(&mut self, rows: &Rows, word: &str) -> bool {
        let Some(number) = rows.find(word) else { return false };
        let bytes = ROW_HEADER + row_bytes(rows.dimensions, rows.bits);
        let start = rows.at + number * bytes;
        let row = rows.file.get(start..start + bytes).unwrap_or_default();
        let Some(([a, b, c, d], codes)) = row.split_first_chunk::<ROW_HEADER>() else {
            return false;
        };
        let scale = from_half(u16::from_le_bytes([*a, *b]));
        let (table, bits) = (levels::table(rows.bits), rows.bits.count());
        for (d, value) in self.values.iter_mut().enumerate() {
            let byte = codes.get(d * bits / 8).copied().unwrap_or(0);
            let level = (byte >> (d * bits % 8)) & ((1 << bits) - 1);
            let worth = table.get(usize::from(level)).copied().map_or(0.0, f32::from);
            *value += worth * scale;
        }
        self.offset += from_half(u16::from_le_bytes([*c, *d]));
        self.stretch = rows.stretch;
        true
    }

    /// The question, of length 1; none without any row, or where rows cancel out.
    #[must_use]
    pub fn finish(self) -> Option<Turned> {
        let length = self.values.iter().map(|v| v * v).sum::<f32>().sqrt() * self.stretch;
        if !(length.is_finite() && length > 1e-6) {
            return None;
        }
        let vector = self.values.iter().map(|v| v / length).collect();
        Some(Turned { vector, offset: self.offset / length })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sweep;
    use proptest::prelude::*;

    fn row(word: &str, values: [f32; 5]) -> WordRow {
        WordRow { word: word.to_owned(), values: values.to_vec(), offset: values[0] / 2.0 }
    }

    fn rows() -> Vec<WordRow> {
        vec![
            row("folder", [1.0, -0.5, 0.2, 0.0, 2.0]),
            row("folders", [-1.0, 0.5, 0.4, 1.0, 0.1]),
            row("fôlder", [0.3, 0.3, -0.3, 0.3, 0.3]),
        ]
    }

    fn shard(bits: Bits) -> Vec<u8> {
        write(&rows(), 5, bits, 1.25)
    }

    #[test]
    fn rows_add_up_to_the_question() {
        for (bits, bound) in [(Bits::Four, 0.2), (Bits::Two, 0.6)] {
            let read = Rows::open(shard(bits), "x", 5).unwrap();
            assert!(read.words().eq(["folder", "folders", "fôlder"]));
            let mut sum = Sum::new(5);
            assert!(
                sum.add(&read, "folder") && sum.add(&read, "fôlder") && !sum.add(&read, "fold")
            );
            let exact = [1.3f32, -0.2, -0.1, 0.3, 2.3];
            for (found, exact) in sum.values.iter().zip(exact) {
                assert!((found - exact).abs() < bound, "{bits:?}: {found} {exact}");
            }
            let question = sum.finish().unwrap();
            let length = question.vector.iter().map(|v| v * v).sum::<f32>().sqrt();
            assert!((length - 1.0 / 1.25).abs() < 1e-4);
            assert!(question.offset > 0.1);
        }
        assert!(Sum::new(5).finish().is_none());
    }

    #[test]
    fn every_damage_is_refused_and_so_are_rows_of_another_length() {
        let file = shard(Bits::Two);
        assert!(Rows::open(file.clone(), "x", 6).is_err());
        sweep::damage(&file, |file| Rows::open(file.to_vec(), "x", 5).is_err());
    }

    proptest! {
        #[test]
        fn no_body_makes_it_panic(file in sweep::lies(Kind::Tokens, &shard(Bits::Four))) {
            if let Ok(rows) = Rows::open(file, "x", 5) {
                let mut sum = Sum::new(5);
                for word in rows.words() {
                    prop_assert!(sum.add(&rows, word));
                }
                let finite = |turned: Turned| turned.vector.iter().all(|v| v.is_finite());
                prop_assert!(sum.finish().is_none_or(finite));
            }
        }

        #[test]
        fn one_row_keeps_its_direction(values in proptest::collection::vec(-1.0f32..1.0, 64)) {
            let length = values.iter().map(|v| v * v).sum::<f32>().sqrt();
            prop_assume!(length > 0.1);
            let row = WordRow { word: "w".into(), values: values.clone(), offset: 0.0 };
            let rows = Rows::open(write(&[row], 64, Bits::Four, 1.0), "x", 64).unwrap();
            let mut sum = Sum::new(64);
            sum.add(&rows, "w");
            let turned = sum.finish().unwrap();
            let cosine: f32 = turned.vector.iter().zip(&values).map(|(a, b)| a * b / length).sum();
            prop_assert!(cosine > 0.97, "{}", cosine);
        }
    }
}
