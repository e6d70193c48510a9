//! Rows of words: any body, in a sound frame or as it comes. Every word of what opens has a row.

#![no_main]

use libfuzzer_sys::fuzz_target;
use sextant_core::{Kind, frame};
use sextant_index::tokens::{Rows, Sum};

fuzz_target!(|input: (u8, &[u8])| {
    let (dimensions, body) = input;
    let dimensions = u32::from(dimensions);
    assert!(Rows::open(body.to_vec(), "bare", dimensions).is_err(), "no frame, no shard");
    let file = frame::write(Kind::Tokens, body);
    let Ok(rows) = Rows::open(file, "framed", dimensions) else { return };
    assert!(rows.words().is_sorted_by(|a, b| a < b));
    let mut sum = Sum::new(dimensions);
    for word in rows.words() {
        assert!(rows.has(word) && sum.add(&rows, word));
    }
    if let Some(question) = sum.finish() {
        assert_eq!(question.vector.len(), dimensions as usize);
        assert!(question.vector.iter().all(|value| value.is_finite()));
    }
});
