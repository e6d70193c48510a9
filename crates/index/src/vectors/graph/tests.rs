use super::*;
use crate::error::IndexError;
use crate::sweep;
use crate::vectors::testing::{Random, dot};
use crate::vectors::tests::{Built, DIMENSIONS, sets};
use crate::vectors::{Code, CodeSet, Coder, Codes, Part, Spec};
use proptest::prelude::*;
use sextant_core::frame::{self, Kind};

/// The `degree` nearest of the first `nodes` vectors to each of them, exactly, but for the last two places:
/// those lead anywhere.
fn links(vectors: &[f32], order: &[u32], nodes: usize, degree: usize) -> Links {
    let mut random = Random(nodes as u64);
    let row = |node: usize| {
        let at = order[node] as usize * DIMENSIONS;
        &vectors[at..at + DIMENSIONS]
    };
    let mut neighbours = vec![];
    for node in 0..nodes {
        let mut others: Vec<Scored> = (0..nodes)
            .filter(|other| *other != node)
            .map(|other| Scored { row: other as u32, score: dot(row(node), row(other)) })
            .collect();
        others.sort_by(best_first);
        let mut list: Vec<u32> =
            others.iter().take(degree.saturating_sub(2)).map(|o| o.row).collect();
        for _ in 0..2 {
            let any = (random.unit() * nodes as f32) as u32;
            if list.len() < degree && any as usize != node && !list.contains(&any) {
                list.push(any);
            }
        }
        list.resize(degree, NONE);
        neighbours.extend(list);
    }
    Links { degree, neighbours }
}

/// A graph of `vectors` whose layers above hold a sixteenth and a fourth, inserted from the last to the
/// first.
fn graph(vectors: &[f32]) -> Graph {
    let count = vectors.len() / DIMENSIONS;
    let order: Vec<u32> = (0..count as u32).rev().collect();
    let sizes = [count / 16, count / 4].into_iter().filter(|size| *size > 0);
    let upper: Vec<Links> = sizes.map(|nodes| links(vectors, &order, nodes, 6)).collect();
    let file = write(&order, &upper, &links(vectors, &order, count, 12)).unwrap();
    Graph::open(file, "x", count as u32).unwrap()
}

fn rows(hits: &[Scored]) -> Vec<u32> {
    hits.iter().map(|hit| hit.row).collect()
}

#[test]
fn what_is_found_along_the_graph_has_the_bits_that_a_scan_gives_it() {
    let mut vectors = Random(1).corpus(608, DIMENSIONS);
    let questions = vectors.split_off(600 * DIMENSIONS);
    let graph = graph(&vectors);
    let (mut hits, mut all) = (0, 0);
    for (planes, _) in sets() {
        let built = Built::new(&planes, &vectors, 20_000);
        for query in questions.chunks(DIMENSIONS) {
            built.with(&[600], query, |scan| {
                let exact = scan.nearest(600, &Within::ALL);
                let found = graph.nearest(&scan, 10, 64, &Within::ALL);
                assert_eq!(found.len(), 10);
                assert!(found.is_sorted_by(|a, b| best_first(a, b).is_lt()));
                for hit in &found {
                    let same = exact.iter().find(|exact| exact.row == hit.row).unwrap();
                    assert_eq!(hit.score.to_bits(), same.score.to_bits(), "{planes:?}");
                    assert_eq!(scan.score(&[hit.row]), [Some(hit.score)]);
                }
                let wanted = rows(&exact[..10]);
                hits += rows(&found).iter().filter(|row| wanted.contains(row)).count();
                all += 10;
                // As wide as the collection, nothing is missed, and ties go by number.
                assert_eq!(graph.nearest(&scan, 600, 600, &Within::ALL), exact, "{planes:?}");
            });
        }
    }
    assert!(hits * 100 >= all * 95, "{hits} of {all}");
}

