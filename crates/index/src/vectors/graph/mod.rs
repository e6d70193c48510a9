//! Search along a graph of neighbours: a hierarchical navigable small world.
//!
//! Every passage names some that are near it. A search goes from the first passage to whichever neighbour
//! is nearer to the question, at first in thin layers that reach far, then among all passages, where it
//! keeps a beam of the nearest so far and looks into the neighbours of each. Source: Malkov and Yashunin
//! 2018, "Efficient and robust approximate nearest neighbor search using hierarchical navigable small world
//! graphs". Cost: some hundred scores for each ten of the beam, however large the collection.

mod shard;

pub use shard::{Graph, Links, NONE, write};

use super::cascade::{Scan, Scorer, Within};
use super::select::{Scored, best_first};
use sextant_core::sort_by;
use std::cmp::{Ordering, Reverse};
use std::collections::BinaryHeap;

impl Graph {
    /// The `count` nearest passages, best first, with the scores that [`Scan::nearest`] gives them. It may
    /// miss some: fewer, the wider the `beam`, the number of nearest passages that are followed. `count`
    /// is followed at least.
    ///
    /// What is not allowed is left out of the answer, not out of the way. Ranges, members, and an answer
    /// that would be shorter than asked for are the scan's.
    #[must_use]
    pub fn nearest(
        &self,
        scan: &Scan<'_>,
        count: usize,
        beam: usize,
        within: &Within<'_>,
    ) -> Vec<Scored> {
        if within.ranges.is_some() || within.members.is_some() {
            return scan.nearest(count, within);
        }
        let found = self.walk(scan, count, beam, within.allowed, None);
        let short = found.len() < count.min(self.passages() as usize);
        if short { scan.nearest(count, within) } else { found }
    }

    /// What [`Graph::nearest`] gives as if `passage` were not in the collection: it is neither found nor
    /// are its neighbours seen from it. For passages that serve as questions; those of readers are not in
    /// the graph either.
    #[must_use]
    pub fn nearest_others(
        &self,
        scan: &Scan<'_>,
        passage: u32,
        count: usize,
        beam: usize,
    ) -> Vec<Scored> {
        self.walk(scan, count, beam, &|_| true, Some(passage))
    }

    fn walk(
        &self,
        scan: &Scan<'_>,
        count: usize,
        beam: usize,
        allowed: &dyn Fn(u32) -> bool,
        hidden: Option<u32>,
    ) -> Vec<Scored> {
        let mut eye = Eye { scorer: scan.scorer(), hidden };
        let mut beam = Beam { keep: beam.max(count).max(1), nearest: BinaryHeap::new() };
        let mut seen = Seen::none(self.passages());
        let start = self.descend(&mut eye);
        let mut waiting = BinaryHeap::from([start]);
        seen.is_first(start.0.row);
        let take = |near: Near, beam: &mut Beam| {
            if near.is_known() && allowed(near.0.row) {
                beam.push(near);
            }
        };
        take(start, &mut beam);
        while let Some(near) = waiting.pop().filter(|near| beam.admits(*near)) {
            for row in self.neighbours(near.0.row) {
                if !seen.is_first(row) {
                    continue;
                }
                let near = eye.look(row);
                if beam.admits(near) {
                    waiting.push(near);
                    take(near, &mut beam);
                }
            }
        }
        let mut found: Vec<Scored> = beam.nearest.into_iter().map(|Reverse(near)| near.0).collect();
        sort_by(&mut found, best_first);
        found.truncate(count);
        found.iter_mut().for_each(|hit| hit.score = scan.cosine(hit.score));
        found
    }

    /// The passage from which no neighbour in the layers above is nearer.
    fn descend(&self, eye: &mut Eye<'_, '_>) -> Near {
        let mut node = 0;
        let mut nearest = eye.look(self.passage_of(node));
        for layer in 0..self.layers() {
            loop {
                let from = node;
                for next in self.neighbours_in(layer, from) {
                    let near = eye.look(self.passage_of(next));
                    if near > nearest {
                        (node, nearest) = (next, near);
                    }
                }
                if node == from {
                    break;
                }
            }
        }
        nearest
    }
}

/// The nearest of what was found so far.
struct Beam {
    keep: usize,
    nearest: BinaryHeap<Reverse<Near>>,
}

impl Beam {
    /// Whether something as near can still be among the nearest.
    fn admits(&self, near: Near) -> bool {
        self.nearest.len() < self.keep || self.nearest.peek().is_some_and(|worst| near >= worst.0)
    }

    fn push(&mut self, near: Near) {
        self.nearest.push(Reverse(near));
        if self.nearest.len() > self.keep {
            self.nearest.pop();
        }
    }
}

/// Scores what is met on the way.
struct Eye<'s, 'a> {
    scorer: Scorer<'s, 'a>,
    hidden: Option<u32>,
}

impl Eye<'_, '_> {
    /// A passage that has no score, or is hidden, is the last to be followed.
    fn look(&mut self, row: u32) -> Near {
        let score = if self.hidden == Some(row) { None } else { self.scorer.partial(row) };
        let score = score.filter(|score| !score.is_nan()).unwrap_or(f32::NEG_INFINITY);
        Near(Scored { row, score })
    }
}

/// A passage; the greater is the nearer one, of two as near the lower number.
#[derive(Clone, Copy, Debug)]
struct Near(Scored);

impl Near {
    fn is_known(&self) -> bool {
        self.0.score > f32::NEG_INFINITY
    }
}

impl Ord for Near {
    fn cmp(&self, other: &Self) -> Ordering {
        best_first(&other.0, &self.0)
    }
}

impl PartialOrd for Near {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Near {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for Near {}

/// The passages that were met, a bit each.
struct Seen(Vec<u64>);

impl Seen {
    fn none(passages: u32) -> Self {
        Self(vec![0; passages.div_ceil(u64::BITS) as usize])
    }

    /// Whether `row` is met for the first time. False for what is no passage.
    fn is_first(&mut self, row: u32) -> bool {
        let mask = 1u64 << (row % u64::BITS);
        let word = self.0.get_mut((row / u64::BITS) as usize);
        word.is_some_and(|word| {
            let first = *word & mask == 0;
            *word |= mask;
            first
        })
    }
}

#[cfg(test)]
mod tests;
