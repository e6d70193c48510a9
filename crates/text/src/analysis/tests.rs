//! What texts become, and that none is too odd.

use proptest::prelude::*;

use super::*;

/// Terms with their positions; parts in brackets.
fn analyze(language: &str, text: &str) -> Vec<String> {
    let mut out = Vec::new();
    Analyzer::new(language).terms(text, |t| {
        out.push(if t.part {
            format!("{}[{}]", t.position, t.term)
        } else {
            format!("{}{}", t.position, t.term)
        });
    });
    out
}

fn english(text: &str) -> String {
    analyze("en", text).join(" ")
}

#[test]
fn words_are_folded_and_stemmed() {
    assert_eq!(english("Stopping the downloads, naïvely."), "0stop 1the 2download 3naiv");
    assert_eq!(english("dogs' dog’s don't"), "0dog 1dog 2don't");
    assert_eq!(analyze("xx", "Stopping"), ["0stopping"]);
}

#[test]
fn compounds_are_given_whole_and_in_parts_at_consecutive_positions() {
    assert_eq!(english("send e-mail now"), "0send 1email 1[e] 2[mail] 3now");
    assert_eq!(
        english("Vec::with_capacity(10)"),
        "0vec::with_capacity 0[vec] 1[with_capacity] 1[with] 2[capac] 310"
    );
    assert_eq!(english("a,b x/y"), "0ab 0[a] 1[b] 2x/y 2[x] 3[y]");
    assert_eq!(english("__init__ next"), "0__init__ 0[init] 1next");
}

#[test]
fn a_name_is_found_however_it_is_joined() {
    for spelling in ["background-color", "backgroundColor", "backgroundcolor", "BACKGROUND.COLOR"] {
        let whole = analyze("en", spelling)[0].clone();
        assert_eq!(whole, "0backgroundcolor", "{spelling}");
    }
    for (written, typed) in [
        ("node.js", "nodejs"),
        ("WebSockets", "websocket"),
        ("addEventListener", "addeventlistener"),
    ] {
        assert_eq!(analyze("en", written)[0], analyze("en", typed)[0], "{written}");
    }
}

#[test]
fn identifiers_keep_their_digits_and_signs_and_are_not_stemmed() {
    for (text, expected) in [
        ("E0382", "0e0382"),
        ("x86_64", "0x86_64 0[x86] 1[64]"),
        ("node.js", "0nodej 0[node] 1[js]"),
        ("is_strings", "0is_strings 0[is] 1[string]"),
        ("1.95.0", "01.95.0 0[1] 1[95] 2[0]"),
        ("1,000", "01000 0[1] 1[000]"),
        ("std::io::BufReader", "0std::io::bufreader 0[std] 1[io] 2[bufread] 2[buf] 3[reader]"),
    ] {
        assert_eq!(english(text), expected, "{text}");
    }
}

#[test]
fn signs_that_belong_to_a_name_are_kept_beside_the_bare_word() {
    for (text, expected) in [
        ("C++", "0c++ 0[c]"),
        ("C#, F#", "0c# 0[c] 1f# 1[f]"),
        ("C/C++ x", "0c++ 0[c/c] 0[c] 1[c] 2x"),
        ("c++17", "0c++ 0[c] 117"),
        (".NET", "0.net 0[net]"),
        ("(--flag)", "0--flag 0[flag]"),
        ("use --no-deps", "0use 1--no-deps 1[nodep] 1[no] 2[dep]"),
        ("-o $HOME", "0-o 0[o] 1$home 1[home]"),
        ("@media #define", "0@media 0[media] 1#define 1[defin]"),
        ("a@b.c", "0a 1bc 1[b] 2[c]"),
        ("x -5 $9 #1", "0x 15 29 31"),
        ("end...begin foo->bar --", "0end 1begin 2foo 3bar"),
        ("issue#1 ## # title", "0issu 11 2titl"),
    ] {
        assert_eq!(english(text), expected, "{text}");
    }
}

#[test]
fn unspaced_scripts_become_pairs_and_every_character_begins_a_term() {
    assert_eq!(analyze("zh", "全文検索 x"), ["0全文", "1文検", "2検索", "3[索]", "4x"]);
    assert_eq!(analyze("ja", "水"), ["0水"]);
    assert_eq!(analyze("ja", "か\u{3099}き"), ["0がき", "1[き]"]);
    assert_eq!(analyze("th", "กำลัง").len(), 4, "marks stay with their letter");
    assert_eq!(analyze("ko", "한국어 검색"), ["0한국어", "1검색"]);
}

#[test]
fn emoji_are_terms() {
    assert_eq!(english("go 👩‍👩‍👧 ❤️ ❤ 👍🏽"), "0go 1👩👩👧 2❤ 3❤ 4👍🏽");
}

