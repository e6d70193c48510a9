//! What passages say comes back by term: places, counts, positions, shards.

use super::*;
use crate::sweep;
use crate::words::{Positions, Rest, WordsShard};
use proptest::prelude::*;

fn writer(passages: &[(&str, &[&str], &str)]) -> WordsWriter {
    let analyzer = Analyzer::new("en");
    let mut writer = WordsWriter::default();
    for (n, (title, trail, text)) in passages.iter().enumerate() {
        let trail: Vec<String> = trail.iter().map(|h| (*h).to_owned()).collect();
        writer.add(&analyzer, PassageId(n as u32), title, &trail, text).unwrap();
    }
    writer
}

/// Passages that have `term`, with how much it counts there and where it stands.
fn postings_and_positions(part: &WordsPart, term: &str) -> Vec<(u32, f32, Vec<u32>)> {
    let shard = WordsShard::open(part.words.clone(), "w").unwrap();
    let positions = Positions::open(part.positions.clone(), "p", shard.len()).unwrap();
    let entry = shard.find(term).unwrap().unwrap();
    let mut found = vec![];
    shard.postings(entry, 100, |p| found.push((p.passage.0, p.saturation(), vec![]))).unwrap();
    positions.lists(entry, |n, list| found[n].2 = list.to_vec()).unwrap();
    found
}

#[test]
fn titles_and_headings_count_more_than_text_and_lengths_count() {
    let passages: &[(&str, &[&str], &str)] =
        &[("Cats", &["Cats", "Old cats"], "No dog."), ("Dogs", &[], "Cat, cat!")];
    let part = &writer(passages).finish(|_| 1, 9).parts[0];
    // Five terms and three, four in the mean; a title counts two and a heading one.
    let bm25 = Bm25::new(2, 8);
    let stored =
        |frequency, length| bm25::saturation(bm25::level(bm25.saturation(frequency, length)));
    // "cats" at 0; the heading that repeats the title is left out; a gap of 8; "old cats" at 9, 10.
    assert_eq!(
        postings_and_positions(part, "cat"),
        [(0, stored(3.0, 5), vec![0, 10]), (1, stored(2.0, 3), vec![9, 10])]
    );
    assert_eq!(
        postings_and_positions(part, "dog"),
        [(0, stored(1.0, 5), vec![20]), (1, stored(2.0, 3), vec![0])]
    );
}

#[test]
fn a_length_counts_words_and_not_their_parts() {
    let output = writer(&[("A title", &[], "call with_capacity now")]).finish(|_| 1, 9);
    assert_eq!(output.length, 5);
}

#[test]
fn the_postings_that_count_least_are_the_rest() {
    let texts =
        ["cat", "cat and some more words", "cat cat", "dog", "cat among very many other words"];
    let passages = texts.map(|text| ("", &[][..], text));
    let part = &writer(&passages).finish(|_| 1, 2).parts[0];
    let shard = WordsShard::open(part.words.clone(), "w").unwrap();
    let file = part.rest.clone().unwrap();
    let rest = Rest::open(file.clone(), "r", shard.rests()).unwrap();
    let entry = shard.find("cat").unwrap().unwrap();
    let (mut here, mut there) = (vec![], vec![]);
    shard.postings(entry, 5, |posting| here.push(posting.passage.0)).unwrap();
    rest.postings(entry, 5, |posting| there.push(posting.passage.0)).unwrap();
    assert_eq!((here, there), (vec![0, 2], vec![1, 4]));
    assert!(rest.postings(entry, 4, |_| {}).is_err(), "a passage beyond the bundle");
    sweep::damage(&file, |file| Rest::open(file.to_vec(), "r", shard.rests()).is_err());
    proptest!(|(file in sweep::lies(Kind::Rest, &file))| {
        if let Ok(rest) = Rest::open(file, "r", shard.rests()) {
            let _ = rest.postings(entry, 5, |_| {});
        }
    });
}

#[test]
fn passages_out_of_order_are_refused() {
    let analyzer = Analyzer::new("en");
    let mut writer = WordsWriter::default();
    writer.add(&analyzer, PassageId(3), "", &[], "x").unwrap();
    let error = writer.add(&analyzer, PassageId(3), "", &[], "x").unwrap_err();
    assert_eq!(error, IndexError::Order { last: 3, found: 3 });
}

#[test]
fn shards_hold_consecutive_terms_and_all_of_them() {
    let text: String = (0..500).map(|n| format!("word{n} ")).collect();
    let output = writer(&[("", &[], &text)]).finish(|_| 10, 9);
    assert!(output.parts.len() > 5);
    let mut terms: Vec<String> = vec![];
    for part in &output.parts {
        let shard = WordsShard::open(part.words.clone(), "w").unwrap();
        assert!(part.words.len() < 900);
        let before = terms.len();
        shard
            .walk(|term, _| {
                terms.push(term.to_owned());
                true
            })
            .unwrap();
        assert!(part.first <= terms[before]);
        assert!(before == 0 || part.first > terms[before - 1]);
    }
    assert!(terms.is_sorted());
    assert_eq!((terms.len(), output.terms), (500, 500));
}

#[test]
fn the_golden_positions_are_written() {
    let part = &writer(&[("", &[], "b a b")]).finish(|_| 1, 9).parts[0];
    // Two terms; lists of 2 and 3 bytes; a: once, at 9; b: twice, at 8 and 2 later.
    assert_eq!(part.positions[frame::HEADER..], [2, 2, 3, 1, 9, 2, 8, 2]);
}

#[test]
fn positions_of_another_shard_are_refused() {
    let part = &writer(&[("", &[], "b a b")]).finish(|_| 1, 9).parts[0];
    let error = Positions::open(part.positions.clone(), "p", 3).unwrap_err();
    assert_eq!(error.code(), "bundle/content");
    sweep::damage(&part.positions, |file| Positions::open(file.to_vec(), "p", 2).is_err());
}

#[test]
fn no_positions_body_makes_it_panic() {
    let part = writer(&[("", &[], "b a b")]).finish(|_| 1, 9).parts.remove(0);
    let shard = WordsShard::open(part.words, "w").unwrap();
    proptest!(|(file in sweep::lies(Kind::Positions, &part.positions))| {
        if let Ok(positions) = Positions::open(file, "p", shard.len()) {
            for term in ["a", "b"] {
                let entry = shard.find(term).unwrap().unwrap();
                let _ = positions.lists(entry, |_, _| {});
            }
        }
    });
}
