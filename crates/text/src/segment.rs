//! Cuts text into words, runs of unspaced scripts, and emoji: the first step of the analysis.
//!
//! A word is a run of letters, digits, marks and underscores, with apostrophes between letters, and with hyphens, dots,
//! commas, slashes and `::` where they stand between word characters. `compound.rs` takes words apart.

use crate::classes;

/// What a character is to the segmentation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Class {
    /// A letter or number that stands in words.
    Word,
    /// A combining mark: belongs to what is before it.
    Mark,
    /// Invisible: a soft hyphen, a zero-width character, a direction mark. Ignored inside words.
    Ignorable,
    /// A script written without spaces: Han, kana, Thai, Lao, Khmer, Burmese.
    Dense,
    /// A pictograph.
    Emoji,
    /// All else.
    Other,
}

/// What a chunk is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// A word, maybe compound.
    Word,
    /// A run of an unspaced script.
    Dense,
    /// One emoji, joined sequences as a whole.
    Emoji,
}

/// A run of `text[start..end]`, both on character boundaries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Chunk {
    pub(crate) kind: Kind,
    pub(crate) start: usize,
    pub(crate) end: usize,
    /// For a word: whether it may have parts, as it holds a joiner, an underscore or both cases of letters.
    pub(crate) compound: bool,
}

/// The chunks of `text`, in order, without overlap. `elides`: an apostrophe separates words, as in French.
pub(crate) fn chunks(text: &str, elides: bool) -> Chunks<'_> {
    Chunks { text, at: 0, elides }
}

/// See [`chunks`].
#[derive(Debug)]
pub(crate) struct Chunks<'t> {
    text: &'t str,
    at: usize,
    elides: bool,
}

impl Iterator for Chunks<'_> {
    type Item = Chunk;

    fn next(&mut self) -> Option<Chunk> {
        loop {
            let start = self.at;
            let c = char_at(self.text, start)?;
            let chunk = match class(c) {
                Class::Word => self.word(start),
                Class::Dense => self.dense(start),
                Class::Emoji => self.emoji(start),
                Class::Mark | Class::Ignorable | Class::Other => {
                    self.at += c.len_utf8();
                    continue;
                }
            };
            self.at = chunk.end;
            let (kind, text) = (chunk.kind, self.text.get(start..chunk.end).unwrap_or_default());
            // Underscores alone are a rule, not a word.
            if kind != Kind::Word || text.bytes().any(|byte| byte != b'_') {
                return Some(chunk);
            }
        }
    }
}

