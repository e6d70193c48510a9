//! WordPiece, the tokenizer of BERT-family encoders, id for id as Hugging Face `tokenizers` does it
//! (`BertNormalizer`, `BertPreTokenizer`, `WordPiece`, `[CLS]` and `[SEP]` around); `tests/wordpiece_parity.rs` compares the two.
//!
//! Source: Devlin et al., "BERT", 2019, and Wu et al., "Google's Neural Machine Translation System", 2016, section 4.1.

mod vocabulary;

use crate::classes;
use crate::error::TextError;
use crate::normalize::{Form, push_normalized};
use vocabulary::{PieceHash, Place, Vocabulary};

/// Tokens that stand for themselves where a text spells them out, as `tokenizers` has it for every BERT model.
const SPECIAL: [&str; 5] = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"];

/// How text is prepared: the `normalizer` and `model` settings of a `tokenizer.json`. The default is that of uncased BERT.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Options {
    /// Drop control characters and make every white space a space (`clean_text`, default true).
    pub clean_text: bool,
    /// Make each Han character a word of its own (`handle_chinese_chars`, default true).
    pub handle_chinese_chars: bool,
    /// Lower-case the text (`lowercase`, default true).
    pub lowercase: bool,
    /// Take accents off (`strip_accents`); `None`, the default, does so where `lowercase` does.
    pub strip_accents: Option<bool>,
    /// A word of more characters than this is unknown (`max_input_chars_per_word`, default 100).
    pub max_chars_per_word: usize,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            clean_text: true,
            handle_chinese_chars: true,
            lowercase: true,
            strip_accents: None,
            max_chars_per_word: 100,
        }
    }
}

/// A tokenizer over one vocabulary.
#[derive(Debug)]
pub struct WordPiece {
    vocabulary: Vocabulary,
    options: Options,
    unknown: u32,
    first: u32,
    last: u32,
    special: Vec<(&'static str, u32)>,
}

impl WordPiece {
    /// Makes a tokenizer of the vocabulary's tokens in the order of their ids (of a `vocab.txt`: its `lines()`).
    ///
    /// Errors: `TextError::MissingToken` without `[UNK]`, `[CLS]` or `[SEP]`; `TextError::VocabularySize` above 4 GiB.
    pub fn new<'a>(
        tokens: impl IntoIterator<Item = &'a str>,
        options: Options,
    ) -> Result<Self, TextError> {
        let vocabulary = Vocabulary::new(tokens.into_iter())?;
        let required = |token| {
            let tokens = vocabulary.len();
            vocabulary.id(token).ok_or(TextError::MissingToken { token, tokens })
        };
        let (unknown, first, last) = (required("[UNK]")?, required("[CLS]")?, required("[SEP]")?);
        let special = SPECIAL.iter().filter_map(|&t| Some((t, vocabulary.id(t)?))).collect();
        Ok(Self { vocabulary, options, unknown, first, last, special })
    }

    /// How many tokens the vocabulary has; every id is below.
    #[must_use]
    pub fn vocabulary_size(&self) -> usize {
        self.vocabulary.len()
    }

    /// The token of `id`, as the vocabulary spells it.
    #[must_use]
    pub fn token(&self, id: u32) -> Option<&str> {
        self.vocabulary.token(id)
    }

    /// The id of a token as the vocabulary spells it (`##ing`).
    #[must_use]
    pub fn id(&self, token: &str) -> Option<u32> {
        self.vocabulary.id(token)
    }

    /// Replaces the contents of `out` by the ids of `text`: `[CLS]`, the first `max_tokens - 2` pieces, `[SEP]`.
    ///
    /// `max_tokens` counts all of them; below 2 it is taken as 2. Cost: about as long as the text up to that point;
    /// the rest is not looked at.
    pub fn encode(&self, text: &str, max_tokens: usize, out: &mut Vec<u32>) {
        out.clear();
        out.push(self.first);
        let limit = max_tokens.max(2) - 1;
        let mut scratch = Scratch::default();
        // A space ends a word under every option, so words are prepared one by one and a long text stops early.
        let mut plain = text;
        while let Some((before, special, after)) = self.split_special(plain) {
            self.encode_plain(before, limit, &mut scratch, out);
            out.push(special);
            plain = after;
            if out.len() >= limit {
                break;
            }
        }
        self.encode_plain(plain, limit, &mut scratch, out);
        out.truncate(limit);
        out.push(self.last);
    }

