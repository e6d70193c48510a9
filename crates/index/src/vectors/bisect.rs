//! An order of directions in which those that are alike lie near each other: the collection is halved
//! again and again, each time along the line between two means, until every part is one vector.

/// Rounds of moving the two means; the split hardly changes after four.
const ROUNDS: usize = 5;
/// Rows that a split is found on; the others only take sides.
const LEARN_FROM: usize = 8_192;

/// The rows of `vectors`, unit vectors of `width` row by row, like ones near each other. The same order for
/// the same vectors, on every machine.
#[must_use]
pub fn order(vectors: &[f32], width: usize) -> Vec<u32> {
    let count = vectors.len() / width.max(1);
    let mut rows: Vec<u32> = (0..count as u32).collect();
    let mut scratch = Vec::new();
    let view = View { vectors, width };
    // Parts that are not yet halved, from and to.
    let mut waiting = vec![(0, rows.len())];
    while let Some((start, end)) = waiting.pop() {
        let Some(part) = rows.get_mut(start..end).filter(|part| part.len() > 1) else { continue };
        let left = part.len() / 2;
        view.split(part, left, &mut scratch);
        waiting.push((start, start + left));
        waiting.push((start + left, end));
    }
    rows
}

struct View<'a> {
    vectors: &'a [f32],
    width: usize,
}

impl View<'_> {
    fn row(&self, row: u32) -> &[f32] {
        let at = row as usize * self.width;
        self.vectors.get(at..at + self.width).unwrap_or_default()
    }

    fn mean(&self, rows: &[u32]) -> Vec<f32> {
        let mut sum = vec![0.0f32; self.width];
        for row in rows {
            sum.iter_mut().zip(self.row(*row)).for_each(|(sum, v)| *sum += v);
        }
        let length = dot(&sum, &sum).sqrt();
        match rows.first() {
            Some(first) if length < 1e-6 => self.row(*first).to_vec(),
            _ => sum.iter().map(|v| v / length.max(f32::MIN_POSITIVE)).collect(),
        }
    }

    /// Puts the `left` rows that are nearest to one of two means in front.
    fn split(&self, rows: &mut [u32], left: usize, scratch: &mut Vec<(f32, u32)>) {
        let step = rows.len().div_ceil(LEARN_FROM).max(1);
        let mut sample: Vec<u32> = rows.iter().step_by(step).copied().collect();
        let cut =
            (left * sample.len() / rows.len()).clamp(1, sample.len().saturating_sub(1).max(1));
        // The two ends: what is least like the mean, and what is least like that.
        let first = self.furthest(&sample, &self.mean(&sample));
        let second = self.furthest(&sample, self.row(first));
        let mut line = difference(self.row(first), self.row(second));
        for _ in 0..ROUNDS {
            self.arrange(&mut sample, cut, &line, scratch);
            let (near, far) = sample.split_at(cut.min(sample.len()));
            line = difference(&self.mean(near), &self.mean(far));
        }
        self.arrange(rows, left, &line, scratch);
    }

    fn furthest(&self, rows: &[u32], from: &[f32]) -> u32 {
        let likeness = |row: &u32| dot(self.row(*row), from);
        let least = rows.iter().min_by(|a, b| likeness(a).total_cmp(&likeness(b)).then(a.cmp(b)));
        least.copied().unwrap_or(0)
    }

    /// Puts the `left` rows of the highest products with `line` in front; equal ones by number.
    fn arrange(&self, rows: &mut [u32], left: usize, line: &[f32], scratch: &mut Vec<(f32, u32)>) {
        scratch.clear();
        scratch.extend(rows.iter().map(|row| (dot(self.row(*row), line), *row)));
        let order = |a: &(f32, u32), b: &(f32, u32)| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1));
        if left > 0 && left < scratch.len() {
            scratch.select_nth_unstable_by(left, order);
        }
        // Selection leaves each side in an order of its own making; by number it is one of ours.
        let (near, far) = scratch.split_at_mut(left.min(rows.len()));
        near.sort_unstable_by_key(|(_, row)| *row);
        far.sort_unstable_by_key(|(_, row)| *row);
        rows.iter_mut().zip(scratch.iter()).for_each(|(place, (_, row))| *place = *row);
    }
}

fn difference(a: &[f32], b: &[f32]) -> Vec<f32> {
    a.iter().zip(b).map(|(a, b)| a - b).collect()
}

/// The product of two vectors in eight lanes, so that it can be vectorized; the same bits on every machine.
pub(super) fn dot(a: &[f32], b: &[f32]) -> f32 {
    let mut lanes = [0.0f32; 8];
    let (a, a_rest) = a.as_chunks::<8>();
    let (b, b_rest) = b.as_chunks::<8>();
    for (a, b) in a.iter().zip(b) {
        for ((lane, a), b) in lanes.iter_mut().zip(a).zip(b) {
            *lane += a * b;
        }
    }
    let rest: f32 = a_rest.iter().zip(b_rest).map(|(a, b)| a * b).sum();
    lanes.iter().sum::<f32>() + rest
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::vectors::testing::Random;
    use proptest::prelude::*;

    #[test]
    fn what_belongs_together_lies_together() {
        let (subjects, width) = (8, 48);
        let vectors = Random(1).corpus(800, width);
        // Row r is about subject r % 8: most of a hundred neighbours share one.
        let pure = order(&vectors, width);
        let pure = pure.chunks(100).map(|part| {
            let count = |s: u32| part.iter().filter(|row| **row % subjects == s).count();
            (0..subjects).map(count).max().unwrap_or(0)
        });
        let pure: usize = pure.sum();
        assert!(pure > 700, "{pure} of 800");
    }

    #[test]
    fn vectors_without_a_difference_or_a_mean_are_ordered_too() {
        assert_eq!(order(&[1.0f32, 0.0].repeat(5), 2), [0, 1, 2, 3, 4]);
        assert_eq!(order(&[1.0, 0.0, -1.0, 0.0], 2).len(), 2);
        assert!(order(&[], 2).is_empty());
    }

    proptest! {
        #[test]
        fn every_row_comes_once(rows in 1usize..300) {
            let vectors = Random(rows as u64).corpus(rows, 8);
            let found = order(&vectors, 8);
            let mut sorted = found.clone();
            sorted.sort_unstable();
            prop_assert!(sorted.into_iter().eq(0..rows as u32));
            prop_assert_eq!(order(&vectors, 8), found);
        }
    }
}
