//! Text → terms: what the keyword index is made of, the same at build and at query time.
//!
//! | text | terms (parts in brackets) |
//! |---|---|
//! | `Stopping` | `stop` |
//! | `e-mail` | `email` [`e` `mail`] |
//! | `addEventListener` | `addeventlisten` [`add` `event` `listen`] |
//! | `Vec::with_capacity` | `vec::with_capacity` [`vec` `with_capacity` `with` `capac`] |
//! | `--no-deps` | `--no-deps` [`nodep` `no` `dep`] |
//! | `C++`, `.NET`, `@media` | `c++` [`c`], `.net` [`net`], `@media` [`media`] |
//! | `été` (in French) | `ete`, and where folding first gives another stem, that as a part |
//! | `全文検索` | `全文` `文検` `検索` [`索`] |
//!
//! A term of letters is stemmed; one with a digit or a sign is not, so that identifiers stay what they are.
//!
//! **Positions** count the smallest parts: the whole of a compound stands where its first part stands, and the next word
//! follows the last part. So a phrase is the sequence of smallest parts, and `"with capacity"` finds `Vec::with_capacity`.

use std::borrow::Cow;

use crate::compound::{Parts, Segment, push_joined};
use crate::fold;
use crate::segment::{Chunk, Class, Kind, char_at, chunks, class};
use crate::stem::{self, Languages, Stemmer};
use crate::stop;

/// Bytes that a term may have. Longer words (data, hashes) are cut, longer compounds have only their parts.
pub const MAX_TERM_BYTES: usize = 64;

/// One term of a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Term<'a> {
    /// The term as the index has it; never empty, at most [`MAX_TERM_BYTES`] long.
    pub term: &'a str,
    /// Where the word (or part) begins in the text, in bytes.
    pub start: usize,
    /// Where it ends.
    pub end: usize,
    /// Rises by one a word, or smallest part of a word.
    pub position: u32,
    /// Whether this is a lesser form of a word that gave another term before: a part of a compound, another spelling.
    pub part: bool,
    /// Into how many smallest parts the word was taken, 1 for one without parts. For ranking: the more, the less each says.
    pub parts: u8,
}

/// The analysis for one language.
#[derive(Debug)]
pub struct Analyzer {
    stemmer: Option<Stemmer>,
    english: bool,
    elides: bool,
    /// Stop words as terms.
    stop_words: Vec<String>,
}

impl Analyzer {
    /// The analyzer for a BCP 47 language tag (`en`, `pt-BR`). Any tag gives one: a language without a stemmer is not stemmed.
    #[must_use]
    pub fn new(language: &str) -> Self {
        Self::borrowing(language, None)
    }

