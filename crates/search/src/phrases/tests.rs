//! A phrase is found where its words stand in a row, and nowhere else.

use super::*;
use crate::words;
use sextant_core::passage::PassageId;
use sextant_index::words::{WordsShard, WordsWriter};
use sextant_text::analysis::Analyzer;

fn found(texts: &[&str], phrase: &[&str], with_positions: bool) -> Vec<u32> {
    let analyzer = Analyzer::new("en");
    let mut writer = WordsWriter::default();
    for (n, text) in texts.iter().enumerate() {
        writer.add(&analyzer, PassageId(n as u32), "Title one", &[], text).unwrap();
    }
    let part = writer.finish(|_| 1, 100).parts.remove(0);
    let shard = Rc::new(WordsShard::open(part.words, "w").unwrap());
    let positions = Rc::new(Positions::open(part.positions, "p", shard.len()).unwrap());
    let term = |term: &&str| PhraseTerm {
        alternative: words::alternatives(&[(0, Rc::clone(&shard))], term, None).unwrap().remove(0),
        positions: with_positions.then(|| Rc::clone(&positions)),
    };
    let terms: Vec<PhraseTerm> = phrase.iter().map(term).collect();
    passages(&terms, texts.len() as u32).unwrap()
}

const TEXTS: &[&str] =
    &["red green blue", "green red blue", "red, then green", "blue red green red"];

#[test]
fn words_in_a_row_are_found_in_their_order_only() {
    assert_eq!(found(TEXTS, &["red", "green"], true), [0, 3]);
    assert_eq!(found(TEXTS, &["red", "green", "blue"], true), [0]);
    assert_eq!(found(TEXTS, &["blue"], true), [0, 1, 3]);
    assert_eq!(found(TEXTS, &["blue", "green"], true), [0u32; 0]);
}

#[test]
fn no_phrase_runs_from_the_title_into_the_text() {
    assert_eq!(found(&["red"], &["one", "red"], true), [0u32; 0]);
    assert_eq!(found(&["red"], &["titl", "one"], true), [0]);
}

#[test]
fn the_words_of_a_compound_are_a_phrase() {
    assert_eq!(found(&["call Vec::with_capacity now"], &["with", "capac", "now"], true), [0]);
}

#[test]
fn without_positions_the_words_must_be_there() {
    assert_eq!(found(TEXTS, &["red", "green"], false), [0, 1, 2, 3]);
}
