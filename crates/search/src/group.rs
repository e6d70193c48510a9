//! The grouping stage: passages → pages with their best sections.

use crate::rank::Hit;
use sextant_core::passage::PageId;
use sextant_core::sort_by;
use std::collections::BTreeMap;

/// Most passages of a page that count or are looked at for its other sections: the rest are far worse.
const MOST_PASSAGES: usize = 8;
/// How much a page's second best passage adds to its best, as a share of its own score; the third half
/// of that, and no others. A page about the subject beats one that mentions it once. Chosen on the two
/// sites of questions.
const NEXT: f32 = 0.15;

/// A page and its passages, best first, at least one.
#[derive(Clone, Debug, PartialEq)]
pub struct Page {
    pub page: PageId,
    pub hits: Vec<Hit>,
}

impl Page {
    /// That of the best passage with what the next two add, `0..=1`.
    pub fn score(&self) -> f32 {
        let at = |n: usize| self.hits.get(n).map_or(0.0, |hit| hit.score);
        (at(0) + NEXT * (at(1) + at(2) / 2.0)).min(1.0)
    }
}

/// Groups `hits`, best first, by page, best page first, ties to the lower page: at most `limit`.
#[must_use]
pub fn pages(hits: &[Hit], limit: usize) -> Vec<Page> {
    let mut found: BTreeMap<PageId, Vec<Hit>> = BTreeMap::new();
    for hit in hits {
        let hits = found.entry(hit.page).or_default();
        if hits.len() < MOST_PASSAGES {
            hits.push(*hit);
        }
    }
    let mut pages: Vec<Page> = found.into_iter().map(|(page, hits)| Page { page, hits }).collect();
    sort_by(&mut pages, |a, b| b.score().total_cmp(&a.score()).then(a.page.cmp(&b.page)));
    pages.truncate(limit);
    pages
}

#[cfg(test)]
mod tests {
    use super::*;
    use sextant_core::passage::PassageId;

    fn hits(pages_and_scores: &[(u32, f32)]) -> Vec<Hit> {
        let hit = |(n, (page, score)): (usize, &(u32, f32))| Hit {
            passage: PassageId(n as u32),
            page: PageId(*page),
            score: *score,
            words: *score,
            covered: *score,
            meaning: None,
        };
        pages_and_scores.iter().enumerate().map(hit).collect()
    }

    fn order(hits: &[Hit], limit: usize) -> Vec<u32> {
        pages(hits, limit).iter().map(|page| page.page.0).collect()
    }

    #[test]
    fn a_page_comes_once_with_its_passages_best_first() {
        let hits = hits(&[(4, 0.9), (2, 0.8), (4, 0.7), (1, 0.1)]);
        assert_eq!(order(&hits, 10), [4, 2, 1]);
        assert_eq!(order(&hits, 2), [4, 2]);
        let first = &pages(&hits, 1)[0];
        assert_eq!(first.hits.iter().map(|hit| hit.passage.0).collect::<Vec<_>>(), [0, 2]);
    }

    #[test]
    fn several_good_passages_beat_one_that_is_slightly_better_and_not_one_far_better() {
        assert_eq!(order(&hits(&[(1, 0.50), (2, 0.49), (2, 0.49)]), 10), [2, 1]);
        assert_eq!(order(&hits(&[(1, 0.80), (2, 0.49), (2, 0.49), (2, 0.49)]), 10), [1, 2]);
    }

    #[test]
    fn a_score_stays_within_one_and_equal_pages_keep_their_order() {
        let all = hits(&[(2, 1.0), (1, 1.0), (2, 1.0), (1, 1.0)]);
        assert_eq!(pages(&all, 9)[0].score(), 1.0);
        assert_eq!(order(&all, 9), [1, 2]);
    }
}
