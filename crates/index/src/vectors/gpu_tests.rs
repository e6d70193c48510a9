//! A scan on a GPU finds what the scan on the CPU finds, with the same bits of the scores.

use std::sync::Arc;

use super::testing::Random;
use super::tests::{Built, DIMENSIONS};
use super::*;
use sextant_gpu::scan::{Hit, Plane, Scan as GpuScan};
use sextant_gpu::testing::open;
use sextant_gpu::{Gpu, Options, ops};

fn bits(code: Code) -> ops::scan::Bits {
    match code {
        Code::Levels(Bits::One) => ops::scan::Bits::One,
        Code::Levels(Bits::Two) => ops::scan::Bits::Two,
        Code::Levels(Bits::Four) => ops::scan::Bits::Four,
        _ => ops::scan::Bits::Eight,
    }
}

/// The shards of `built` on the device.
fn load(gpu: &Arc<Gpu>, spec: Spec, built: &Built) -> (GpuScan, f32) {
    let lent: Vec<Lent<'_>> = built.opened.iter().map(|codes| codes.lend(0).unwrap()).collect();
    let rows = lent.iter().map(|lent| lent.scales.len() as u32).sum();
    let plane =
        Plane { bits: bits(spec.code), dimensions: spec.width(), rows, levels: lent[0].levels };
    let scan = GpuScan::new(gpu, plane).unwrap();
    let mut first = 0;
    for lent in &lent {
        scan.put(first, lent.codes, lent.scales).unwrap();
        first += lent.scales.len() as u32;
    }
    (scan, lent[0].unit)
}

#[test]
fn every_code_gives_the_same_winners_with_the_same_bits_on_a_gpu_and_ties_go_to_the_lower_row() {
    let Some(gpu) = open(&Options::default()) else { return };
    // Half of the vectors occur twice, so that there are ties.
    let mut vectors = Random(11).corpus(1300, DIMENSIONS);
    vectors.extend_from_within(..700 * DIMENSIONS);
    let to = DIMENSIONS as u32;
    // One whose last block is not full.
    let widths = [to, to - 6];
    let codes = Code::ALL.into_iter().filter(|code| *code != Code::Float32);
    for spec in codes.flat_map(|code| widths.map(|to| Spec::new(code, 0, to))) {
        let built = Built::new(&[spec], &vectors, 30_000);
        let (mut scan, unit) = load(&gpu, spec, &built);
        for (seed, keep) in [(12, 10), (13, 10), (14, 1), (15, 512)] {
            let query = Random(seed).unit_vector(DIMENSIONS);
            let expected = built.with(&[], &query, |scan| scan.nearest(keep, &Within::ALL));
            let basis = spec.code.needs_basis().then_some(&built.basis);
            let turned = Turned::new(&[spec], basis, &query, DIMENSIONS).unwrap();
            let (codes, worth) = turned.codes(spec).unwrap();
            let found =
                pollster::block_on(scan.nearest(&codes, unit * worth, keep as u32)).unwrap();
            let found: Vec<Scored> = found
                .iter()
                .map(|Hit { row, score }| Scored { row: *row, score: score + turned.offset })
                .collect();
            assert_eq!(found, expected, "{spec:?}, seed {seed}");
            let ties = found.windows(2).filter(|pair| pair[0].score == pair[1].score).count();
            assert!(keep < 512 || ties > 20, "{ties} ties");
        }
        let counts = scan.counts();
        assert_eq!((counts.submits, counts.readbacks), (1, 1));
    }
}

#[test]
fn a_plane_that_is_smaller_than_what_is_asked_for_gives_all_of_it_and_wrong_lengths_are_refused() {
    let Some(gpu) = open(&Options::default()) else { return };
    let vectors = Random(16).corpus(3, DIMENSIONS);
    let spec = Spec::new(Code::Int8, 0, DIMENSIONS as u32);
    let built = Built::new(&[spec], &vectors, 1 << 20);
    let (mut scan, unit) = load(&gpu, spec, &built);
    let query = [1; DIMENSIONS];
    let found = pollster::block_on(scan.nearest(&query, unit, 10)).unwrap();
    assert_eq!(found.len(), 3);
    assert_eq!(pollster::block_on(scan.nearest(&query, unit, 0)).unwrap(), []);
    assert!(pollster::block_on(scan.nearest(&query[1..], unit, 1)).is_err());
    assert!(pollster::block_on(scan.nearest(&query, unit, 513)).is_err());
    assert!(scan.put(3, &[0; DIMENSIONS], &[1.0]).is_err());
    assert!(scan.put(0, &[0; DIMENSIONS - 1], &[1.0]).is_err());
}
