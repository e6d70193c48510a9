//! The best of many scores in one pass.

use sextant_core::sort_by;
use std::cmp::Ordering;

/// A passage and its score.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Scored {
    /// The passage.
    pub row: u32,
    /// Higher is better.
    pub score: f32,
}

/// Best first: higher scores, of equal ones the lower passage.
#[must_use]
pub fn best_first(a: &Scored, b: &Scored) -> Ordering {
    b.score.total_cmp(&a.score).then(a.row.cmp(&b.row))
}

/// Keeps the best of what is pushed. Most scores are compared with the worst that can still be among
/// them and forgotten; the rest waits until there is twice as much as is kept, and is cut to that.
#[derive(Clone, Debug)]
pub struct Best {
    keep: usize,
    found: Vec<Scored>,
    /// What is below cannot be among the best any more.
    least: f32,
}

impl Best {
    /// Keeps `keep`, at least 1.
    #[must_use]
    pub fn new(keep: usize) -> Self {
        Self { keep: keep.max(1), found: Vec::new(), least: f32::NEG_INFINITY }
    }

    /// Whether a passage of this score can be among the best. False for NaN.
    #[inline]
    #[must_use]
    pub fn admits(&self, score: f32) -> bool {
        score >= self.least
    }

    /// Takes what [`Best::admits`].
    #[inline]
    pub fn push(&mut self, row: u32, score: f32) {
        if self.admits(score) {
            self.found.push(Scored { row, score });
            if self.found.len() >= 2 * self.keep + 64 {
                self.cut();
            }
        }
    }

    fn cut(&mut self) {
        if self.found.len() > self.keep {
            self.found.select_nth_unstable_by(self.keep - 1, best_first);
            self.found.truncate(self.keep);
            self.least = self.found.last().map_or(self.least, |worst| worst.score);
        }
    }

    /// The best in any order: what goes on to a finer score needs none.
    #[must_use]
    pub fn kept(mut self) -> Vec<Scored> {
        self.cut();
        self.found
    }

    /// The best, best first.
    #[must_use]
    pub fn finish(mut self) -> Vec<Scored> {
        self.cut();
        sort_by(&mut self.found, best_first);
        self.found
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn the_best_are_kept_whatever_the_order(
            scores in proptest::collection::vec(-8i8..8, 0..600),
            keep in 1usize..40,
            backwards: bool,
        ) {
            let mut all: Vec<Scored> = (0u32..)
                .zip(&scores)
                .map(|(row, score)| Scored { row, score: f32::from(*score) })
                .collect();
            let mut best = Best::new(keep);
            if backwards {
                all.reverse();
            }
            all.iter().for_each(|scored| best.push(scored.row, scored.score));
            all.sort_by(best_first);
            all.truncate(keep);
            prop_assert_eq!(best.finish(), all);
        }
    }

    #[test]
    fn a_score_that_is_no_number_is_left_out() {
        let mut best = Best::new(2);
        best.push(0, f32::NAN);
        best.push(1, -1.0);
        assert_eq!(best.finish(), [Scored { row: 1, score: -1.0 }]);
    }
}
