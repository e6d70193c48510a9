//! How long a text is for an encoder, in words of English prose.
//!
//! Counting what white space separates would call a page of Chinese one word and
//! `std::collections::HashMap<String, Vec<u8>>` another.

/// Units in a word; most characters have one. So a run without white space counts as one word for each
/// 12 of them: English words with their punctuation have 6 on average and seldom more than this.
const WORD: usize = 12;
/// Units of a character of Chinese, Japanese or Korean: words of Chinese have two on average.
const CJK_CHAR: usize = WORD / 2;
/// Units of an ASCII sign: encoders read each as a token of its own, which in code makes the most of
/// them. Prose has one or two in a word, and is hardly counted longer for them.
const SIGN: usize = WORD / 3;

/// The estimated number of words in `text`; 0 only for blank text.
pub(super) fn count(text: &str) -> usize {
    let mut length = Length::default();
    text.chars().for_each(|char| length.add(char));
    length.words()
}

/// Bytes of the longest start of `text` that has at most `words` words, and at least one character.
pub(super) fn prefix(text: &str, words: usize) -> usize {
    let mut length = Length::default();
    for (at, char) in text.char_indices() {
        length.add(char);
        if at > 0 && length.words() > words {
            return at;
        }
    }
    text.len()
}

/// The length of a text that grows.
#[derive(Default)]
struct Length {
    /// Words of the runs that are over.
    full: usize,
    /// Of the run at the end.
    units: usize,
}

impl Length {
    fn add(&mut self, char: char) {
        if char.is_whitespace() {
            *self = Self { full: self.words(), units: 0 };
        } else if is_cjk(char) {
            self.units += CJK_CHAR;
        } else {
            self.units += if char.is_ascii_punctuation() { SIGN } else { 1 };
        }
    }

    fn words(&self) -> usize {
        self.full + self.units.div_ceil(WORD)
    }
}

/// Hiragana to the unified ideographs, Hangul, compatibility ideographs, supplementary planes.
fn is_cjk(char: char) -> bool {
    matches!(
        u32::from(char),
        0x3040..=0x30ff | 0x3400..=0x4dbf | 0x4e00..=0x9fff | 0xac00..=0xd7af | 0xf900..=0xfaff
            | 0x2_0000..=0x3_ffff
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prose_counts_its_words_and_other_texts_what_they_are_worth() {
        assert_eq!(count("The quick brown fox."), 4);
        assert_eq!(count("  \n"), 0);
        assert_eq!(count("我们在浏览器里搜索"), 5);
        assert_eq!(count("(Well, he said.)"), 3);
        assert_eq!(count("let map = HashMap::new();"), 6);
        assert_eq!(count("println!(\"{number}!\");"), 5);
        assert_eq!(count(&"a".repeat(1200)), 100);
    }

    #[test]
    fn a_prefix_has_as_many_words_as_were_asked_for() {
        assert_eq!(prefix("one two three", 2), "one two ".len());
        assert_eq!(prefix("one two", 5), "one two".len());
        assert_eq!(prefix("我们在浏", 1), "我们".len());
        assert_eq!(prefix("我", 0), "我".len());
    }
}
