//! A small bundle answers as a reader expects, whole and with files missing.

mod clusters;
mod filters;
mod instant;

use super::*;
use crate::fixture::{LINES, Memory, bundle, now};
use crate::query::LONGEST;
use sextant_core::manifest::GraphEntry;
use sextant_index::vectors::graph::{Links, write};

/// The direction of passage 3, "Iterators".
const NORTH: [f32; 2] = [0.0, 1.0];

fn open() -> (Memory, Index<Memory>) {
    let (memory, manifest) = bundle(LINES);
    let index = Index::open(memory.clone(), manifest).unwrap();
    (memory, index)
}

fn keyword(text: &str) -> Query {
    Query { mode: Mode::Keyword, ..Query::new(text) }
}

fn urls(response: &Response) -> Vec<&str> {
    response.results.iter().map(|result| result.url.as_str()).collect()
}

fn codes(response: &Response) -> Vec<String> {
    response.degraded.iter().map(ToString::to_string).collect()
}

#[test]
fn words_find_their_page_section_and_excerpt() {
    let (_, index) = open();
    let response = now(index.search(&keyword("follow the steps"), None)).unwrap();
    assert_eq!(response.mode, Mode::Keyword);
    assert_eq!(urls(&response), ["/0"]);
    let result = &response.results[0];
    assert_eq!((result.title.as_str(), result.heading.as_str()), ("Page 0", "Install"));
    assert_eq!(result.anchor.as_deref(), Some("install"));
    assert!(result.score > 0.0 && result.score <= 1.0);
    let marked: Vec<_> = result.excerpt.iter().filter(|s| s.marked).map(|s| &s.text).collect();
    assert_eq!(marked, ["follow", "steps"]);
    assert!(response.degraded.is_empty());
    let stages: Vec<_> = response.timing.iter().map(|(stage, _)| *stage).collect();
    assert_eq!(stages, ["plan", "fetch", "words", "vector", "fuse", "group", "texts"]);
}

#[test]
fn a_page_comes_once_with_its_other_sections_and_each_section_once() {
    let (_, index) = open();
    let query = Query { cut_off: false, ..keyword("page") };
    let response = now(index.search(&query, None)).unwrap();
    assert_eq!(urls(&response), ["/0", "/1", "/2"]);
    let sections: Vec<_> = response.results[0].sub_results.iter().map(|sub| &sub.url).collect();
    let best = response.results[0].anchor.as_deref();
    let other = if best == Some("install") { "/0#remove" } else { "/0#install" };
    assert_eq!(sections, [other]);
}

#[test]
fn the_beginning_of_the_last_word_finds_while_typing_only() {
    let (_, index) = open();
    assert_eq!(urls(&now(index.search(&keyword("exclus"), None)).unwrap()).len(), 2);
    assert_eq!(urls(&now(index.search(&keyword("iterato"), None)).unwrap()), ["/1"]);
    let typed = Query { typing: false, ..keyword("uninst") };
    assert!(urls(&now(index.search(&typed, None)).unwrap()).is_empty());
}

#[test]
fn a_question_of_a_megabyte_is_answered_by_its_beginning() {
    let (_, index) = open();
    let own_words: String = (0..150_000).map(|word| format!("w{word} ")).collect();
    // Quotes that never close, words that are all different, a word without end: whatever looks at the rest again for
    // each of them would take hours. And a cut in the middle of a character.
    for rest in ["„".repeat(350_000), own_words, "x".repeat(1 << 20), "é".repeat(1 << 19)] {
        let question = format!("follow the steps {rest}");
        let beginning = &question[..question.floor_char_boundary(LONGEST)];
        let [long, short] = [question.as_str(), beginning]
            .map(|text| now(index.search(&keyword(text), None)).unwrap());
        assert_eq!(urls(&long), urls(&short));
        assert!(long.degraded.is_empty());
    }
}

#[test]
fn a_typing_error_finds_the_word_it_is_near_to() {
    let (_, index) = open();
    let query = Query { typing: false, ..keyword("itterator") };
    assert_eq!(urls(&now(index.search(&query, None)).unwrap()), ["/1"]);
}

