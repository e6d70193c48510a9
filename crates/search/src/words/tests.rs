//! Words of a question find their terms, their beginnings and their typing errors, and score by BM25.

use super::*;
use sextant_core::passage::PassageId;
use sextant_index::words::{WordsPart, WordsWriter, bm25};
use sextant_text::analysis::Analyzer;

/// A lexicon in `shards` shards at most, of passages with these texts.
fn index(texts: &[&str], shards: usize) -> (Vec<(usize, Rc<WordsShard>)>, Bm25) {
    let (parts, bm25) = parts(texts, shards, 1000);
    let open =
        |(n, part): (usize, WordsPart)| (n, Rc::new(WordsShard::open(part.words, "w").unwrap()));
    (parts.into_iter().enumerate().map(open).collect(), bm25)
}

/// The same, a term with `most` postings in its shard.
fn parts(texts: &[&str], shards: usize, most: u32) -> (Vec<WordsPart>, Bm25) {
    let analyzer = Analyzer::new("en");
    let mut words = WordsWriter::default();
    for (n, text) in texts.iter().enumerate() {
        words.add(&analyzer, PassageId(n as u32), "", &[], text).unwrap();
    }
    let output = words.finish(|_| shards, most);
    let bm25 = Bm25::new(texts.len() as u32, output.length);
    (output.parts, bm25)
}

/// What is stored of a saturation.
fn stored(saturation: f32) -> f32 {
    bm25::saturation(bm25::level(saturation))
}

fn terms(alternatives: &[Alternative]) -> Vec<&str> {
    alternatives.iter().map(|a| a.term.as_str()).collect()
}

#[test]
fn a_beginning_finds_longer_words_and_the_whole_word_counts_most() {
    let (loaded, _) = index(&["read reads readme readonly real"], 5);
    assert!(loaded.len() > 1);
    let found = alternatives(&loaded, "read", Some("read")).unwrap();
    assert_eq!(terms(&found), ["read", "readm", "readon"]);
    assert!(found[0].weight == 1.0 && found[1].weight > found[2].weight);
    assert_eq!(terms(&alternatives(&loaded, "read", None).unwrap()), ["read"]);
}

#[test]
fn what_is_typed_beyond_a_stem_finds_the_stem() {
    let (loaded, _) = index(&["iterators it item"], 1);
    assert_eq!(terms(&alternatives(&loaded, "iterato", Some("iterato")).unwrap()), ["iter"]);
    assert!(alternatives(&loaded, "itx", Some("itx")).unwrap().is_empty());
}

#[test]
fn a_typing_error_is_taken_for_the_nearest_words_the_most_frequent_first() {
    let (loaded, _) = index(&["number lumber", "number", "needle"], 1);
    let found = corrections(&loaded, "nubmer").unwrap();
    assert_eq!((terms(&found), found[0].weight), (vec!["number"], TYPO));
    assert_eq!(terms(&corrections(&loaded, "umber").unwrap()), ["number", "lumber"]);
    assert!(corrections(&loaded, "num").unwrap().is_empty());
}

#[test]
fn an_error_that_the_site_has_too_finds_the_word_that_is_far_more_frequent() {
    let mut texts = vec!["number"; 20];
    texts.push("nubmer");
    let (loaded, _) = index(&texts, 1);
    let found = alternatives(&loaded, "nubmer", None).unwrap();
    assert_eq!(terms(&likelier(&loaded, "nubmer", &found).unwrap()), ["number"]);
    let found = alternatives(&loaded, "number", None).unwrap();
    assert!(likelier(&loaded, "number", &found).unwrap().is_empty());
}

#[test]
fn scores_are_the_sum_of_bm25_and_within_their_bound() {
    let (loaded, bm25) = index(&["cat cat dog", "dog bird bird bird", "fish"], 1);
    let of = |term| Concept::new(alternatives(&loaded, term, None).unwrap(), 1.0, &bm25);
    let words = score(&[of("cat"), of("dog")], 3, None).unwrap();
    let (cat, dog) = (stored(bm25.saturation(2.0, 3)), stored(bm25.saturation(1.0, 3)));
    let expected = bm25.idf(1) * cat + bm25.idf(2) * dog;
    assert!((words.scores[0] - expected).abs() < 1e-6);
    assert!((words.covered[0] - words.bound).abs() < 1e-6);
    assert!(words.scores[0] < words.bound && words.scores[1] > 0.0);
    assert_eq!((words.scores[2], words.covered[2]), (0.0, 0.0));
}

#[test]
fn of_several_alternatives_the_best_counts_once() {
    let (loaded, bm25) = index(&["read readonly", "readonly", "x"], 1);
    let both = alternatives(&loaded, "read", Some("read")).unwrap();
    let whole = Concept::new(both, 1.0, &bm25);
    let words = score(std::slice::from_ref(&whole), 3, None).unwrap();
    let best = whole.weight * stored(bm25.saturation(1.0, 2));
    assert!((words.scores[0] - best).abs() < 1e-6);
    assert!(words.scores[1] < whole.weight * stored(bm25.saturation(1.0, 1)));
}

#[test]
fn a_word_that_nothing_has_makes_every_passage_fall_short() {
    let (loaded, bm25) = index(&["connect", "x", "y"], 1);
    let of = |term| Concept::new(alternatives(&loaded, term, None).unwrap(), 1.0, &bm25);
    let words = score(&[of("connect"), of("mongodb")], 3, None).unwrap();
    assert!(words.covered[0] < words.bound / 2.0);
}

#[test]
fn a_rest_that_is_not_here_is_estimated_and_one_that_is_counts() {
    let texts = ["cat cat cat", "cat cat", "cat dog", "cat and dog", "bird", "fish"];
    let (mut parts, bm25) = parts(&texts, 1, 2);
    let part = parts.remove(0);
    let loaded = [(0, Rc::new(WordsShard::open(part.words, "w").unwrap()))];
    let rest = Rc::new(Rest::open(part.rest.unwrap(), "r", loaded[0].1.rests()).unwrap());
    let of = |term| Concept::new(alternatives(&loaded, term, None).unwrap(), 1.0, &bm25);
    let partial = score(&[of("cat"), of("dog")], 6, None).unwrap();
    let mut whole = [of("cat"), of("dog")];
    whole[0].alternatives[0].rest = Some(Rc::clone(&rest));
    let whole = score(&whole, 6, None).unwrap();
    assert!(
        partial.scores[..2] == whole.scores[..2],
        "what is here is known: {partial:?} {whole:?}"
    );
    // Half of the four others have it, and nothing else is known of them.
    let cat = of("cat").weight;
    let mean = (stored(bm25.saturation(1.0, 2)) + stored(bm25.saturation(1.0, 3))) / 2.0;
    let dog = whole.scores[2] - cat * stored(bm25.saturation(1.0, 2));
    assert!((partial.scores[2] - (dog + cat * mean / 2.0)).abs() < 0.01, "{partial:?} {whole:?}");
    assert!((partial.covered[2] - (whole.covered[2] - cat / 2.0)).abs() < 1e-6);
    assert_eq!((partial.scores[4], partial.covered[4]), (0.0, 0.0));
}
