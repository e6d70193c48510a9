//! How well codes find what exact vectors find, measured on the collection itself: passages that are left
//! out of their own answer serve as questions.

use crate::error::BuildError;
use sextant_index::vectors::{Best, Scored, best_first, exact};

/// The neighbours that recall is about: recall@10.
pub const NEIGHBOURS: usize = 10;
/// Passages that serve as questions: recall is known to about a percent.
const QUESTIONS: usize = 128;

/// Questions with their exact neighbours.
#[derive(Clone, Debug)]
pub struct HeldOut {
    /// Passages that serve as questions.
    pub rows: Vec<u32>,
    /// Their [`NEIGHBOURS`] nearest others by float32, best first.
    pub nearest: Vec<Vec<u32>>,
}

impl HeldOut {
    /// Questions out of `vectors`, unit vectors of `width`; none of a single passage.
    ///
    /// # Errors
    /// [`BuildError::Index`] never for whole rows.
    pub fn new(vectors: &[f32], width: usize) -> Result<Self, BuildError> {
        let count = vectors.len() / width.max(1);
        let step = count.div_ceil(QUESTIONS).max(1);
        // Not the first of every run: those may all be the beginnings of pages.
        let rows: Vec<u32> = (step / 2..count).step_by(step).map(|row| row as u32).collect();
        let rows = if count < 2 { vec![] } else { rows };
        let mut scores = vec![0.0f32; count];
        let mut nearest = Vec::with_capacity(rows.len());
        for row in &rows {
            let query = row_of(vectors, width, *row);
            exact(query, vectors, &mut scores)?;
            let mut best = Best::new(NEIGHBOURS);
            for (other, score) in (0u32..).zip(&scores).filter(|(other, _)| other != row) {
                best.push(other, *score);
            }
            nearest.push(best.finish().into_iter().map(|hit| hit.row).collect());
        }
        Ok(Self { rows, nearest })
    }

    /// The share of neighbours that are among the first of `found`, a list a question that may hold the
    /// question itself. 1 without questions.
    #[must_use]
    pub fn recall(&self, found: &[Vec<Scored>]) -> f64 {
        let (mut hits, mut all) = (0usize, 0usize);
        for ((row, nearest), found) in self.rows.iter().zip(&self.nearest).zip(found) {
            let first: Vec<u32> =
                others(found, *row).take(nearest.len()).map(|hit| hit.row).collect();
            hits += nearest.iter().filter(|row| first.contains(row)).count();
            all += nearest.len();
        }
        if all == 0 { 1.0 } else { hits as f64 / all as f64 }
    }
}

/// `found` without the question itself.
fn others(found: &[Scored], question: u32) -> impl Iterator<Item = &Scored> {
    found.iter().filter(move |hit| hit.row != question)
}

/// How many of each of `before`, best first, must go on so that at most `loss` of the first
/// [`NEIGHBOURS`] of `after` are lost; `usize::MAX` if even all are too few.
#[must_use]
pub fn needed(questions: &[u32], before: &[Vec<Scored>], after: &[Vec<u32>], loss: f64) -> usize {
    let mut ranks: Vec<usize> = vec![];
    for ((question, before), after) in questions.iter().zip(before).zip(after) {
        let mut order: Vec<&Scored> = others(before, *question).collect();
        order.sort_by(|a, b| best_first(a, b));
        let rank = |row: &u32| order.iter().position(|hit| hit.row == *row);
        ranks.extend(after.iter().map(|row| rank(row).map_or(usize::MAX, |rank| rank + 1)));
    }
    ranks.sort_unstable();
    let kept = (ranks.len() as f64 * (1.0 - loss)).ceil() as usize;
    kept.checked_sub(1).and_then(|last| ranks.get(last).copied()).unwrap_or(0)
}

/// Row `row` of `vectors`.
pub fn row_of(vectors: &[f32], width: usize, row: u32) -> &[f32] {
    let at = row as usize * width;
    vectors.get(at..at + width).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hits(rows: &[u32]) -> Vec<Scored> {
        rows.iter()
            .zip((0u8..=99).rev())
            .map(|(row, s)| Scored { row: *row, score: f32::from(s) })
            .collect()
    }

    #[test]
    fn neighbours_are_exact_and_never_the_question_itself() {
        let angle = |n: u32| (n as f32 * 0.01).sin_cos();
        let vectors: Vec<f32> = (0..40).flat_map(|n| [angle(n).1, angle(n).0]).collect();
        let held_out = HeldOut::new(&vectors, 2).unwrap();
        assert_eq!(held_out.rows.len(), 40);
        let mut nearest = held_out.nearest[20].clone();
        nearest.sort_unstable();
        assert_eq!(nearest, [15, 16, 17, 18, 19, 21, 22, 23, 24, 25]);
        let none = HeldOut::new(&vectors[..2], 2).unwrap();
        assert_eq!((none.rows.len(), none.recall(&[])), (0, 1.0));
    }

    #[test]
    fn recall_and_what_is_needed_for_it_are_counted() {
        let held_out = HeldOut { rows: vec![0, 9], nearest: vec![vec![1, 2], vec![3, 4]] };
        let found = [hits(&[0, 1, 5, 2]), hits(&[4, 3, 9])];
        assert_eq!(held_out.recall(&found), 0.75);
        assert_eq!(needed(&held_out.rows, &found, &held_out.nearest, 0.0), 3);
        assert_eq!(needed(&held_out.rows, &found, &held_out.nearest, 0.25), 2);
        assert_eq!(needed(&[7], &[hits(&[1])], &[vec![2]], 0.0), usize::MAX);
        assert_eq!(needed(&[], &[], &[], 0.1), 0);
    }
}
