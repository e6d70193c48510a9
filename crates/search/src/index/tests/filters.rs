//! Filters through the whole pipeline. One that is applied after the best are kept loses right answers; one
//! whose shard is missing and that is not applied at all shows wrong ones.

use super::*;
use crate::filter::Filter;
use crate::fixture::{Fact, Line, bundle_of, bundle_with};
use crate::response::Counts;
use crate::sort::Sort;
use proptest::prelude::*;
use std::collections::BTreeMap;

const FACTS: &[Fact<'static>] = &[
    (0, "tag", "setup"),
    (0, "tag", "tools"),
    (1, "tag", "code"),
    (2, "tag", "code"),
    (0, "year", "2020"),
    (1, "year", "2023"),
    (1, "date", "2024-05-17"),
    (0, "date", "2024-01-31T10:00"),
    (0, "^date", "1"),
    (1, "^date", "2"),
];

fn open_with(lines: &[Line<'_>], facts: &[Fact<'_>]) -> (Memory, Index<Memory>) {
    let (memory, manifest) = bundle_with(lines, facts);
    (memory.clone(), Index::open(memory, manifest).unwrap())
}

fn filtered(text: &str, filter: &str) -> Query {
    Query { filter: Some(Filter::parse(filter).unwrap()), cut_off: false, ..Query::new(text) }
}

fn sorted(key: &str, descending: bool) -> Option<Sort> {
    Some(Sort { key: key.into(), descending })
}

fn counts(pairs: &[(&str, u32)]) -> Counts {
    Counts(pairs.iter().map(|(value, count)| ((*value).to_owned(), *count)).collect())
}

#[test]
fn the_rest_of_a_frequent_words_postings_is_fetched_where_every_passage_matters() {
    let (memory, manifest) = bundle_of(LINES, FACTS, 1);
    let rests = || memory.fetched.borrow().iter().filter(|file| file.starts_with("rest")).count();
    let index = Index::open(memory.clone(), manifest).unwrap();
    let query = Query { mode: Mode::Keyword, cut_off: false, ..Query::new("page number") };
    let first = now(index.search(&query, None)).unwrap();
    assert_eq!((rests(), first.degraded.len()), (0, 0));
    let counted = Query { facets: vec!["tag".into()], ..query };
    let counted = now(index.search(&counted, None)).unwrap();
    assert_eq!((counted.total, rests() > 0), (Some(3), true));
    for (text, page) in [("page", "/2"), ("\"two numbers\"", "/2")] {
        let query =
            Query { mode: Mode::Keyword, ..filtered(text, "tag = code and not year = 2023") };
        assert_eq!(urls(&now(index.search(&query, None)).unwrap()), [page], "{text}");
    }
}

#[test]
fn a_filter_keeps_pages_out_in_every_mode() {
    let (_, index) = open_with(LINES, FACTS);
    for mode in [Mode::Keyword, Mode::Semantic, Mode::Hybrid] {
        for (filter, expected) in [
            ("tag = code", &["/1", "/2"][..]),
            ("tag = code and not year = 2023", &["/2"]),
            ("year < 2021 or date > 2024-05-16", &["/0", "/1"]),
            ("date <= 2024-01", &["/0"]),
            ("tag in (setup, none)", &["/0"]),
            ("tag = Code", &[]),
        ] {
            let query = Query { mode, ..filtered("page", filter) };
            let response = now(index.search(&query, Some(&NORTH))).unwrap();
            let mut urls = urls(&response);
            urls.sort_unstable();
            assert_eq!((urls, codes(&response)), (expected.to_vec(), vec![]), "{filter} {mode:?}");
        }
    }
}

#[test]
fn only_the_shards_of_named_keys_are_fetched_and_none_without_a_filter() {
    let (memory, index) = open_with(LINES, FACTS);
    let fetched = || {
        let all = std::mem::take(&mut *memory.fetched.borrow_mut());
        all.into_iter().filter(|file| file.starts_with("filters")).count()
    };
    now(index.search(&keyword("iterator"), None)).unwrap();
    assert_eq!(fetched(), 0);
    now(index.search(&filtered("iterator", "year = 2023"), None)).unwrap();
    assert_eq!(fetched(), 1);
}

