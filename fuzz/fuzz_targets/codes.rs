//! Shards of codes: any body, in a sound frame, read as each set of planes; what opens is scored and decoded.

#![no_main]

use libfuzzer_sys::fuzz_target;
use sextant_core::{Kind, frame};
use sextant_index::vectors::basis::{Basis, Seeded, Turn};
use sextant_index::vectors::{Bits, Code, CodeSet, Codes, Part, Scan, Spec, Within};

const DIMENSIONS: u32 = 64;

fuzz_target!(|input: &[u8]| {
    let Some((&[which, rows], body)) = input.split_first_chunk::<2>() else { return };
    let (rows, whole) = (u32::from(rows % 9), |code| vec![Spec::new(code, 0, DIMENSIONS)]);
    let four = Code::Levels(Bits::Four);
    let planes = match which % 6 {
        0 => whole(Code::Float32),
        1 => whole(Code::Int8),
        2 => whole(four),
        3 => whole(Code::Levels(Bits::Two)),
        4 => whole(Code::Levels(Bits::One)),
        _ => vec![Spec::new(four, 0, 32), Spec::new(four, 32, DIMENSIONS)],
    };
    assert!(Codes::open(body.to_vec(), "bare", &planes, rows).is_err(), "no frame, no shard");
    let file = frame::write(Kind::Plane, body);
    let Ok(codes) = Codes::open(file, "framed", &planes, rows) else { return };
    let seeded = Turn::Seeded(Seeded::new(DIMENSIONS as usize, 1));
    let basis = Basis::new(&[0.0; DIMENSIONS as usize], seeded);
    let parts = [Part { start: 0, count: rows, codes: Some(&codes) }];
    let set = CodeSet { planes: &planes, keep: &[rows], parts: &parts, sketch: None };
    let scan = Scan::new(set, Some(&basis), &[1.0; DIMENSIONS as usize], DIMENSIONS as usize);
    let found = scan.expect("the planes fit").nearest(4, &Within::ALL);
    assert!(found.len() <= rows.min(4) as usize);
    for row in 0..codes.rows() {
        assert_eq!(codes.decode(row, Some(&basis)).len(), DIMENSIONS as usize);
    }
});
