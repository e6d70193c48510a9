//! Every set of planes keeps cosines within a stated bound, the cascade gives what a full scan gives, and
//! shards are what the manifest says or refused.

use super::testing::{Random, dot};
use super::*;
use crate::sweep;
use proptest::prelude::*;
use sextant_core::frame::{HEADER, Kind};

pub(super) const DIMENSIONS: usize = 96;

fn seeded(dimensions: usize) -> Basis {
    Basis::new(&vec![0.0; dimensions], basis::Turn::Seeded(basis::Seeded::new(dimensions, 1)))
}

fn levels(bits: Bits, from: u32, to: u32) -> Spec {
    Spec::new(Code::Levels(bits), from, to)
}

/// Sets of planes over 96 dimensions with the largest error of a cosine that their codes may make.
pub(super) fn sets() -> Vec<(Vec<Spec>, f32)> {
    let to = DIMENSIONS as u32;
    vec![
        (vec![Spec::new(Code::Float32, 0, to)], 1e-6),
        (vec![Spec::new(Code::Int8, 0, to)], 0.02),
        (vec![levels(Bits::Four, 0, to)], 0.06),
        (vec![levels(Bits::Two, 0, to)], 0.2),
        (vec![levels(Bits::One, 0, to)], 0.45),
        (vec![levels(Bits::Four, 0, 32), levels(Bits::Four, 32, to)], 0.06),
        (vec![levels(Bits::Two, 0, 64), levels(Bits::Four, 64, to)], 0.2),
    ]
}

pub(super) struct Built {
    planes: Vec<Spec>,
    pub(super) basis: Basis,
    parts: Vec<CodesPart>,
    pub(super) opened: Vec<Codes>,
}

impl Built {
    pub(super) fn new(planes: &[Spec], vectors: &[f32], shard_bytes: usize) -> Self {
        let basis = seeded(DIMENSIONS);
        let coder = Coder::new(DIMENSIONS, planes.to_vec(), Some(basis.clone()), vectors).unwrap();
        let parts = coder.shards(vectors, shard_bytes, None).unwrap();
        let open =
            |part: &CodesPart| Codes::open(part.file.clone(), "x", planes, part.count).unwrap();
        let opened = parts.iter().map(open).collect();
        Self { planes: planes.to_vec(), basis, parts, opened }
    }