#[test]
fn what_is_not_allowed_is_left_out_and_still_leads_on() {
    let vectors = Random(2).corpus(400, DIMENSIONS);
    let graph = graph(&vectors);
    let (planes, _) = &sets()[1];
    let built = Built::new(planes, &vectors, 9_000);
    for (every, most) in [(2, 10), (7, 10), (50, 8), (400, 1)] {
        let allowed = |row: u32| row.is_multiple_of(every);
        let within = Within { allowed: &allowed, ..Within::ALL };
        let query = Random(u64::from(every)).corpus(1, DIMENSIONS);
        built.with(&[], &query, |scan| {
            let exact = scan.nearest(10, &within);
            assert_eq!(exact.len(), most);
            let found = graph.nearest(&scan, 10, 80, &within);
            let missed = exact.iter().filter(|hit| !found.contains(hit)).count();
            assert!(found.len() == most && missed <= 1, "{every}: {found:?} {exact:?}");
            let some: Vec<u32> = (0..400).filter(|row| allowed(*row)).collect();
            let members = Within { members: Some(&some), ..within };
            assert_eq!(graph.nearest(&scan, 10, 1, &members), scan.nearest(10, &members));
            let ranged = Within { ranges: Some(&[3..90, 200..201]), ..within };
            assert_eq!(graph.nearest(&scan, 10, 1, &ranged), scan.nearest(10, &ranged));
        });
    }
}

#[test]
fn a_hidden_passage_is_neither_found_nor_passed() {
    let vectors = Random(3).corpus(300, DIMENSIONS);
    let graph = graph(&vectors);
    let (planes, _) = &sets()[1];
    let built = Built::new(planes, &vectors, 1 << 20);
    // 299 is where every search begins.
    for hidden in [0u32, 150, 299] {
        let at = hidden as usize * DIMENSIONS;
        built.with(&[], &vectors[at..at + DIMENSIONS], |scan| {
            assert_eq!(graph.nearest(&scan, 1, 32, &Within::ALL)[0].row, hidden);
            let others = graph.nearest_others(&scan, hidden, 299, 299);
            assert_eq!(others, scan.nearest(300, &Within::ALL)[1..], "{hidden}");
        });
    }
}

#[test]
fn one_passage_two_and_the_same_one_many_times_are_found() {
    let (planes, _) = &sets()[2];
    for count in [1usize, 2, 5] {
        let vectors = Random(4).corpus(count, DIMENSIONS);
        let built = Built::new(planes, &vectors, 1 << 20);
        built.with(&[], &vectors[..DIMENSIONS], |scan| {
            let found = graph(&vectors).nearest(&scan, 10, 1, &Within::ALL);
            assert_eq!(found, scan.nearest(10, &Within::ALL));
            assert_eq!(found.len(), count);
        });
    }
    let same = Random(5).corpus(1, DIMENSIONS).repeat(100);
    let built = Built::new(planes, &same, 1 << 20);
    built.with(&[], &same[..DIMENSIONS], |scan| {
        let found = graph(&same).nearest(&scan, 100, 1, &Within::ALL);
        assert_eq!(rows(&found), (0..100).collect::<Vec<u32>>(), "ties go by number");
    });
}

#[test]
fn passages_whose_codes_are_missing_are_left_out() {
    let vectors = Random(6).corpus(200, DIMENSIONS);
    let planes = [Spec::new(Code::Int8, 0, DIMENSIONS as u32)];
    let coder = Coder::new(DIMENSIONS, planes.to_vec(), None, &[]).unwrap();
    let parts = coder.shards(&vectors, 2_500, None).unwrap();
    let opened: Vec<Codes> = parts
        .iter()
        .map(|part| Codes::open(part.file.clone(), "x", &planes, part.count).unwrap())
        .collect();
    // The last shard holds the passage where every search begins.
    for gone in [parts.len() - 1, 2] {
        let slots: Vec<Part<'_>> = (0..parts.len())
            .map(|at| Part {
                start: parts[at].start,
                count: parts[at].count,
                codes: (at != gone).then_some(&opened[at]),
            })
            .collect();
        let set = CodeSet { planes: &planes, keep: &[], sketch: None, parts: &slots };
        let query = Random(7).corpus(1, DIMENSIONS);
        let scan = Scan::new(set, None, &query, DIMENSIONS).unwrap();
        let graph = graph(&vectors);
        let left = 200 - parts[gone].count as usize;
        assert_eq!(graph.nearest(&scan, 200, 1, &Within::ALL).len(), left);
        assert_eq!(graph.nearest(&scan, 5, 100, &Within::ALL), scan.nearest(5, &Within::ALL));
    }
}

