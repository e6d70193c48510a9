//! Words of a question find their terms, their beginnings and their typing errors, and score by BM25.

use super::*;
use sextant_core::passage::{PageId, PassageId};
use sextant_index::directory::DirectoryWriter;
use sextant_index::words::WordsWriter;
use sextant_text::analysis::Analyzer;

/// A lexicon in shards of about `bytes`, and a directory, of passages with these texts.
fn index(texts: &[&str], bytes: usize) -> (Vec<(usize, Rc<WordsShard>)>, Directory, Bm25) {
    let analyzer = Analyzer::new("en");
    let (mut words, mut directory) = (WordsWriter::default(), DirectoryWriter::default());
    for (n, text) in texts.iter().enumerate() {
        let length = words.add(&analyzer, PassageId(n as u32), "", &[], text).unwrap();
        directory.add(PageId(0), length);
    }
    let output = words.finish(bytes);
    let bm25 = Bm25::new(texts.len() as u32, output.length);
    let open = |(n, part): (usize, &sextant_index::words::WordsPart)| {
        (n, Rc::new(WordsShard::open(part.words.clone(), "w").unwrap()))
    };
    let loaded = output.parts.iter().enumerate().map(open).collect();
    (loaded, Directory::open(&directory.finish(), "d").unwrap(), bm25)
}

fn terms(alternatives: &[Alternative]) -> Vec<&str> {
    alternatives.iter().map(|a| a.term.as_str()).collect()
}

#[test]
fn a_beginning_finds_longer_words_and_the_whole_word_counts_most() {
    let (loaded, ..) = index(&["read reads readme readonly real"], 20);
    assert!(loaded.len() > 1);
    let found = alternatives(&loaded, "read", Some("read")).unwrap();
    assert_eq!(terms(&found), ["read", "readm", "readon"]);
    assert!(found[0].weight == 1.0 && found[1].weight > found[2].weight);
    assert_eq!(terms(&alternatives(&loaded, "read", None).unwrap()), ["read"]);
}

#[test]
fn what_is_typed_beyond_a_stem_finds_the_stem() {
    let (loaded, ..) = index(&["iterators it item"], 1000);
    assert_eq!(terms(&alternatives(&loaded, "iterato", Some("iterato")).unwrap()), ["iter"]);
    assert!(alternatives(&loaded, "itx", Some("itx")).unwrap().is_empty());
}

#[test]
fn a_typing_error_is_taken_for_the_nearest_words_the_most_frequent_first() {
    let (loaded, ..) = index(&["number lumber", "number", "needle"], 1000);
    let found = corrections(&loaded, "nubmer").unwrap();
    assert_eq!((terms(&found), found[0].weight), (vec!["number"], TYPO));
    assert_eq!(terms(&corrections(&loaded, "umber").unwrap()), ["number", "lumber"]);
    assert!(corrections(&loaded, "num").unwrap().is_empty());
}

#[test]
fn an_error_that_the_site_has_too_finds_the_word_that_is_far_more_frequent() {
    let mut texts = vec!["number"; 20];
    texts.push("nubmer");
    let (loaded, ..) = index(&texts, 1000);
    let found = alternatives(&loaded, "nubmer", None).unwrap();
    assert_eq!(terms(&likelier(&loaded, "nubmer", &found).unwrap()), ["number"]);
    let found = alternatives(&loaded, "number", None).unwrap();
    assert!(likelier(&loaded, "number", &found).unwrap().is_empty());
}

#[test]
fn scores_are_the_sum_of_bm25_and_within_their_bound() {
    let (loaded, directory, bm25) = index(&["cat cat dog", "dog bird bird bird", "fish"], 1000);
    let of = |term| Concept::new(alternatives(&loaded, term, None).unwrap(), 1.0, &bm25);
    let words = score(&[of("cat"), of("dog")], &directory, &bm25, None).unwrap();
    let expected =
        bm25.explain(bm25.idf(1), 2.0, 3).score() + bm25.explain(bm25.idf(2), 1.0, 3).score();
    assert!((words.scores[0] - expected).abs() < 1e-6);
    assert!((words.covered[0] - words.bound).abs() < 1e-6);
    assert!(words.scores[0] < words.bound && words.scores[1] > 0.0);
    assert_eq!((words.scores[2], words.covered[2]), (0.0, 0.0));
}

#[test]
fn of_several_alternatives_the_best_counts_once() {
    let (loaded, directory, bm25) = index(&["read readonly", "readonly", "x"], 1000);
    let both = alternatives(&loaded, "read", Some("read")).unwrap();
    let whole = Concept::new(both, 1.0, &bm25);
    let words = score(std::slice::from_ref(&whole), &directory, &bm25, None).unwrap();
    let best = bm25.explain(whole.weight, 1.0, 2).score();
    assert!((words.scores[0] - best).abs() < 1e-6);
    assert!(words.scores[1] < bm25.explain(whole.weight, 1.0, 1).score());
}

#[test]
fn a_word_that_nothing_has_makes_every_passage_fall_short() {
    let (loaded, directory, bm25) = index(&["connect", "x", "y"], 1000);
    let of = |term| Concept::new(alternatives(&loaded, term, None).unwrap(), 1.0, &bm25);
    let words = score(&[of("connect"), of("mongodb")], &directory, &bm25, None).unwrap();
    assert!(words.covered[0] < words.bound / 2.0);
}
