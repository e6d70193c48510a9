//! The rest of frequent words' postings: any body beside any words shard, in sound frames or as they come.

#![no_main]

use libfuzzer_sys::fuzz_target;
use sextant_core::{Kind, frame};
use sextant_index::words::{Rest, WordsShard};

fuzz_target!(|input: (u16, Vec<u8>, Vec<u8>)| {
    let (passages, words, rest) = input;
    let passages = u32::from(passages);
    let Ok(shard) = WordsShard::open(frame::write(Kind::Words, &words), "framed") else { return };
    assert!(Rest::open(rest.clone(), "bare", shard.rests()).is_err(), "no frame, no shard");
    let rest = Rest::open(frame::write(Kind::Rest, &rest), "framed", shard.rests());
    let Ok(rest) = rest else { return };
    shard
        .walk(|_, entry| {
            let (mut last, mut count) = (None, 0);
            let read = rest.postings(entry, passages, |posting| {
                assert!(posting.passage.0 < passages && last < Some(posting.passage.0));
                last = Some(posting.passage.0);
                count += 1;
            });
            if read.is_ok() {
                assert_eq!(count, entry.rest.map_or(0, |rest| rest.count));
            }
            true
        })
        .expect("what opens can be walked");
});
