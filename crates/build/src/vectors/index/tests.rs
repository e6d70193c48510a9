//! The recall that a build promises holds for questions it did not see; odd collections are coded or refused.

use super::*;
use crate::vectors::Search;
use sextant_index::vectors::{Bits, Code, exact};

/// Numbers that look random (L'Ecuyer 1999, table 4: modulus 2^64), nearly normal.
fn normal(state: &mut u64) -> f32 {
    let mut unit = || {
        *state =
            state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (*state >> 40) as f32 / (1u64 << 24) as f32
    };
    (0..6).map(|_| unit()).sum::<f32>() - 3.0
}

/// Vectors around subjects around themes: neither all alike nor all different, as texts are.
fn corpus(rows: usize, width: usize, seed: u64) -> Vec<f32> {
    let mut state = 77;
    let around = |of: Option<&[f32]>, spread: f32, state: &mut u64| -> Vec<f32> {
        (0..width).map(|d| of.map_or(0.0, |of| of[d]) + spread * normal(state)).collect()
    };
    let themes: Vec<Vec<f32>> = (0..12).map(|_| around(None, 1.0, &mut state)).collect();
    let subjects: Vec<Vec<f32>> =
        (0..120).map(|n| around(Some(&themes[n % 12]), 0.7, &mut state)).collect();
    let mut own = seed;
    (0..rows).flat_map(|n| around(Some(&subjects[n % 120]), 0.6, &mut own)).collect()
}

fn exact_nearest(rows: &[f32], width: usize, query: &[f32]) -> Vec<u32> {
    let units: Vec<f32> =
        rows.chunks(width).flat_map(|row| vectors::unit_vector(row, 0).unwrap()).collect();
    let mut scores = vec![0.0; rows.len() / width];
    exact(query, &units, &mut scores).unwrap();
    let mut order: Vec<u32> = (0..scores.len() as u32).collect();
    order.sort_by(|a, b| scores[*b as usize].total_cmp(&scores[*a as usize]).then(a.cmp(b)));
    order.truncate(10);
    order
}

fn recall(index: &VectorIndex, rows: &[f32], width: usize, rescore: bool) -> f64 {
    let questions = corpus(60, width, 999);
    let mut hits = 0;
    for query in questions.chunks(width) {
        let found = index.nearest(query, 10, rescore).unwrap();
        let found: Vec<u32> = found.iter().map(|hit| hit.row).collect();
        hits += exact_nearest(rows, width, query).iter().filter(|row| found.contains(row)).count();
    }
    hits as f64 / 600.0
}

#[test]
fn what_is_promised_holds_for_questions_that_were_not_seen() {
    let width = 64;
    let rows = corpus(12_000, width, 5);
    for search in [Search::Scan, Search::Clusters] {
        for fine in [Code::Float32, Code::Int8] {
            let (code, rescore) = (Some(Code::Levels(Bits::Two)), Some(fine));
            let options =
                VectorOptions { search: Some(search), code, rescore, ..VectorOptions::default() };
            let index = VectorIndex::build(rows.clone(), width, &[], &options).unwrap();
            let report = index.report();
            let promised = report.rescored.unwrap();
            // These neighbours lie so close that int8 itself mistakes some, and more of them where a question
            // is as near as a passage; float32 mistakes none.
            let int8 = if fine == Code::Float32 { 0.0 } else { 0.01 };
            assert!(promised >= 0.99 - int8, "{report:?}");
            let found = recall(&index, &rows, width, true);
            assert!(found >= promised - 0.01 - int8, "{search:?} {fine:?}: {found}, {report:?}");
            let coarse = recall(&index, &rows, width, false);
            assert!((coarse - report.recall).abs() < 0.1, "{search:?}: {coarse}, {report:?}");
            assert_eq!(report.clusters.is_some(), search == Search::Clusters);
        }
    }
}

#[cfg(feature = "graph")]
#[test]
fn what_a_graph_promises_holds_for_questions_that_were_not_seen() {
    use crate::vectors::graph::Order;
    let width = 64;
    let rows = corpus(4_000, width, 5);
    let with = |search| {
        let (code, rescore) = (Some(Code::Levels(Bits::Two)), Some(Code::Float32));
        let options = VectorOptions { search, code, rescore, ..VectorOptions::default() };
        VectorIndex::build(rows.clone(), width, &[], &options).unwrap()
    };
    let scanned = recall(&with(None), &rows, width, false);
    for order in Order::ALL {
        let index = with(Some(Search::Graph(order)));
        let report = index.report();
        let graph = report.graph.as_ref().unwrap();
        assert!(graph.recall >= 0.99, "{report:?}");
        let walked = recall(&index, &rows, width, false);
        assert!(walked >= scanned - 0.02, "{order:?}: {walked}, {scanned} by a scan");
        let found = recall(&index, &rows, width, true);
        assert!(found >= report.rescored.unwrap() - 0.02, "{order:?}: {found}, {report:?}");
    }
}

