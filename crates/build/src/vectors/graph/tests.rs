//! The graph that `instant-distance` builds finds what a scan finds, in every order, and is the same
//! whatever machine builds it.

use super::*;
use proptest::prelude::*;
use sextant_index::vectors::{
    Code, CodeSet, Coder, Codes, Graph, Part, Scan, Scored, Spec, Within,
};

const WIDTH: usize = 32;

/// Unit vectors around six directions.
fn corpus(rows: usize, seed: u32) -> Vec<f32> {
    let number =
        |of: u32, at: usize| (mixed(of ^ (at as u32) << 20) >> 40) as f32 / 8_388_608.0 - 1.0;
    let mut all = vec![];
    for row in 0..rows as u32 {
        let value = |at| number(seed + row % 6, at) + 0.8 * number(seed + 1000 + row, at);
        let vector: Vec<f32> = (0..WIDTH).map(value).collect();
        let norm = vector.iter().map(|v| v * v).sum::<f32>().sqrt();
        all.extend(vector.iter().map(|v| v / norm));
    }
    all
}

fn graph_of(vectors: &[f32], order: Order, construction: usize, degree: usize) -> Graph {
    let passages = order.of(vectors, WIDTH).unwrap();
    let count = passages.len() as u32;
    let found = Neighbours::find(vectors, WIDTH, passages, construction).unwrap();
    Graph::open(found.write(degree).unwrap(), "x", count).unwrap()
}

/// What `find` gives of a scan of `vectors` in int8 for `query`.
fn with<T>(vectors: &[f32], query: &[f32], find: impl FnOnce(Scan<'_>) -> T) -> T {
    let planes = [Spec::new(Code::Int8, 0, WIDTH as u32)];
    let coder = Coder::new(WIDTH, planes.to_vec(), None, &[]).unwrap();
    let part = coder.shards(vectors, 1 << 20, None).unwrap().remove(0);
    let codes = Codes::open(part.file, "x", &planes, part.count).unwrap();
    let parts = [Part { start: 0, count: part.count, codes: Some(&codes) }];
    let set = CodeSet { planes: &planes, keep: &[], sketch: None, parts: &parts };
    find(Scan::new(set, None, query, WIDTH).unwrap())
}

#[test]
fn most_of_what_a_scan_finds_is_found_with_the_same_scores_in_every_order() {
    let mut vectors = corpus(2040, 1);
    let questions = vectors.split_off(2000 * WIDTH);
    for order in Order::ALL {
        let graph = graph_of(&vectors, order, CONSTRUCTION, DEGREE);
        let mut hits = 0;
        for query in questions.chunks(WIDTH) {
            with(&vectors, query, |scan| {
                let scanned = scan.nearest(10, &Within::ALL);
                let found = graph.nearest(&scan, 10, 48, &Within::ALL);
                // Equal as a whole: number and score.
                hits += found.iter().filter(|hit: &&Scored| scanned.contains(hit)).count();
            });
        }
        assert!(hits >= 380, "{}: {hits} of 400", order.name());
    }
}

#[test]
fn orders_are_orders_and_the_highest_dimension_comes_first() {
    let mut vectors = corpus(300, 7);
    // A tenth that lies on a line.
    for row in 0..30 {
        let angle = row as f32 * 0.01;
        let at = row * WIDTH;
        vectors[at..at + WIDTH].fill(0.0);
        (vectors[at], vectors[at + 1]) = (angle.cos(), angle.sin());
    }
    let [given, shuffled, lid] = Order::ALL.map(|order| order.of(&vectors, WIDTH).unwrap());
    assert!(given.is_sorted() && !shuffled.is_sorted());
    for mut order in [shuffled, lid.clone()] {
        order.sort_unstable();
        assert_eq!(order, given);
    }
    let line = |rows: &[u32]| rows.iter().filter(|row| **row < 30).count();
    assert_eq!(line(&lid[..200]), 0, "{lid:?}");
}

#[test]
fn the_random_order_of_the_library_is_foreseen() {
    for count in [0usize, 1, 2, 33, 1000] {
        let mut sorted = places(count);
        sorted.sort_unstable();
        assert!(sorted.into_iter().eq(0..count));
    }
    assert!(!places(1000).is_sorted(), "or every order would pass for ours");
}

#[test]
fn any_number_of_threads_gives_the_same_bytes() {
    let vectors = corpus(500, 3);
    let order = Order::Lid.of(&vectors, WIDTH).unwrap();
    let written = || {
        let found = Neighbours::find(&vectors, WIDTH, order.clone(), CONSTRUCTION).unwrap();
        found.write(DEGREE).unwrap()
    };
    let alone = written();
    let pool = ThreadPoolBuilder::new().num_threads(4).build().unwrap();
    let again = pool.install(|| {
        assert_eq!(Order::Lid.of(&vectors, WIDTH).unwrap(), order);
        written()
    });
    assert!(alone == again);
}

#[test]
fn a_collection_of_doubles_is_found() {
    let vectors = corpus(1, 5).repeat(150);
    for order in Order::ALL {
        let graph = graph_of(&vectors, order, CONSTRUCTION, DEGREE);
        with(&vectors, &vectors[..WIDTH], |scan| {
            assert_eq!(graph.nearest(&scan, 150, 16, &Within::ALL).len(), 150);
            assert_eq!(graph.nearest(&scan, 10, 16, &Within::ALL).len(), 10);
        });
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]
    #[test]
    fn small_collections_are_found_whole(
        count in 1usize..80,
        degree in 1usize..64,
        construction in 1usize..40,
        order in 0usize..3,
    ) {
        let vectors = corpus(count, 11);
        let graph = graph_of(&vectors, Order::ALL[order], construction, degree);
        with(&vectors, &vectors[..WIDTH], |scan| {
            let all = scan.nearest(count, &Within::ALL);
            assert_eq!(graph.nearest(&scan, count, 1, &Within::ALL), all);
            let odd = |row: u32| row % 2 == 1;
            let within = Within { allowed: &odd, ..Within::ALL };
            assert_eq!(graph.nearest(&scan, count, 1, &within), scan.nearest(count, &within));
        });
    }
}