#[test]
fn facets_count_all_pages_that_answer_and_not_only_those_shown() {
    let (_, index) = open_with(LINES, FACTS);
    let facets = vec!["tag".to_owned(), "year".to_owned(), "nothing".to_owned()];
    let query = Query { facets, limit: 1, cut_off: false, ..keyword("page") };
    let response = now(index.search(&query, None)).unwrap();
    assert_eq!((response.results.len(), response.total), (1, Some(3)));
    assert_eq!(
        response.facets.get("tag").unwrap(),
        &counts(&[("code", 2), ("setup", 1), ("tools", 1)])
    );
    assert_eq!(response.facets.get("year").unwrap(), &counts(&[("2020", 1), ("2023", 1)]));
    assert_eq!(codes(&response), ["query/key nothing"]);
    let query = Query {
        mode: Mode::Keyword,
        facets: query.facets[..1].to_vec(),
        ..filtered("page", "year = 2023")
    };
    let response = now(index.search(&query, None)).unwrap();
    assert_eq!(
        (response.total, response.facets.get("tag").unwrap()),
        (Some(1), &counts(&[("code", 1)]))
    );
    let response = now(index.search(&keyword("page"), None)).unwrap();
    assert_eq!(
        (response.total, response.facets.0.len()),
        (None, 0),
        "not counted unless asked for"
    );
}

#[test]
fn what_is_cut_off_is_not_counted() {
    let (_, index) = open_with(LINES, FACTS);
    let query = Query { facets: vec!["tag".into()], ..keyword("iterator") };
    let response = now(index.search(&query, None)).unwrap();
    assert_eq!(
        (response.total, response.facets.get("tag").unwrap()),
        (Some(1), &counts(&[("code", 1)]))
    );
}

#[test]
fn pages_are_sorted_by_a_key_and_those_without_it_come_last() {
    let (_, index) = open_with(LINES, FACTS);
    for (key, descending, expected) in [
        ("year", false, ["/0", "/1", "/2"]),
        ("year", true, ["/1", "/0", "/2"]),
        ("date", true, ["/1", "/0", "/2"]),
    ] {
        let query = Query { sort: sorted(key, descending), cut_off: false, ..keyword("page") };
        let response = now(index.search(&query, None)).unwrap();
        assert_eq!(
            (urls(&response), response.total),
            (expected.to_vec(), Some(3)),
            "{key} {descending}"
        );
        let first = Query { limit: 1, ..query };
        assert_eq!(urls(&now(index.search(&first, None)).unwrap()), expected[..1]);
    }
    let query = Query { sort: sorted("nothing", false), cut_off: false, ..keyword("page") };
    let response = now(index.search(&query, None)).unwrap();
    assert_eq!(
        (urls(&response).len(), codes(&response)),
        (3, vec!["query/key nothing".to_owned()])
    );
}

#[test]
fn without_a_question_every_page_that_passes_is_listed() {
    let (_, index) = open_with(LINES, FACTS);
    let list = |query: Query| {
        let response = now(index.search(&query, None)).unwrap();
        assert!(
            response.results.iter().all(|result| result.score == 0.0 && !result.excerpt.is_empty())
        );
        let urls: Vec<String> = urls(&response).iter().map(|url| (*url).to_owned()).collect();
        (urls, response.total)
    };
    assert_eq!(list(filtered("", "tag = code")), (vec!["/1".into(), "/2".into()], Some(2)));
    let sorted = Query { sort: sorted("year", true), ..filtered("  ", "year > 0") };
    assert_eq!(list(sorted), (vec!["/1".into(), "/0".into()], Some(2)));
    let all = Query { filter: Some(Filter::And(vec![])), limit: 2, ..Query::new("") };
    assert_eq!(list(all), (vec!["/0".into(), "/1".into()], Some(3)));
    assert_eq!(list(filtered("?!", "tag = code")), (vec![], None));
    assert_eq!(list(Query::new("")), (vec![], None));
}

#[test]
fn what_cannot_be_asked_finds_nothing_and_says_so_and_the_check_refuses_it() {
    let (_, index) = open_with(LINES, FACTS);
    for (filter, about, words) in [
        ("autor = x", "autor", "date, tag, year"),
        ("tag > 3", "tag", "values that are text"),
        ("year > soon", "year", "\"soon\" is no bound for values that are number"),
    ] {
        let query = filtered("page", filter);
        let response = now(index.search(&query, None)).unwrap();
        assert_eq!(urls(&response), Vec::<&str>::new());
        assert!(
            codes(&response).contains(&format!("query/filter {about}")),
            "{:?}",
            codes(&response)
        );
        let error = now(index.check(&query)).unwrap_err();
        assert_eq!((error.code(), error.file()), ("query/filter", None));
        assert!(error.to_string().contains(words), "{error}");
    }
    assert_eq!(now(index.check(&filtered("page", "not tag = x and year > 3"))), Ok(()));
    let other = Query { sort: sorted("nothing", false), ..keyword("page") };
    assert_eq!(now(index.check(&other)).unwrap_err().code(), "query/filter");
}