impl Chunks<'_> {
    fn word(&self, start: usize) -> Chunk {
        let (mut at, mut end) = (start, start);
        let (mut compound, mut lower, mut inner_upper) = (false, false, false);
        while let Some(c) = char_at(self.text, at) {
            match class(c) {
                Class::Word => {
                    compound |= c == '_';
                    if c.is_ascii_lowercase() {
                        lower = true;
                    } else if c.is_ascii_uppercase() || (!c.is_ascii() && classes::is_upper(c)) {
                        inner_upper |= at > start;
                    } else if !c.is_ascii() {
                        lower = true;
                    }
                    at += c.len_utf8();
                    end = at;
                }
                Class::Mark => {
                    at += c.len_utf8();
                    end = at;
                }
                Class::Ignorable => at += c.len_utf8(),
                Class::Dense | Class::Emoji => break,
                Class::Other => match self.joiner(c, at, end) {
                    Some((length, parts)) => {
                        compound |= parts;
                        at += length;
                    }
                    None => break,
                },
            }
        }
        Chunk { kind: Kind::Word, start, end, compound: compound || (lower && inner_upper) }
    }

    /// Whether what stands at `at` joins the word that ended at `end` with what follows: its length in bytes, and whether
    /// the two are parts.
    fn joiner(&self, c: char, at: usize, end: usize) -> Option<(usize, bool)> {
        if at != end {
            return None;
        }
        let (length, parts) = match c {
            '\'' | '\u{2019}' => (c.len_utf8(), false),
            ':' if char_at(self.text, at + 1) == Some(':') => (2, true),
            _ if is_joiner(c) && c != ':' => (c.len_utf8(), true),
            _ => return None,
        };
        let next = char_at(self.text, at + length)?;
        let joins = if parts {
            class(next) == Class::Word
        } else {
            let before = self.text.get(..at).and_then(|text| text.chars().next_back());
            !self.elides && next.is_alphabetic() && before.is_some_and(char::is_alphabetic)
        };
        joins.then_some((length, parts))
    }

    fn dense(&self, start: usize) -> Chunk {
        let (mut at, mut end) = (start, start);
        while let Some(c) = char_at(self.text, at) {
            at += c.len_utf8();
            match class(c) {
                Class::Dense | Class::Mark => end = at,
                Class::Ignorable => {}
                _ => break,
            }
        }
        Chunk { kind: Kind::Dense, start, end, compound: false }
    }

    /// One emoji: a base with its variation selector, skin tone, keycap or tags, and what a zero-width joiner adds to it; two
    /// regional indicators are one flag. Source: Unicode Technical Standard 51, in short.
    fn emoji(&self, start: usize) -> Chunk {
        let (mut end, mut joined, mut flag) = (start, true, false);
        while let Some(c) = char_at(self.text, end) {
            let extends = match c {
                '\u{1f1e6}'..='\u{1f1ff}' => {
                    let pairs = std::mem::replace(&mut flag, joined);
                    std::mem::replace(&mut joined, false) || pairs
                }
                '\u{200d}' => {
                    let next = char_at(self.text, end + c.len_utf8()).map(class);
                    joined = next == Some(Class::Emoji);
                    joined
                }
                '\u{fe0f}' | '\u{20e3}' | '\u{1f3fb}'..='\u{1f3ff}' | '\u{e0020}'..='\u{e007f}' => {
                    joined = false;
                    true
                }
                _ => std::mem::replace(&mut joined, false) && class(c) == Class::Emoji,
            };
            if !extends {
                break;
            }
            end += c.len_utf8();
        }
        Chunk { kind: Kind::Emoji, start, end, compound: false }
    }
}

/// The character that starts at byte `at`.
pub(crate) fn char_at(text: &str, at: usize) -> Option<char> {
    match *text.as_bytes().get(at)? {
        byte if byte.is_ascii() => Some(char::from(byte)),
        _ => text.get(at..)?.chars().next(),
    }
}

/// Whether `c`, between two word characters, makes one compound of them (a colon only doubled).
pub(crate) fn is_joiner(c: char) -> bool {
    matches!(c, '-' | '.' | ',' | '/' | ':' | '\u{2010}' | '\u{2011}')
}

/// What `c` is to the segmentation.
pub(crate) fn class(c: char) -> Class {
    if c.is_ascii() {
        return if c.is_ascii_alphanumeric() || c == '_' { Class::Word } else { Class::Other };
    }
    match u32::from(c) {
        // Soft hyphen, Arabic tatweel, Mongolian separator, zero-width and direction marks, joiners, byte order mark.
        0xad | 0x640 | 0x180e | 0x200b..=0x200f | 0x202a..=0x202e | 0x2060..=0x2064 | 0xfeff => {
            Class::Ignorable
        }
        // Halfwidth voicing marks stand for combining ones.
        0xff9e | 0xff9f | 0x20d0..=0x20ff => Class::Mark,
        0xe00..=0xeff
        | 0x1000..=0x109f
        | 0x1780..=0x17ff
        | 0x3005
        | 0x3007
        | 0x3041..=0x309f
        | 0x30a1..=0x30fa
        | 0x30fc..=0x30ff
        | 0x31f0..=0x31ff
        | 0x3400..=0x4dbf
        | 0x4e00..=0x9fff
        | 0xf900..=0xfaff
        | 0xff66..=0xff9d
        | 0x1_b000..=0x1_b16f
        | 0x2_0000..=0x3_ffff => dense_class(c),
        // Pictographs, dingbats but arrows, and the few older symbols that are shown as emoji.
        0x1_f000..=0x1_f0ff
        | 0x1_f18e
        | 0x1_f191..=0x1_f19a
        | 0x1_f1e6..=0x1_f265
        | 0x1_f300..=0x1_f77f
        | 0x1_f7e0..=0x1_f7eb
        | 0x1_f90c..=0x1_faff
        | 0x231a..=0x231b
        | 0x23e9..=0x23fa
        | 0x2600..=0x2775
        | 0x2795..=0x2797
        | 0x2b1b..=0x2b1c
        | 0x2b50
        | 0x2b55 => Class::Emoji,
        _ if classes::is_nonspacing_mark(c) => Class::Mark,
        _ if c.is_alphanumeric() => Class::Word,
        _ => Class::Other,
    }
}

