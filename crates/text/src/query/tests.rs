//! What becomes of queries as readers type them.

use proptest::prelude::*;

use super::*;

fn english(text: &str, complete: bool) -> QueryTerms {
    parse(text, &Analyzer::new("en"), complete)
}

fn terms(query: &QueryTerms) -> Vec<&str> {
    query.terms.iter().map(|query| query.term.as_str()).collect()
}

#[test]
fn stop_words_are_dropped_where_other_words_remain() {
    let query = english("how do I stop a download", true);
    assert_eq!(terms(&query), ["stop", "download"]);
    let dropped: Vec<_> = query.stop_words.iter().map(|query| query.term.as_str()).collect();
    assert_eq!(dropped, ["how", "do", "i", "a"]);
    assert_eq!(terms(&english("to be or not to be", true)), ["to", "be", "or", "not"]);
    assert!(english(" ,;! ", true).is_empty());
}

#[test]
fn the_last_word_is_a_prefix_only_while_it_is_typed() {
    let prefixes = |text, complete| -> Vec<String> {
        let query = english(text, complete);
        query.terms.into_iter().filter(|query| query.prefix).map(|query| query.typed).collect()
    };
    assert_eq!(prefixes("stop downloading", false), ["downloading"]);
    assert_eq!(prefixes("stop downl", false), ["downl"]);
    assert!(prefixes("stop downl ", false).is_empty());
    assert!(prefixes("stop downl", true).is_empty());
    assert!(prefixes("\"stop downl\"", false).is_empty());
    assert_eq!(prefixes("addEventLis", false), ["addeventlis", "lis"]);
    assert_eq!(prefixes("Étud", false), ["etud"]);
    assert_eq!(prefixes("--no-de", false), ["--no-de", "node", "de"]);
}

#[test]
fn a_prefix_matches_what_it_begins_and_its_own_stem() {
    let query = english("happy", false);
    assert_eq!((query.terms[0].term.as_str(), query.terms[0].typed.as_str()), ("happi", "happy"));
    assert_eq!(query.matched("happi"), Some(0));
    assert_eq!(english("stop down", false).matched("download"), Some(1));
    assert_eq!(english("stop down", true).matched("download"), None);
}

#[test]
fn quoted_phrases_are_smallest_parts_in_order_with_their_stop_words() {
    for text in [
        "x \"stop the downloads\" y",
        "x “stop the downloads” y",
        "„stop the downloads“",
        "«stop the downloads»",
    ] {
        let query = english(text, true);
        assert_eq!(query.phrases, [["stop", "the", "download"]], "{text}");
        assert!(
            terms(&query).starts_with(if text.starts_with('x') {
                &["x", "stop"]
            } else {
                &["stop"]
            }),
            "{text}"
        );
    }
    assert_eq!(
        english("\"Vec::with_capacity new\"", true).phrases,
        [["vec", "with", "capac", "new"]]
    );
    assert_eq!(english("\"C++ --flag\"", true).phrases, [["c", "flag"]]);
}

#[test]
fn an_unclosed_quote_is_an_ordinary_character() {
    let query = english("\"stop the downl", false);
    assert!(query.phrases.is_empty());
    assert_eq!(terms(&query), ["stop", "downl"]);
    assert!(english("5\" and 6\" disks", true).phrases.is_empty());
    assert!(english("\"\" \"!\"", true).phrases.is_empty());
}

#[test]
fn identifiers_are_told_from_words() {
    for text in [
        "Vec::with_capacity",
        "with_capacity",
        "E0382",
        "addEventListener",
        "--flag",
        "-o",
        "node.js",
        "foo()",
        "vec![]",
        "println!",
        "x86_64",
        "C++",
        "c#",
        ".NET",
        "@media",
        "$HOME",
        "os.path.join",
        "utf8",
        "the E0382",
        "\"E0382\"",
    ] {
        assert!(english(text, true).looks_like_identifier, "{text}");
    }
    for text in [
        "stop",
        "how do I use E0382 here",
        "well-known",
        "e.g.",
        "U.S.",
        "1.95.0",
        "3D",
        "2nd",
        "HTTP",
        "don't",
        "and/or",
        "the",
        "",
        "stop it!",
    ] {
        assert!(!english(text, true).looks_like_identifier, "{text}");
    }
    let mixed = english("error E0382 help", true);
    assert_eq!(
        mixed.terms.iter().map(|query| query.identifier).collect::<Vec<_>>(),
        [false, true, false]
    );
}

#[test]
fn forms_of_one_word_share_its_number() {
    let query = english("use Vec::with_capacity here", true);
    let forms: Vec<_> =
        query.terms.iter().map(|query| (query.term.as_str(), query.word, query.part)).collect();
    assert_eq!(
        forms,
        [
            ("use", 0, false),
            ("vec::with_capacity", 1, false),
            ("vec", 1, true),
            ("with_capacity", 1, true),
            ("capac", 1, true),
            ("here", 2, false)
        ]
    );
}

#[test]
fn unspaced_scripts_are_looked_up_in_pairs_and_lone_characters_as_prefixes() {
    let parse = |text| super::parse(text, &Analyzer::new("zh"), true);
    assert_eq!(terms(&parse("全文検索")), ["全文", "文検", "検索"]);
    assert_eq!(parse("\"全文検\"").phrases, [["全文", "文検"]]);
    assert_eq!(parse("\"文検 x\"").phrases, [["文検", "検", "x"]]);
    let lone = parse("水");
    assert_eq!((lone.terms[0].typed.as_str(), lone.terms[0].prefix), ("水", true));
    assert_eq!(lone.matched("水道"), Some(0));
}

#[test]
fn a_term_typed_twice_is_looked_up_once() {
    assert_eq!(terms(&english("stop stopping stops", true)), ["stop"]);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_query_is_parsed(text in "(\\PC|[a-zA-Z0-9\"“”„«»_.:!()# -]|[一か\u{e31}👩]){0,40}", complete in any::<bool>()) {
        let query = english(&text, complete);
        prop_assert!(query.terms.iter().all(|query| !query.term.is_empty()));
        prop_assert!(query.phrases.iter().all(|phrase| phrase.iter().all(|term| !term.is_empty())));
        prop_assert!(query.stop_words.is_empty() || !query.terms.is_empty());
    }
}
