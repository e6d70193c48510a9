//! How well codes find what exact vectors find, measured on the collection itself: passages that are left
//! out of their own answer serve as questions.
//!
//! A passage lies nearer to its neighbours than a question of a reader to what it asks for: over four
//! collections the tenth nearest has a cosine of 0.63 in the mean for passages and of 0.44 for questions
//! (`docs/decisions.md`). Scores that lie closer together are harder to tell apart, so each passage is moved
//! away from all others by as much before it is asked.

use crate::error::BuildError;
use sextant_index::vectors::basis::Seeded;
use sextant_index::vectors::{Best, Scored, best_first, exact, unit_vector};

/// The neighbours that recall is about: recall@10.
pub const NEIGHBOURS: usize = 10;
/// Passages that serve as questions: recall is known to about a percent.
const QUESTIONS: usize = 128;
/// How far a passage is moved to become a question, as a multiple of its length: in a direction that has
/// nothing to do with the collection, so that each of its cosines is 0.71 of what it was.
const AWAY: f32 = 1.0;
/// The seed of these directions. Any would do but that of the codes' axes, which would favour them.
const SEED: u64 = 0x9e_571_0a5;

/// Questions with their exact neighbours.
#[derive(Clone, Debug)]
pub struct HeldOut {
    /// Passages that serve as questions.
    pub rows: Vec<u32>,
    /// What is asked for each: f32[rows, width], unit vectors.
    questions: Vec<f32>,
    width: usize,
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
        let mut questions = Vec::with_capacity(rows.len() * width);
        let mut scores = vec![0.0f32; count];
        let mut nearest = Vec::with_capacity(rows.len());
        for (at, row) in rows.iter().enumerate() {
            let question = moved_away(row_of(vectors, width, *row), at);
            exact(&question, vectors, &mut scores)?;
            let mut best = Best::new(NEIGHBOURS);
            for (other, score) in (0u32..).zip(&scores).filter(|(other, _)| other != row) {
                best.push(other, *score);
            }
            nearest.push(best.finish().into_iter().map(|hit| hit.row).collect());
            questions.extend(question);
        }
        Ok(Self { rows, questions, width, nearest })
    }

    /// What is asked, in the order of `rows`.
    pub fn questions(&self) -> impl Iterator<Item = &[f32]> {
        self.questions.chunks_exact(self.width.max(1))
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

/// `passage` as question `number`, [`AWAY`] from where it was; as it is where that is nowhere.
fn moved_away(passage: &[f32], number: usize) -> Vec<f32> {
    let mut axis = vec![0.0; passage.len()];
    if let Some(value) = axis.get_mut(number % passage.len().max(1)) {
        *value = AWAY;
    }
    let direction = Seeded::new(passage.len(), SEED).apply(&axis);
    let moved: Vec<f32> = passage.iter().zip(direction).map(|(v, away)| v + away).collect();
    unit_vector(&moved, number).unwrap_or_else(|_| passage.to_vec())
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
        let angle = |n: usize| (n as f32 * 0.01).sin_cos();
        let place = |n: usize| {
            let mut vector = vec![0.0; 64];
            (vector[0], vector[1]) = angle(n);
            vector
        };
        let vectors: Vec<f32> = (0..40).flat_map(place).collect();
        let held_out = HeldOut::new(&vectors, 64).unwrap();
        assert_eq!((held_out.rows.len(), held_out.questions().count()), (40, 40));
        let mut scores = vec![0.0; 40];
        for ((row, question), nearest) in
            held_out.rows.iter().zip(held_out.questions()).zip(&held_out.nearest)
        {
            exact(question, &vectors, &mut scores).unwrap();
            let least = nearest.iter().map(|row| scores[*row as usize]).fold(1.0, f32::min);
            assert!(nearest.len() == NEIGHBOURS && !nearest.contains(row));
            let others = (0u32..).zip(&scores).filter(|(other, _)| other != row);
            assert_eq!(others.filter(|(_, score)| **score > least).count(), NEIGHBOURS - 1);
        }
        let none = HeldOut::new(&vectors[..64], 64).unwrap();
        assert_eq!((none.rows.len(), none.recall(&[])), (0, 1.0));
    }

    #[test]
    fn questions_are_as_far_from_passages_as_those_of_readers() {
        let passage: Vec<f32> = (0..384).map(|d| if d % 2 == 0 { 0.051 } else { -0.051 }).collect();
        let passage = unit_vector(&passage, 0).unwrap();
        let cosine = |number| -> f32 {
            moved_away(&passage, number).iter().zip(&passage).map(|(a, b)| a * b).sum()
        };
        let mean = (0..QUESTIONS).map(cosine).sum::<f32>() / QUESTIONS as f32;
        assert!((mean - 0.707).abs() < 0.02, "{mean}");
        // In one dimension there is nowhere to go.
        let of_one = |value: f32| moved_away(&[value], 0)[0].abs();
        assert_eq!((of_one(1.0), of_one(-1.0)), (1.0, 1.0));
    }

    #[test]
    fn recall_and_what_is_needed_for_it_are_counted() {
        let nearest = vec![vec![1, 2], vec![3, 4]];
        let held_out = HeldOut { rows: vec![0, 9], questions: vec![], width: 1, nearest };
        let found = [hits(&[0, 1, 5, 2]), hits(&[4, 3, 9])];
        assert_eq!(held_out.recall(&found), 0.75);
        assert_eq!(needed(&held_out.rows, &found, &held_out.nearest, 0.0), 3);
        assert_eq!(needed(&held_out.rows, &found, &held_out.nearest, 0.25), 2);
        assert_eq!(needed(&[7], &[hits(&[1])], &[vec![2]], 0.0), usize::MAX);
        assert_eq!(needed(&[], &[], &[], 0.1), 0);
    }
}
