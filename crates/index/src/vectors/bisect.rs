//! Balanced clusters of directions: the collection is halved again and again, each time along the line
//! between two means, until a part is small enough.
//!
//! Every cluster then holds as many passages as the next, give or take one, so that a probe costs the
//! same wherever it leads, and clusters that lie beside each other in the order are near each other.
//! Balance costs some tightness against free k-means; probing a few more makes up for it.

/// Rounds of moving the two means; the split hardly changes after four.
const ROUNDS: usize = 5;
/// Rows that a split is found on; the others only take sides.
const LEARN_FROM: usize = 8_192;

/// Passages in the order of their clusters.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Order {
    /// The passages.
    pub rows: Vec<u32>,
    /// Where in [`Order::rows`] each cluster begins, ascending from 0.
    pub starts: Vec<u32>,
}

/// Clusters of at most `most` of `vectors`, unit vectors of `width` row by row. The same order for the same
/// vectors, on every machine.
#[must_use]
pub fn clusters(vectors: &[f32], width: usize, most: usize) -> Order {
    let rows = (vectors.len() / width.max(1)) as u32;
    let mut order = Order { rows: (0..rows).collect(), starts: vec![] };
    let mut scratch = Vec::new();
    let view = View { vectors, width };
    // Parts that are not yet small enough, from and to, the first one last.
    let mut waiting = vec![(0, order.rows.len())];
    while let Some((start, end)) = waiting.pop() {
        let range = start..end;
        let leaves = range.len().div_ceil(most.max(1));
        if leaves <= 1 {
            if !range.is_empty() {
                order.starts.push(start as u32);
            }
            continue;
        }
        let left = range.len() * (leaves / 2) / leaves;
        let Some(part) = order.rows.get_mut(range.clone()) else { continue };
        view.split(part, left, &mut scratch);
        let middle = start + left;
        waiting.push((middle, end));
        waiting.push((start, middle));
    }
    order
}

/// The mean of each cluster, f32[clusters, `width`], of length 1. A mean without a direction, which
/// opposite vectors have, becomes the cluster's first vector.
#[must_use]
pub fn centroids(vectors: &[f32], width: usize, order: &Order) -> Vec<f32> {
    let view = View { vectors, width };
    let ends = order.starts.iter().skip(1).copied().chain([order.rows.len() as u32]);
    let mut all = Vec::with_capacity(order.starts.len() * width);
    for (start, end) in order.starts.iter().zip(ends) {
        let members = order.rows.get(*start as usize..end as usize).unwrap_or_default();
        all.extend(view.mean(members));
    }
    all
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

/// In eight lanes, so that it can be vectorized; the same bits on every machine.
fn dot(a: &[f32], b: &[f32]) -> f32 {
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
    fn what_belongs_together_is_found() {
        let (subjects, width) = (8, 48);
        let vectors = Random(1).corpus(800, width);
        let order = clusters(&vectors, width, 100);
        assert_eq!(order.starts, [0, 100, 200, 300, 400, 500, 600, 700]);
        // Row r is about subject r % 8: most of a cluster shares one.
        let pure = order.rows.chunks(100).map(|cluster| {
            let count = |s: u32| cluster.iter().filter(|row| **row % subjects == s).count();
            (0..subjects).map(count).max().unwrap_or(0)
        });
        let pure: usize = pure.sum();
        assert!(pure > 700, "{pure} of 800");
    }

    #[test]
    fn vectors_that_are_all_the_same_are_shared_out() {
        let vectors = [1.0f32, 0.0].repeat(10);
        let order = clusters(&vectors, 2, 3);
        assert_eq!((order.starts.len(), order.rows.len()), (4, 10));
        assert_eq!(centroids(&vectors, 2, &order), [1.0f32, 0.0].repeat(4));
        assert_eq!(clusters(&[], 2, 3), Order { rows: vec![], starts: vec![] });
        let opposite = clusters(&[1.0, 0.0, -1.0, 0.0], 2, 2);
        assert_eq!(centroids(&[1.0, 0.0, -1.0, 0.0], 2, &opposite), [1.0, 0.0]);
    }

    proptest! {
        #[test]
        fn every_passage_is_in_one_cluster_and_none_is_too_large(rows in 1usize..300, most in 1usize..50) {
            let vectors = Random(rows as u64).corpus(rows, 8);
            let order = clusters(&vectors, 8, most);
            let mut sorted = order.rows.clone();
            sorted.sort_unstable();
            prop_assert!(sorted.iter().copied().eq(0..rows as u32));
            let ends = order.starts.iter().skip(1).copied().chain([rows as u32]);
            let sizes: Vec<u32> = order.starts.iter().zip(ends).map(|(s, e)| e - s).collect();
            prop_assert!(sizes.iter().all(|size| (1..=most as u32).contains(size)), "{:?}", sizes);
            prop_assert_eq!(clusters(&vectors, 8, most), order);
        }
    }
}