#[test]
fn a_quoted_phrase_is_required_in_its_order() {
    let (_, index) = open();
    for mode in [Mode::Keyword, Mode::Hybrid] {
        let query = Query { mode, ..Query::new("\"exclusive or\"") };
        let response = now(index.search(&query, Some(&NORTH))).unwrap();
        assert_eq!(urls(&response), ["/2"], "{mode:?}");
    }
    let response = now(index.search(&keyword("\"or exclusive\""), None)).unwrap();
    assert!(response.results.is_empty());
}

#[test]
fn meaning_finds_what_no_word_says() {
    let (_, index) = open();
    let query = Query { mode: Mode::Semantic, ..Query::new("loop over a collection") };
    let response = now(index.search(&query, Some(&NORTH))).unwrap();
    assert_eq!(response.results[0].url, "/1");
    assert_eq!(response.mode, Mode::Semantic);
}

#[test]
fn without_a_vector_words_answer_and_the_response_says_so() {
    let (_, index) = open();
    let response = now(index.search(&Query::new("iterator"), None)).unwrap();
    assert_eq!((response.mode, urls(&response)), (Mode::Keyword, vec!["/1"]));
    assert_eq!(codes(&response), ["encoder/absent"]);
    for odd in [vec![1.0], vec![f32::NAN, 0.0], vec![0.0, 0.0]] {
        let response = now(index.search(&Query::new("iterator"), Some(&odd))).unwrap();
        assert_eq!((response.mode, urls(&response)), (Mode::Keyword, vec!["/1"]));
        assert_eq!(codes(&response), ["encoder/vector"], "{odd:?}");
    }
}

#[test]
fn a_bundle_without_vectors_answers_by_words() {
    let (memory, mut manifest) = bundle(LINES);
    manifest.vectors = None;
    let index = Index::open(memory, manifest).unwrap();
    let response = now(index.search(&Query::new("iterator"), Some(&NORTH))).unwrap();
    assert_eq!((response.mode, urls(&response)), (Mode::Keyword, vec!["/1"]));
    assert_eq!(codes(&response), ["vectors/absent"]);
}

#[test]
fn every_shard_can_be_missing_and_is_named_and_tried_again() {
    let (memory, manifest) = bundle(LINES);
    let files: Vec<String> = memory.files.borrow().keys().cloned().collect();
    let query = Query { cut_off: false, ..Query::new("\"an iterator\" number") };
    let whole = Index::open(memory.clone(), manifest.clone()).unwrap();
    let whole = now(whole.search(&query, Some(&NORTH))).unwrap();
    assert_eq!(urls(&whole), ["/1"]);
    let mut named = 0;
    for file in files {
        let index = Index::open(memory.clone(), manifest.clone()).unwrap();
        memory.broken.borrow_mut().push(file.clone());
        let answer = now(index.search(&query, Some(&NORTH))).unwrap();
        let codes = codes(&answer);
        assert!(codes.len() <= 1, "{codes:?}");
        named += codes.iter().filter(|code| **code == format!("bundle/fetch {file}")).count();
        memory.broken.borrow_mut().clear();
        let again = now(index.search(&query, Some(&NORTH))).unwrap();
        assert_eq!((again.results, again.degraded), (whole.results.clone(), vec![]), "{file}");
    }
    assert!(named >= 6, "{named} shards were needed and named");
}

