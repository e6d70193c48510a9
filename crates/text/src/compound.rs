//! Takes a word apart: at joiners into segments, and these at underscores and changes of case into leaves.

use crate::classes::{is_small, is_upper};
use crate::segment::{char_at, is_joiner};

/// A part that has no parts, as a range of the word.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Leaf {
    pub(crate) start: usize,
    pub(crate) end: usize,
}

/// What joiners separate: a range of the word and the leaves in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Segment {
    pub(crate) start: usize,
    pub(crate) end: usize,
    /// Number of the first leaf.
    pub(crate) first: usize,
    /// One past the number of the last leaf.
    pub(crate) last: usize,
}

/// The parts of one word; kept to reuse its buffers.
#[derive(Debug, Default)]
pub(crate) struct Parts {
    pub(crate) segments: Vec<Segment>,
    pub(crate) leaves: Vec<Leaf>,
}

impl Parts {
    /// Replaces the parts by those of `word`, a chunk as `segment::chunks` gives it.
    pub(crate) fn split(&mut self, word: &str) {
        self.segments.clear();
        self.leaves.clear();
        let (mut segment, mut leaf, mut first) = (0, 0, 0);
        let mut before = None;
        for (at, c) in word.char_indices() {
            let after = at + c.len_utf8();
            if is_joiner(c) {
                self.leaf(leaf, at);
                self.segment(segment, at, first);
                (segment, leaf, first) = (after, after, self.leaves.len());
            } else if c == '_' {
                self.leaf(leaf, at);
                leaf = after;
            } else if is_hump(before, c, word, after) {
                self.leaf(leaf, at);
                leaf = at;
            }
            before = Some(c);
        }
        self.leaf(leaf, word.len());
        self.segment(segment, word.len(), first);
    }

    fn leaf(&mut self, start: usize, end: usize) {
        if start < end {
            self.leaves.push(Leaf { start, end });
        }
    }

    fn segment(&mut self, start: usize, end: usize, first: usize) {
        let last = self.leaves.len();
        if first < last {
            self.segments.push(Segment { start, end, first, last });
        }
    }
}

/// Whether a part begins at `c`: a capital after a small letter (`fooBar`), or one before two small letters after a capital
/// or a digit (`HTMLElement`, `base64Encoder`; but not `URLs`, `IPv6`, `3D`).
fn is_hump(before: Option<char>, c: char, word: &str, after: usize) -> bool {
    let Some(before) = before else { return false };
    if !is_upper(c) {
        return false;
    }
    if is_small(before) {
        return true;
    }
    (before.is_numeric() || is_upper(before))
        && word
            .get(after..)
            .is_some_and(|rest| rest.chars().take_while(|&c| is_small(c)).nth(1).is_some())
}

/// Appends `word` as one string, whatever way its parts are joined: hyphens, dots and commas go (`e-mail`, `node.js`), unless
/// they stand between digits (`3.11`, `2024-05-01`; a comma there groups thousands and goes too). Underscores, slashes and
/// `::` stay: they make identifiers and paths, which are not to be mistaken for words.
pub(crate) fn push_joined(word: &str, out: &mut String) {
    let mut before = None;
    for (at, c) in word.char_indices() {
        let kept = match c {
            ',' => None,
            '-' | '.' | '\u{2010}' | '\u{2011}' => {
                let after = char_at(word, at + c.len_utf8());
                let between =
                    before.is_some_and(char::is_numeric) && after.is_some_and(char::is_numeric);
                between.then_some(if c == '.' { '.' } else { '-' })
            }
            _ => Some(c),
        };
        out.extend(kept);
        before = Some(c);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn split(word: &str) -> Vec<Vec<&str>> {
        let mut parts = Parts::default();
        parts.split("left over");
        parts.split(word);
        let leaves = |s: &Segment| {
            parts.leaves[s.first..s.last].iter().map(|l| &word[l.start..l.end]).collect()
        };
        parts.segments.iter().map(leaves).collect()
    }

    #[test]
    fn joiners_part_segments_and_case_parts_leaves() {
        assert_eq!(split("Vec::with_capacity"), [vec!["Vec"], vec!["with", "capacity"]]);
        assert_eq!(
            split("tokio::sync::MutexGuard"),
            [vec!["tokio"], vec!["sync"], vec!["Mutex", "Guard"]]
        );
        assert_eq!(split("__init__"), [["init"]]);
        assert_eq!(split("a-b.c/d,e"), [["a"], ["b"], ["c"], ["d"], ["e"]]);
    }

    #[test]
    fn case_parts_words_where_a_reader_sees_words() {
        for (word, leaves) in [
            ("addEventListener", vec!["add", "Event", "Listener"]),
            ("HTMLElement", vec!["HTML", "Element"]),
            ("Base64Encoder", vec!["Base64", "Encoder"]),
            ("x86_64", vec!["x86", "64"]),
            ("ÉtéÀParis", vec!["Été", "À", "Paris"]),
            ("URLs", vec!["URLs"]),
            ("IPv6", vec!["IPv6"]),
            ("3D", vec!["3D"]),
            ("E0382", vec!["E0382"]),
        ] {
            assert_eq!(split(word), [leaves], "{word}");
        }
    }

    #[test]
    fn the_joined_form_keeps_what_distinguishes_identifiers_and_numbers() {
        for (word, joined) in [
            ("e-mail", "email"),
            ("node.js", "nodejs"),
            ("1,000.5", "1000.5"),
            ("2024\u{2011}05-01", "2024-05-01"),
            ("utf-8", "utf8"),
            ("std::mem_swap/x.rs", "std::mem_swap/xrs"),
        ] {
            let mut out = String::new();
            push_joined(word, &mut out);
            assert_eq!(out, joined);
        }
    }
}
