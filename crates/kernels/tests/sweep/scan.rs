//! Scans: every length of a row, every number of rows around a block.

use sextant_kernels::scan::{MAX_DIM_I8, MAX_DIM_I12, dot_f32_on, dot_i8_on, dot_i12_on};

use super::backends;
use super::compare::{Class, near, same_bits};
use super::inputs::Random;

/// `[dim, rows]` around steps of sixteen and blocks of four.
fn shapes() -> Vec<[usize; 2]> {
    let mut shapes: Vec<[usize; 2]> = (0..=49).flat_map(|dim| [[dim, 1], [dim, 6]]).collect();
    shapes.extend((0..=13).flat_map(|rows| [[17, rows], [32, rows], [384, rows]]));
    shapes
}

fn dots<Q: Copy + Into<i64>>(query: &[Q], plane: &[i8], rows: usize) -> Vec<i32> {
    let dim = query.len();
    let row = |r: usize| query.iter().zip(&plane[r * dim..]);
    let sum = |r| row(r).map(|(q, x)| -> i64 { (*q).into() * i64::from(*x) }).sum::<i64>();
    (0..rows).map(|r| i32::try_from(sum(r)).expect("the budget holds")).collect()
}

pub fn integer_dots_equal_the_oracle() {
    let (scalar, others) = backends();
    let mut random = Random(6);
    for [dim, rows] in shapes() {
        let (query, plane) = (random.codes(dim), random.codes(rows * dim));
        let fine: Vec<i16> = (0..dim).map(|_| (random.unit() * 2047.5) as i16).collect();
        for backend in [scalar].iter().chain(&others) {
            let mut out = vec![i32::MIN; rows];
            dot_i8_on(*backend, &query, &plane, dim, &mut out).expect("shapes fit");
            assert_eq!(out, dots(&query, &plane, rows), "{} {dim} {rows}", backend.name());
            dot_i12_on(*backend, &fine, &plane, dim, &mut out).expect("shapes fit");
            assert_eq!(out, dots(&fine, &plane, rows), "{} {dim} {rows}", backend.name());
        }
    }
}

pub fn integer_dots_hold_at_the_largest_sum() {
    let (scalar, others) = backends();
    for backend in [scalar].iter().chain(&others) {
        for (q, x) in [(-128i8, -128i8), (-128, 127), (127, -128)] {
            let (query, plane) = (vec![q; MAX_DIM_I8], vec![x; 5 * MAX_DIM_I8]);
            let mut out = vec![0; 5];
            dot_i8_on(*backend, &query, &plane, MAX_DIM_I8, &mut out).expect("shapes fit");
            assert_eq!(out, dots(&query, &plane, 5), "{}", backend.name());
        }
        for q in [-2047i16, 2047] {
            let (query, plane) = (vec![q; MAX_DIM_I12], vec![-128i8; 5 * MAX_DIM_I12]);
            let mut out = vec![0; 5];
            dot_i12_on(*backend, &query, &plane, MAX_DIM_I12, &mut out).expect("shapes fit");
            assert_eq!(out, dots(&query, &plane, 5), "{}", backend.name());
        }
    }
}

pub fn float_dots_equal_the_oracle() {
    let (scalar, others) = backends();
    let mut random = Random(7);
    for [dim, rows] in shapes() {
        let (query, plane) = (random.floats(dim, 1.0), random.floats(rows * dim, 1.0));
        let products = |r: usize| {
            query.iter().zip(&plane[r * dim..]).map(|(q, x)| f64::from(*q) * f64::from(*x))
        };
        let expected: Vec<f64> = (0..rows).map(|r| products(r).sum()).collect();
        let magnitude: Vec<f64> = (0..rows).map(|r| products(r).map(f64::abs).sum()).collect();
        let run = |backend| {
            let mut out = vec![f32::NAN; rows];
            dot_f32_on(backend, &query, &plane, dim, &mut out).expect("shapes fit");
            out
        };
        let found = run(scalar);
        assert_eq!(
            near(Class::Sum { terms: dim }, &expected, &magnitude, &found),
            Ok(()),
            "{dim} {rows}"
        );
        for backend in &others {
            assert_eq!(
                same_bits(&found, &run(*backend)),
                Ok(()),
                "{} {dim} {rows}",
                backend.name()
            );
        }
    }
}
