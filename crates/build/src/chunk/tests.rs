//! Passages of small documents, and what holds for those of every document.

use proptest::prelude::*;
use sextant_core::{Block, Document, PageId, Passage, Section};

use super::{ChunkOptions, passages, words};

fn prose(text: &str) -> Block {
    Block::Prose(text.into())
}

fn section(level: u8, heading: &str, anchor: &str, blocks: Vec<Block>) -> Section {
    let anchor = Some(anchor.to_owned()).filter(|anchor| !anchor.is_empty());
    Section { level, heading: heading.into(), anchor, blocks }
}

fn split(title: &str, sections: Vec<Section>) -> Vec<Passage> {
    let document = Document { title: title.into(), sections, ..Document::default() };
    passages(&document, PageId(7), &ChunkOptions::default())
}

/// `count` sentences of ten words each.
fn sentences(count: usize) -> String {
    let sentence = |at| format!("Sentence {at} has ten words and ends with a stop.");
    (0..count).map(sentence).collect::<Vec<_>>().join(" ")
}

fn brief(passages: &[Passage]) -> Vec<(String, &str, usize)> {
    passages
        .iter()
        .map(|passage| {
            let anchor = passage.anchor.as_deref().unwrap_or_default();
            (passage.trail.join(" > "), anchor, words::count(&passage.text))
        })
        .collect()
}

#[test]
fn passages_are_bounded_by_headings_and_carry_their_trail_and_nearest_anchor() {
    let found = split(
        "Boats",
        vec![
            section(0, "", "", vec![prose(&sentences(2))]),
            section(1, "Boats", "boats", vec![prose(&sentences(3))]),
            section(2, "Oars", "oars", vec![prose(&sentences(4))]),
            section(3, "Wood", "", vec![prose(&sentences(5))]),
            section(2, "Sails", "sails", vec![prose(&sentences(6))]),
        ],
    );
    let expected = [
        ("", "", 20),
        ("", "boats", 30),
        ("Oars", "oars", 40),
        ("Oars > Wood", "oars", 50),
        ("Sails", "sails", 60),
    ];
    assert_eq!(
        brief(&found),
        expected.map(|(trail, anchor, words)| (trail.to_owned(), anchor, words))
    );
    assert!(found.iter().all(|passage| passage.page == PageId(7)));
}

#[test]
fn a_long_section_is_cut_between_sentences_into_passages_of_like_length() {
    let text = sentences(32);
    let found = split("", vec![section(2, "Long", "long", vec![prose(&text)])]);
    assert_eq!(found.len(), 3);
    for passage in &found {
        assert!(
            (60..=150).contains(&words::count(&passage.text)),
            "{}",
            words::count(&passage.text)
        );
        assert!(passage.text.starts_with("Sentence") && passage.text.ends_with("stop."));
    }
    let joined: Vec<&str> = found.iter().map(|passage| passage.text.as_str()).collect();
    assert_eq!(joined.join(" "), text);
}

#[test]
fn a_cut_falls_between_paragraphs_rather_than_inside_of_one() {
    let blocks = vec![prose(&sentences(9)), prose(&sentences(8))];
    let found = split("", vec![section(2, "Two", "", blocks)]);
    assert_eq!(brief(&found).iter().map(|passage| passage.2).collect::<Vec<_>>(), [90, 80]);
}

#[test]
fn what_announces_a_listing_stays_with_it() {
    let code = Block::Code("row(1);\n\n    rest();".into());
    let blocks = vec![prose(&sentences(14)), prose("Row like this:"), code, prose(&sentences(7))];
    let found = split("", vec![section(2, "Row", "", blocks)]);
    assert_eq!(found.len(), 2);
    assert!(found.iter().any(|p| p.text.contains("Row like this:\nrow(1);\n\n    rest();")));
}

