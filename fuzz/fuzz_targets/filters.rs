//! Filters shards: any body, in a sound frame or as it comes, and all that can be asked of what opens.

#![no_main]

use libfuzzer_sys::fuzz_target;
use sextant_core::{Kind, frame};
use sextant_index::filters::{Bits, FiltersShard};

fuzz_target!(|input: (u16, Vec<u8>)| {
    let (pages, body) = input;
    let pages = u32::from(pages);
    assert!(FiltersShard::open(&body, "bare", pages).is_err(), "no frame, no shard");
    let file = frame::write(Kind::Filters, &body);
    let Ok(shard) = FiltersShard::open(&file, "framed", pages) else { return };
    let all = Bits::all(pages);
    for key in shard.keys() {
        let counts = key.counts(&all).expect("what opens can be read");
        assert_eq!(counts, key.values().collect::<Vec<_>>(), "of all pages, all that have each");
        for descending in [false, true] {
            let ranks = key.ranks(descending).expect("what opens can be read");
            let values = key.values().len() as u32;
            assert!(ranks.iter().flatten().all(|rank| *rank < values));
        }
        let mut found = Bits::none(pages);
        for (value, _) in key.values() {
            key.is(value, &mut found).expect("what opens can be read");
        }
        key.within(|span| span.start <= span.end, &mut found).expect("what opens can be read");
        let ranked = key.ranks(false).expect("what opens can be read");
        assert_eq!(found.count() as usize, ranked.iter().flatten().count());
    }
});