    pub(super) fn with<T>(&self, keep: &[u32], query: &[f32], f: impl FnOnce(Scan<'_>) -> T) -> T {
        let opened = self.parts.iter().zip(&self.opened);
        let parts: Vec<Part<'_>> = opened
            .map(|(part, codes)| Part { start: part.start, count: part.count, codes: Some(codes) })
            .collect();
        let set = CodeSet { planes: &self.planes, keep, sketch: None, parts: &parts };
        f(Scan::new(set, Some(&self.basis), query, DIMENSIONS).unwrap())
    }
}

#[test]
fn every_code_keeps_cosines_within_its_bound_and_bytes_are_as_promised() {
    let vectors = Random(1).corpus(200, DIMENSIONS);
    let query = Random(2).unit_vector(DIMENSIONS);
    for (planes, bound) in sets() {
        let built = Built::new(&planes, &vectors, 2_000);
        assert!(built.parts.len() > 1, "{planes:?}");
        let all: Vec<u32> = (0..200).collect();
        let long: Vec<f32> = query.iter().map(|v| v * 9.0).collect();
        let scores = built.with(&[], &long, |scan| scan.score(&all));
        for (row, score) in vectors.chunks(DIMENSIONS).zip(scores) {
            let error = (dot(row, &query) - score.unwrap()).abs();
            assert!(error < bound, "{planes:?}: {error}");
        }
        let bytes: usize = built.parts.iter().map(|part| part.file.len()).sum();
        let fixed = built.parts.len() * (HEADER + 16 + 16 * planes.len() + 16 * (planes.len() + 1));
        assert!(bytes <= 200 * passage_bytes(&planes) + fixed, "{planes:?}");
    }
}

#[test]
fn what_is_decoded_is_what_was_coded_up_to_the_code() {
    let vectors = Random(3).corpus(20, DIMENSIONS);
    for (planes, bound) in sets() {
        let built = Built::new(&planes, &vectors, 1 << 20);
        for (row, vector) in vectors.chunks(DIMENSIONS).enumerate() {
            let decoded = built.opened[0].decode(row, Some(&built.basis));
            let cosine = dot(&decoded, vector) / dot(&decoded, &decoded).sqrt();
            assert!(cosine > 1.0 - bound * 1.2, "{planes:?}: {cosine}");
        }
    }
}

#[test]
fn a_cascade_that_keeps_enough_gives_what_all_planes_give() {
    let vectors = Random(4).corpus(3000, DIMENSIONS);
    for (planes, _) in sets() {
        let built = Built::new(&planes, &vectors, 30_000);
        let query = Random(5).unit_vector(DIMENSIONS);
        let all: Vec<u32> = (0..3000).collect();
        let mut exact: Vec<Scored> = built.with(&[], &query, |scan| {
            let scores = scan.score(&all);
            all.iter().zip(scores).map(|(row, s)| Scored { row: *row, score: s.unwrap() }).collect()
        });
        exact.sort_by(best_first);
        let found = built.with(&[3000], &query, |scan| scan.nearest(10, &Within::ALL));
        let rows = |hits: &[Scored]| hits.iter().map(|hit| hit.row).collect::<Vec<_>>();
        assert_eq!(rows(&found), rows(&exact[..10]), "{planes:?}");
        for (found, exact) in found.iter().zip(&exact) {
            assert!((found.score - exact.score).abs() < 1e-5);
        }
    }
}

#[test]
fn ranges_filters_and_members_restrict_what_is_found() {
    let vectors = Random(6).corpus(500, DIMENSIONS);
    let query = Random(7).unit_vector(DIMENSIONS);
    for (planes, _) in sets() {
        let built = Built::new(&planes, &vectors, 9_000);
        let odd = |row: u32| row % 2 == 1;
        let ranges = [10..60, 300..420];
        let members: Vec<u32> = (0..500).filter(|row| odd(*row)).collect();
        built.with(&[500], &query, |scan| {
            let by_filter = scan.nearest(500, &Within { allowed: &odd, ..Within::ALL });
            let by_members = scan.nearest(500, &Within { members: Some(&members), ..Within::ALL });
            assert_eq!(by_filter.len(), 250);
            let near =
                |(a, b): (&Scored, &Scored)| a.row == b.row || (a.score - b.score).abs() < 1e-5;
            assert!(by_filter.iter().zip(&by_members).all(near), "{planes:?}");
            let ranged = Within { ranges: Some(&ranges), allowed: &odd, members: None };
            let found = scan.nearest(500, &ranged);
            assert_eq!(found.len(), 85);
            assert!(
                found.iter().all(|hit| odd(hit.row) && ranges.iter().any(|r| r.contains(&hit.row)))
            );
            assert!(scan.nearest(10, &Within { members: Some(&[]), ..Within::ALL }).is_empty());
        });
    }
}

#[test]
fn a_missing_shard_leaves_out_its_passages_only() {
    let vectors = Random(8).corpus(300, DIMENSIONS);
    let planes = [levels(Bits::Four, 0, 96)];
    let built = Built::new(&planes, &vectors, 5_000);
    let mut parts: Vec<Part<'_>> = built
        .parts
        .iter()
        .zip(&built.opened)
        .map(|(part, codes)| Part { start: part.start, count: part.count, codes: Some(codes) })
        .collect();
    let gone = parts[1].start..parts[1].start + parts[1].count;
    parts[1].codes = None;
    let set = CodeSet { planes: &planes, keep: &[], sketch: None, parts: &parts };
    let query = Random(9).unit_vector(DIMENSIONS);
    let scan = Scan::new(set, Some(&built.basis), &query, DIMENSIONS).unwrap();
    let found = scan.nearest(300, &Within::ALL);
    assert_eq!(found.len(), 300 - gone.len());
    assert!(found.iter().all(|hit| !gone.contains(&hit.row)));
    assert_eq!(scan.score(&[gone.start, 0, 300, u32::MAX]).iter().flatten().count(), 1);
}

#[test]
fn vectors_and_queries_without_a_direction_or_of_another_length_are_refused() {
    let planes = vec![levels(Bits::Two, 0, 96)];
    let coder = Coder::new(DIMENSIONS, planes.clone(), Some(seeded(DIMENSIONS)), &[]).unwrap();
    let mut vectors = Random(1).corpus(3, DIMENSIONS);
    assert!(coder.shards(&[], 1000, None).unwrap().is_empty());
    for bad in [0.0, f32::NAN, f32::INFINITY] {
        vectors[DIMENSIONS..2 * DIMENSIONS].fill(bad);
        let error = coder.shards(&vectors, 1000, None).unwrap_err();
        assert!(matches!(error, IndexError::NoDirection { row: 1, .. }), "{bad}");
    }
    let error = coder.shards(&vectors[..100], 1000, None).unwrap_err();
    assert_eq!(error, IndexError::Dimensions { row: 1, expected: 96, found: 4 });
    let set = CodeSet { planes: &planes, keep: &[], sketch: None, parts: &[] };
    let basis = seeded(DIMENSIONS);
    for (query, wrong) in
        [(vec![1.0; 95], "length"), (vec![0.0; 96], "zeros"), (vec![f32::NAN; 96], "NaN")]
    {
        assert!(Scan::new(set, Some(&basis), &query, DIMENSIONS).is_err(), "{wrong}");
    }
}

#[test]
fn a_basis_that_is_not_the_planes_is_refused() {
    let planes = [levels(Bits::Two, 0, 96)];
    let set = CodeSet { planes: &planes, keep: &[], sketch: None, parts: &[] };
    let query = Random(1).unit_vector(DIMENSIONS);
    let axes: Vec<f32> = (0..64 * 96).map(|at| f32::from(u8::from(at % 97 == 0))).collect();
    let turn = basis::Turn::Principal(basis::Principal::new(96, &axes).unwrap());
    let fewer = Basis::new(&[0.0; 96], turn);
    for basis in [None, Some(&fewer)] {
        let result = Scan::new(set, basis, &query, DIMENSIONS);
        assert!(matches!(result.err(), Some(IndexError::Planes { .. })));
    }
}

#[test]
fn planes_that_make_no_shard_are_refused() {
    let to = DIMENSIONS as u32;
    let refused = |planes: Vec<Spec>, basis| Coder::new(DIMENSIONS, planes, basis, &[]).is_err();
    let basis = || Some(seeded(DIMENSIONS));
    assert!(refused(vec![], basis()));
    assert!(refused(vec![levels(Bits::Two, 0, to)], None));
    assert!(refused(vec![levels(Bits::Two, 0, to)], Some(seeded(95))));
    assert!(refused(vec![levels(Bits::Two, 0, to + 1)], basis()));
    assert!(refused(vec![levels(Bits::Two, 64, to)], basis()));
    assert!(refused(vec![levels(Bits::Two, 0, 0)], basis()));
    assert!(refused(vec![levels(Bits::Two, 0, 32), levels(Bits::Two, 32, to)], basis()));
    assert!(refused(vec![Spec::new(Code::Int8, 0, 32), Spec::new(Code::Int8, 32, to)], basis()));
    assert!(Coder::new(0, vec![Spec::new(Code::Int8, 0, 1)], None, &[]).is_err());
}

#[test]
fn shards_end_at_the_cuts() {
    let vectors = Random(1).corpus(50, DIMENSIONS);
    let coder = Coder::new(DIMENSIONS, vec![Spec::new(Code::Int8, 0, 96)], None, &[]).unwrap();
    let ranges = |bytes, cuts: &[u32]| -> Vec<(u32, u32)> {
        let parts = coder.shards(&vectors, bytes, Some(cuts)).unwrap();
        parts.iter().map(|part| (part.start, part.count)).collect()
    };
    assert_eq!(ranges(1000, &[5, 9, 30, 50]), [(0, 9), (9, 21), (30, 20)]);
    assert_eq!(ranges(1 << 20, &[5, 50]), [(0, 50)]);
    assert_eq!(ranges(100, &[]), [(0, 50)]);
}

#[test]
fn a_vector_that_is_the_mean_has_its_score_from_the_mean() {
    let vectors = Random(1).unit_vector(DIMENSIONS);
    let turn = basis::Turn::Seeded(basis::Seeded::new(DIMENSIONS, 1));
    let basis = Basis::new(&vectors, turn);
    let planes = [levels(Bits::Two, 0, 96)];
    let coder = Coder::new(DIMENSIONS, planes.to_vec(), Some(basis.clone()), &vectors).unwrap();
    let part = coder.shards(&vectors, 1000, None).unwrap().remove(0);
    let codes = Codes::open(part.file, "x", &planes, 1).unwrap();
    let parts = [Part { start: 0, count: 1, codes: Some(&codes) }];
    let set = CodeSet { planes: &planes, keep: &[], sketch: None, parts: &parts };
    let scan = Scan::new(set, Some(&basis), &vectors, DIMENSIONS).unwrap();
    let found = scan.nearest(3, &Within::ALL);
    assert!(found.len() == 1 && (found[0].score - 1.0).abs() < 2e-3, "{found:?}");
}

#[test]
fn every_cut_and_every_flip_is_refused_and_so_is_another_shape() {
    let vectors = Random(1).corpus(2, DIMENSIONS);
    for (planes, _) in sets() {
        let built = Built::new(&planes, &vectors, 1 << 20);
        let file = &built.parts[0].file;
        sweep::damage(file, |file| Codes::open(file.to_vec(), "x", &planes, 2).is_err());
        assert!(Codes::open(file.clone(), "x", &planes, 3).is_err());
        for (other, _) in sets().into_iter().filter(|(other, _)| *other != planes) {
            assert!(Codes::open(file.clone(), "x", &other, 2).is_err(), "{other:?}");
        }
    }
}

#[test]
fn names_lead_back_to_codes() {
    for code in Code::ALL {
        assert_eq!(Code::named(code.name()), Some(code));
    }
    assert_eq!(Code::named("3bit"), None);
}

proptest! {
    #[test]
    fn no_body_makes_it_panic((set, file) in (0..sets().len()).prop_flat_map(|set| {
        let built = Built::new(&sets()[set].0, &Random(1).corpus(2, DIMENSIONS), 1 << 20);
        sweep::lies(Kind::Plane, &built.parts[0].file).prop_map(move |file| (set, file))
    })) {
        let planes = &sets()[set].0;
        if let Ok(codes) = Codes::open(file, "x", planes, 2) {
            let parts = [Part { start: 0, count: 2, codes: Some(&codes) }];
            let set = CodeSet { planes, keep: &[], sketch: None, parts: &parts };
            let query = Random(2).unit_vector(DIMENSIONS);
            let scan = Scan::new(set, Some(&seeded(DIMENSIONS)), &query, DIMENSIONS).unwrap();
            prop_assert!(scan.nearest(2, &Within::ALL).len() <= 2);
            prop_assert_eq!(codes.decode(1, Some(&seeded(DIMENSIONS))).len(), DIMENSIONS);
        }
    }
}