#[test]
fn values_for_sorting_are_no_choices() {
    let (_, index) = open_with(
        LINES,
        &[(0, "^weight", "2"), (1, "^weight", "1"), (0, "^date", "1"), (2, "date", "5")],
    );
    let facets = vec!["weight".into(), "date".into(), "date".into()];
    let response = now(index.search(&Query { facets, limit: 0, ..Query::new("") }, None)).unwrap();
    assert_eq!((response.total, response.results.len()), (Some(3), 0));
    assert_eq!(response.facets.0, [("date".to_owned(), counts(&[("5", 1)]))]);
    // But they can be compared with.
    assert_eq!(urls(&now(index.search(&filtered("", "weight < 2"), None)).unwrap()), ["/1"]);
}

#[test]
fn a_filter_whose_shard_is_missing_or_damaged_is_an_error_and_never_ignored() {
    let (memory, index) = open_with(LINES, FACTS);
    let file =
        index.manifest().filters.iter().find(|entry| entry.keys == ["tag"]).unwrap().file.clone();
    memory.broken.borrow_mut().push(file.clone());
    for text in ["page", ""] {
        let error = now(index.search(&filtered(text, "not tag = code"), None)).unwrap_err();
        assert_eq!((error.code(), error.file()), ("bundle/fetch", Some(file.as_str())));
    }
    // Facets and order can be done without.
    let facets = Query {
        facets: vec!["tag".into()],
        sort: sorted("tag", false),
        cut_off: false,
        ..keyword("page")
    };
    let response = now(index.search(&facets, None)).unwrap();
    assert_eq!((urls(&response).len(), response.facets.0.len()), (3, 0));
    assert_eq!(codes(&response), [format!("bundle/fetch {file}")]);
    memory.broken.borrow_mut().clear();
    let sound = memory.files.borrow()[&file].clone();
    for at in 0..sound.len() {
        let mut damaged = sound.clone();
        damaged[at] ^= 0x40;
        memory.files.borrow_mut().insert(file.clone(), damaged);
        let answer = now(index.search(&filtered("page", "not tag = code"), None));
        assert!(answer.is_err(), "flipped at {at}");
    }
    memory.files.borrow_mut().insert(file, sound);
    assert_eq!(
        urls(&now(index.search(&filtered("page", "not tag = code"), None)).unwrap()),
        ["/0"]
    );
}

/// A collection: text of each passage, two passages a page, with the metadata of pages.
#[derive(Debug)]
struct Random {
    lines: Vec<(u32, String, [f32; 2])>,
    facts: Vec<(u32, &'static str, String)>,
}

impl Random {
    fn open(&self) -> Index<Memory> {
        let lines: Vec<Line<'_>> = self
            .lines
            .iter()
            .map(|(page, text, vector)| (*page, "Head", text.as_str(), *vector))
            .collect();
        let facts: Vec<Fact<'_>> =
            self.facts.iter().map(|(page, key, value)| (*page, *key, value.as_str())).collect();
        open_with(&lines, &facts).1
    }

