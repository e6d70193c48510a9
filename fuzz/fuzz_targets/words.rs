//! Words shards and the positions beside them: any bodies, in sound frames or as they come.

#![no_main]

use libfuzzer_sys::fuzz_target;
use sextant_core::{Kind, frame};
use sextant_index::words::{Positions, WordsShard};

fuzz_target!(|input: (u16, Vec<u8>, Vec<u8>)| {
    let (passages, words, positions) = input;
    let passages = u32::from(passages);
    assert!(WordsShard::open(words.clone(), "bare").is_err(), "no frame, no shard");
    let Ok(shard) = WordsShard::open(frame::write(Kind::Words, &words), "framed") else { return };
    let positions = frame::write(Kind::Positions, &positions);
    let positions = Positions::open(positions, "framed", shard.len());
    let mut terms = vec![];
    shard
        .walk(|term, entry| {
            terms.push((term.to_owned(), entry));
            true
        })
        .expect("what opens can be walked");
    assert_eq!(terms.len(), shard.len() as usize);
    for (term, entry) in &terms {
        assert_eq!(shard.find(term), Ok(Some(*entry)));
        let mut last = None;
        let read = shard.postings(*entry, passages, |posting| {
            assert!(posting.passage.0 < passages && last < Some(posting.passage.0));
            last = Some(posting.passage.0);
        });
        if let (Ok(()), Ok(positions)) = (read, &positions) {
            let _ = positions.lists(*entry, |_, list| assert!(list.is_sorted()));
        }
    }
    if let Some((term, _)) = terms.first() {
        let beginning: String = term.chars().take(2).collect();
        let _ = shard.walk_prefix(&beginning, |found, _| assert!(found.starts_with(&beginning)));
    }
});
