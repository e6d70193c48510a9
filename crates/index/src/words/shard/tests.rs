//! A lexicon is found by term, prefix and walk; what contradicts itself is refused.

use super::*;
use crate::sweep;
use proptest::prelude::*;
use std::collections::BTreeMap;

type Lists = BTreeMap<String, Vec<Posting>>;

fn posting(passage: u32, text: u32) -> Posting {
    Posting { passage: PassageId(passage), title: text % 2 == 1, trail: text == 0, text }
}

fn written(lists: &Lists) -> Vec<u8> {
    let (mut lexicon, mut all, mut previous) = (vec![], vec![], "");
    for (term, postings) in lists {
        let before = all.len();
        let mut last = 0;
        for p in postings {
            put_posting(&mut all, p.passage.0 - last, p.title, p.trail, p.text);
            last = p.passage.0;
        }
        put_entry(&mut lexicon, previous, term, postings.len() as u32, all.len() - before);
        previous = term;
    }
    let mut body = vec![];
    put_varint(&mut body, lists.len() as u64);
    put_varint(&mut body, lexicon.len() as u64);
    body.extend(lexicon);
    body.extend(all);
    frame::write(Kind::Words, &body)
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
        3, 23,
        0, 4, b'r', b'e', b'a', b'd', 2, 5,
        4, 2, b'e', b'r', 1, 2,
        0, 5, b'w', b'r', b'i', b't', b'e', 1, 2,
        0, 5, 0xac, 2, 8,
        2, 2,
        0, 13,
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
fn a_passage_beyond_the_bundle_is_refused() {
    let shard = WordsShard::open(written(&sample()), "x").unwrap();
    let entry = shard.find("read").unwrap().unwrap();
    let error = shard.postings(entry, 300, |_| {}).unwrap_err();
    assert!(matches!(error, BundleError::Content { .. }));
}

#[test]
fn terms_out_of_order_are_refused() {
    let (mut lexicon, mut body) = (vec![], vec![]);
    put_entry(&mut lexicon, "", "b", 1, 2);
    put_entry(&mut lexicon, "b", "a", 1, 2);
    put_varint(&mut body, 2);
    put_varint(&mut body, lexicon.len() as u64);
    body.extend(lexicon);
    body.extend([0, 4, 0, 4]);
    let error = WordsShard::open(frame::write(Kind::Words, &body), "x").unwrap_err();
    assert!(matches!(error, BundleError::Content { .. }));
}

#[test]
fn every_cut_and_every_flip_is_refused() {
    sweep::damage(&written(&sample()), |file| WordsShard::open(file.to_vec(), "x").is_err());
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
    fn no_body_makes_it_panic(file in sweep::lies(Kind::Words, &written(&sample()))) {
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
