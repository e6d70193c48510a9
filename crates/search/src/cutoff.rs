//! The cut-off stage: where the relevant results end. Ten wrong pages help nobody.
//!
//! Mild on purpose: a right answer that is hidden costs more than a wrong one that is shown last.

use crate::query::Mode;
use crate::rank::Hit;

/// Cosine from which meaning alone is taken for an answer. On labelled questions it keeps 82 to 100 %
/// of those that have one and rejects most about another technology.
const MEANING: f32 = 0.40;
/// Where there is meaning only, the best cosine from which there is an answer at all.
const BEST_MEANING: f32 = 0.35;
/// And the least cosine of what is then shown.
const LEAST_MEANING: f32 = 0.25;
/// Share of the question's words, by rareness, from which words alone are taken for an answer.
const COVERED: f32 = 0.5;
/// The same times the number of words, for longer questions: few passages have most of eight words.
const COVERED_WORDS: f32 = 1.2;
/// What words and meaning must be together, as shares of what each must be alone, if neither suffices.
const TOGETHER: f32 = 1.3;

/// Leaves out of `hits` those that answer nothing. `words`: how many the question has.
pub fn cut_off(hits: &mut Vec<Hit>, mode: Mode, words: usize) {
    let covered = COVERED.min(COVERED_WORDS / words.max(1) as f32);
    let cosine = |hit: &Hit| hit.meaning.unwrap_or(0.0).max(0.0);
    let best = hits.iter().map(cosine).fold(0.0, f32::max);
    hits.retain(|hit| {
        let (by_words, by_meaning) = (hit.covered / covered, cosine(hit) / MEANING);
        match mode {
            Mode::Keyword => by_words >= 1.0,
            Mode::Semantic => best >= BEST_MEANING && cosine(hit) >= LEAST_MEANING,
            Mode::Hybrid => {
                by_words >= 1.0 || by_meaning >= 1.0 || by_words + by_meaning >= TOGETHER
            }
        }
    });
}

#[cfg(test)]
mod tests {
    use super::*;
    use sextant_core::passage::{PageId, PassageId};

    fn kept(covered: f32, meaning: f32, mode: Mode, words: usize) -> bool {
        let (passage, page) = (PassageId(0), PageId(0));
        let meaning = Some(meaning);
        let mut hits = vec![Hit { passage, page, score: 0.5, words: covered, covered, meaning }];
        cut_off(&mut hits, mode, words);
        !hits.is_empty()
    }

    #[test]
    fn one_common_word_of_a_short_question_is_no_answer_and_the_rare_one_is() {
        assert!(!kept(0.24, 0.0, Mode::Keyword, 2));
        assert!(kept(0.76, 0.0, Mode::Keyword, 2));
    }

    #[test]
    fn of_a_long_question_fewer_words_are_asked() {
        assert!(!kept(0.3, 0.0, Mode::Keyword, 3));
        assert!(kept(0.3, 0.0, Mode::Keyword, 8));
    }

    #[test]
    fn meaning_is_enough_and_half_of_both_is_not() {
        assert!(kept(0.0, 0.45, Mode::Hybrid, 3));
        assert!(!kept(0.2, 0.2, Mode::Hybrid, 3));
        assert!(kept(0.35, 0.3, Mode::Hybrid, 3));
        assert!(!kept(1.0, 0.3, Mode::Semantic, 3));
        assert!(kept(0.0, 0.36, Mode::Semantic, 3));
    }
}
