//! A lexicon is found by term, prefix and walk; what contradicts itself is refused.

use super::*;
use crate::sweep;
use proptest::prelude::*;
use sextant_core::passage::PassageId;
use std::collections::BTreeMap;

type Lists = BTreeMap<String, Vec<Posting>>;

fn posting(passage: u32, level: u32) -> Posting {
    Posting { passage: PassageId(passage), level }
}

/// A shard of these lists, of which only the first `most` postings are in it.
fn written_with(lists: &Lists, most: usize) -> Vec<u8> {
    let (mut lexicon, mut all, mut previous) = (vec![], vec![], "");
    for (term, list) in lists {
        let before = all.len();
        postings::put(&mut all, list.iter().copied().take(most));
        let mean = (list.len() > most).then_some(128);
        put_entry(&mut lexicon, previous, term, list.len() as u32, all.len() - before, mean);
        previous = term;
    }
    let mut body = vec![];
    put_varint(&mut body, lists.len() as u64);
    put_varint(&mut body, most as u64);
    put_varint(&mut body, lexicon.len() as u64);
    body.extend(lexicon);
    body.extend(all);
    frame::write(Kind::Words, &body)
}

fn written(lists: &Lists) -> Vec<u8> {
    written_with(lists, 100)
}

fn sample() -> Lists {
    BTreeMap::from([
        ("read".to_owned(), vec![posting(0, 1), posting(300, 2)]),
        ("reader".to_owned(), vec![posting(2, 0)]),
        ("write".to_owned(), vec![posting(0, 3)]),
    ])
}

fn postings_of(shard: &WordsShard, entry: Entry) -> Vec<Posting> {
    let mut out = vec![];
    shard.postings(entry, 1000, |posting| out.push(posting)).unwrap();
    out
}

#[test]
fn the_golden_bytes_are_written() {
    #[rustfmt::skip]
    let expected = [
        3, 100, 23,
        0, 4, b'r', b'e', b'a', b'd', 2, 3,
        4, 2, b'e', b'r', 1, 1,
        0, 5, b'w', b'r', b'i', b't', b'e', 1, 1,
        0x01, 0xc2, 0x25,
        0x20,
        0x03,
    ];
    assert_eq!(written(&sample())[HEADER..], expected);
}

#[test]
fn terms_are_found_and_others_are_not() {
    let shard = WordsShard::open(written(&sample()), "x").unwrap();
    for (term, postings) in sample() {
        let entry = shard.find(&term).unwrap().unwrap();
        assert_eq!(postings_of(&shard, entry), postings);
    }
    for absent in ["", "a", "rea", "readers", "zz"] {
        assert_eq!(shard.find(absent).unwrap(), None, "{absent}");
    }
    let mut found = vec![];
    shard.walk_prefix("rea", |term, entry| found.push((term.to_owned(), entry.df))).unwrap();
    assert_eq!(found, [("read".to_owned(), 2), ("reader".to_owned(), 1)]);
}

#[test]
fn of_a_frequent_term_a_part_is_here_and_the_rest_is_told() {
    let shard = WordsShard::open(written_with(&sample(), 1), "x").unwrap();
    let entry = shard.find("read").unwrap().unwrap();
    assert_eq!((entry.df, entry.here(), shard.rests()), (2, 1, 1));
    assert_eq!(postings_of(&shard, entry), [posting(0, 1)]);
    let rest = entry.rest.unwrap();
    assert_eq!((rest.ordinal, rest.count), (0, 1));
    assert!((rest.saturation() - 0.502).abs() < 1e-3);
    assert_eq!(shard.find("write").unwrap().unwrap().rest, None);
}

#[test]
fn a_passage_beyond_the_bundle_is_refused() {
    let shard = WordsShard::open(written(&sample()), "x").unwrap();
    let entry = shard.find("read").unwrap().unwrap();
    let error = shard.postings(entry, 300, |_| {}).unwrap_err();
    assert_eq!(error.code(), "bundle/content");
}

#[test]
fn terms_out_of_order_are_refused() {
    let (mut lexicon, mut body) = (vec![], vec![]);
    put_entry(&mut lexicon, "", "b", 1, 1, None);
    put_entry(&mut lexicon, "b", "a", 1, 1, None);
    put_varint(&mut body, 2);
    put_varint(&mut body, 9);
    put_varint(&mut body, lexicon.len() as u64);
    body.extend(lexicon);
    body.extend([4, 4]);
    let error = WordsShard::open(frame::write(Kind::Words, &body), "x").unwrap_err();
    assert_eq!(error.code(), "bundle/content");
}

#[test]
fn every_cut_and_every_flip_is_refused() {
    sweep::damage(&written_with(&sample(), 1), |file| {
        WordsShard::open(file.to_vec(), "x").is_err()
    });
}

proptest! {
    #[test]
    fn what_was_written_is_read(
        lists in proptest::collection::btree_map(
            "\\PC{1,6}", proptest::collection::btree_map(0u32..1000, 0u32..9, 1..9), 1..20)
    ) {
        let lists: Lists = lists.into_iter()
            .map(|(term, list)| (term, list.into_iter().map(|(p, text)| posting(p, text)).collect()))
            .collect();
        let shard = WordsShard::open(written(&lists), "x").unwrap();
        for (term, postings) in &lists {
            let entry = shard.find(term).unwrap().unwrap();
            prop_assert_eq!(&postings_of(&shard, entry), postings);
            let mut found = vec![];
            let prefix: String = term.chars().take(1).collect();
            shard.walk_prefix(&prefix, |term, _| found.push(term.to_owned())).unwrap();
            let expected: Vec<_> = lists.keys().filter(|t| t.starts_with(&prefix)).cloned().collect();
            prop_assert_eq!(found, expected);
        }
    }

    #[test]
    fn no_body_makes_it_panic(file in sweep::lies(Kind::Words, &written_with(&sample(), 1))) {
        if let Ok(shard) = WordsShard::open(file, "x") {
            let mut entries = vec![];
            shard.walk(|_, entry| { entries.push(entry); true }).unwrap();
            for entry in entries {
                let mut last = None;
                let _ = shard.postings(entry, 400, |posting| {
                    assert!(posting.passage.0 < 400 && last < Some(posting.passage));
                    last = Some(posting.passage);
                });
            }
        }
    }
}
