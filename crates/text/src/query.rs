//! What a reader typed → terms, phrases, and what is known about each.

use crate::analysis::{Analyzer, Term, sigil_length};
use crate::segment::{Class, class};

/// A query, analysed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct QueryTerms {
    /// The terms to look up, in the order typed, none twice. Stop words are left out where other words remain.
    pub terms: Vec<QueryTerm>,
    /// The stop words that were left out of `terms`.
    pub stop_words: Vec<QueryTerm>,
    /// Quoted phrases: terms that must stand at consecutive positions, stop words included. Their words are in `terms` too.
    pub phrases: Vec<Vec<String>>,
    /// Whether every word of the query that is no stop word is an identifier, so that words know better than meaning.
    pub looks_like_identifier: bool,
}

/// One term of a query.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct QueryTerm {
    /// The term as the index has it.
    pub term: String,
    /// What was typed, folded but not stemmed: with `prefix`, expand this and look `term` up besides, since a stem need not
    /// begin with what was typed (`happy`, `happi`).
    pub typed: String,
    /// Whether the reader is still typing this word, or it is one character of a script indexed in pairs: then any term
    /// that begins with `typed` counts.
    pub prefix: bool,
    /// Whether this term (not just its word) is written as identifiers are: `Vec::with_capacity`, `--flag`, `E0382`, `foo()`.
    pub identifier: bool,
    /// Whether this is a lesser form of its word, as [`Term::part`].
    pub part: bool,
    /// Number of its word in the query, from 0. A word is found where its first form is, or all its parts are.
    pub word: u16,
}

impl QueryTerms {
    /// Which term of the query a term of a text is, if any: the number in `terms` of the first that is equal or of which it is a
    /// completion. For marking excerpts.
    #[must_use]
    pub fn matched(&self, term: &str) -> Option<usize> {
        let equal = self.terms.iter().position(|query| query.term == term);
        equal.or_else(|| {
            self.terms.iter().position(|query| query.prefix && term.starts_with(&query.typed))
        })
    }

    /// Whether nothing was typed that could be looked up.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.terms.is_empty()
    }
}

/// Analyses what was typed. `complete`: the reader has finished (pressed Enter, or the caller never searches while typing);
/// otherwise the last word counts as a prefix, unless something stands behind it.
///
/// Phrases stand in `"…"`, `“…”`, `„…“` or `«…»`; a quote without its partner is an ordinary character.
#[must_use]
pub fn parse(text: &str, analyzer: &Analyzer, complete: bool) -> QueryTerms {
    let mut parser = Parser { text, analyzer, complete, words: 0, found: Vec::new() };
    let mut phrases = Vec::new();
    let mut at = 0;
    while let Some((open, inner, close)) = next_phrase(text, at) {
        parser.read(at, open, false);
        phrases.push(parser.read(inner.0, inner.1, true));
        at = close;
    }
    parser.read(at, text.len(), false);
    phrases.retain(|phrase| !phrase.is_empty());
    parser.finish(phrases)
}

/// The next closed quotation from byte `at` on: where it opens, the range inside, and where it ends.
fn next_phrase(text: &str, at: usize) -> Option<(usize, (usize, usize), usize)> {
    let rest = text.get(at..)?;
    let mut before = text.get(..at).and_then(|head| head.chars().next_back());
    for (offset, c) in rest.char_indices() {
        let closing: &[char] = match c {
            '"' => &['"'],
            '“' => &['”', '“'],
            '„' => &['“', '”'],
            '«' => &['»'],
            _ => &[],
        };
        // Five inches (5") open nothing.
        let opens = !closing.is_empty() && !before.is_some_and(char::is_alphanumeric);
        let inner = offset + c.len_utf8();
        if opens && let Some(length) = rest.get(inner..).and_then(|inside| inside.find(closing)) {
            let (start, end) = (at + inner, at + inner + length);
            let close = end
                + text.get(end..).and_then(|tail| tail.chars().next()).map_or(0, char::len_utf8);
            return Some((at + offset, (start, end), close));
        }
        before = Some(c);
    }
    None
}

struct Parser<'p> {
    text: &'p str,
    analyzer: &'p Analyzer,
    complete: bool,
    words: u16,
    found: Vec<QueryTerm>,
}

/// The smallest part seen so far at one position, for phrases.
struct Smallest {
    position: u32,
    start: usize,
    length: usize,
    term: String,
}