    /// Whether a page passes, by nothing but its own values and the standard library.
    fn passes(&self, filter: &Filter, page: u32) -> bool {
        let values = |key: &str| {
            let key = key.to_owned();
            self.facts
                .iter()
                .filter(move |(p, k, _)| *p == page && *k == key)
                .map(|(.., value)| value)
        };
        match filter {
            Filter::And(filters) => filters.iter().all(|filter| self.passes(filter, page)),
            Filter::Or(filters) => filters.iter().any(|filter| self.passes(filter, page)),
            Filter::Not(filter) => !self.passes(filter, page),
            Filter::Is { key, value } => values(key).any(|v| v == value),
            Filter::Range { key, min, max } => {
                let number = |bound: &std::ops::Bound<String>| {
                    bound.as_ref().map(|b| b.parse::<i32>().unwrap())
                };
                let inside = (number(min), number(max));
                values(key)
                    .any(|v| std::ops::RangeBounds::contains(&inside, &v.parse::<i32>().unwrap()))
            }
        }
    }
}

fn collections() -> impl Strategy<Value = Random> {
    let text = proptest::collection::vec(0usize..8, 1..6).prop_map(|words| {
        let all = ["sea", "moon", "tide", "oar", "boat", "storm", "harbour", "anchor"];
        words.into_iter().map(|word| all[word]).collect::<Vec<_>>().join(" ")
    });
    let vector = (-1.0f32..1.0, 0.01f32..1.0).prop_map(|(x, y)| [x, y]);
    let passages = proptest::collection::vec((text, vector), 2..60);
    let tags = proptest::collection::vec(proptest::option::of(0usize..4), 30);
    let years = proptest::collection::vec(proptest::option::of(-5i32..30), 30);
    (passages, tags, years).prop_map(|(passages, tags, years)| {
        let lines: Vec<_> =
            (0u32..).zip(passages).map(|(n, (text, vector))| (n / 2, text, vector)).collect();
        let pages = lines.len().div_ceil(2) as u32;
        let mut facts = vec![];
        for (page, (tag, year)) in (0..pages).zip(tags.into_iter().zip(years)) {
            facts.extend(tag.map(|tag| (page, "tag", ["a", "b", "c", "D d"][tag].to_owned())));
            facts.extend(tag.filter(|tag| *tag > 1).map(|_| (page, "tag", "more".to_owned())));
            facts.extend(year.map(|year| (page, "year", year.to_string())));
        }
        Random { lines, facts }
    })
}

fn predicates() -> impl Strategy<Value = Filter> {
    use std::ops::Bound;
    let tag = proptest::sample::select(vec!["a", "b", "c", "D d", "more", "absent"]);
    let is = tag.prop_map(|value| Filter::Is { key: "tag".into(), value: value.into() });
    let bound = || {
        (0u8..3, -8i32..32).prop_map(|(form, at)| match form {
            0 => Bound::Unbounded,
            1 => Bound::Included(at.to_string()),
            _ => Bound::Excluded(at.to_string()),
        })
    };
    let range =
        (bound(), bound()).prop_map(|(min, max)| Filter::Range { key: "year".into(), min, max });
    prop_oneof![is, range].prop_recursive(4, 16, 3, |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..4).prop_map(Filter::And),
            proptest::collection::vec(inner.clone(), 0..4).prop_map(Filter::Or),
            inner.prop_map(|filter| Filter::Not(Box::new(filter))),
        ]
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    /// The oracle ranks everything without a filter and then leaves out what does not pass.
    #[test]
    fn results_are_those_of_brute_force_in_their_order_with_their_scores(
        collection in collections(),
        filter in predicates(),
        question in proptest::sample::select(vec!["moon", "storm tide", "sea boat anchor", "harb"]),
        angle in 0.0f32..3.0,
        depth in 1usize..80,
    ) {
        let index = collection.open();
        let vector = [angle.cos(), angle.sin()];
        for mode in [Mode::Keyword, Mode::Semantic, Mode::Hybrid] {
            let all = Query { mode, ..Query::new(question) };
            let ranked = now(index.rank(&all, Some(&vector), usize::MAX, &|_| true)).unwrap();
            let passes = |hit: &crate::Hit| collection.passes(&filter, hit.page.0);
            let expected: Vec<_> = ranked.hits.into_iter().filter(passes).take(depth).collect();
            let query = Query { filter: Some(filter.clone()), ..all };
            let found = now(index.rank(&query, Some(&vector), depth, &|_| true)).unwrap();
            prop_assert_eq!(&found.hits, &expected, "{:?}", mode);

            let query = Query { facets: vec!["tag".into()], limit: 3, ..query };
            let response = now(index.search(&query, Some(&vector))).unwrap();
            let shown = |limit: usize| Query { cut_off: true, facets: vec![], limit, ..query.clone() };
            let every = now(index.search(&shown(100), Some(&vector))).unwrap();
            prop_assert_eq!(response.total, Some(every.results.len() as u32));
            prop_assert_eq!(&response.results, &every.results[..every.results.len().min(3)]);
            let pages: Vec<u32> = every.results.iter().map(|r| r.url[1..].parse().unwrap()).collect();
            let mut counts = BTreeMap::new();
            for (_, _, tag) in collection.facts.iter().filter(|(page, key, _)| *key == "tag" && pages.contains(page)) {
                *counts.entry(tag.as_str()).or_insert(0u32) += 1;
            }
            let counted: BTreeMap<_, _> = response.facets.get("tag").into_iter().flat_map(|counts| &counts.0)
                .map(|(value, count)| (value.as_str(), *count)).collect();
            prop_assert_eq!(counted, counts);
        }
    }

