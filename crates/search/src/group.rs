//! The grouping stage: passages → pages with their best sections.

use crate::rank::Hit;
use sextant_core::passage::PageId;
use sextant_core::sort_by;

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

/// Groups `hits`, best first, by page: at most `limit` pages, those of the lowest place first, then the
/// best, ties to the lower page.
///
/// `places`: by page; a page beyond them has none and comes last.
#[must_use]
pub fn pages(hits: &[Hit], places: &[u32], limit: usize) -> Vec<Page> {
    let mut pages: Vec<Page> = vec![];
    let highest = hits.iter().map(|hit| hit.page.0).max().unwrap_or(0);
    // Where a page is in `pages`, plus one.
    let mut at = vec![0u32; highest as usize + 1];
    for hit in hits {
        let Some(at) = at.get_mut(hit.page.0 as usize) else { continue };
        match pages.get_mut((*at as usize).wrapping_sub(1)) {
            Some(page) if page.hits.len() < MOST_PASSAGES => page.hits.push(*hit),
            Some(_) => {}
            None => {
                pages.push(Page { page: hit.page, hits: vec![*hit] });
                *at = pages.len() as u32;
            }
        }
    }
    let place = |page: &Page| places.get(page.page.0 as usize).copied().unwrap_or(u32::MAX);
    sort_by(&mut pages, |a, b| {
        let by_score = || b.score().total_cmp(&a.score()).then(a.page.cmp(&b.page));
        place(a).cmp(&place(b)).then_with(by_score)
    });
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
        pages(hits, &[], limit).iter().map(|page| page.page.0).collect()
    }

    #[test]
    fn a_page_comes_once_with_its_passages_best_first() {
        let hits = hits(&[(4, 0.9), (2, 0.8), (4, 0.7), (1, 0.1)]);
        assert_eq!(order(&hits, 10), [4, 2, 1]);
        assert_eq!(order(&hits, 2), [4, 2]);
        let first = &pages(&hits, &[], 1)[0];
        assert_eq!(first.hits.iter().map(|hit| hit.passage.0).collect::<Vec<_>>(), [0, 2]);
    }

    #[test]
    fn several_good_passages_beat_one_that_is_slightly_better_and_not_one_far_better() {
        assert_eq!(order(&hits(&[(1, 0.50), (2, 0.49), (2, 0.49)]), 10), [2, 1]);
        assert_eq!(order(&hits(&[(1, 0.80), (2, 0.49), (2, 0.49), (2, 0.49)]), 10), [1, 2]);
    }

    #[test]
    fn places_go_before_scores_and_pages_without_one_come_last() {
        let hits = hits(&[(3, 0.9), (2, 0.8), (1, 0.7), (0, 0.6)]);
        let order =
            |places: &[u32]| pages(&hits, places, 9).iter().map(|p| p.page.0).collect::<Vec<_>>();
        assert_eq!(order(&[1, 0, 1]), [1, 2, 0, 3]);
    }

    #[test]
    fn a_score_stays_within_one_and_equal_pages_keep_their_order() {
        let all = hits(&[(2, 1.0), (1, 1.0), (2, 1.0), (1, 1.0)]);
        assert_eq!(pages(&all, &[], 9)[0].score(), 1.0);
        assert_eq!(order(&all, 9), [1, 2]);
    }
}