#[test]
fn a_listing_that_fits_is_whole_and_a_longer_one_is_cut_at_blank_lines_then_at_lines() {
    let paragraph = |name: &str, lines: usize| {
        (0..lines).map(|at| format!("    {name} {at} a b c d e f")).collect::<Vec<_>>().join("\n")
    };
    let fits = paragraph("x", 18);
    let found = split("", vec![section(2, "A", "", vec![Block::Code(fits.clone())])]);
    assert_eq!(found.len(), 1);
    assert_eq!(found[0].text, fits);

    let long = [paragraph("x", 12), paragraph("y", 12), paragraph("z", 30)].join("\n\n");
    let found = split("", vec![section(2, "A", "", vec![Block::Code(long)])]);
    assert_eq!(found[0].text, paragraph("x", 12));
    assert_eq!(found[1].text, paragraph("y", 12));
    assert!(
        found
            .iter()
            .skip(2)
            .all(|passage| passage.text.starts_with("z ") || passage.text.starts_with("    z "))
    );
    assert_eq!(found.iter().map(|passage| passage.text.lines().count()).sum::<usize>(), 54);
}

#[test]
fn tiny_neighbours_share_a_passage_that_leads_to_the_first() {
    let constant = |name: &str| section(3, name, name, vec![prose("A short phrase.")]);
    let found = split(
        "",
        vec![
            section(2, "Errors", "errors", vec![prose(&sentences(6))]),
            constant("EPERM"),
            constant("ENOENT"),
            section(3, "EIO", "EIO", vec![prose(&sentences(3))]),
            constant("E2BIG"),
        ],
    );
    let trails: Vec<String> = brief(&found).into_iter().map(|passage| passage.0).collect();
    assert_eq!(trails, ["Errors", "Errors > EPERM", "Errors > EIO", "Errors > E2BIG"]);
    assert_eq!(found[1].anchor.as_deref(), Some("EPERM"));
    assert_eq!(found[1].text, "A short phrase.\nENOENT\nA short phrase.");
}

#[test]
fn tiny_sections_under_different_parents_do_not_share_a_passage() {
    let found = split(
        "",
        vec![
            section(2, "A", "a", vec![]),
            section(3, "B", "b", vec![prose("One.")]),
            section(2, "C", "c", vec![]),
            section(3, "D", "d", vec![prose("Two.")]),
        ],
    );
    assert_eq!(brief(&found), [("A > B".to_owned(), "b", 1), ("C > D".to_owned(), "d", 1)]);
}

#[test]
fn of_two_signatures_above_one_text_the_first_is_linked_and_both_are_found() {
    let found = split(
        "",
        vec![
            section(3, "lock()", "lock", vec![]),
            section(3, "unlock()", "unlock", vec![prose(&sentences(8))]),
        ],
    );
    assert_eq!(found.len(), 1);
    assert_eq!(found[0].anchor.as_deref(), Some("lock"));
    assert!(found[0].text.starts_with("unlock()\nSentence 0"));
}

#[test]
fn a_section_that_goes_on_after_definitions_is_one() {
    let found = split(
        "",
        vec![
            section(2, "Files", "files", vec![prose("Files can be opened.")]),
            section(3, "open()", "open", vec![prose(&sentences(2))]),
            section(2, "Files", "files", vec![prose("Close them too.")]),
            section(3, "close()", "close", vec![prose(&sentences(2))]),
        ],
    );
    assert_eq!(
        brief(&found).iter().map(|passage| passage.1).collect::<Vec<_>>(),
        ["files", "open", "close"]
    );
    assert_eq!(found[0].text, "Files can be opened.\nClose them too.");
}

#[test]
fn a_heading_above_nothing_is_found_by_its_text() {
    let found = split("T", vec![section(2, "Alone", "alone", vec![])]);
    assert_eq!(found.len(), 1);
    assert_eq!((found[0].text.as_str(), found[0].anchor.as_deref()), ("Alone", Some("alone")));
}

#[test]
fn a_document_with_only_a_title_gives_one_passage_and_an_empty_one_none() {
    let found = split(" Title ", vec![section(1, "Title", "t", vec![])]);
    assert_eq!(found.len(), 1);
    assert_eq!((found[0].text.as_str(), found[0].trail.len()), ("Title", 0));
    assert!(split("", vec![section(0, "", "", vec![prose(" ")])]).is_empty());
}