    #[test]
    fn what_is_listed_is_what_passes(collection in collections(), filter in predicates(), descending: bool) {
        let index = collection.open();
        let pages = collection.lines.len().div_ceil(2) as u32;
        let expected: Vec<u32> = (0..pages).filter(|page| collection.passes(&filter, *page)).collect();
        let list = |sort| {
            let query = Query { filter: Some(filter.clone()), limit: 100, sort, ..Query::new("") };
            let response = now(index.search(&query, None)).unwrap();
            response.results.iter().map(|r| r.url[1..].parse::<u32>().unwrap()).collect::<Vec<_>>()
        };
        prop_assert_eq!(list(None), expected.clone());
        if collection.facts.iter().any(|(_, key, _)| *key == "year") {
            let year = |page: &u32| {
                let fact = collection.facts.iter().find(|(p, key, _)| p == page && *key == "year");
                fact.map(|(.., year)| year.parse::<i32>().unwrap() * if descending { -1 } else { 1 })
            };
            let mut sorted_pages = expected;
            sorted_pages.sort_by_key(|page| (year(page).is_none(), year(page)));
            prop_assert_eq!(list(sorted("year", descending)), sorted_pages);
        }
    }
}

/// Three thousand passages of a page each, far more than each list sends into fusion, with keys that a
/// share of 0, 0.001, 0.1 and 1 of them have.
#[test]
fn recall_under_a_filter_does_not_depend_on_how_many_pass() {
    let mut state = 7u32;
    let mut random = move |below: u32| {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 8) % below
    };
    let words = ["sea", "moon", "tide", "oar", "boat", "storm", "harbour", "anchor"];
    let lines = (0..3000u32).map(|page| {
        let text: Vec<&str> = (0..3 + random(6)).map(|_| words[random(8) as usize]).collect();
        let angle = random(100_000) as f32 / 100_000.0 * 3.0;
        (page, text.join(" "), [angle.cos(), angle.sin()])
    });
    let lines: Vec<_> = lines.collect();
    let facts = (0..3000u32).flat_map(|page| {
        let rare = (page % 1000 == 999).then_some((page, "share", "rare".to_owned()));
        let tenth = (page % 10 == 3).then_some((page, "share", "tenth".to_owned()));
        rare.into_iter().chain(tenth).chain([(page, "share", "all".to_owned())])
    });
    let collection = Random { facts: facts.collect(), lines };
    let index = collection.open();
    let (mut found_of, mut wanted) = (0, 0);
    for (value, members) in [("absent", 0), ("rare", 3), ("tenth", 300), ("all", 3000)] {
        let filter = Filter::Is { key: "share".into(), value: value.into() };
        assert_eq!((0..3000).filter(|page| collection.passes(&filter, *page)).count(), members);
        for mode in [Mode::Keyword, Mode::Semantic, Mode::Hybrid] {
            for (question, angle) in
                [("moon", 0.3f32), ("storm tide", 1.0), ("sea boat anchor", 2.2)]
            {
                let vector = [angle.cos(), angle.sin()];
                let all = Query { mode, ..Query::new(question) };
                let ranked = now(index.rank(&all, Some(&vector), usize::MAX, &|_| true)).unwrap();
                let passes = |hit: &crate::Hit| collection.passes(&filter, hit.page.0);
                let expected: Vec<_> = ranked.hits.into_iter().filter(passes).take(10).collect();
                let query = Query { filter: Some(filter.clone()), ..all };
                let found = now(index.rank(&query, Some(&vector), 10, &|_| true)).unwrap().hits;
                // By scores: in two dimensions hundreds of passages are as near as can be.
                let scores =
                    |hits: &[crate::Hit]| hits.iter().map(|hit| hit.score).collect::<Vec<_>>();
                let exact = mode != Mode::Hybrid || members <= 300;
                assert!(
                    !exact || scores(&found) == scores(&expected),
                    "{value} {mode:?} {question}"
                );
                assert!(found.iter().all(passes));
                wanted += expected.len();
                let least = expected.last().map_or(0.0, |hit| hit.score);
                found_of += found.iter().filter(|hit| hit.score >= least).count();
            }
        }
    }
    // Two thousand answer here: counting them changes neither the best nor their scores.
    let query = Query { limit: 50, ..keyword("moon tide") };
    let best = now(index.search(&query, None)).unwrap();
    let counted = Query { facets: vec!["share".into()], ..query };
    let counted = now(index.search(&counted, None)).unwrap();
    assert!(counted.total > Some(1000), "{:?}", counted.total);
    assert_eq!(counted.results, best.results);
    // Where thousands pass, fusion may miss one that is beyond the best of both lists, as without a filter.
    assert!(found_of * 100 >= wanted * 98, "{found_of} of {wanted}");
}