#[test]
fn a_graph_answers_as_the_scan_does_and_without_it_the_scan_answers() {
    let (memory, mut manifest) = bundle(LINES);
    let query = Query { mode: Mode::Semantic, ..Query::new("loop") };
    let answer = |manifest: &Manifest, query: &Query| {
        let index = Index::open(memory.clone(), manifest.clone()).unwrap();
        now(index.search(query, Some(&NORTH))).unwrap()
    };
    let scanned = answer(&manifest, &query);
    // A ring with a shortcut, entered at passage 4.
    let base = vec![1, 4, 2, 0, 3, 1, 4, 2, 0, 3];
    let file = write(&[4, 3, 2, 1, 0], &[], &Links { degree: 2, neighbours: base }).unwrap();
    memory.files.borrow_mut().insert("graph/0.sxt".into(), file);
    let graph = GraphEntry { file: "graph/0.sxt".into(), bytes: 1, beam: 1 };
    manifest.vectors.as_mut().unwrap().graph = Some(graph);
    let walked = answer(&manifest, &query);
    assert!(memory.fetched.borrow().iter().any(|file| file == "graph/0.sxt"));
    assert_eq!((&walked.results, &walked.degraded), (&scanned.results, &vec![]));

    memory.broken.borrow_mut().push("graph/0.sxt".into());
    let without = answer(&manifest, &query);
    assert_eq!((&without.results, without.mode), (&scanned.results, Mode::Semantic));
    assert_eq!(codes(&without), ["bundle/fetch graph/0.sxt"]);
    memory.broken.borrow_mut().clear();

    // The passage that everything else is entered by has no codes.
    memory.broken.borrow_mut().push("planes/2.sxt".into());
    let partly = answer(&manifest, &query);
    assert_eq!(urls(&partly)[0], "/1");
    assert_eq!(codes(&partly), ["bundle/fetch planes/2.sxt"]);
    let keyword = Query { mode: Mode::Keyword, ..Query::new("iterator") };
    memory.fetched.borrow_mut().clear();
    answer(&manifest, &keyword);
    assert!(!memory.fetched.borrow().iter().any(|file| file == "graph/0.sxt"), "words need none");
}

#[test]
fn a_damaged_shard_is_named_with_its_fault() {
    let (memory, index) = open();
    for (file, bytes) in memory.files.borrow_mut().iter_mut() {
        if file.starts_with("planes") {
            bytes.truncate(40);
        }
    }
    let response = now(index.search(&Query::new("iterator"), Some(&NORTH))).unwrap();
    assert_eq!((response.mode, urls(&response)), (Mode::Keyword, vec!["/1"]));
    let all = response.degraded.iter().all(|degraded| degraded.code == "bundle/length");
    assert!(all && response.degraded.len() == 3, "{:?}", response.degraded);
}

#[test]
fn a_shard_is_fetched_once() {
    let (memory, index) = open();
    let first = now(index.search(&Query::new("exclusive number"), Some(&NORTH))).unwrap();
    let fetched = memory.fetched.borrow().len();
    let second = now(index.search(&Query::new("exclusive number"), Some(&NORTH))).unwrap();
    assert_eq!(first.results, second.results);
    assert_eq!(memory.fetched.borrow().len(), fetched);
}

#[test]
fn a_question_that_nothing_answers_has_no_results() {
    let (_, index) = open();
    for text in ["", "   ", "?!", "quantum chromodynamics lattice"] {
        let response = now(index.search(&keyword(text), None)).unwrap();
        assert!(response.results.is_empty(), "{text:?}");
    }
    let south = [0.0, -1.0];
    let response = now(index.search(&Query::new("quantum chromodynamics"), Some(&south))).unwrap();
    assert!(response.results.is_empty());
}

#[test]
fn ranking_keeps_to_what_is_allowed() {
    let (_, index) = open();
    let allowed = |id: PassageId| id.0 == 1;
    for mode in [Mode::Keyword, Mode::Semantic, Mode::Hybrid] {
        let query = Query { mode, ..Query::new("exclusive") };
        let ranked = now(index.rank(&query, Some(&NORTH), 10, &allowed)).unwrap();
        let ids: Vec<_> = ranked.hits.iter().map(|hit| hit.passage.0).collect();
        assert_eq!((ranked.mode, ids), (mode, vec![1]));
    }
}

#[test]
fn a_manifest_that_contradicts_itself_is_refused() {
    let (memory, mut manifest) = bundle(LINES);
    manifest.passages += 1;
    let error = Index::open(memory, manifest).err().unwrap();
    assert_eq!(error.code(), "bundle/content");
}
