//! The part of a text to show with a result, with the words that were found marked.
//!
//! A window of so many words is chosen that holds the most distinct terms (by weight), and it begins at a sentence's start
//! where there is room. White space is shown as single spaces: without marks, an excerpt is `text[start..end]`, trimmed, with each run of white space
//! made one space.

use std::ops::Range;

use serde::Serialize;

use crate::analysis::{Analyzer, Term};
use crate::segment::{Class, class};
use crate::sentences;

/// How much is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Options {
    /// Words; of scripts without spaces, two characters count as one. At least 1. Default 30, as Pagefind's.
    pub words: usize,
}

impl Default for Options {
    fn default() -> Self {
        Self { words: 30 }
    }
}

/// What a term of the text is to the query.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Hit {
    /// Which term of the query it matches: equal numbers count once in a window.
    pub term: usize,
    /// How much finding that term is worth, above 0: its idf, or 1.
    pub weight: f32,
}

/// A run of an excerpt.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Segment {
    /// Plain text, not escaped.
    pub text: String,
    /// Whether it is a matched word.
    pub marked: bool,
}

/// A part of a text.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Excerpt {
    /// The text in runs; together they are what is shown.
    pub segments: Vec<Segment>,
    /// The range of the text that is shown, in bytes. If it does not begin or end with the text, an ellipsis is due.
    pub range: Range<usize>,
}

impl Excerpt {
    /// The text without marks.
    #[must_use]
    pub fn plain(&self) -> String {
        self.segments.iter().map(|segment| segment.text.as_str()).collect()
    }
}

