//! Sentences: contiguous byte ranges that together are the text.
//!
//! A sentence ends at `.`, `!`, `?` or `…` before white space and something that can begin another, at the marks of Chinese,
//! Japanese, Hindi, Arabic and Burmese, at a blank line, and at a line end that is not a wrap within a paragraph. It does not end after
//! an abbreviation, an initial, or the number of a list item.

use std::ops::Range;

use crate::classes::{is_small, is_upper};

/// A line of at least this many bytes may be wrapped text; a shorter one is a line of code, a heading or a list item.
/// Paragraphs are commonly wrapped at 72 to 120; less than half of the former is seldom but the last line.
const WRAPPED_LINE_BYTES: usize = 36;

/// Abbreviations after which a sentence goes on, in lower case, without the last dot.
const ABBREVIATIONS: [&str; 29] = [
    "approx", "bzw", "ca", "cf", "ch", "dr", "e.g", "ed", "eq", "esp", "fig", "figs", "i.e",
    "incl", "jr", "mr", "mrs", "ms", "p", "pp", "prof", "resp", "sec", "st", "usw", "viz", "vol",
    "vs", "z.b",
];

/// The sentences of `text` in order. Each range but the first begins where the one before it ended, white space belongs to the
/// sentence before it, and the last ends with the text. An empty text has none.
pub fn split(text: &str) -> impl Iterator<Item = Range<usize>> + '_ {
    let mut start = 0;
    std::iter::from_fn(move || {
        let end = end_of_sentence(text, start)?;
        Some(std::mem::replace(&mut start, end)..end)
    })
}

/// Where the sentence that begins at `start` ends, behind the white space that follows; `None` at the end of the text.
fn end_of_sentence(text: &str, start: usize) -> Option<usize> {
    let sentence = text.get(start..).filter(|rest| !rest.is_empty())?;
    let mut visible = false;
    for (at, c) in sentence.char_indices() {
        let (before, after) = (sentence.get(..at)?, sentence.get(at + c.len_utf8()..)?);
        let ends = match c {
            '\n' => visible && ends_at_line_end(before, after),
            '.' | '!' | '?' | '…' => {
                after_closing(after, false).is_some_and(|next| ends_at_mark(c, before, next))
            }
            '。' | '！' | '？' | '｡' | '।' | '॥' | '؟' | '۔' | '။' => {
                after_closing(after, true).is_some()
            }
            _ => false,
        };
        visible |= !c.is_whitespace();
        if ends && visible {
            let closed = if c == '\n' { after } else { after.trim_start_matches(is_closing) };
            // An indent belongs to the line that it indents.
            let rest = closed.trim_start();
            let space = closed.len() - rest.len();
            let newline = closed.get(..space)?.rfind('\n');
            let indent =
                newline.map_or(if c == '\n' { space } else { 0 }, |newline| space - newline - 1);
            return Some(text.len() - if rest.is_empty() { 0 } else { rest.len() + indent });
        }
    }
    Some(text.len())
}

/// What follows the quotes and brackets that close a sentence; `None` if a mark there is followed by neither white space nor the
/// end, unless `dense`: the writing has no spaces.
fn after_closing(after: &str, dense: bool) -> Option<&str> {
    let rest = after.trim_start_matches(is_closing);
    let stops_again = rest.starts_with(['.', '!', '?', '…', '。', '！', '？']);
    let goes_on = !dense && !rest.is_empty() && !rest.starts_with(char::is_whitespace);
    (!stops_again && !goes_on).then_some(rest)
}

fn is_closing(c: char) -> bool {
    matches!(
        c,
        '"' | '\''
            | ')'
            | ']'
            | '}'
            | '”'
            | '’'
            | '»'
            | '」'
            | '』'
            | '）'
            | '】'
            | '》'
            | '*'
            | '`'
    )
}