impl Parser<'_> {
    /// Reads `text[from..to]` and returns its smallest parts in order. A script indexed in pairs ends a phrase with a pair.
    fn read(&mut self, from: usize, to: usize, quoted: bool) -> Vec<String> {
        let (text, analyzer) = (self.text.get(from..to).unwrap_or_default(), self.analyzer);
        let mut smallest: Vec<Smallest> = Vec::new();
        // End of the word that the last whole form covers; parts inside belong to it.
        let mut word_end = 0;
        analyzer.terms(text, |term| {
            let dense = is_dense(text, term);
            match smallest.last_mut().filter(|last| last.position == term.position) {
                Some(last) if term.end - term.start < last.length => {
                    (last.start, last.length, last.term) =
                        (term.start, term.end - term.start, term.term.to_owned());
                }
                Some(_) => {}
                None => smallest.push(Smallest {
                    position: term.position,
                    start: term.start,
                    length: term.end - term.start,
                    term: term.term.to_owned(),
                }),
            }
            // The last character of a run is the end of a pair before it.
            if dense && term.part {
                return;
            }
            let written = text.get(term.start..term.end).unwrap_or_default();
            let behind = text.get(term.end..).unwrap_or_default();
            if term.start >= word_end {
                self.words = self.words.saturating_add(1);
            }
            word_end = word_end.max(term.end);
            let alone = text.trim_start_matches(char::is_whitespace).starts_with(written)
                && matches!(behind.trim_end(), "!" | "()" | "!()");
            let identifier =
                is_identifier(written) || is_called(behind) || alone && behind.starts_with('!');
            let mut typed = String::new();
            analyzer.push_typed(written, &mut typed);
            let last = !quoted && !self.complete && from + term.end == self.text.len();
            let lone = dense && written.chars().filter(|&c| class(c) == Class::Dense).count() == 1;
            let query = QueryTerm {
                term: term.term.to_owned(),
                typed,
                prefix: last || lone,
                identifier,
                part: term.part,
                word: self.words - 1,
            };
            self.found.push(query);
        });
        if let [.., before, last] = smallest.as_slice()
            && text
                .get(last.start..)
                .is_some_and(|tail| tail.chars().next().is_some_and(|c| class(c) == Class::Dense))
            && before.start + before.length == last.start + last.length
        {
            smallest.pop();
        }
        smallest.into_iter().map(|part| part.term).collect()
    }

    fn finish(self, phrases: Vec<Vec<String>>) -> QueryTerms {
        let is_stop =
            |query: &QueryTerm| !query.identifier && self.analyzer.is_stop_word(&query.term);
        let wholes = || self.found.iter().filter(|query| !query.part && !is_stop(query));
        let any_content = wholes().next().is_some();
        let looks_like_identifier = any_content
            && wholes().all(|whole| {
                let mut forms = wholes().filter(|form| form.word == whole.word);
                forms.any(|form| form.identifier)
            });
        let mut out = QueryTerms { phrases, looks_like_identifier, ..QueryTerms::default() };
        for query in self.found {
            let dropped =
                any_content && !query.identifier && self.analyzer.is_stop_word(&query.term);
            let list = if dropped { &mut out.stop_words } else { &mut out.terms };
            match list.iter_mut().find(|known| known.term == query.term) {
                Some(known) => {
                    known.prefix |= query.prefix;
                    known.part &= query.part;
                    known.identifier |= query.identifier;
                }
                None => list.push(query),
            }
        }
        out
    }
}

fn is_dense(text: &str, term: Term<'_>) -> bool {
    text.get(term.start..)
        .and_then(|from| from.chars().next())
        .is_some_and(|c| class(c) == Class::Dense)
}

/// Whether what stands behind a word makes it a call: `foo()`, `foo(x`, `vec![`.
fn is_called(behind: &str) -> bool {
    let behind = behind.strip_prefix('!').unwrap_or(behind);
    behind.starts_with('(') || behind.starts_with('[')
}

/// Whether a word is written as programmers write names: with `::` or `_`, a sign in front (`--flag`, `@media`) or behind
/// (`C++`), capitals inside (`addEventListener`), digits after letters (`E0382`), or a dot between names (`node.js`).
fn is_identifier(written: &str) -> bool {
    if sigil_length(written) > 0 || written.ends_with(['+', '#']) {
        return true;
    }
    // Runs of letters shorter than two, as in `e.g` and `U.S`, are no names.
    let (mut dots, mut shortest, mut letters) = (0, usize::MAX, 0);
    let (mut hump, mut joined, mut before) = (false, false, '\0');
    for c in written.trim_matches('_').chars() {
        joined |= c == '_' || (c == ':' && before == ':');
        hump |= (before.is_ascii_lowercase() && c.is_ascii_uppercase())
            || (before.is_ascii_alphabetic() && c.is_ascii_digit());
        if c == '.' {
            (dots, shortest, letters) = (dots + 1, letters.min(shortest), 0);
        } else if c.is_alphabetic() {
            letters += 1;
        }
        before = c;
    }
    let dotted = dots > 0 && letters.min(shortest) > 1;
    joined || dotted || (hump && written.starts_with(char::is_alphabetic))
}

#[cfg(test)]
mod tests;
