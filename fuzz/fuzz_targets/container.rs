//! A damaged container of an encoder is refused with a reason or gives an encoder that encodes; it never brings the
//! program down. Bytes of a sound small form are changed where the input says, since chance alone never gets past a header.
//!
//! Input: pairs of a place (u16, little endian, modulo the length) and what is added there; if the number of bytes is no
//! multiple of three, the container is cut at the place that the rest names.

#![no_main]

#[allow(dead_code)]
#[path = "../../crates/encoder/tests/support/tiny.rs"]
mod tiny;

use libfuzzer_sys::fuzz_target;
use sextant_encoder::import::{self, Options};
use sextant_encoder::{Encoder, Scratch};
use std::sync::LazyLock;

static SOUND: LazyLock<Vec<u8>> = LazyLock::new(|| {
    let directory = tempfile::tempdir().expect("a temporary directory can be made");
    tiny::Tiny::default().write(directory.path());
    let source = import::read_hugging_face(directory.path(), &Options::default());
    let source = source.expect("the tiny encoder is sound");
    import::write_small(&source, &tiny::small(&source)).expect("its small form fits it")
});

fuzz_target!(|input: &[u8]| {
    let mut bytes = SOUND.clone();
    let (edits, rest) = input.as_chunks::<3>();
    for [low, high, change] in edits {
        let at = usize::from(u16::from_le_bytes([*low, *high])) % bytes.len();
        bytes[at] = bytes[at].wrapping_add(*change);
    }
    if let [low, more @ ..] = rest {
        let at = usize::from(u16::from_le_bytes([*low, more.first().copied().unwrap_or(0)]));
        bytes.truncate(at % bytes.len());
    }
    if let Ok(encoder) = Encoder::open(bytes) {
        assert_eq!(
            encoder.encode_query(&mut Scratch::default(), "a stone").len(),
            encoder.dimensions()
        );
    }
    // What is no container at all is refused too.
    let _ = Encoder::open(input.to_vec());
});