/// Whether the mark `c` after `before` ends a sentence, given what `next` begins with: white space, or nothing.
fn ends_at_mark(c: char, before: &str, next: &str) -> bool {
    let goes_on = next
        .trim_start_matches([' ', '\t'])
        .starts_with(|c: char| is_small(c) || matches!(c, ',' | ';' | ':' | '='));
    if goes_on {
        return false;
    }
    if c != '.' {
        return true;
    }
    let word_start = before
        .rfind(|c: char| c.is_whitespace() || matches!(c, '(' | '[' | '"' | '“' | '/'))
        .map_or(0, |at| {
            at + before.get(at..).and_then(|rest| rest.chars().next()).map_or(0, char::len_utf8)
        });
    let word = before.get(word_start..).unwrap_or_default();
    let leads = before.get(..word_start).is_none_or(|rest| rest.trim().is_empty());
    let is_item = leads && !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_digit());
    let is_initial = word.chars().count() == 1 && word.chars().all(is_upper);
    let is_abbreviation =
        ABBREVIATIONS.iter().any(|abbreviation| abbreviation.eq_ignore_ascii_case(word));
    !(is_item || is_initial || is_abbreviation)
}

/// Whether the line end between `before` and `after` ends a sentence; otherwise the line was wrapped.
fn ends_at_line_end(before: &str, after: &str) -> bool {
    let line = before.rsplit('\n').next().unwrap_or_default();
    let wrapped = line.len() >= WRAPPED_LINE_BYTES
        && line.trim_end().ends_with(|c: char| {
            c.is_alphanumeric() || matches!(c, ',' | '-' | ')' | '`' | '"' | '’' | '”')
        })
        && after.starts_with(|c: char| c.is_alphanumeric() || matches!(c, '(' | '`' | '"' | '“'));
    !wrapped
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn cut(text: &str) -> Vec<&str> {
        split(text).map(|range| &text[range]).collect()
    }

    #[test]
    fn sentences_end_at_their_marks_and_keep_the_space_behind() {
        assert_eq!(
            cut("One. Two!  Three? Four… Five"),
            ["One. ", "Two!  ", "Three? ", "Four… ", "Five"]
        );
        assert_eq!(
            cut("He said “no.” Then (so be it.) She left."),
            ["He said “no.” ", "Then (so be it.) ", "She left."]
        );
        assert_eq!(cut("Really?! Yes..."), ["Really?! ", "Yes..."]);
        assert_eq!(cut(""), Vec::<&str>::new());
        assert_eq!(cut("  \n "), ["  \n "]);
    }

    #[test]
    fn dots_inside_numbers_names_and_abbreviations_end_nothing() {
        for text in [
            "Pi is 3.14 or so, e.g. Rust 1.95.0 has node.js bindings, i.e. all of Fig. 3 by J. Smith et al. in the U.S.",
            "Use std::env::args (cf. Chapter 12) vs. clap.",
            "1. Install it",
            "wait... what",
            "Call foo.bar() = x. = y",
        ] {
            assert_eq!(cut(text), [text]);
        }
        assert_eq!(cut("It has 10. Next."), ["It has 10. ", "Next."]);
    }

    #[test]
    fn unspaced_scripts_end_sentences_without_a_space() {
        assert_eq!(cut("全文検索。「はい。」次！終"), ["全文検索。", "「はい。」", "次！", "終"]);
        assert_eq!(cut("यह है। वह"), ["यह है। ", "वह"]);
    }

    #[test]
    fn lines_of_code_are_apart_and_wrapped_paragraphs_are_not() {
        assert_eq!(cut("let x = 5;\n  let y = x;\n}\n"), ["let x = 5;\n", "  let y = x;\n", "}\n"]);
        let wrapped = "A paragraph that is wrapped at some column as\nmany people do";
        assert_eq!(cut(wrapped), [wrapped]);
        assert_eq!(cut("Title\n\nA paragraph"), ["Title\n\n", "A paragraph"]);
        assert_eq!(cut("- one item\n- other item"), ["- one item\n", "- other item"]);
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 2000, failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn ranges_cover_any_text_in_order(text in "(\\PC|[a-zA-Z .!?\n\"')。」…]){0,60}") {
            let mut end = 0;
            for range in split(&text) {
                prop_assert_eq!(range.start, end);
                prop_assert!(range.end > range.start && text.get(range.clone()).is_some());
                end = range.end;
            }
            prop_assert_eq!(end, text.len());
        }
    }
}
