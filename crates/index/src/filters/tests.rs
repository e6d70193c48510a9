//! Filters come back as they were written, and nothing else is accepted.

use super::*;
use crate::sweep;
use proptest::prelude::*;
use sextant_core::error::BundleError;
use sextant_core::frame::{self, Kind};
use sextant_core::passage::PageId;
use std::collections::BTreeSet;

/// Page, key, value.
type Fact = (u32, &'static str, &'static str);

const FACTS: [Fact; 7] = [
    (0, "tag", "sea"),
    (2, "tag", "sea"),
    (1, "tag", "Moon"),
    (2, "tag", "seal"),
    (0, "year", "1998"),
    (1, "year", "990"),
    (2, "date", "2024-05"),
];

fn written(facts: &[Fact], shard_bytes: usize) -> Vec<FiltersPart> {
    let mut writer = FiltersWriter::default();
    for (page, key, value) in facts {
        writer.add(PageId(*page), key, Role::Filter, value);
    }
    writer.finish(3, shard_bytes)
}

fn open(part: &FiltersPart) -> FiltersShard {
    FiltersShard::open(&part.file, "x", 3).unwrap()
}

fn pages(of: impl FnOnce(&mut Bits) -> Result<(), BundleError>) -> Vec<u32> {
    let mut pages = Bits::none(3);
    of(&mut pages).unwrap();
    pages.iter().collect()
}

#[test]
fn the_golden_bytes_are_written() {
    let part = written(&[(0, "n", "10"), (1, "n", "9"), (2, "n", "9")], 1000).remove(0);
    let texts = [0, 1, b'9', 2, 5, 0, 2, b'1', b'0', 1, 5];
    let sets = [1, 0, 2, 0, 6, 1, 0, 0, 0, 0];
    let expected = [&[3, 1, 1, b'n', 0, 1, 11][..], &texts, &[10], &sets].concat();
    assert_eq!(part.file[frame::HEADER..], expected);
}

#[test]
fn keys_share_a_shard_until_it_is_long_enough() {
    let one = written(&FACTS, 1000);
    assert_eq!(
        one.iter().map(|part| part.keys.clone()).collect::<Vec<_>>(),
        [["date", "tag", "year"]]
    );
    let each = written(&FACTS, 1);
    assert_eq!(
        each.iter().map(|part| part.keys.clone()).collect::<Vec<_>>(),
        [["date"], ["tag"], ["year"]]
    );
    let kinds: Vec<_> = each.iter().map(|part| open(part).keys()[0].kind()).collect();
    assert_eq!(kinds, [ValueKind::Date, ValueKind::Text, ValueKind::Number]);
}

#[test]
fn values_are_listed_found_counted_and_ranked_in_their_order() {
    let shard = open(&written(&FACTS, 1000)[0]);
    let [date, tag, year] = shard.keys() else { panic!("{:?}", shard.keys()) };
    assert_eq!(tag.values().collect::<Vec<_>>(), [("Moon", 1), ("sea", 2), ("seal", 1)]);
    assert_eq!(pages(|found| tag.is("sea", found)), [0, 2]);
    assert_eq!(pages(|found| tag.is("Sea", found)), []);
    assert_eq!(pages(|found| tag.within(|_| true, found)), [], "text has no scale");
    assert_eq!(pages(|found| year.within(|span| span.start >= 990.5, found)), [0]);
    assert_eq!(pages(|found| date.within(|span| span.end > span.start, found)), [2]);
    let mut some = Bits::none(3);
    some.insert(1..3);
    assert_eq!(tag.counts(&some).unwrap(), [("Moon", 1), ("sea", 1), ("seal", 1)]);
    assert_eq!(year.counts(&some).unwrap(), [("990", 1)]);
    assert_eq!(tag.ranks(false).unwrap(), [Some(1), Some(0), Some(1)]);
    assert_eq!(tag.ranks(true).unwrap(), [Some(1), Some(0), Some(2)]);
    assert_eq!(year.ranks(false).unwrap(), [Some(1), Some(0), None]);
}

#[test]
fn a_key_may_sort_by_other_values_than_it_filters_by() {
    let mut writer = FiltersWriter::default();
    writer.add(PageId(0), "date", Role::Filter, "May");
    writer.add(PageId(0), "date", Role::Sort, "2024-05-01");
    let parts = writer.finish(1, 1000);
    assert_eq!(parts[0].keys, ["date", "date"]);
    let shard = FiltersShard::open(&parts[0].file, "x", 1).unwrap();
    let roles: Vec<_> = shard.keys().iter().map(Key::role).collect();
    assert_eq!(roles, [Role::Filter, Role::Sort]);
}

#[test]
fn every_cut_and_every_flip_is_refused() {
    let part = written(&FACTS, 1000).remove(0);
    sweep::damage(&part.file, |file| FiltersShard::open(file, "x", 3).is_err());
}

#[test]
fn contents_that_contradict_themselves_are_refused() {
    let key = |kind: u8, texts: &[u8], sets: &[u8]| {
        let mut body = vec![3, 1, 1, b'k', 0, kind, texts.len() as u8];
        body.extend_from_slice(texts);
        body.push(sets.len() as u8);
        body.extend_from_slice(sets);
        FiltersShard::open(&frame::write(Kind::Filters, &body), "x", 3).map(|_| ())
    };
    let set = [1, 0, 0, 0, 2];
    assert_eq!(key(0, &[0, 1, b'v', 1, 5], &set), Ok(()));
    let lies: [(u8, &[u8], &[u8]); 8] = [
        (3, &[0, 1, b'v', 1, 5], &set),
        (1, &[0, 1, b'v', 1, 5], &set),
        (0, &[0, 1, b'v', 2, 5], &set),
        (0, &[0, 1, b'v', 1, 4], &set),
        (0, &[1, 1, b'v', 1, 5], &set),
        (0, &[0, 1, b'v', 1, 5], &[1, 0, 0, 0, 3]),
        (0, &[0, 1, b'v', 1, 5, 1, 0, 1, 0], &set),
        (0, &[], &[]),
    ];
    for (kind, texts, sets) in lies {
        assert!(
            matches!(key(kind, texts, sets), Err(error) if error.code() == "bundle/content"),
            "{texts:?}"
        );
    }
}

proptest! {
    #[test]
    fn what_was_written_is_read(
        facts in proptest::collection::btree_set((0u32..70_000, "[a-c]", "[a-cA-C0-9é-]{0,5}"), 1..80),
        shard_bytes in 1usize..400,
    ) {
        let mut writer = FiltersWriter::default();
        for (page, key, value) in &facts {
            writer.add(PageId(*page), key, Role::Filter, value);
        }
        let mut read = BTreeSet::new();
        for part in writer.finish(70_000, shard_bytes) {
            for key in FiltersShard::open(&part.file, "x", 70_000).unwrap().keys() {
                for (value, count) in key.values() {
                    let mut found = Bits::none(70_000);
                    key.is(value, &mut found).unwrap();
                    prop_assert_eq!(found.count(), count);
                    read.extend(found.iter().map(|page| (page, key.name().to_owned(), value.to_owned())));
                }
            }
        }
        prop_assert_eq!(read, facts);
    }

    #[test]
    fn no_body_makes_it_panic(file in sweep::lies(Kind::Filters, &written(&FACTS, 1000)[0].file)) {
        if let Ok(shard) = FiltersShard::open(&file, "x", 3) {
            let all = Bits::all(3);
            for key in shard.keys() {
                let _ = (key.counts(&all), key.ranks(true));
            }
        }
    }
}
