//! A question fetches a few clusters, and answers nearly as if it had all.

use super::*;
use crate::fixture::bundle_in_clusters;

/// The shards of codes that were asked for since the log was last read.
fn asked(memory: &Memory) -> Vec<String> {
    let mut log = std::mem::take(&mut *memory.fetched.borrow_mut());
    log.retain(|file| file.starts_with("planes/"));
    log.sort();
    log
}

fn open() -> (Memory, Index<Memory>) {
    let (memory, manifest) = bundle_in_clusters(LINES);
    let index = Index::open(memory.clone(), manifest).unwrap();
    (memory, index)
}

/// In the fixture every shard has one byte.
fn with_budget(shards: u64, text: &str) -> Query {
    Query { budget: shards, cut_off: false, ..Query::new(text) }
}

#[test]
fn the_clusters_of_words_and_of_meaning_are_fetched_together() {
    let (memory, index) = open();
    let response = now(index.search(&with_budget(2, "uninstaller"), Some(&[-1.0, 0.1]))).unwrap();
    // Passage 2 has the word, passage 4 lies in that direction.
    assert_eq!(asked(&memory), ["planes/1.sxt", "planes/2.sxt"]);
    assert_eq!((response.mode, codes(&response)), (Mode::Hybrid, vec![]));
    let mut found = urls(&response);
    found.sort_unstable();
    assert_eq!(found, ["/0", "/1", "/2"]);

    let semantic = Query { mode: Mode::Semantic, ..with_budget(1, "uninstaller") };
    index.forget_clusters();
    assert_eq!(urls(&now(index.search(&semantic, Some(&[-1.0, 0.1]))).unwrap()), ["/2"]);
    assert_eq!(asked(&memory), ["planes/2.sxt"]);
}

#[test]
fn what_one_question_fetched_serves_the_next() {
    let (memory, index) = open();
    now(index.search(&with_budget(2, "uninstaller"), Some(&[-1.0, 0.1]))).unwrap();
    asked(&memory);
    now(index.search(&with_budget(2, "installer"), Some(&NORTH))).unwrap();
    assert_eq!(asked(&memory), ["planes/0.sxt"]);
    now(index.search(&with_budget(2, "numbers"), Some(&NORTH))).unwrap();
    assert!(asked(&memory).is_empty());
}

#[test]
fn with_a_budget_for_all_the_answer_is_that_of_a_scan() {
    let (memory, manifest) = bundle(LINES);
    let scanned = Index::open(memory, manifest).unwrap();
    let (_, index) = open();
    for text in ["installer", "exclusive number", "nothing of it"] {
        let query = with_budget(u64::MAX, text);
        let expected = now(scanned.search(&query, Some(&NORTH))).unwrap();
        assert_eq!(now(index.search(&query, Some(&NORTH))).unwrap().results, expected.results);
    }
}

#[test]
fn a_passage_whose_cluster_is_not_there_is_expected_to_be_like_its_cluster() {
    let (_, index) = open();
    let everything = |_: PassageId| true;
    let ranked = |budget| {
        let query = with_budget(budget, "installer");
        index.forget_clusters();
        now(index.rank(&query, Some(&[1.0, 0.0]), 10, &everything)).unwrap()
    };
    let of = |ranked: &Ranked, passage| {
        ranked.hits.iter().find(|hit| hit.passage.0 == passage).and_then(|hit| hit.meaning)
    };
    let (none, all) = (ranked(0), ranked(3));
    assert_eq!((none.mode, all.mode), (Mode::Keyword, Mode::Hybrid));
    let query = with_budget(1, "number");
    index.forget_clusters();
    let some = now(index.rank(&query, Some(&[1.0, 0.0]), 10, &everything)).unwrap();
    assert!(some.degraded.is_empty() && some.mode == Mode::Hybrid);
    // Passage 3, in another cluster than the nearest, has its cluster's mean: that of (0.7, 0.7) and (0, 1).
    let expected = std::f32::consts::FRAC_1_SQRT_2 / 2.0;
    assert!((of(&some, 3).unwrap() - expected).abs() < 0.01, "{:?}", of(&some, 3));
    assert!((of(&all, 1).unwrap() - 0.8).abs() < 0.01);
}

#[test]
fn a_cluster_that_does_not_arrive_is_named_and_asked_for_again() {
    let (memory, index) = open();
    let query = with_budget(2, "uninstaller");
    let whole = now(index.search(&query, Some(&[-1.0, 0.1]))).unwrap();
    index.forget_clusters();
    memory.broken.borrow_mut().push("planes/2.sxt".into());
    let poorer = now(index.search(&query, Some(&[-1.0, 0.1]))).unwrap();
    assert_eq!(
        (poorer.mode, codes(&poorer)),
        (Mode::Hybrid, vec!["bundle/fetch planes/2.sxt".into()])
    );
    assert!(!poorer.results.is_empty());
    memory.broken.borrow_mut().clear();
    let again = now(index.search(&query, Some(&[-1.0, 0.1]))).unwrap();
    assert_eq!((&again.results, codes(&again)), (&whole.results, vec![]));

    // Without centroids the words' clusters are all that can be asked for.
    let (memory, index) = open();
    memory.broken.borrow_mut().push("clusters/1.sxt".into());
    let poorer = now(index.search(&query, Some(&[-1.0, 0.1]))).unwrap();
    assert_eq!(asked(&memory), ["planes/1.sxt"]);
    assert_eq!(codes(&poorer), ["bundle/fetch clusters/1.sxt"]);
}
