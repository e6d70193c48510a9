//! Scans: every length of a row, every number of rows around a block.

use sextant_kernels::scan::packed::{Bits, MAX_DIM_PACKED, dot_packed_on};
use sextant_kernels::scan::sketch::{MAX_CODES, MAX_ENTRY, ROWS, sums_on};
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

/// What [`dot_packed_on`] promises, bit by bit.
fn packed_dots(
    bits: Bits,
    levels: &[i8; 16],
    query: &[i16],
    plane: &[u8],
    rows: usize,
) -> Vec<i32> {
    let (width, bytes) = (bits.count(), bits.row_bytes(query.len()));
    let level = |r: usize, d: usize| {
        let (block, within) = (d / bits.block(), d % bits.block());
        let byte = plane[r * bytes + block * 16 + within % 16];
        levels[usize::from(byte >> (width * (within / 16))) & ((1 << width) - 1)]
    };
    let sum =
        |r| (0..query.len()).map(|d| i64::from(query[d]) * i64::from(level(r, d))).sum::<i64>();
    (0..rows).map(|r| i32::try_from(sum(r)).expect("the budget holds")).collect()
}

pub fn packed_dots_equal_the_oracle() {
    let (scalar, others) = backends();
    let mut random = Random(8);
    for bits in [Bits::One, Bits::Two, Bits::Four] {
        for (blocks, rows) in (0..5).flat_map(|blocks| (0..=9).map(move |rows| (blocks, rows))) {
            let query: Vec<i16> =
                (0..blocks * bits.block()).map(|_| (random.unit() * 2047.5) as i16).collect();
            let plane: Vec<u8> =
                random.codes(rows * blocks * 16).iter().map(|x| *x as u8).collect();
            let mut levels = [0i8; 16];
            levels.copy_from_slice(&random.codes(16));
            for backend in [scalar].iter().chain(&others) {
                let mut out = vec![i32::MIN; rows];
                dot_packed_on(*backend, bits, &levels, &query, &plane, &mut out)
                    .expect("shapes fit");
                let expected = packed_dots(bits, &levels, &query, &plane, rows);
                assert_eq!(out, expected, "{} {bits:?} {blocks} {rows}", backend.name());
            }
        }
    }
}

pub fn packed_dots_hold_at_the_largest_sum() {
    let (scalar, others) = backends();
    for backend in [scalar].iter().chain(&others) {
        for (q, level) in [(-2047i16, -127i8), (2047, -127), (2047, 127)] {
            let (query, plane) = (vec![q; MAX_DIM_PACKED], vec![0u8; 5 * MAX_DIM_PACKED / 2]);
            let mut out = vec![0; 5];
            dot_packed_on(*backend, Bits::Four, &[level; 16], &query, &plane, &mut out)
                .expect("shapes fit");
            let one = i32::from(q) * i32::from(level) * MAX_DIM_PACKED as i32;
            assert_eq!(out, [one; 5], "{}", backend.name());
        }
    }
}

pub fn packed_dots_refuse_what_does_not_fit() {
    let mut out = [0; 2];
    let (scalar, _) = backends();
    let mut run = |query: usize, plane: usize| {
        dot_packed_on(scalar, Bits::Two, &[0; 16], &vec![0; query], &vec![0; plane], &mut out)
    };
    assert!(run(64, 32).is_ok());
    assert!(run(63, 32).is_err() && run(64, 31).is_err() && run(64, 48).is_err());
    assert!(run(MAX_DIM_PACKED + 64, 2 * (MAX_DIM_PACKED + 64) / 4).is_err());
}

/// Sums of a sketch, as [`sums_on`] promises them, row by row.
fn sketch_sums(tables: &[[u8; 16]], plane: &[u8], blocks: usize) -> Vec<[i16; ROWS]> {
    let bytes = tables.len() / 2 * ROWS;
    let code = |block: usize, row: usize, c: usize| {
        plane[block * bytes + c / 2 * ROWS + row] >> (4 * (c % 2)) & 15
    };
    let sum = |block, row| -> i16 {
        let picked = tables.iter().enumerate().map(|(c, t)| t[usize::from(code(block, row, c))]);
        picked.map(i16::from).sum()
    };
    (0..blocks).map(|block| std::array::from_fn(|row| sum(block, row))).collect()
}

pub fn sketch_sums_equal_the_oracle() {
    let (scalar, others) = backends();
    let mut random = Random(9);
    let shapes = (0..6).flat_map(|steps| (0..4).map(move |blocks| (4 * steps, blocks)));
    for (codes, blocks) in shapes.chain([(MAX_CODES, 2)]) {
        for largest in [false, true] {
            let entry = |random: &mut Random| match largest {
                true => MAX_ENTRY,
                false => (random.unit().abs() * f32::from(MAX_ENTRY)) as u8,
            };
            let tables: Vec<[u8; 16]> =
                (0..codes).map(|_| std::array::from_fn(|_| entry(&mut random))).collect();
            let plane: Vec<u8> =
                random.codes(blocks * codes / 2 * ROWS).iter().map(|x| *x as u8).collect();
            let expected = sketch_sums(&tables, &plane, blocks);
            let middle = expected.first().map_or(0, |sums| sums[3]);
            for (backend, least) in
                [scalar].iter().chain(&others).flat_map(|b| [0, middle, i16::MAX].map(|l| (b, l)))
            {
                let (mut sums, mut reached) = (vec![[-1; ROWS]; blocks], vec![7; blocks]);
                sums_on(*backend, &tables, &plane, least, &mut sums, &mut reached)
                    .expect("shapes fit");
                let name = backend.name();
                assert_eq!(sums, expected, "{name} {codes} {blocks}");
                for (sums, reached) in expected.iter().zip(reached) {
                    for (row, sum) in sums.iter().enumerate() {
                        assert_eq!(reached >> row & 1 == 1, *sum >= least, "{name} {codes} {row}");
                    }
                }
            }
        }
    }
}

pub fn sketch_sums_refuse_what_does_not_fit() {
    let (scalar, _) = backends();
    let run = |codes: usize, plane: usize, reached: usize| {
        let (tables, plane) = (vec![[0; 16]; codes], vec![0; plane]);
        sums_on(scalar, &tables, &plane, 0, &mut [[0; ROWS]; 2], &mut vec![0; reached])
    };
    assert!(run(4, 64, 2).is_ok());
    assert!(run(3, 64, 2).is_err() && run(4, 63, 2).is_err() && run(4, 64, 1).is_err());
    assert!(run(MAX_CODES + 4, (MAX_CODES + 4) * 16, 2).is_err());
}