#[test]
fn chinese_is_cut_though_it_has_no_spaces() {
    let text = "我们在浏览器里搜索，不需要服务器。".repeat(40);
    let found = split("", vec![section(2, "搜索", "", vec![prose(&text)])]);
    assert!(found.len() >= 2);
    assert!(found.iter().all(|passage| words::count(&passage.text) <= 150));
    assert_eq!(found.iter().map(|passage| passage.text.as_str()).collect::<String>(), text);
}

#[test]
fn a_sentence_without_end_is_cut_between_words_and_a_word_without_end_between_letters() {
    let words_only = vec!["word"; 400].join(" ");
    let found = split("", vec![section(0, "", "", vec![prose(&words_only)])]);
    assert!(
        found
            .iter()
            .all(|p| (1..=150).contains(&words::count(&p.text)) && p.text.ends_with("word"))
    );
    let key = "é".repeat(4_000);
    let found = split("", vec![section(0, "", "", vec![prose(&key)])]);
    assert!(found.iter().all(|p| words::count(&p.text) <= 150));
    assert_eq!(found.iter().map(|p| p.text.as_str()).collect::<String>(), key);
}

/// Text of every shape: sentences, listings, blank lines, Chinese, long runs.
fn any_text() -> impl Strategy<Value = String> {
    let part = prop::sample::select(
        &[
            "word",
            "Word.",
            "is",
            "a-b",
            " ",
            "\n",
            "\n\n",
            "    ",
            "漢字。",
            "é",
            "e.g.",
            "?",
            ":",
            "\u{a0}",
        ][..],
    );
    let long = (1_usize..400).prop_map(|count| "x".repeat(count));
    let run = prop_oneof![8 => part.prop_map(str::to_owned), 1 => long];
    prop::collection::vec(run, 0..120).prop_map(|parts| parts.concat())
}

/// Sections whose headings are made of a letter that texts have not, to tell them from text.
fn any_sections() -> impl Strategy<Value = Vec<Section>> {
    let block = (any_text(), any::<bool>()).prop_map(|(text, code)| match code {
        true => Block::Code(text),
        false => Block::Prose(text),
    });
    let blocks = prop::collection::vec(block, 0..5);
    let section = (0_u8..8, " ?§{0,3} ?", prop::option::of("[ab]"), blocks)
        .prop_map(|(level, heading, anchor, blocks)| Section { level, heading, anchor, blocks });
    prop::collection::vec(section, 0..6)
}

fn visible(text: &str) -> String {
    text.chars().filter(|char| !char.is_whitespace() && *char != '§').collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn all_text_is_in_exactly_one_passage_and_no_passage_is_blank_or_too_long(
        sections in any_sections(), unique: bool, max_words in 1_usize..60, tiny_words in 0_usize..20,
    ) {
        let mut sections = sections;
        if unique {
            // No section goes on in another one, so that the order of all text must stay.
            for (at, section) in sections.iter_mut().enumerate() {
                section.anchor = Some(at.to_string());
            }
        }
        let blocks = sections.iter().flat_map(|section| &section.blocks);
        let before: String = blocks.map(|block| visible(block.text())).collect();
        let document = Document { sections, ..Document::default() };
        let options = ChunkOptions { min_words: max_words / 2, max_words, tiny_words };
        let found = passages(&document, PageId(0), &options);
        let after: String = found.iter().map(|passage| visible(&passage.text)).collect();
        if unique {
            prop_assert_eq!(before, after);
        } else {
            let sorted = |text: &str| {
                let mut chars: Vec<char> = text.chars().collect();
                chars.sort_unstable();
                chars
            };
            prop_assert_eq!(sorted(&before), sorted(&after));
        }
        for passage in &found {
            prop_assert!(!passage.text.trim().is_empty());
            prop_assert!(words::count(&passage.text) <= max_words, "{:?}", passage.text);
        }
    }
}