    /// Replaces the contents of `out` by the ids of the pieces of `text`, without `[CLS]` and `[SEP]`; a word that cannot be spelled has none.
    pub fn pieces(&self, text: &str, out: &mut Vec<u32>) {
        out.clear();
        self.encode_plain(text, usize::MAX, &mut Scratch::default(), out);
        out.retain(|id| *id != self.unknown);
    }

    /// The text before the first spelled-out special token, that token, and the text after it.
    fn split_special<'t>(&self, text: &'t str) -> Option<(&'t str, u32, &'t str)> {
        for (at, _) in text.match_indices('[') {
            let (before, from) = text.split_at_checked(at)?;
            for &(token, id) in &self.special {
                if let Some(after) = from.strip_prefix(token) {
                    return Some((before, id, after));
                }
            }
        }
        None
    }

    fn encode_plain(&self, text: &str, limit: usize, scratch: &mut Scratch, out: &mut Vec<u32>) {
        for part in text.split(' ') {
            if out.len() >= limit {
                return;
            }
            scratch.normalize(part, &self.options);
            let Scratch { normal, prefixes, .. } = scratch;
            for_each_word(normal, |word| self.encode_word(word, prefixes, out));
        }
    }

    /// Appends the pieces of a word: each time the longest that fits; all of it is unknown where none does.
    fn encode_word(&self, word: &str, prefixes: &mut Vec<(usize, PieceHash)>, out: &mut Vec<u32>) {
        let begin = out.len();
        if word.len() > self.options.max_chars_per_word
            && word.chars().count() > self.options.max_chars_per_word
        {
            out.push(self.unknown);
            return;
        }
        let (mut rest, mut place) = (word, Place::Start);
        while !rest.is_empty() {
            let mut hash = PieceHash::new(place);
            prefixes.clear();
            let mut end = 0;
            for c in rest.chars() {
                let bytes = rest.as_bytes().get(end..end + c.len_utf8()).unwrap_or_default();
                hash.update(bytes);
                end += bytes.len();
                if end > self.vocabulary.longest() {
                    break;
                }
                prefixes.push((end, hash));
            }
            let found = prefixes.iter().rev().find_map(|&(end, hash)| {
                let (piece, after) = rest.split_at_checked(end)?;
                Some((self.vocabulary.find(piece.as_bytes(), place, hash)?, after))
            });
            let Some((id, after)) = found else {
                out.truncate(begin);
                out.push(self.unknown);
                return;
            };
            out.push(id);
            (rest, place) = (after, Place::Inside);
        }
    }
}

/// Buffers of one call, so that words do not allocate.
#[derive(Default)]
struct Scratch {
    clean: String,
    decomposed: String,
    normal: String,
    prefixes: Vec<(usize, PieceHash)>,
}

impl Scratch {
    /// Sets `normal` to `text` cleaned, with Han characters apart, without accents, in lower case: what `options` says.
    fn normalize(&mut self, text: &str, options: &Options) {
        self.normal.clear();
        self.clean.clear();
        for c in text.chars() {
            if !options.clean_text {
                push_apart(c, options.handle_chinese_chars, &mut self.clean);
            } else if matches!(c, '\t' | '\n' | '\r') {
                self.clean.push(' ');
            } else if c == '\u{fffd}' || classes::is_other(c) {
                // Dropped.
            } else if c.is_whitespace() {
                self.clean.push(' ');
            } else {
                push_apart(c, options.handle_chinese_chars, &mut self.clean);
            }
        }
        let strips = options.strip_accents.unwrap_or(options.lowercase) && !self.clean.is_ascii();
        if strips {
            self.decomposed.clear();
            push_reference_nfd(&self.clean, &mut self.decomposed);
            self.decomposed.retain(|c| !classes::is_nonspacing_mark(c));
        }
        let source = if strips { &self.decomposed } else { &self.clean };
        if options.lowercase {
            source.chars().for_each(|c| classes::push_lower(c, &mut self.normal));
        } else {
            self.normal.push_str(source);
        }
    }
}

