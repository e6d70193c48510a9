//! The excerpt stage: what is shown of a passage, with the words that were asked for marked.

use crate::words::Concept;
use sextant_core::passage::Passage;
use sextant_core::sort_by;
use sextant_text::analysis::{Analyzer, Term};
use sextant_text::excerpt::{Excerpt, Hit, Options, Segment, excerpt};

/// What stands where text was left out.
const ELLIPSIS: &str = "…";

/// The terms that are marked, by term.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Marks {
    terms: Vec<(String, Hit)>,
}

impl Marks {
    /// Marks the terms of `concepts`. Those of one concept count once in an excerpt, and as much as
    /// the concept does in ranking.
    #[must_use]
    pub fn new(concepts: &[Concept]) -> Self {
        let mut terms: Vec<(String, Hit)> = vec![];
        for (number, concept) in concepts.iter().enumerate() {
            let hit = Hit { term: number, weight: concept.weight.max(f32::MIN_POSITIVE) };
            terms.extend(concept.alternatives.iter().map(|a| (a.term.clone(), hit)));
        }
        sort_by(&mut terms, |a, b| a.0.cmp(&b.0).then(a.1.term.cmp(&b.1.term)));
        terms.dedup_by(|b, a| a.0 == b.0);
        Self { terms }
    }

    fn of(&self, term: &str) -> Option<Hit> {
        let at = self.terms.binary_search_by(|(known, _)| known.as_str().cmp(term)).ok()?;
        self.terms.get(at).map(|(_, hit)| *hit)
    }
}

/// The part of `passage` that says why, about `words` words; its beginning where no word is marked.
/// An ellipsis stands where text was left out at an end.
#[must_use]
pub fn of(passage: &Passage, analyzer: &Analyzer, marks: &Marks, words: usize) -> Vec<Segment> {
    let hit = |term: &Term<'_>| marks.of(term.term);
    let Excerpt { mut segments, range } = excerpt(analyzer, &passage.text, hit, Options { words });
    let plain = |text: String| Segment { text, marked: false };
    let (before, behind) = (passage.text.get(..range.start), passage.text.get(range.end..));
    if before.is_some_and(|text| !text.trim().is_empty()) {
        segments.insert(0, plain(format!("{ELLIPSIS} ")));
    }
    if behind.is_some_and(|text| !text.trim().is_empty()) {
        segments.push(plain(format!(" {ELLIPSIS}")));
    }
    segments
}

#[cfg(test)]
mod tests {
    use super::*;
    use sextant_core::passage::PageId;

    #[test]
    fn what_is_left_out_has_an_ellipsis_and_what_is_not_has_none() {
        let text = "One two three. Four five six. Seven eight nine.";
        let passage = Passage { page: PageId(0), trail: vec![], anchor: None, text: text.into() };
        let analyzer = Analyzer::new("en");
        let marks = Marks { terms: vec![("five".into(), Hit { term: 0, weight: 1.0 })] };
        let shown = |words| -> String {
            let segments = of(&passage, &analyzer, &marks, words);
            segments.iter().map(|segment| segment.text.as_str()).collect()
        };
        assert_eq!(shown(50), text);
        let short = shown(3);
        assert!(
            short.starts_with("… ") && short.ends_with(" …") && short.contains("five"),
            "{short}"
        );
    }
}
