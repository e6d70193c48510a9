//! The fusion stage: one ranking out of words and meaning.
//!
//! Scores are fused, not ranks, and each passage has both true scores, whichever list it came from.
//! Both scales are absolute: BM25 as a share of what the question's words could give at most, and the
//! cosine. So a question whose words are all there leans on words by itself, a paraphrase on meaning,
//! and a score can be compared with that of another question. Against distribution-based fusion of
//! the same lists: as good on documentation, better on code (`docs/decisions.md`).

use crate::rank::Hit;
use sextant_core::sort_by;

/// Cosines at and below this say nothing: unrelated texts. Meaning 0.
const FLOOR: f32 = 0.1;
/// Cosines at and above this say all they can: the text is the question. Meaning 1.
const CEILING: f32 = 0.9;
/// How much of the words' part goes by which words are there at all, the rest by how much they count
/// there: beside meaning, a passage that has every word beats one that has the rarest often.
const COVERED: f32 = 0.25;

/// A cosine as a score `0..=1`.
#[must_use]
pub fn meaning(cosine: f32) -> f32 {
    ((cosine - FLOOR) / (CEILING - FLOOR)).clamp(0.0, 1.0)
}

/// Scores `hits` by words alone, best first, ties to the lower passage. Scores `0..=1`.
pub fn by_words(hits: &mut [Hit]) {
    score(hits, |hit| hit.words);
}

/// Scores `hits` by meaning alone: 0 where it is not known.
pub fn by_meaning(hits: &mut [Hit]) {
    score(hits, |hit| hit.meaning.map_or(0.0, meaning));
}

/// Scores `hits` by both; `weight`, `0..=1`, is that of meaning. Where the cosine is not known, since
/// its shard is missing, words alone score.
pub fn by_both(hits: &mut [Hit], weight: f32) {
    score(hits, |hit| {
        let words = (1.0 - COVERED) * hit.words + COVERED * hit.covered;
        hit.meaning.map_or(words, |cosine| (1.0 - weight) * words + weight * meaning(cosine))
    });
}

fn score(hits: &mut [Hit], of: impl Fn(&Hit) -> f32) {
    hits.iter_mut().for_each(|hit| hit.score = of(hit));
    sort_by(hits, |a, b| b.score.total_cmp(&a.score).then(a.passage.cmp(&b.passage)));
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use sextant_core::passage::{PageId, PassageId};

    fn hit(passage: u32, words: f32, meaning: Option<f32>) -> Hit {
        let (page, passage) = (PageId(passage), PassageId(passage));
        Hit { passage, page, score: 9.0, words, covered: words, meaning }
    }

    fn order(hits: &[Hit]) -> Vec<u32> {
        hits.iter().map(|hit| hit.passage.0).collect()
    }

    #[test]
    fn the_weight_decides_between_words_and_meaning() {
        let mut hits = [hit(0, 0.9, Some(0.2)), hit(1, 0.1, Some(0.8))];
        by_both(&mut hits, 0.2);
        assert_eq!(order(&hits), [0, 1]);
        by_both(&mut hits, 0.8);
        assert_eq!(order(&hits), [1, 0]);
        by_words(&mut hits);
        assert_eq!(order(&hits), [0, 1]);
        by_meaning(&mut hits);
        assert_eq!(order(&hits), [1, 0]);
    }

    #[test]
    fn equal_scores_go_to_the_lower_passage() {
        let mut hits = [hit(7, 0.5, None), hit(3, 0.5, None), hit(5, 0.5, None)];
        by_both(&mut hits, 0.5);
        assert_eq!(order(&hits), [3, 5, 7]);
    }

    proptest! {
        #[test]
        fn scores_stay_in_their_range_and_rise_with_each_part(
            words in 0.0f32..=1.0, cosine in -1.0f32..=1.0, weight in 0.0f32..=1.0,
        ) {
            let score = |words: f32, cosine: f32| {
                let mut hits = [hit(0, words, Some(cosine))];
                by_both(&mut hits, weight);
                hits[0].score
            };
            let here = score(words, cosine);
            prop_assert!((-1e-6..=1.0 + 1e-6).contains(&here));
            prop_assert!(score((words + 0.1).min(1.0), cosine) >= here);
            prop_assert!(score(words, (cosine + 0.1).min(1.0)) >= here);
        }
    }
}