fn push_apart(c: char, han_apart: bool, out: &mut String) {
    let apart = han_apart && is_han(c);
    if apart {
        out.push(' ');
    }
    out.push(c);
    if apart {
        out.push(' ');
    }
}

/// NFD as the reference's Unicode 9 tables give it: characters that later versions treat otherwise stay as they are,
/// and nothing is reordered across them.
fn push_reference_nfd(text: &str, out: &mut String) {
    let mut rest = text;
    while let Some((at, c)) =
        rest.char_indices().find(|&(_, c)| classes::is_newer_than_reference(c))
    {
        let (before, from) = rest.split_at(at);
        push_nfd(before, out);
        out.push(c);
        rest = from.get(c.len_utf8()..).unwrap_or_default();
    }
    push_nfd(rest, out);
}

fn push_nfd(text: &str, out: &mut String) {
    if text.is_ascii() {
        out.push_str(text);
    } else {
        push_normalized(text, Form::Nfd, out);
    }
}

/// Calls `word` with each run between white space; each punctuation mark is a run of its own.
fn for_each_word(text: &str, mut word: impl FnMut(&str)) {
    let mut start = 0;
    for (at, c) in text.char_indices() {
        let mark = classes::is_punctuation(c);
        if !mark && !c.is_whitespace() {
            continue;
        }
        let end = at + c.len_utf8();
        for run in [text.get(start..at), text.get(at..end).filter(|_| mark)] {
            run.filter(|run| !run.is_empty()).into_iter().for_each(&mut word);
        }
        start = end;
    }
    text.get(start..).filter(|run| !run.is_empty()).into_iter().for_each(word);
}

/// The reference's "Chinese character": the Han blocks that it lists, which are neither all of them nor only them.
pub(crate) fn is_han(c: char) -> bool {
    matches!(u32::from(c),
        0x4e00..=0x9fff | 0x3400..=0x4dbf | 0x2_0000..=0x2_a6df | 0x2_a700..=0x2_b73f
        | 0x2_b740..=0x2_b81f | 0x2_b920..=0x2_ceaf | 0xf900..=0xfaff | 0x2_f800..=0x2_fa1f)
}

#[cfg(test)]
mod tests {
    use super::*;

    const TOKENS: [&str; 12] = [
        "[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "un", "##aff", "##able", "!", "cafe", "水",
        "a",
    ];

    fn encode(text: &str, max_tokens: usize) -> Vec<u32> {
        let mut ids = vec![99];
        WordPiece::new(TOKENS, Options::default()).unwrap().encode(text, max_tokens, &mut ids);
        ids
    }

    #[test]
    fn words_become_their_longest_pieces_and_odd_words_are_unknown() {
        assert_eq!(encode("UNaffable!", 99), [2, 5, 6, 7, 8, 3]);
        assert_eq!(encode("unknown a", 99), [2, 1, 11, 3]);
        assert_eq!(encode("Café 水水", 99), [2, 9, 10, 10, 3]);
        assert_eq!(encode("", 99), [2, 3]);
    }

    #[test]
    fn a_long_text_is_cut_and_keeps_its_end_mark() {
        assert_eq!(encode("a a a a a", 4), [2, 11, 11, 3]);
        assert_eq!(encode("unaffable", 4), [2, 5, 6, 3]);
        assert_eq!(encode("a", 0), [2, 3]);
        assert_eq!(encode("[MASK]a[SEP]", 4), [2, 4, 11, 3]);
    }

    #[test]
    fn a_word_above_the_character_limit_is_unknown_as_a_whole() {
        let options = Options { max_chars_per_word: 4, ..Options::default() };
        let wordpiece = WordPiece::new(TOKENS, options).unwrap();
        let mut ids = Vec::new();
        wordpiece.encode("café unaff", 99, &mut ids);
        assert_eq!(ids, [2, 9, 1, 3]);
    }

    #[test]
    fn a_vocabulary_without_a_needed_token_is_refused() {
        for missing in ["[UNK]", "[CLS]", "[SEP]"] {
            let tokens = TOKENS.into_iter().filter(|&token| token != missing);
            assert_eq!(
                WordPiece::new(tokens, Options::default()).unwrap_err(),
                TextError::MissingToken { token: missing, tokens: 11 }
            );
        }
    }
}
