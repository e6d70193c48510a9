//! Filters as people write them and as JavaScript hands them over, and the order of their bounds.

#![no_main]

use libfuzzer_sys::fuzz_target;
use sextant_index::filters::ValueKind;
use sextant_search::{Filter, Sort};

fuzz_target!(|text: &str| {
    if let Err(error) = Filter::parse(text) {
        assert!(!error.to_string().is_empty());
    }
    let steps: Vec<String> = text.split(' ').map(Into::into).collect();
    let _ = Filter::from_steps(&steps);
    let _ = Sort::parse(text);
    for kind in [ValueKind::Text, ValueKind::Number, ValueKind::Date] {
        if let Some(span) = kind.span(text) {
            assert!(span.start <= span.end && span.start.is_finite(), "{span:?}");
        }
        let _ = kind.place(text);
    }
});
