//! Vectors that were made before the build, by whoever made them: each passage is given its own.

use crate::encode::{Encoded, fault_of};
use crate::encoder::PassageEncoder;
use crate::error::BuildError;
use crate::progress::{Progress, Stage};
use std::fmt::Debug;

/// Vectors made elsewhere, with the encoder that the build is told of.
pub trait ReadyVectors: Debug {
    /// The vector of a passage, if there is one. `document`: [`Document::id`](sextant_core::Document::id)
    /// of its page. `text`: what an encoder would read of the passage,
    /// [`Passage::encoded_text`](sextant_core::Passage::encoded_text).
    fn vector(&self, document: &str, text: &str) -> Option<&[f32]>;
}

/// A passage as [`ReadyVectors`] knows it: its page's id and its text.
pub(crate) type Wanted<'a> = (&'a str, &'a str);

/// Takes a vector for each passage.
///
/// # Errors
/// [`BuildError::NoVector`] when passages have none, after all were looked for; [`BuildError::Vector`].
pub(crate) fn collect<'a>(
    passages: impl ExactSizeIterator<Item = Wanted<'a>>,
    ready: &dyn ReadyVectors,
    encoder: &dyn PassageEncoder,
    progress: &mut dyn Progress,
) -> Result<Encoded, BuildError> {
    let count = passages.len();
    progress.start(Stage::Encode, count as u64);
    let width = encoder.dimensions();
    let mut vectors = Vec::with_capacity(count * width);
    let mut missing = 0;
    let mut first: Option<Wanted<'_>> = None;
    for (document, text) in passages {
        match ready.vector(document, text) {
            Some(vector) => {
                if let Some(what) = fault_of(vector, width) {
                    let (encoder, what) = (encoder.name().to_owned(), what.to_owned());
                    return Err(BuildError::Vector { encoder, what, passage: beginning(text) });
                }
                vectors.extend_from_slice(vector);
            }
            None => {
                missing += 1;
                first.get_or_insert((document, text));
            }
        }
        progress.advance(1);
    }
    match first {
        Some((document, text)) => Err(BuildError::NoVector {
            missing,
            passages: count,
            document: document.to_owned(),
            passage: beginning(text),
        }),
        None => Ok(Encoded { vectors, given: count, ..Encoded::default() }),
    }
}

/// As much of a text as a message quotes.
fn beginning(text: &str) -> String {
    text.chars().take(60).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use sextant_encoder::EncoderError;

    struct TwoWide;

    impl PassageEncoder for TwoWide {
        fn name(&self) -> &str {
            "two"
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
        fn encode(&self, _texts: &[&str]) -> Result<Vec<f32>, EncoderError> {
            Ok(vec![])
        }
    }

    #[derive(Debug)]
    struct Table(&'static [(&'static str, &'static [f32])]);

    impl ReadyVectors for Table {
        fn vector(&self, document: &str, _text: &str) -> Option<&[f32]> {
            self.0.iter().find(|(id, _)| *id == document).map(|(_, vector)| *vector)
        }
    }

    fn of(wanted: &[Wanted<'static>], table: Table) -> Result<Encoded, BuildError> {
        collect(wanted.iter().copied(), &table, &TwoWide, &mut ())
    }

    #[test]
    fn each_passage_gets_its_own_in_the_order_of_passages() {
        let table = Table(&[("a", &[1.0, 0.0]), ("b", &[0.0, 2.0])]);
        let found = of(&[("b", "text"), ("a", "text")], table).unwrap();
        assert_eq!(found.vectors, [0.0, 2.0, 1.0, 0.0]);
        assert_eq!((found.given, found.encoded, found.reused), (2, 0, 0));
    }

    #[test]
    fn all_that_are_missing_are_counted_and_the_first_is_named() {
        let table = Table(&[("a", &[1.0, 0.0])]);
        let error = of(&[("a", "x"), ("b", "y"), ("c", "z")], table).err();
        let Some(BuildError::NoVector { missing, passages, document, passage }) = error else {
            panic!("{error:?}")
        };
        assert_eq!((missing, passages, &*document, &*passage), (2, 3, "b", "y"));
    }

    #[test]
    fn a_vector_of_another_length_or_without_direction_is_refused() {
        for odd in [&[1.0][..], &[0.0, 0.0], &[f32::NAN, 1.0]] {
            let table = [("a", odd)];
            let ready = Table(Vec::leak(table.to_vec()));
            assert!(matches!(of(&[("a", "x")], ready).err(), Some(BuildError::Vector { .. })));
        }
    }
}
