//! Passages to vectors: each text once, those that the cache knows not at all.

use crate::cache::{VectorCache, VectorKey};
use crate::encoder::{EncoderName, PassageEncoder};
use crate::error::BuildError;
use crate::progress::{Progress, Stage};
use std::collections::HashMap;

/// Passages an encoder is given at a call where the caller does not say.
pub(crate) const BATCH: usize = 64;

/// Vectors of all passages and where they came from.
#[derive(Default)]
pub(crate) struct Encoded {
    /// Row by row, in the order of passages.
    pub(crate) vectors: Vec<f32>,
    /// Texts that the encoder read.
    pub(crate) encoded: usize,
    /// Passages that the cache had, or that repeat another one's text.
    pub(crate) reused: usize,
    /// Passages whose vector was made before the build.
    pub(crate) given: usize,
}

/// The vectors of `texts`, row by row: those that `cache` knows are not encoded. For what is fitted to an encoder.
///
/// # Errors
/// When the encoder fails, or gives what is no vector.
pub fn encode_texts(
    texts: &[String],
    encoder: &dyn PassageEncoder,
    cache: &mut dyn VectorCache,
    progress: &mut dyn Progress,
) -> Result<Vec<f32>, BuildError> {
    Ok(encode(texts, encoder, cache, BATCH, progress)?.vectors)
}

/// Encodes `texts`, `batch` of them at a call. The result does not depend on `batch`.
pub(crate) fn encode(
    texts: &[String],
    encoder: &dyn PassageEncoder,
    cache: &mut dyn VectorCache,
    batch: usize,
    progress: &mut dyn Progress,
) -> Result<Encoded, BuildError> {
    progress.start(Stage::Encode, texts.len() as u64);
    let width = encoder.dimensions();
    let mut vectors = vec![0.0f32; texts.len() * width];
    let mut rows_of: HashMap<VectorKey, Vec<usize>> = HashMap::new();
    let mut missing: Vec<(VectorKey, usize)> = Vec::new();
    let mut reused = 0;
    for (row, text) in texts.iter().enumerate() {
        let key = VectorKey::new(encoder.identity(), text);
        let rows = rows_of.entry(key).or_default();
        rows.push(row);
        if rows.len() == 1 {
            match cache.get(&key).filter(|vector| fault_of(vector, width).is_none()) {
                Some(vector) => set(&mut vectors, &[row], &vector),
                None => missing.push((key, row)),
            }
        }
    }
    let encoded = missing.len();
    reused += texts.len() - encoded;
    // What the cache had still has to reach the rows that repeat it.
    for rows in rows_of.values().filter(|rows| rows.len() > 1) {
        if let Some((first, others)) = rows.split_first() {
            let vector =
                vectors.get(first * width..(first + 1) * width).unwrap_or_default().to_vec();
            set(&mut vectors, others, &vector);
        }
    }
    progress.advance(reused as u64);

    // Texts of like length go together: less padding, even shares for all cores.
    missing.sort_by_key(|(_, row)| (texts.get(*row).map_or(0, String::len), *row));
    for group in from_both_ends(missing.chunks(batch.max(1)).collect()) {
        let batch_texts: Vec<&str> =
            group.iter().filter_map(|(_, row)| texts.get(*row)).map(String::as_str).collect();
        let found = encoder.encode(&batch_texts)?;
        check(&found, &batch_texts, EncoderName::of(encoder))?;
        let rows: Vec<(VectorKey, &[f32])> =
            group.iter().map(|(key, _)| *key).zip(found.chunks_exact(width)).collect();
        cache.put(&rows);
        for (key, vector) in rows {
            set(&mut vectors, rows_of.get(&key).map_or(&[][..], Vec::as_slice), vector);
        }
        progress.advance(group.len() as u64);
    }
    Ok(Encoded { vectors, encoded, reused, given: 0 })
}

fn set(vectors: &mut [f32], rows: &[usize], vector: &[f32]) {
    for row in rows {
        if let Some(place) = vectors.get_mut(row * vector.len()..(row + 1) * vector.len()) {
            place.copy_from_slice(vector);
        }
    }
}

/// The shortest, the longest, the second shortest…: so the rate so far tells the time that is left.
fn from_both_ends<T>(items: Vec<T>) -> impl Iterator<Item = T> {
    let mut items = std::collections::VecDeque::from(items);
    let mut front = false;
    std::iter::from_fn(move || {
        front = !front;
        if front { items.pop_front() } else { items.pop_back() }
    })
}

