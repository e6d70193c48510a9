//! In WebAssembly memory never shrinks, and an encoder that allocates a little for each query grows until the tab is closed.

#![allow(clippy::unwrap_used, clippy::panic, reason = "helpers of tests are tests")]

mod support;

use std::alloc::System;

use sextant_encoder::{Encoder, Scratch};
use stats_alloc::{INSTRUMENTED_SYSTEM, Region, StatsAlloc};

#[global_allocator]
static COUNTING: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;

// One test only: a second one would count into the first's.
#[test]
fn a_forward_no_longer_than_one_before_allocates_nothing_but_its_vector() {
    let encoder = Encoder::open(support::small_container()).unwrap();
    let mut scratch = Scratch::default();
    let long = "a text of the longest kind ".repeat(100);
    let first = Region::new(COUNTING);
    std::hint::black_box(encoder.encode_query(&mut scratch, &long));
    assert!(first.change().allocations > 1, "the first use must allocate, or nothing is counted");
    for text in [long.as_str(), "how do i copy a list", "", "Größe"] {
        let mut ids = Vec::with_capacity(encoder.max_tokens());
        let region = Region::new(COUNTING);
        encoder.tokenizer().encode(text, encoder.max_tokens(), &mut ids);
        let tokenizing = region.change();
        let region = Region::new(COUNTING);
        let vector = encoder.encode_query(&mut scratch, text);
        let change = region.change();
        assert_eq!(change.allocations - tokenizing.allocations, 1, "{text:.20}");
        assert_eq!(change.reallocations, tokenizing.reallocations, "{text:.20}");
        drop(vector);
    }
}
