//! Without an encoder, rows of the question's words are a question's vector.

use super::*;
use crate::fixture::{bundle_in_clusters, in_blocks, in_rounds};

fn open() -> (Memory, Index<Memory>) {
    let (memory, mut manifest) = bundle(LINES);
    let rows: [&[_]; 3] = [&[("loop", NORTH)], &[("steps", [1.0, 0.0])], &[("hops", [1.0, 0.0])]];
    in_blocks(&memory, &mut manifest, rows);
    (memory.clone(), Index::open(memory, manifest).unwrap())
}

fn semantic(text: &str) -> Query {
    Query { mode: Mode::Semantic, ..Query::new(text) }
}

#[test]
fn words_that_no_passage_has_find_by_their_rows() {
    let (memory, index) = open();
    let response = now(index.search(&semantic("loop it"), None)).unwrap();
    assert_eq!((response.mode, codes(&response)), (Mode::Semantic, vec![]));
    assert_eq!(urls(&response)[0], "/1");
    let fetched = memory.fetched.borrow().clone();
    assert!(fetched.contains(&"tokens/0.sxt".to_owned()), "{fetched:?}");
    // "it" comes before the first frequent word; it is not among the rare ones either.
    assert!(!fetched.contains(&"tokens/1.sxt".to_owned()), "{fetched:?}");
    assert!(fetched.contains(&"tokens/2.sxt".to_owned()), "{fetched:?}");
}

#[test]
fn blocks_of_rare_words_are_fetched_for_words_that_are_nowhere_else() {
    let (memory, index) = open();
    now(index.search(&semantic("loop steps"), None)).unwrap();
    assert!(!memory.fetched.borrow().contains(&"tokens/2.sxt".to_owned()));
    let response = now(index.search(&semantic("hops"), None)).unwrap();
    assert_eq!((response.mode, codes(&response)), (Mode::Semantic, vec![]));
    assert!(memory.fetched.borrow().contains(&"tokens/2.sxt".to_owned()));
}

#[test]
fn rare_rows_come_with_what_is_needed_anyway() {
    let rounds = |text: &str, mode: Mode| {
        let (memory, mut manifest) = bundle_in_clusters(LINES);
        let rare = [("hops", [1.0, 0.0])];
        in_blocks(&memory, &mut manifest, [&[("loop", NORTH)], &[("steps", NORTH)], &rare]);
        let index = Index::open(memory.clone(), manifest).unwrap();
        let query = Query { mode, budget: 2, typing: false, cut_off: false, ..Query::new(text) };
        let rooms = in_rounds(&memory, index.search(&query, None)).into_iter().map(|asked| {
            let room = |file: &String| file.split('/').next().unwrap().to_owned();
            let mut rooms: Vec<String> = asked.iter().map(room).collect();
            rooms.dedup();
            rooms.join(" ")
        });
        rooms.collect::<Vec<_>>()
    };
    let first = "clusters tokens words";
    let rare = rounds("installer loop hops", Mode::Hybrid);
    assert_eq!(rare, [first, "planes tokens", "texts"]);
    let mistyped = rounds("exlcusive loop hops", Mode::Hybrid);
    assert_eq!(mistyped, [first, "tokens words", "planes", "texts"]);
    // Nothing else chooses clusters here, so all rows do.
    let alone = rounds("loop hops", Mode::Semantic);
    assert_eq!(alone, [first, "tokens", "planes", "texts"]);
}

#[test]
fn rows_of_several_blocks_add_up() {
    let (_, index) = open();
    let sum = [0.5f32.sqrt(), 0.5f32.sqrt()];
    let everything = |_: PassageId| true;
    let rank = |text: &str, vector: Option<&[f32]>| {
        let query = Query { typing: false, ..semantic(text) };
        now(index.rank(&query, vector, 10, &everything)).unwrap().hits
    };
    for question in ["loop steps", "loop hops"] {
        let (found, expected) = (rank(question, None), rank(question, Some(&sum)));
        for (found, expected) in found.iter().zip(&expected) {
            let (a, b) = (found.meaning.unwrap(), expected.meaning.unwrap());
            assert!(found.passage == expected.passage && (a - b).abs() < 0.05, "{a} {b}");
        }
        assert_eq!(found.len(), expected.len());
    }
}

#[test]
fn a_word_without_a_row_is_asked_by_the_one_it_may_be() {
    let (memory, index) = open();
    for (typed, row) in [("stpes", "steps"), ("hopsaa", "hops"), ("stepsize", "steps")] {
        let hits = |text: &str| {
            let query = Query { typing: false, ..semantic(text) };
            let hits = now(index.rank(&query, None, 10, &|_| true)).unwrap().hits;
            hits.iter().map(|hit| (hit.passage, hit.meaning)).collect::<Vec<_>>()
        };
        assert_eq!(hits(typed), hits(row), "{typed}");
    }
    assert_eq!(
        memory.fetched.borrow().iter().filter(|file| file.starts_with("tokens/")).count(),
        2
    );
    for unlike in ["hop5", "stepladders", "to"] {
        let response = now(index.search(&semantic(unlike), None)).unwrap();
        assert!(urls(&response).is_empty(), "{unlike}");
    }
}

#[test]
fn words_without_a_row_leave_the_question_to_words() {
    let (_, index) = open();
    let response = now(index.search(&Query::new("iterator"), None)).unwrap();
    assert_eq!((response.mode, urls(&response)), (Mode::Keyword, vec!["/1"]));
    assert_eq!(codes(&response), Vec::<String>::new());
}

#[test]
fn a_block_that_does_not_arrive_is_named_and_asked_for_again() {
    let (memory, index) = open();
    memory.broken.borrow_mut().push("tokens/1.sxt".into());
    let poorer = now(index.search(&semantic("loop steps"), None)).unwrap();
    assert_eq!((poorer.mode, urls(&poorer)[0]), (Mode::Semantic, "/1"));
    assert_eq!(codes(&poorer), ["bundle/fetch tokens/1.sxt"]);
    memory.broken.borrow_mut().clear();
    let whole = now(index.search(&semantic("loop steps"), None)).unwrap();
    assert!(codes(&whole).is_empty());
}
