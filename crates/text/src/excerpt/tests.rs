//! Which part is shown, and what is marked in it.

use proptest::prelude::*;

use super::*;
use crate::query::{self, QueryTerms};

/// The excerpt for a query, marks in brackets.
fn shown_for(query: &QueryTerms, text: &str, words: usize) -> String {
    let hit = |term: &Term<'_>| Some(Hit { term: query.matched(term.term)?, weight: 1.0 });
    show(&excerpt(&Analyzer::new("en"), text, hit, Options { words }))
}

fn show(excerpt: &Excerpt) -> String {
    let show = |s: &Segment| if s.marked { format!("[{}]", s.text) } else { s.text.clone() };
    excerpt.segments.iter().map(show).collect()
}

fn shown(query: &str, text: &str, words: usize) -> String {
    shown_for(&query::parse(query, &Analyzer::new("en"), true), text, words)
}

#[test]
fn whole_words_are_marked_by_their_stems() {
    assert_eq!(
        shown("stop", "He was stopping, then stopped it.", 30),
        "He was [stopping], then [stopped] it."
    );
    assert_eq!(shown("resume", "My résumés: a b", 30), "My [résumés]: a b");
}

#[test]
fn a_word_still_being_typed_marks_what_it_begins() {
    let query = query::parse("downl", &Analyzer::new("en"), false);
    assert_eq!(shown_for(&query, "All downloads here", 30), "All [downloads] here");
}

#[test]
fn a_part_is_marked_alone_and_a_compound_as_a_whole() {
    let text = "Call Vec::with_capacity(10).";
    assert_eq!(shown("capacity", text, 30), "Call Vec::with_[capacity](10).");
    assert_eq!(shown("Vec::with_capacity", text, 30), "Call [Vec::with_capacity](10).");
    assert_eq!(shown("flag", "Use --flag or C++", 30), "Use --[flag] or C++");
    assert_eq!(shown("--flag c++", "Use --flag or C++", 30), "Use [--flag] or [C++]");
    assert_eq!(shown("検索", "全文検索 x", 30), "全文[検索] x");
    assert_eq!(shown("全文検索", "全文検索 x", 30), "[全文検索] x");
}

#[test]
fn the_window_holds_the_most_distinct_terms() {
    let text =
        "apple apple apple one two three four five six seven pear plum one two three four five six";
    assert_eq!(shown("apple pear plum", text, 4), "seven [pear] [plum] one");
}

#[test]
fn a_rare_term_outweighs_several_common_ones() {
    let text = "apple plum one two three four five six seven pear eight nine ten eleven";
    let weights = [1.0, 1.0, 3.0];
    let query = query::parse("apple plum pear", &Analyzer::new("en"), true);
    let hit = |term: &Term<'_>| {
        let term = query.matched(term.term)?;
        Some(Hit { term, weight: weights[term] })
    };
    let excerpt = excerpt(&Analyzer::new("en"), text, hit, Options { words: 4 });
    assert_eq!(show(&excerpt), "seven [pear] eight nine");
}

#[test]
fn the_window_begins_with_its_sentence_where_there_is_room() {
    let text = "A first sentence is here. The second one names a pear. A third follows it now.";
    assert_eq!(shown("pear", text, 8), "The second one names a [pear]. A third");
    assert_eq!(shown("pear", text, 3), "a [pear]. A");
}

#[test]
fn a_window_at_the_end_is_filled_from_before() {
    let text = "one two three. four five pear";
    assert_eq!(shown("pear", text, 5), "two three. four five [pear]");
}

#[test]
fn without_a_match_the_beginning_is_shown() {
    assert_eq!(shown("pear", "one two three four", 2), "one two");
    assert_eq!(shown("pear", "", 2), "");
    assert_eq!(shown("pear", " \n ", 2), "");
}

#[test]
fn a_given_range_is_shown_from_its_start_and_filled_up() {
    let text = "one two three. four five six. seven eight";
    let none = |_: &Term<'_>| None;
    let analyzer = Analyzer::new("en");
    let show_range =
        |range, words| excerpt_of_range(&analyzer, text, range, none, Options { words }).plain();
    assert_eq!(show_range(15..30, 4), "four five six. seven");
    assert_eq!(show_range(15..30, 2), "four five");
    assert_eq!(show_range(900..901, 2), "eight");
}

#[test]
fn white_space_is_shown_as_single_spaces_and_the_range_tells_what_is_left_out() {
    let text = "\n let  x =\n\tpear;  ";
    let query = query::parse("pear", &Analyzer::new("en"), true);
    let hit = |term: &Term<'_>| Some(Hit { term: query.matched(term.term)?, weight: 1.0 });
    let excerpt = excerpt(&Analyzer::new("en"), text, hit, Options::default());
    assert_eq!(show(&excerpt), "let x = [pear];");
    assert_eq!(&text[excerpt.range.clone()], "let  x =\n\tpear;");
}

#[test]
fn scripts_without_spaces_are_measured_in_characters() {
    let text = "一二三四五六七八九十".repeat(10);
    assert_eq!(shown("pear", &text, 5).chars().count(), 10);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn an_excerpt_of_any_text_is_a_part_of_it(
        text in "(\\PC|[ab .\n]|stop|Foo_bar::x|[一か\u{301}\u{ad}👩]){0,80}",
        words in 0_usize..12,
        from in 0_usize..90,
    ) {
        let analyzer = Analyzer::new("en");
        let hit = |term: &Term<'_>| Some(Hit { term: term.term.len() % 3, weight: 0.5 }).filter(|_| term.term.len().is_multiple_of(2));
        let range = from..from + 7;
        for excerpt in [
            excerpt(&analyzer, &text, hit, Options { words }),
            excerpt_of_range(&analyzer, &text, range, hit, Options { words }),
        ] {
            let part = text.get(excerpt.range.clone());
            prop_assert!(part.is_some());
            let collapsed = part.unwrap_or_default().split_whitespace().collect::<Vec<_>>().join(" ");
            prop_assert_eq!(excerpt.plain(), collapsed);
            prop_assert!(excerpt.segments.iter().all(|segment| !segment.text.is_empty()));
            prop_assert!(excerpt.segments.is_sorted_by(|a, b| a.marked != b.marked));
            let shown = part.unwrap_or_default().split_whitespace().count();
            prop_assert!(shown <= 2 * words.max(1), "two characters without spaces count as a word");
        }
    }
}