    /// The same, with what is not linked here from `languages`.
    #[must_use]
    pub fn borrowing(language: &str, languages: Option<&Languages>) -> Self {
        let primary = stem::primary(language);
        let stemmer = Stemmer::for_language(language, languages);
        let english = primary == "en";
        let elides = matches!(primary.as_str(), "fr" | "it" | "ca");
        let mut analyzer = Self { stemmer, english, elides, stop_words: Vec::new() };
        let mut stop_words = Vec::new();
        let listed: Cow<'_, str> = match languages.filter(|_| stem::is_elsewhere(&primary)) {
            Some(languages) => (languages.stop_words)(&primary).into(),
            None => stop::words(&primary).into(),
        };
        analyzer.terms(&listed, |term| stop_words.push(term.term.to_owned()));
        analyzer.stop_words = stop_words;
        analyzer
    }

    /// Which stemmer is used (`english`), for the manifest: two sides with different ones do not find each other's words.
    #[must_use]
    pub fn stemmer(&self) -> Option<&'static str> {
        self.stemmer.as_ref().map(Stemmer::name)
    }

    /// Whether `term`, as [`Analyzer::terms`] gives it, is a stop word of the language.
    #[must_use]
    pub fn is_stop_word(&self, term: &str) -> bool {
        self.stop_words.iter().any(|word| word == term)
    }

    /// Gives the terms of `text` to `sink`, by rising position; at one position the whole before its parts.
    ///
    /// Cost: one pass; beside what a stemmer takes, a few buffers a call and nothing a word.
    pub fn terms(&self, text: &str, mut sink: impl FnMut(Term<'_>)) {
        // One body for all sinks: a copy for each would cost 10 KB of wasm.
        self.run(text, &mut sink);
    }

    fn run(&self, text: &str, sink: &mut dyn FnMut(Term<'_>)) {
        let mut run = Run { analyzer: self, text, buffers: Buffers::default(), position: 0, sink };
        for chunk in chunks(text, self.elides) {
            match chunk.kind {
                Kind::Word => run.word(chunk),
                Kind::Dense => run.dense(chunk),
                Kind::Emoji => {
                    run.emit(chunk.start, chunk.end, false, 1);
                    run.position += 1;
                }
            }
        }
    }

    /// Appends `word` folded but not stemmed: what a reader who is still typing it has typed of a term.
    pub(crate) fn push_typed(&self, word: &str, out: &mut String) {
        let mut spare = String::new();
        let mut joined = String::new();
        if sigil_length(word) == 0 {
            push_joined(word, &mut joined);
        } else {
            joined.push_str(word);
        }
        let mut lowered = String::new();
        fold::push_lower(&joined, &mut spare, &mut lowered);
        fold::strip_diacritics(&mut lowered, &mut spare);
        cut(&mut lowered);
        out.push_str(&lowered);
    }

    /// Sets `buffers.term` to the term of `raw`, and `buffers.other` to another spelling's where there is one.
    fn analyze(&self, raw: &str, buffers: &mut Buffers) {
        let Buffers { term, other, spare, .. } = buffers;
        term.clear();
        other.clear();
        fold::push_lower(raw, spare, term);
        cut(term);
        let Some(stemmer) = self.stemmer.as_ref().filter(|_| is_stemmable(term)) else {
            fold::strip_diacritics(term, spare);
            return;
        };
        if self.english || term.is_ascii() {
            // No English ending has a diacritic, so taking them off first loses nothing.
            fold::strip_diacritics(term, spare);
            stem_in_place(stemmer, term);
            return;
        }
        // Elsewhere endings do have them. The reader may leave them out, though, and then gets the plain form's stem.
        other.push_str(term);
        stem_in_place(stemmer, term);
        fold::strip_diacritics(term, spare);
        if fold::strip_diacritics(other, spare) {
            stem_in_place(stemmer, other);
            fold::strip_diacritics(other, spare);
        } else {
            other.clear();
        }
    }
}

/// Whether `term` is a stop word of `language`; to ask about several, keep an [`Analyzer`].
#[must_use]
pub fn is_stop_word(language: &str, term: &str) -> bool {
    Analyzer::new(language).is_stop_word(term)
}

fn stem_in_place(stemmer: &Stemmer, word: &mut String) {
    // A borrowed stem is the word itself.
    let stem = match stemmer.stem(word) {
        Cow::Owned(stem) => stem,
        Cow::Borrowed(_) => return,
    };
    *word = stem;
}

/// Whether a folded word is one of the language and no identifier or number: letters, marks and apostrophes only.
fn is_stemmable(word: &str) -> bool {
    word.chars().all(|c| match c {
        '\'' => true,
        _ if c.is_ascii() => c.is_ascii_alphabetic(),
        _ => matches!(class(c), Class::Word | Class::Mark) && !c.is_numeric(),
    })
}

fn cut(term: &mut String) {
    if term.len() > MAX_TERM_BYTES {
        term.truncate(term.floor_char_boundary(MAX_TERM_BYTES));
    }
}

/// Bytes of the sign that a word begins with and that is part of its name: `--flag`, `-o`, `@media`, `#define`, `$HOME`, `.NET`.
pub(crate) fn sigil_length(word: &str) -> usize {
    match word.as_bytes() {
        [b'-', b'-', ..] => 2,
        [b'-' | b'@' | b'#' | b'$' | b'.', ..] => 1,
        _ => 0,
    }
}

/// The range of a word with the signs around it that belong to its name, `start..end` itself where there are none.
/// Before a letter or underscore, and not after another word or sign: as [`sigil_length`] lists. After the word: `C++`, `C#`.
fn with_signs(text: &str, start: usize, end: usize) -> (usize, usize) {
    let before = text.get(..start).unwrap_or_default();
    let sigil = ["--", "-", "@", "#", "$", "."].into_iter().find(|sigil| before.ends_with(sigil));
    let is_name = char_at(text, start).is_some_and(|c| c == '_' || c.is_alphabetic());
    let from = sigil.filter(|_| is_name).map_or(start, |sigil| start - sigil.len());
    let free = |c: char| !(c.is_alphanumeric() || "_-.@#$&)]}>/\\:*+".contains(c));
    let is_free = before.get(..from).is_some_and(|rest| rest.chars().next_back().is_none_or(free));
    let after = text.get(end..).unwrap_or_default();
    let ends_name =
        |rest: &str| !rest.starts_with(|c: char| c.is_alphabetic() || c == '_' || c == '#');
    let suffix = if after.strip_prefix("++").is_some_and(ends_name) {
        2
    } else if end - start <= 2 && after.strip_prefix('#').is_some_and(ends_name) {
        1
    } else {
        0
    };
    (if is_free { from } else { start }, end + suffix)
}

/// Buffers of one call.
#[derive(Debug, Default)]
struct Buffers {
    term: String,
    other: String,
    spare: String,
    whole: String,
    parts: Parts,
}

/// One pass over a text.
struct Run<'r, 's> {
    analyzer: &'r Analyzer,
    text: &'r str,
    buffers: Buffers,
    position: u32,
    sink: &'r mut (dyn FnMut(Term<'_>) + 's),
}

