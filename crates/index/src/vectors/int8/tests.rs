//! Codes keep directions within a stated bound, and a plane is what the manifest says or refused.

use super::*;
use crate::sweep;
use proptest::prelude::*;

fn written(dimensions: usize, vectors: &[Vec<f32>]) -> Vec<PlanePart> {
    let mut writer = PlaneWriter::new(dimensions, 1 << 20);
    vectors.iter().for_each(|vector| writer.add(vector).unwrap());
    writer.finish()
}

fn cosine(a: &[f32], b: &[f32]) -> f64 {
    let dot = |a: &[f32], b: &[f32]| -> f64 {
        a.iter().zip(b).map(|(x, y)| f64::from(*x) * f64::from(*y)).sum()
    };
    dot(a, b) / (dot(a, a) * dot(b, b)).sqrt()
}

#[test]
fn the_golden_bytes_are_written() {
    let part = written(2, &[vec![3.0, -4.0], vec![0.0, 2.0]]).remove(0);
    let scale = |peak: f32| (peak / 127.0).to_le_bytes();
    let mut expected = vec![2, 0, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0];
    expected.extend(scale(0.8));
    expected.extend(scale(1.0));
    expected.extend([0; 8]);
    expected.extend([95, 0x81, 0, 127]);
    assert_eq!(part.file[HEADER..], expected);
    assert_eq!((part.start, part.count), (0, 2));
}

#[test]
fn what_was_coded_is_decoded_and_no_row_more() {
    let part = written(2, &[vec![3.0, -4.0], vec![0.0, 2.0]]).remove(0);
    let plane = Plane::open(part.file, "x", 2, 2).unwrap();
    let mut out = [9.0; 2];
    plane.decode(0, &mut out);
    assert!((out[0] - 0.6).abs() <= 0.4 / 127.0 && out[1] == -0.8, "{out:?}");
    plane.decode(1, &mut out);
    assert_eq!(out, [0.0, 1.0]);
    plane.decode(2, &mut out);
    assert_eq!(out, [0.0, 1.0]);
}

#[test]
fn codes_begin_at_a_multiple_of_sixteen() {
    for rows in 0..9 {
        assert_eq!((HEADER + codes_at(rows)) % ALIGN, 0, "{rows}");
    }
}

#[test]
fn shards_are_cut_by_bytes() {
    let mut writer = PlaneWriter::new(4, 20);
    (0..5).for_each(|n| writer.add(&[1.0, n as f32, 0.0, 0.0]).unwrap());
    let ranges: Vec<_> = writer.finish().iter().map(|part| (part.start, part.count)).collect();
    assert_eq!(ranges, [(0, 2), (2, 2), (4, 1)]);
}

#[test]
fn a_vector_without_a_direction_is_refused() {
    let mut writer = PlaneWriter::new(2, 1000);
    for bad in [[0.0, 0.0], [f32::NAN, 1.0], [1.0, f32::INFINITY], [1e-42, 0.0]] {
        let error = writer.add(&bad).unwrap_err();
        assert!(matches!(error, IndexError::NoDirection { row: 0, .. }), "{bad:?}");
    }
    let error = writer.add(&[1.0]).unwrap_err();
    assert_eq!(error, IndexError::Dimensions { row: 0, expected: 2, found: 1 });
    writer.add(&[1.0, 0.0]).unwrap();
    let part = writer.finish().remove(0);
    let plane = Plane::open(part.file.clone(), "x", 2, 1).unwrap();
    let mut out = vec![];
    assert!(matches!(plane.scan(&[0.0; 2], &mut out), Err(IndexError::NoDirection { .. })));
    assert!(matches!(plane.scan(&[0.5; 3], &mut out), Err(IndexError::Dimensions { .. })));
}

#[test]
fn other_rows_and_dimensions_than_the_manifest_says_are_refused() {
    let part = written(4, &[vec![1.0, 2.0, 3.0, 4.0]]).remove(0);
    assert!(Plane::open(part.file.clone(), "x", 4, 1).is_ok());
    for (dimensions, rows) in [(4, 2), (2, 2), (8, 1), (4, 0), (0, 1)] {
        let error = Plane::open(part.file.clone(), "x", dimensions, rows).unwrap_err();
        assert!(matches!(error, BundleError::Content { .. }), "{dimensions} {rows}");
    }
}

#[test]
fn every_cut_and_every_flip_is_refused() {
    let part = written(3, &[vec![1.0, 2.0, 3.0], vec![0.1, 0.0, -0.1]]).remove(0);
    sweep::damage(&part.file, |file| Plane::open(file.to_vec(), "x", 3, 2).is_err());
}

proptest! {
    #[test]
    fn a_code_is_within_half_a_scale(x in proptest::collection::vec(-1e3f32..1e3, 1..40)) {
        let mut codes = vec![0i8; x.len()];
        let scale = encode(&x, &mut codes);
        for (code, v) in codes.iter().zip(&x) {
            prop_assert!(*code != i8::MIN);
            prop_assert!((f32::from(*code) * scale - v).abs() <= scale * 0.500_1);
        }
    }

    #[test]
    fn a_scan_is_within_its_bound_of_the_cosine(
        seeds in proptest::collection::vec(proptest::collection::vec(-1.0f32..1.0, 64), 2..6)
    ) {
        prop_assume!(seeds.iter().all(|v| norm(v, 0).is_ok_and(|norm| norm > 0.1)));
        let part = written(64, &seeds[1..]).remove(0);
        let plane = Plane::open(part.file.clone(), "x", 64, part.count).unwrap();
        let mut out = vec![];
        plane.scan(&seeds[0], &mut out).unwrap();
        for (row, found) in seeds[1..].iter().zip(&out) {
            prop_assert!((f64::from(*found) - cosine(&seeds[0], row)).abs() < 0.02);
        }
    }

    #[test]
    fn no_body_makes_it_panic(
        file in sweep::lies(Kind::Plane, &written(3, &[vec![1.0, 2.0, 3.0], vec![0.1, 0.0, -0.1]])[0].file)
    ) {
        if let Ok(plane) = Plane::open(file, "x", 3, 2) {
            let mut out = vec![];
            plane.scan(&[1.0, 1.0, 1.0], &mut out).unwrap();
        }
    }
}