/// Whether `found` is a vector a text that can be indexed.
pub(crate) fn check(
    found: &[f32],
    texts: &[&str],
    encoder: EncoderName<'_>,
) -> Result<(), BuildError> {
    let width = encoder.dimensions;
    let fault = |what: String, text: &str| BuildError::Vector {
        encoder: encoder.name.to_owned(),
        what,
        passage: text.chars().take(60).collect(),
    };
    if found.len() != texts.len() * width {
        let what = format!("{} numbers, not {} vectors of {width}", found.len(), texts.len());
        return Err(fault(what, texts.first().copied().unwrap_or_default()));
    }
    let mut rows = found.chunks_exact(width).zip(texts);
    match rows.find_map(|(vector, text)| Some((fault_of(vector, width)?, text))) {
        Some((what, text)) => Err(fault(what.to_owned(), text)),
        None => Ok(()),
    }
}

/// Why a vector cannot be indexed.
pub(crate) fn fault_of(vector: &[f32], width: usize) -> Option<&'static str> {
    if vector.len() != width {
        Some("a vector of another length")
    } else if vector.iter().any(|value| !value.is_finite()) {
        Some("a vector with a value that is not finite")
    } else if vector.iter().all(|value| *value == 0.0) {
        Some("a vector of zeros")
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use sextant_encoder::EncoderError;
    use std::cell::Cell;

    /// `[length of the text, 1]`; counts the texts it reads, and can be made to fail.
    struct Lengths {
        read: Cell<usize>,
        broken: Option<f32>,
    }

    impl PassageEncoder for Lengths {
        fn name(&self) -> &str {
            "lengths"
        }
        fn fingerprint(&self) -> &str {
            "f"
        }
        fn identity(&self) -> &str {
            "i"
        }
        fn dimensions(&self) -> usize {
            2
        }
        fn encode(&self, texts: &[&str]) -> Result<Vec<f32>, EncoderError> {
            self.read.set(self.read.get() + texts.len());
            let second = self.broken.unwrap_or(1.0);
            Ok(texts.iter().flat_map(|text| [text.len() as f32, second]).collect())
        }
    }

    #[derive(Default)]
    struct Kept(HashMap<VectorKey, Vec<f32>>);

    impl VectorCache for Kept {
        fn get(&mut self, key: &VectorKey) -> Option<Vec<f32>> {
            self.0.get(key).cloned()
        }
        fn put(&mut self, batch: &[(VectorKey, &[f32])]) {
            self.0.extend(batch.iter().map(|(key, vector)| (*key, vector.to_vec())));
        }
    }

    fn texts(list: &[&str]) -> Vec<String> {
        list.iter().map(|text| (*text).to_owned()).collect()
    }

    #[test]
    fn rows_keep_their_order_at_any_batch_size_and_repeated_texts_are_read_once() {
        let texts = texts(&["ccc", "a", "bb", "a", "dddd", "a"]);
        for batch in 1..8 {
            let encoder = Lengths { read: Cell::new(0), broken: None };
            let found = encode(&texts, &encoder, &mut Kept::default(), batch, &mut ()).unwrap();
            let firsts: Vec<f32> = found.vectors.iter().step_by(2).copied().collect();
            assert_eq!(firsts, [3.0, 1.0, 2.0, 1.0, 4.0, 1.0], "batch {batch}");
            assert_eq!((encoder.read.get(), found.encoded, found.reused), (4, 4, 2));
        }
    }

    #[test]
    fn a_second_build_reads_only_what_changed() {
        let mut cache = Kept::default();
        let encoder = Lengths { read: Cell::new(0), broken: None };
        encode(&texts(&["a", "bb", "a"]), &encoder, &mut cache, 4, &mut ()).unwrap();
        let again =
            encode(&texts(&["a", "ccc", "a", "bb"]), &encoder, &mut cache, 4, &mut ()).unwrap();
        assert_eq!((again.encoded, again.reused), (1, 3));
        assert_eq!(again.vectors, [1.0, 1.0, 3.0, 1.0, 1.0, 1.0, 2.0, 1.0]);
    }

    #[test]
    fn a_vector_that_is_not_finite_is_an_error_and_not_cached() {
        let mut cache = Kept::default();
        let encoder = Lengths { read: Cell::new(0), broken: Some(f32::NAN) };
        let error = encode(&texts(&["a"]), &encoder, &mut cache, 4, &mut ()).err();
        assert!(matches!(error, Some(BuildError::Vector { .. })));
        assert!(cache.0.is_empty());
    }
}