/// Passages 1, 2, 0 in this order; the first two are in a layer above.
fn small() -> Vec<u8> {
    let upper = Links { degree: 1, neighbours: vec![1, 0] };
    let base = Links { degree: 2, neighbours: vec![1, 2, 0, NONE, 0, NONE] };
    write(&[1, 2, 0], &[upper], &base).unwrap()
}

#[test]
fn the_golden_bytes_are_written_and_read() {
    let body = [
        &[3u32, 2, 1, 1][..],
        &[2],
        &[1, 2],
        &[1, 0],
        // Passage 0 is node 2, 1 is node 0, 2 is node 1.
        &[1, NONE, 2, 0, 1, NONE],
    ]
    .concat();
    let body: Vec<u8> = body.iter().flat_map(|number| number.to_le_bytes()).collect();
    assert_eq!(small(), frame::write(Kind::Graph, &body));
    let graph = Graph::open(small(), "x", 3).unwrap();
    assert_eq!((graph.passages(), graph.layers(), graph.file()), (3, 1, &small()[..]));
    assert_eq!([0, 1, 2].map(|passage| graph.neighbours(passage).count()), [1, 2, 1]);
    assert!(graph.neighbours(1).eq([2, 0]) && graph.neighbours_in(0, 1).eq([0]));
    assert_eq!((graph.neighbours(3).count(), graph.neighbours_in(1, 0).count()), (0, 0));
}

#[test]
fn every_cut_and_every_flip_is_refused_and_so_is_another_number_of_passages() {
    sweep::damage(&small(), |file| Graph::open(file.to_vec(), "x", 3).is_err());
    assert!([0, 2, 4].iter().all(|passages| Graph::open(small(), "x", *passages).is_err()));
}

#[test]
fn lists_that_make_no_graph_are_refused() {
    let refused = |order: &[u32], upper: &[(usize, &[u32])], base: (usize, &[u32])| {
        let links = |(degree, list): (usize, &[u32])| Links { degree, neighbours: list.to_vec() };
        let upper: Vec<Links> = upper.iter().map(|list| links(*list)).collect();
        matches!(write(order, &upper, &links(base)), Err(IndexError::Graph { .. }))
    };
    let base = (1, &[1, 0][..]);
    assert!(!refused(&[1, 0], &[], base));
    assert!(refused(&[], &[], (1, &[])), "no passage");
    assert!(refused(&[0, 0], &[], base) && refused(&[0, 2], &[], base), "no order");
    assert!(refused(&[0, 1], &[], (1, &[1])) && refused(&[0, 1], &[], (2, &[1, 0, 1])));
    assert!(refused(&[0, 1], &[], (0, &[])), "no place");
    assert!(refused(&[0, 1], &[], (1, &[1, 2])), "a neighbour that is none");
    assert!(refused(&[0, 1], &[], (2, &[NONE, 1, 0, NONE])), "a gap");
    assert!(refused(&[0, 1], &[(1, &[1, 0]), (1, &[0])], base), "fewer nodes below");
    assert!(refused(&[0, 1], &[(1, &[0, 0, 0])], base), "more nodes than passages");
    assert!(refused(&[0, 1], &[(1, &[1])], base), "a neighbour beyond its layer");
    assert!(refused(&[0, 1], &[(1, &[0]), (2, &[1, NONE, 0, NONE])], base), "two degrees");
}

proptest! {
    #[test]
    fn no_body_makes_it_panic(file in sweep::lies(Kind::Graph, &small())) {
        if let Ok(graph) = Graph::open(file, "x", 3) {
            let vectors = Random(1).corpus(3, DIMENSIONS);
            let built = Built::new(&sets()[1].0, &vectors, 1 << 20);
            let found = built.with(&[], &vectors[..DIMENSIONS], |scan| {
                graph.nearest(&scan, 3, 3, &Within::ALL)
            });
            prop_assert_eq!(found.len(), 3);
        }
    }
}
