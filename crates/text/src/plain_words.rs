//! Text → plain words: what the instant tier looks rows up by, the same at build and at query time.
//!
//! A plain word is a run of letters, digits and marks, folded and not stemmed; each Han character is one by itself. That is how
//! BERT's tokenizers see a text before they cut words into pieces, less its punctuation.

use crate::analysis::MAX_TERM_BYTES;
use crate::fold;
use crate::segment::{Class, class};
use crate::wordpiece::is_han;

/// Gives the plain words of `text` to `sink`, in order, repeated ones too. None is empty or longer than [`MAX_TERM_BYTES`]:
/// longer runs (data, hashes) are left out.
pub fn plain_words(text: &str, mut sink: impl FnMut(&str)) {
    let (mut word, mut spare) = (String::new(), String::new());
    let mut give = |run: &str| {
        word.clear();
        fold::push_lower(run, &mut spare, &mut word);
        fold::strip_diacritics(&mut word, &mut spare);
        if !word.is_empty() && word.len() <= MAX_TERM_BYTES {
            sink(&word);
        }
    };
    let inside = |c: char| c != '_' && !matches!(class(c), Class::Other | Class::Emoji);
    for run in text.split(|c: char| !inside(c)) {
        let mut start = 0;
        for (at, c) in run.char_indices().filter(|(_, c)| is_han(*c)) {
            let end = at + c.len_utf8();
            give(run.get(start..at).unwrap_or_default());
            give(run.get(at..end).unwrap_or_default());
            start = end;
        }
        give(run.get(start..).unwrap_or_default());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(text: &str) -> Vec<String> {
        let mut words = Vec::new();
        plain_words(text, |word| words.push(word.to_owned()));
        words
    }

    #[test]
    fn words_are_runs_of_letters_and_digits_folded_and_not_stemmed() {
        assert_eq!(
            words("Stopping Vec::with_capacity(10)!"),
            ["stopping", "vec", "with", "capacity", "10"]
        );
        assert_eq!(words("don't --no-deps E0382"), ["don", "t", "no", "deps", "e0382"]);
        assert_eq!(words("Été, STRASSE straße"), ["ete", "strasse", "strasse"]);
        assert_eq!(words("e\u{301}te\u{301}"), ["ete"]);
        assert_eq!(words(" … "), Vec::<String>::new());
    }

    #[test]
    fn each_han_character_is_a_word() {
        assert_eq!(words("全文search検"), ["全", "文", "search", "検"]);
    }

    #[test]
    fn data_is_no_word() {
        let long = "a".repeat(MAX_TERM_BYTES);
        assert_eq!(words(&long), [long.as_str()]);
        assert_eq!(words(&format!("{long}a b")), ["b"]);
    }
}