impl Run<'_, '_> {
    fn word(&mut self, chunk: Chunk) {
        let Chunk { start, end, compound, .. } = chunk;
        let mut parts = std::mem::take(&mut self.buffers.parts);
        parts.segments.clear();
        parts.leaves.clear();
        let word = self.text.get(start..end).unwrap_or_default();
        if compound {
            parts.split(word);
        }
        let segment = parts.segments.last().map_or(start, |segment| start + segment.start);
        let (from, _) = with_signs(self.text, start, end);
        let (_, until) = with_signs(self.text, segment, end);
        let signed = from < start || until > end;
        if signed {
            // `C/C++` is no name of its own, but its last segment is.
            let begin = if from < start { from } else { segment };
            self.emit_signed(begin, until);
        }
        let count = parts.leaves.len().max(1);
        let shown = u8::try_from(count).unwrap_or(u8::MAX);
        let has_parts = count > 1 || word.starts_with('_') || word.ends_with('_');
        if has_parts {
            self.emit_whole(start, end, signed);
            self.emit_parts(start, &parts, shown);
        } else {
            self.emit(start, end, signed, 1);
        }
        self.position += u32::from(shown).max(u32::try_from(count).unwrap_or(u32::MAX));
        self.buffers.parts = parts;
    }

    fn emit_parts(&mut self, start: usize, parts: &Parts, shown: u8) {
        let base = self.position;
        for &Segment { start: from, end: to, first, last } in &parts.segments {
            self.position = base + u32::try_from(first).unwrap_or(u32::MAX);
            if parts.segments.len() > 1 && last - first > 1 {
                self.emit_whole(start + from, start + to, true);
            }
            for leaf in parts.leaves.get(first..last).unwrap_or_default() {
                self.emit(start + leaf.start, start + leaf.end, true, shown);
                self.position += 1;
            }
        }
        self.position = base;
    }

    /// A compound as one term, unless that is too long to be a name.
    fn emit_whole(&mut self, start: usize, end: usize, part: bool) {
        let mut whole = std::mem::take(&mut self.buffers.whole);
        whole.clear();
        push_joined(self.text.get(start..end).unwrap_or_default(), &mut whole);
        if whole.len() <= MAX_TERM_BYTES {
            self.analyzer.analyze(&whole, &mut self.buffers);
            self.give(start, end, part, 1);
        }
        self.buffers.whole = whole;
    }

    /// A word with its signs, as it is written.
    fn emit_signed(&mut self, start: usize, end: usize) {
        if end - start <= MAX_TERM_BYTES {
            self.analyzer.analyze(self.text.get(start..end).unwrap_or_default(), &mut self.buffers);
            self.give(start, end, false, 1);
        }
    }

    /// Pairs of neighbours, and the last character alone, so that every character begins a term.
    fn dense(&mut self, chunk: Chunk) {
        let run = self.text.get(chunk.start..chunk.end).unwrap_or_default();
        let is_base = |c: char| matches!(class(c), Class::Dense);
        let mut starts =
            run.char_indices().filter(|&(_, c)| is_base(c)).map(|(at, _)| chunk.start + at);
        let Some(mut first) = starts.next() else { return };
        let mut second = starts.next();
        let alone = second.is_none();
        while let Some(middle) = second {
            second = starts.next();
            self.emit(first, second.unwrap_or(chunk.end), false, 1);
            self.position += 1;
            first = middle;
        }
        self.emit(first, chunk.end, !alone, 1);
        self.position += 1;
    }

    fn emit(&mut self, start: usize, end: usize, part: bool, parts: u8) {
        self.analyzer.analyze(self.text.get(start..end).unwrap_or_default(), &mut self.buffers);
        self.give(start, end, part, parts);
    }

    fn give(&mut self, start: usize, end: usize, part: bool, parts: u8) {
        let (position, Buffers { term, other, .. }) = (self.position, &self.buffers);
        if !term.is_empty() {
            (self.sink)(Term { term, start, end, position, part, parts });
        }
        if !other.is_empty() && other != term {
            (self.sink)(Term { term: other, start, end, position, part: true, parts: 1 });
        }
    }
}

#[cfg(test)]
mod tests;
