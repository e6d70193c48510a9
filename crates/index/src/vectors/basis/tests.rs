use super::*;
use crate::sweep;
use crate::vectors::testing::{Random, dot};
use proptest::prelude::*;

fn seeded(dimensions: usize) -> Basis {
    let mean: Vec<f32> = (0..dimensions).map(|d| d as f32 / 512.0).collect();
    Basis::new(&mean, Turn::Seeded(Seeded::new(dimensions, 7)))
}

fn principal() -> Basis {
    let axes = [0.0, 1.0, 0.0, 0.6, 0.0, 0.8];
    Basis::new(&[0.5, 0.0, 0.25], Turn::Principal(Principal::new(3, &axes).unwrap()))
}

#[test]
fn a_seeded_turn_keeps_lengths_and_angles_at_every_length() {
    for dimensions in [1, 2, 3, 5, 64, 96, 100, 384, 768] {
        let mut random = Random(dimensions as u64);
        let (a, b) = (random.unit_vector(dimensions), random.unit_vector(dimensions));
        let basis = seeded(dimensions);
        let (ta, tb) = (basis.turned(&a), basis.turned(&b));
        assert!((dot(&ta, &tb) - dot(&a, &b)).abs() < 1e-5, "{dimensions}");
        assert!((dot(&ta, &ta) - 1.0).abs() < 1e-5, "{dimensions}");
        let back = basis.restored(&basis.centred(&a));
        assert!(back.iter().zip(&a).all(|(b, a)| (b - a).abs() < 1e-5), "{dimensions}");
    }
}

#[test]
fn a_seeded_turn_spreads_every_axis_over_all_dimensions() {
    let dimensions = 384;
    let turn = Seeded::new(dimensions, 7);
    for axis in 0..dimensions {
        let mut vector = vec![0.0; dimensions];
        vector[axis] = 1.0;
        let peak = turn.apply(&vector).iter().fold(0.0f32, |peak, v| peak.max(v.abs()));
        // Of 384 normal values of variance 1/384 the largest is beyond 0.27 once in ten thousand draws.
        assert!(peak < 0.30, "axis {axis}: {peak}");
    }
    assert_ne!(turn.apply(&[1.0; 384]), Seeded::new(dimensions, 8).apply(&[1.0; 384]));
}

#[test]
fn principal_axes_give_coordinates_and_the_mean_an_offset() {
    let basis = principal();
    let turned = basis.turned(&[1.0, 2.0, 3.0]);
    assert_eq!((basis.inputs(), basis.outputs(), turned.len()), (3, 2, 2));
    assert!((turned[0] - 2.0).abs() < 0.02 && (turned[1] - 3.0).abs() < 0.02, "{turned:?}");
    let centred = basis.centred(&[0.5, 0.0, 0.25]);
    assert_eq!(centred, [0.0, 0.0]);
    assert_eq!(basis.offset(&[2.0, 1.0, 4.0]), 2.0);
    let back = basis.restored(&basis.centred(&[0.5 + 0.6, 3.0, 0.25 + 0.8]));
    assert!((back[0] - 1.1).abs() < 0.02 && (back[1] - 3.0).abs() < 0.03, "{back:?}");
}

#[test]
fn axes_that_are_no_rows_are_refused() {
    for (inputs, values) in [(0, 0), (3, 0), (3, 4), (2, 6)] {
        let result = Principal::new(inputs, &vec![1.0; values]);
        assert!(matches!(result, Err(IndexError::Dimensions { .. })), "{inputs} {values}");
    }
}

#[test]
fn what_was_written_is_read_and_every_damage_is_refused() {
    for basis in [seeded(5), principal()] {
        let (file, inputs) = (basis.write(), basis.inputs() as u32);
        assert_eq!(Basis::open(&file, "x", inputs).unwrap(), basis);
        assert!(Basis::open(&file, "x", inputs + 1).is_err());
        sweep::damage(&file, |file| Basis::open(file, "x", inputs).is_err());
    }
}

use crate::error::IndexError;

proptest! {
    #[test]
    fn no_body_makes_it_panic(
        seeded in sweep::lies(Kind::Basis, &seeded(5).write()),
        principal in sweep::lies(Kind::Basis, &principal().write()),
    ) {
        for file in [seeded, principal] {
            if let Ok(basis) = Basis::open(&file, "x", 3) {
                prop_assert_eq!(basis.turned(&[0.5, 0.5, 0.5]).len(), basis.outputs());
            }
        }
    }
}
