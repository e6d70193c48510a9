//! Sketches say what the signs of codes say, and a scan in front of which they go finds the same.

use super::*;
use crate::vectors::basis::{Basis, Seeded, Turn};
use crate::vectors::cascade::{CodeSet, Part, Scan, Within};
use crate::vectors::select::Scored;
use crate::vectors::shard::Codes;
use crate::vectors::testing::Random;
use crate::vectors::writer::{Coder, CodesPart};
use proptest::prelude::*;

const DIMENSIONS: usize = 192;
const ROWS_OF_ALL: usize = 1500;

fn plane(bits: Bits, from: u32, to: u32) -> Spec {
    Spec::new(Code::Levels(bits), from, to)
}

fn sets() -> [Vec<Spec>; 4] {
    [
        vec![plane(Bits::Four, 0, 64), plane(Bits::Four, 64, 192)],
        vec![plane(Bits::Two, 0, 192)],
        vec![plane(Bits::One, 0, 192)],
        vec![plane(Bits::Two, 0, 64), plane(Bits::One, 64, 192)],
    ]
}

struct Built {
    planes: Vec<Spec>,
    basis: Basis,
    parts: Vec<CodesPart>,
    opened: Vec<Codes>,
}

impl Built {
    fn new(planes: &[Spec], sketched: u32) -> Self {
        let vectors = Random(1).corpus(ROWS_OF_ALL, DIMENSIONS);
        let turn = Turn::Seeded(Seeded::new(DIMENSIONS, 1));
        let basis = Basis::new(&vec![0.0; DIMENSIONS], turn);
        let coder = Coder::new(DIMENSIONS, planes.to_vec(), Some(basis.clone()), &vectors).unwrap();
        // No multiple of the rows of a block.
        let parts = coder.shards(&vectors, 50_000, None).unwrap();
        assert!(parts.len() > 1 && !parts[0].count.is_multiple_of(16));
        let open =
            |part: &CodesPart| Codes::open(part.file.clone(), "x", planes, part.count).unwrap();
        let opened = parts.iter().map(|part| open(part).with_sketches(sketched)).collect();
        Self { planes: planes.to_vec(), basis, parts, opened }
    }

    fn with<T>(&self, sketch: Option<Sketching>, f: impl FnOnce(Scan<'_>) -> T) -> T {
        let opened = self.parts.iter().zip(&self.opened);
        let parts: Vec<Part<'_>> = opened
            .map(|(part, codes)| Part { start: part.start, count: part.count, codes: Some(codes) })
            .collect();
        let keep = vec![ROWS_OF_ALL as u32; self.planes.len()];
        let set = CodeSet { planes: &self.planes, keep: &keep, sketch, parts: &parts };
        let query = Random(2).unit_vector(DIMENSIONS);
        f(Scan::new(set, Some(&self.basis), &query, DIMENSIONS).unwrap())
    }
}

#[test]
fn sums_are_what_the_signs_say_up_to_rounding() {
    let query = Random(2).unit_vector(DIMENSIONS);
    for (planes, dimensions) in sets().iter().flat_map(|set| [(set, 64), (set, 192)]) {
        let built = Built::new(planes, dimensions);
        let weights = built.opened[0].weights(&built.basis.turned(&query), dimensions);
        let fours: Vec<[f32; SIGNS]> = weights.chunks(64).flat_map(fours).collect();
        let reach: Vec<f32> = fours.iter().map(|f| f.iter().map(|w| w.abs()).sum()).collect();
        let unit = f32::from(MAX_ENTRY) / 2.0 / reach.iter().fold(0.0f32, |a, b| a.max(*b));
        let sketch = Some(Sketching { dimensions, keep: 0 });
        let sums = built.with(sketch, |scan| scan.by_sketch(ROWS_OF_ALL, &Within::ALL));
        assert_eq!(sums.len(), ROWS_OF_ALL);
        for (row, hit) in sums.iter().enumerate() {
            assert_eq!(hit.row as usize, row);
            let part = built.parts.iter().rposition(|part| part.start <= hit.row).unwrap();
            let at = (hit.row - built.parts[part].start) as usize;
            let values = built.opened[part].decode(at, None);
            let signed = weights.iter().zip(&values).map(|(w, v)| w * v.signum());
            let expected = (signed.sum::<f32>() + reach.iter().sum::<f32>()) * unit;
            let error = (hit.score - expected).abs();
            assert!(error <= fours.len() as f32 * 0.51, "{planes:?} {row}: {error}");
        }
    }
}

#[test]
fn a_scan_behind_sketches_that_keep_all_gives_the_same_scores() {
    let odd = |row: u32| row % 2 == 1;
    let ranges = [3..40, 700..1111];
    for planes in sets() {
        let built = Built::new(&planes, 192);
        for within in [
            Within::ALL,
            Within { allowed: &odd, ..Within::ALL },
            Within { ranges: Some(&ranges), ..Within::ALL },
        ] {
            let nearest = |keep| {
                let sketch = Some(Sketching { dimensions: 192, keep });
                built.with(sketch, |scan| scan.nearest(10, &within))
            };
            let all = built.with(None, |scan| scan.nearest(10, &within));
            assert_eq!(nearest(ROWS_OF_ALL as u32), all, "{planes:?}");
            let wanted = |hit: &Scored| {
                (within.allowed)(hit.row)
                    && within
                        .ranges
                        .is_none_or(|ranges| ranges.iter().any(|r| r.contains(&hit.row)))
            };
            let few = nearest(60);
            assert!(few.len() == 10 && few.iter().all(wanted), "{planes:?}");
            let same = few.iter().filter(|hit| all.contains(hit)).count();
            assert!(same >= 6, "{planes:?}: {same}");
        }
    }
}

#[test]
fn shards_without_the_sketches_that_are_asked_for_are_scanned_by_planes() {
    let built = Built::new(&sets()[0], 64);
    let sketch = Some(Sketching { dimensions: 192, keep: 20 });
    let found = built.with(sketch, |scan| scan.nearest(10, &Within::ALL));
    assert_eq!(found, built.with(None, |scan| scan.nearest(10, &Within::ALL)));
    assert!(built.with(sketch, |scan| scan.by_sketch(10, &Within::ALL)).is_empty());
}

#[test]
fn sketches_across_planes_or_of_other_codes_are_refused() {
    let [two, whole, ..] = sets();
    assert_eq!((fault(&two, 192), fault(&whole, 64)), (None, None));
    for dimensions in [0, 32, 100, 256, 1 << 20] {
        assert!(fault(&two, dimensions).is_some(), "{dimensions}");
    }
    let across = [plane(Bits::Four, 0, 32), plane(Bits::Four, 32, 192)];
    assert!(fault(&across, 64).is_some());
    assert!(fault(&[Spec::new(Code::Int8, 0, 192)], 64).is_some());
}

proptest! {
    #[test]
    fn the_highest_are_kept_with_what_is_as_high(
        sums in proptest::collection::vec(0i16..=63, 0..300),
        keep in 1usize..40,
    ) {
        let mut highest = Highest::new(keep, 1);
        (0u32..).zip(&sums).for_each(|(row, sum)| highest.push(row, *sum));
        let found: Vec<(u32, i16)> = highest.finish().collect();
        let mut sorted = sums.clone();
        sorted.sort_unstable_by(|a, b| b.cmp(a));
        let least = sorted.get(keep - 1).copied().unwrap_or(0);
        let expected: Vec<(u32, i16)> =
            (0u32..).zip(sums).filter(|(_, sum)| *sum >= least).collect();
        prop_assert_eq!(found, expected);
    }
}