/// Inside the blocks of unspaced scripts: letters are dense; marks, digits and punctuation are what they are elsewhere.
fn dense_class(c: char) -> Class {
    if classes::is_nonspacing_mark(c) {
        Class::Mark
    } else if c.is_numeric() && !matches!(c, '\u{3007}' | '\u{3400}'..) {
        Class::Word
    } else if c.is_alphanumeric() {
        Class::Dense
    } else {
        Class::Other
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cut(text: &str) -> Vec<&str> {
        chunks(text, false).map(|chunk| &text[chunk.start..chunk.end]).collect()
    }

    #[test]
    fn words_keep_their_joiners_only_between_word_characters() {
        assert_eq!(cut("a well-known, e.g. x/y."), ["a", "well-known", "e.g", "x/y"]);
        assert_eq!(cut("std::vec::Vec<T> a:b ::c d::"), ["std::vec::Vec", "T", "a", "b", "c", "d"]);
        assert_eq!(cut("1,000.5 is--not a...b -x-"), ["1,000.5", "is", "not", "a", "b", "x"]);
        assert_eq!(cut("a->b foo() _x__ ___ &mut"), ["a", "b", "foo", "_x__", "mut"]);
    }

    #[test]
    fn apostrophes_join_letters_unless_the_language_elides() {
        assert_eq!(
            cut("don't O’Reilly 'a 80's dogs'"),
            ["don't", "O’Reilly", "a", "80", "s", "dogs"]
        );
        let text = "l'été d’un";
        let elided: Vec<_> = chunks(text, true).map(|c| &text[c.start..c.end]).collect();
        assert_eq!(elided, ["l", "été", "d", "un"]);
    }

    #[test]
    fn marks_and_invisible_characters_do_not_break_words() {
        assert_eq!(
            cut("e\u{301}te\u{301} so\u{ad}ft a\u{200b}\u{200d} x"),
            ["e\u{301}te\u{301}", "so\u{ad}ft", "a", "x"]
        );
        assert_eq!(cut("हिन्दी"), ["हिन्दी"]);
    }

    #[test]
    fn unspaced_scripts_are_runs_of_their_own() {
        assert_eq!(cut("Rust言語カタカナ、は。ABC"), ["Rust", "言語カタカナ", "は", "ABC"]);
        assert_eq!(cut("ภาษาไทย๑๒ 한국어 말"), ["ภาษาไทย", "๑๒", "한국어", "말"]);
    }

    #[test]
    fn an_emoji_sequence_is_one_chunk() {
        assert_eq!(cut("👩‍👩‍👧❤️x🇩🇪🇫🇷👍🏽👍 ✓"), ["👩‍👩‍👧", "❤️", "x", "🇩🇪", "🇫🇷", "👍🏽", "👍", "✓"]);
        assert_eq!(cut("\u{1f1e6} 👍\u{200d} y"), ["\u{1f1e6}", "👍", "y"]);
    }

    #[test]
    fn words_that_may_have_parts_are_flagged() {
        let flags = |text| chunks(text, false).map(|chunk| chunk.compound).collect::<Vec<_>>();
        assert_eq!(
            flags("word Word HTTP fooBar foo_bar x-y don't"),
            [false, false, false, true, true, true, false]
        );
    }
}