#[cfg(feature = "all-languages")]
#[test]
fn a_word_is_found_with_its_diacritics_and_without() {
    let terms = |language, word| {
        let mut terms = Vec::new();
        Analyzer::new(language).terms(word, |term| terms.push(term.term.to_owned()));
        terms
    };
    for (language, written, typed) in [
        ("fr", "résumés", "resumes"),
        ("fr", "créé", "cree"),
        ("de", "Häuser", "Hauser"),
        ("es", "canción", "cancion"),
        ("ru", "ёлка", "елка"),
        ("ru", "новый", "новыи"),
        ("en", "café", "cafe"),
        ("vi", "đường", "duong"),
        ("ar", "مُحَمَّد", "محمد"),
        ("el", "ὁδός", "οδος"),
    ] {
        let typed = terms(language, typed);
        assert!(terms(language, written).contains(&typed[0]), "{language} {written} {typed:?}");
    }
    assert_eq!(terms("ru", "новый")[0], terms("ru", "новая")[0], "й is known to the stemmer");
}

#[cfg(feature = "all-languages")]
#[test]
fn a_language_that_is_lent_gives_the_terms_of_one_that_is_linked() {
    let languages = Languages { stem: stem::stem, stop_words: |tag| stop::words(tag).to_owned() };
    let text = "Die Häuser der Städte, und l'été créé";
    for tag in ["de", "fr", "ru", "zh"] {
        let linked = Analyzer::new(tag);
        let mut lent = Analyzer::new(tag);
        lent.stemmer = Stemmer::lent(tag, &languages);
        let terms = |analyzer: &Analyzer| {
            let mut terms = Vec::new();
            analyzer.terms(text, |term| terms.push(term.term.to_owned()));
            terms
        };
        assert_eq!(terms(&lent), terms(&linked), "{tag}");
        assert_eq!(lent.stemmer(), linked.stemmer());
    }
}

#[cfg(feature = "all-languages")]
#[test]
fn french_articles_are_words_of_their_own() {
    assert_eq!(analyze("fr", "l'amour d’un"), ["0l", "1amour", "2d", "3un"]);
}

#[test]
fn stop_words_are_known_by_their_stems() {
    let analyzer = Analyzer::new("en-US");
    for word in ["the", "does", "why", "was", "this"] {
        let mut stem = String::new();
        analyzer.terms(word, |term| stem.push_str(term.term));
        assert!(analyzer.is_stop_word(&stem), "{word} {stem}");
    }
    assert!(
        !analyzer.is_stop_word("stop") && !analyzer.is_stop_word("c") && !analyzer.is_stop_word("")
    );
    assert_eq!(is_stop_word("de", "und"), cfg!(feature = "all-languages"));
    assert!(is_stop_word("en", "of") && !is_stop_word("ja", "of"));
}

#[test]
fn long_words_are_cut_and_long_compounds_have_only_parts() {
    let blob = "x9".repeat(100);
    assert_eq!(english(&blob), format!("0{}", "x9".repeat(32)));
    let path = "part/".repeat(30) + "end";
    let terms = analyze("en", &path);
    assert_eq!((terms.len(), terms[0].as_str(), terms[30].as_str()), (31, "0[part]", "30[end]"));
    assert_eq!(
        english(&"é9".repeat(30)),
        format!("0{}", "e9".repeat(21)),
        "cut before folding, at a character"
    );
}

#[test]
fn the_stemmer_is_named_for_the_manifest() {
    assert_eq!(Analyzer::new("en").stemmer(), Some("english"));
    assert_eq!(Analyzer::new("zh").stemmer(), None);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 3000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_text_gives_sound_terms(text in "(\\PC|[a-zA-Z0-9_.:/'+#@ -]|[\u{300}-\u{320}\u{200b}-\u{200d}👩🇩一か\u{e31}]){0,40}") {
        for language in ["en", "fr", "ru", "ja"] {
            let (mut position, mut end) = (0, 0);
            Analyzer::new(language).terms(&text, |term| {
                assert!(!term.term.is_empty() && term.term.len() <= 2 * MAX_TERM_BYTES, "{term:?}");
                assert!(text.get(term.start..term.end).is_some_and(|word| !word.is_empty()), "{term:?}");
                assert!(term.position >= position, "{term:?}");
                assert!(term.parts > 0);
                position = term.position;
                end = end.max(term.end);
            });
            prop_assert!(end <= text.len());
        }
    }

    #[test]
    fn the_term_of_a_plain_word_is_itself_analysed_to_a_term_that_is_found(word in "[a-z]{3,12}") {
        let mut terms = Vec::new();
        Analyzer::new("en").terms(&word.to_uppercase(), |term| terms.push(term.term.to_owned()));
        Analyzer::new("en").terms(&word, |term| assert_eq!(terms, [term.term]));
    }
}
