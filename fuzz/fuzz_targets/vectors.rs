//! What lies beside codes: bases, clusters and graphs, any body in a sound frame; what opens is used.

#![no_main]

use libfuzzer_sys::fuzz_target;
use sextant_core::{Kind, frame};
use sextant_index::vectors::{Basis, Clusters, Graph};

fuzz_target!(|input: &[u8]| {
    let Some((&[which, count], body)) = input.split_first_chunk::<2>() else { return };
    let count = u32::from(count);
    match which % 3 {
        0 => {
            let file = frame::write(Kind::Basis, body);
            if let Ok(basis) = Basis::open(&file, "framed", count) {
                let vector = vec![0.5; basis.inputs()];
                let turned = basis.centred(&vector);
                assert_eq!(turned.len(), basis.outputs());
                assert_eq!(basis.restored(&turned).len(), basis.inputs());
            }
        }
        1 => {
            let file = frame::write(Kind::Clusters, body);
            if let Ok(clusters) = Clusters::open(&file, "framed", count) {
                assert!((0..count).all(|passage| clusters.of(passage).is_some()));
                assert_eq!(clusters.of(count), None);
            }
        }
        _ => {
            let _ = Graph::open(frame::write(Kind::Graph, body), "framed", count);
        }
    }
});