#[cfg(feature = "graph")]
#[test]
fn odd_collections_have_a_graph_all_the_same() {
    use crate::vectors::graph::Order;
    for rows in [0, 1, 2, 3, 11, 70] {
        for order in Order::ALL {
            let search = Some(Search::Graph(order));
            let options = VectorOptions { search, ..VectorOptions::default() };
            let vectors = corpus(rows, 40, 3);
            let index = VectorIndex::build(vectors, 40, &[], &options).unwrap();
            assert_eq!(index.report().graph.is_some(), rows > 0);
            let found = index.nearest(&corpus(1, 40, 9), 5, true).unwrap();
            assert_eq!(found.len(), rows.min(5), "{rows} {order:?}");
        }
    }
}

#[test]
fn odd_collections_are_coded_all_the_same() {
    let width = 40;
    for rows in [1, 2, 3, 11, 70] {
        for search in [None, Some(Search::Clusters)] {
            for code in Code::ALL {
                let options =
                    VectorOptions { code: Some(code), search, ..VectorOptions::default() };
                let vectors = corpus(rows, width, 3);
                let index = VectorIndex::build(vectors.clone(), width, &[], &options).unwrap();
                let found = index.nearest(&vectors[..width], 5, true).unwrap();
                assert_eq!(found.len(), rows.min(5), "{rows} {code:?} {search:?}");
                assert_eq!(found[0].row, 0, "{rows} {code:?} {search:?}");
            }
        }
    }
    let same =
        VectorIndex::build([1.0f32, 2.0].repeat(50), 2, &[], &VectorOptions::default()).unwrap();
    assert_eq!(same.nearest(&[1.0, 2.0], 3, true).unwrap().len(), 3);
    let empty = VectorIndex::build(vec![], 2, &[], &VectorOptions::default()).unwrap();
    assert!(empty.nearest(&[1.0, 2.0], 3, true).unwrap().is_empty());
}

#[test]
fn a_prefix_of_the_dimensions_is_enough_where_it_is_asked_for() {
    let rows = corpus(50, 40, 3);
    let options = VectorOptions { truncate: Some(16), ..VectorOptions::default() };
    let index = VectorIndex::build(rows.clone(), 40, &[], &options).unwrap();
    assert_eq!(index.nearest(&rows[..40], 1, false).unwrap()[0].row, 0);
    assert!(index.report().plan.ends_with("16"), "{:?}", index.report());
}

#[test]
fn vectors_without_a_direction_and_odd_queries_are_refused() {
    let options = VectorOptions::default();
    let mut rows = corpus(5, 8, 3);
    for bad in [0.0, f32::NAN, f32::INFINITY] {
        rows[16..24].fill(bad);
        let error = VectorIndex::build(rows.clone(), 8, &[], &options).err();
        assert!(matches!(error, Some(BuildError::Index(IndexError::NoDirection { row: 2, .. }))));
    }
    assert!(VectorIndex::build(vec![1.0; 9], 8, &[], &options).is_err());
    assert!(VectorIndex::build(vec![1.0; 9], 0, &[], &options).is_err());
    let index = VectorIndex::build(corpus(5, 8, 3), 8, &[], &options).unwrap();
    assert!(index.nearest(&[1.0; 7], 1, true).is_err());
    assert!(index.nearest(&[0.0; 8], 1, true).is_err());
}

#[test]
fn pages_stay_whole_whatever_the_order_becomes() {
    let width = 32;
    let rows = corpus(900, width, 5);
    let options = VectorOptions { search: Some(Search::Clusters), ..VectorOptions::default() };
    // Two rows are left over: pages of their own.
    let groups: Vec<u32> = (0..898)
        .scan(0, |sum, n| {
            Some((n % 40 + 1, {
                *sum += n % 40 + 1;
                *sum
            }))
        })
        .take_while(|(_, end)| *end <= 898)
        .map(|(size, _)| size)
        .collect();
    let index = VectorIndex::build(rows, width, &groups, &options).unwrap();
    let order = index.order().unwrap();
    let mut sorted = order.to_vec();
    sorted.sort_unstable();
    assert!(sorted.into_iter().eq(0..900));
    let mut start = 0;
    for size in &groups {
        let at = order.iter().position(|row| *row == start).unwrap();
        assert!(order[at..at + *size as usize].iter().copied().eq(start..start + size));
        start += size;
    }
    assert!(index.report().clusters.is_some_and(|(count, _)| count > 3), "{:?}", index.report());
}
