//! `sextant eval` over collections whose measures can be worked out by hand, and output into a closed pipe.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on should stop here")]

mod support;

use std::process::Stdio;
use support::Site;

/// Two documents of `red` in one parent, one of `blue`; and the same words under another filter.
fn collection(site: &Site) {
    site.write(
        "set/corpus.jsonl",
        r#"{"_id": "a#0", "title": "Apples", "text": "Apples are red fruit.", "parent": "a", "filter": "x"}
{"_id": "a#1", "title": "Apples", "text": "Red apples keep well.", "parent": "a", "filter": "x"}
{"_id": "b#0", "title": "Whales", "text": "Whales swim in the blue sea.", "parent": "b", "filter": "x"}
{"_id": "c#0", "title": "Apples", "text": "Apples are red fruit. Apples are red.", "parent": "c", "filter": "y"}
"#,
    );
    site.write(
        "set/queries.jsonl",
        "{\"_id\": \"1\", \"text\": \"red apples\", \"filter\": \"x\"}\n{\"_id\": \"2\", \"text\": \"zebra\", \"filter\": \"x\"}\n",
    );
    site.write("set/qrels.tsv", "query-id\tcorpus-id\tscore\n1\ta\t1\n2\tb\t1\n");
}

#[test]
fn parents_and_filters_count_and_the_measures_are_shares() {
    let site = Site::empty();
    collection(&site);
    let measured = site.run(&["eval", "--dataset", "set", "--json"]).json();
    // Of two queries one is answered at rank 1 (its parent once, not twice) and one by no word.
    for key in ["ndcg@10", "recall@10", "recall@100", "mrr@10"] {
        assert_eq!(measured["keyword"][key], 0.5, "{key}: {measured:#}");
    }
    for mode in ["semantic", "hybrid"] {
        // Three documents are allowed, so both parents are always among ten.
        assert_eq!(measured[mode]["recall@10"], 1.0, "{mode}: {measured:#}");
        assert!(measured[mode]["mrr@10"].as_f64().unwrap() >= 0.75);
    }
    let words = site.run(&["eval", "--dataset", "set", "--words-only"]).stdout;
    assert!(
        words.contains("keyword") && words.contains("50.0") && !words.contains("semantic"),
        "{words}"
    );
}

#[test]
fn a_site_is_measured_by_kind_and_an_unanswerable_question_by_silence() {
    let site = Site::new();
    site.build();
    site.write(
        "questions.jsonl",
        r#"{"id": "1", "q": "dough", "kind": "keyword", "pages": ["index.html"], "anchors": ["index.html#bread"]}
{"id": "2", "q": "stems", "kind": "keyword", "pages": ["computer.html"], "anchors": []}
{"id": "3", "q": "zymurgical", "kind": "unanswerable", "pages": [], "anchors": []}
"#,
    );
    let measured =
        site.run(&["eval", "--site", "site", "--questions", "questions.jsonl", "--json"]).json();
    let keyword = &measured["keyword"];
    assert_eq!(
        (&keyword["success@1"], &keyword["mrr@10"]),
        (&0.5.into(), &0.5.into()),
        "{measured:#}"
    );
    assert_eq!(
        (&keyword["anchor@1"], &keyword["nothing_returned"]),
        (&1.0.into(), &1.0.into()),
        "{measured:#}"
    );
    assert_eq!(keyword["kinds"]["keyword"]["questions"], 2);
    let text =
        site.run(&["eval", "--site", "site", "--questions", "questions.jsonl", "--misses"]).stdout;
    assert!(
        text.contains("hybrid") && text.contains("unanswerable") && text.contains("stems"),
        "{text}"
    );
}

#[test]
fn a_collection_that_is_none_is_refused() {
    let site = Site::empty();
    site.run(&["eval", "--dataset", "site"]).refused(1, &["corpus.jsonl"]);
    assert_eq!(site.run(&["eval"]).code, 2);
}

#[test]
fn a_closed_pipe_is_no_failure() {
    let site = Site::new();
    site.build();
    let mut child = site
        .command(&["inspect", "site"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    let output = child.wait_with_output().unwrap();
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success() && !stderr.contains("panicked"), "{stderr}");
}