/// The best window of `text`. `hit` says of each term whether, and as what, it matches; without a match the window is the
/// beginning. Cost: one analysis of the text, and matches × words.
pub fn excerpt(
    analyzer: &Analyzer,
    text: &str,
    mut hit: impl FnMut(&Term<'_>) -> Option<Hit>,
    options: Options,
) -> Excerpt {
    let matches = matches(analyzer, text, &mut hit);
    let units = Units::new(text, options);
    let Some((first, last)) = best_span(&matches, &units) else {
        return render(text, units.from(0), &matches);
    };
    // What room the span leaves goes first to the rest of its sentence, else mostly behind it.
    let room = units.words.saturating_sub(units.cost(first, last + 1));
    let sentence =
        sentences::split(text).take_while(|range| range.start <= units.start(first)).last();
    let begin = units.at(sentence.map_or(0, |range| range.start));
    let begin =
        if units.cost(begin, first) <= room { begin } else { units.back(first, room.div_ceil(3)) };
    let last_window = units.back(units.starts.len(), units.words);
    render(text, units.from(begin.min(last_window)), &matches)
}

/// The excerpt that begins with `range` of `text` (the sentence nearest to the query, say), filled up with what follows, and
/// with marks where words match all the same. A range out of bounds is cut to the text's.
pub fn excerpt_of_range(
    analyzer: &Analyzer,
    text: &str,
    range: Range<usize>,
    mut hit: impl FnMut(&Term<'_>) -> Option<Hit>,
    options: Options,
) -> Excerpt {
    let matches = matches(analyzer, text, &mut hit);
    let units = Units::new(text, options);
    render(text, units.from(units.at(range.start)), &matches)
}

/// A matched word, in bytes, and what it is worth.
#[derive(Clone, Debug)]
struct Match {
    range: Range<usize>,
    hit: Hit,
}

/// The matches by rising start; of one word's forms, the whole if it matches.
fn matches(
    analyzer: &Analyzer,
    text: &str,
    hit: &mut dyn FnMut(&Term<'_>) -> Option<Hit>,
) -> Vec<Match> {
    let mut matches: Vec<Match> = Vec::new();
    analyzer.terms(text, |term| {
        if let Some(hit) = hit(&term) {
            let is_before = |found: &Match| {
                found.range.start < term.start
                    || (found.range.start == term.start && found.range.end >= term.end)
            };
            // They come nearly sorted, so the place is at or near the end.
            let at = matches.iter().rposition(is_before).map_or(0, |last| last + 1);
            matches.insert(at, Match { range: term.start..term.end, hit });
        }
    });
    matches
}

/// The text in units of length: words between white space, or characters of scripts without spaces.
struct Units<'t> {
    text: &'t str,
    /// Where each unit begins.
    starts: Vec<usize>,
    /// Half words before each unit, and in all.
    costs: Vec<usize>,
    /// Half words to show.
    words: usize,
}

impl<'t> Units<'t> {
    fn new(text: &'t str, options: Options) -> Self {
        let (mut starts, mut costs, mut cost) = (Vec::new(), vec![0], 0);
        let (mut begins, mut after_dense) = (true, false);
        for (at, c) in text.char_indices() {
            if c.is_whitespace() {
                begins = true;
                continue;
            }
            let dense = !c.is_ascii() && class(c) == Class::Dense;
            if begins || dense || (after_dense && c.is_alphanumeric()) {
                starts.push(at);
                cost += if dense { 1 } else { 2 };
                costs.push(cost);
            }
            (begins, after_dense) = (false, dense);
        }
        Self { text, starts, costs, words: options.words.max(1).saturating_mul(2) }
    }

    /// The unit in which byte `at` lies; the first for white space before it.
    fn at(&self, at: usize) -> usize {
        self.starts.partition_point(|&start| start <= at).saturating_sub(1)
    }

    fn start(&self, unit: usize) -> usize {
        self.starts.get(unit).copied().unwrap_or(self.text.len())
    }

    /// Half words of the units `from..to`; nothing if they are in the wrong order.
    fn cost(&self, from: usize, to: usize) -> usize {
        let before = |unit: usize| self.costs.get(unit).or(self.costs.last()).copied().unwrap_or(0);
        before(to).saturating_sub(before(from))
    }

    /// The first unit from which on it is at most `half_words` to `unit`.
    fn back(&self, unit: usize, half_words: usize) -> usize {
        let mut from = unit;
        while from > 0 && self.cost(from - 1, unit) <= half_words {
            from -= 1;
        }
        from
    }

    /// The bytes of as many units as are shown, from one on; all that fit, at least one.
    fn from(&self, unit: usize) -> Range<usize> {
        let mut to = unit;
        while to + 1 < self.starts.len() && self.cost(unit, to + 2) <= self.words {
            to += 1;
        }
        let start = self.start(unit);
        let end = self.start(to + 1);
        let shown = self.text.get(start..end).unwrap_or_default();
        start..start + shown.trim_end().len()
    }
}

/// The units of the first and last match of the best window. Distinct terms count with their weight, repeated ones with a
/// twentieth, so that they only break ties; then the shorter span wins, then the earlier.
fn best_span(matches: &[Match], units: &Units<'_>) -> Option<(usize, usize)> {
    let mut best: Option<((f32, usize), (usize, usize))> = None;
    let mut seen = Vec::new();
    for (number, from) in matches.iter().enumerate() {
        let first = units.at(from.range.start);
        let (mut score, mut last) = (0.0, first);
        seen.clear();
        for found in matches.get(number..).unwrap_or_default() {
            let end = units.at(found.range.end.saturating_sub(1));
            if units.cost(first, end + 1) > units.words && end > first {
                break;
            }
            if seen.contains(&found.hit.term) {
                score += found.hit.weight / 20.0;
                continue;
            }
            seen.push(found.hit.term);
            score += found.hit.weight;
            last = last.max(end);
        }
        let span = units.cost(first, last + 1);
        let better = best.is_none_or(|((old_score, old_span), _)| {
            score > old_score || (score == old_score && span < old_span)
        });
        if better {
            best = Some(((score, span), (first, last)));
        }
    }
    best.map(|(_, span)| span)
}

/// `text[range]` in runs, white space collapsed, matches marked; matches that touch or overlap are one.
fn render(text: &str, range: Range<usize>, matches: &[Match]) -> Excerpt {
    let mut writer = Writer { segments: Vec::new(), space: false };
    let mut at = range.start;
    for found in matches {
        let (start, end) = (found.range.start.max(at), found.range.end.min(range.end));
        if start < end {
            writer.push(text.get(at..start).unwrap_or_default(), false);
            writer.push(text.get(start..end).unwrap_or_default(), true);
            at = end;
        }
    }
    writer.push(text.get(at..range.end).unwrap_or_default(), false);
    Excerpt { segments: writer.segments, range }
}

struct Writer {
    segments: Vec<Segment>,
    /// Whether white space is due before the next visible character.
    space: bool,
}

impl Writer {
    fn push(&mut self, text: &str, marked: bool) {
        for c in text.chars() {
            if c.is_whitespace() {
                self.space = true;
                continue;
            }
            if std::mem::take(&mut self.space) && !self.segments.is_empty() {
                // No term has white space inside, so this is never part of a mark.
                self.push_char(' ', false);
            }
            self.push_char(c, marked);
        }
    }

    fn push_char(&mut self, c: char, marked: bool) {
        match self.segments.last_mut() {
            Some(last) if last.marked == marked => last.text.push(c),
            _ => self.segments.push(Segment { text: c.to_string(), marked }),
        }
    }
}

#[cfg(test)]
mod tests;
