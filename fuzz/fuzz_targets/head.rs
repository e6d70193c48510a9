//! Heads: any body, in a sound frame or as it comes. One that is read is written as it was.

#![no_main]

use libfuzzer_sys::fuzz_target;
use sextant_core::{Kind, frame, head};

fuzz_target!(|body: &[u8]| {
    assert!(head::read(body, "bare").is_err(), "no frame, no shard");
    let file = frame::write(Kind::Head, body);
    let Ok(manifest) = head::read(&file, "framed") else { return };
    let last = manifest.texts.last().map_or(0, |range| range.start + range.count);
    assert_eq!(last, manifest.passages);
    for file in manifest.texts.iter().map(|range| &range.file) {
        assert!(!file.starts_with('/') && !file.contains("//"), "{file}");
    }
});
