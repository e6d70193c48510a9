//! Clusters that are runs of consecutive passages: a sequence in which like passages already lie near each
//! other is cut where that keeps together most of what is alike.
//!
//! Of all ways to cut, the one is taken whose runs have the longest sums of vectors in all: for unit
//! vectors that is spherical k-means (Dhillon and Modha, "Concept decompositions", Machine Learning 42,
//! 2001) with runs for clusters, and unlike there the best is found, by dynamic programming over the ends of
//! runs. Runs need no list of what is in which: where each begins is all.

use super::bisect::dot;

/// Steps that the shortest run is made of at most: cuts between fewer passages than that matter little,
/// and time grows with their square.
const STEPS: usize = 48;

/// Where the runs begin, ascending from 0. `vectors`: unit vectors of `width` row by row. A run has
/// `least..=2 * least` rows, give or take [`STEPS`] rounding; the first, or only one, may have fewer.
#[must_use]
pub fn starts(vectors: &[f32], width: usize, least: usize) -> Vec<u32> {
    let width = width.max(1);
    let (rows, step) = (vectors.len() / width, least.div_ceil(STEPS).max(1));
    let steps: Vec<&[f32]> = vectors.chunks(step * width).collect();
    let short = (least / step).max(1);
    let long = 2 * short;
    // The best way to cut what ends before each step: what its runs' sums come to, and where its last run begins.
    let mut best: Vec<Option<(f64, usize)>> = vec![None; steps.len() + 1];
    if let Some(first) = best.first_mut() {
        *first = Some((0.0, 0));
    }
    let mut sum = vec![0.0f32; width];
    for start in 0..steps.len() {
        let Some((before, _)) = best.get(start).copied().flatten() else { continue };
        sum.fill(0.0);
        for (end, step) in (start + 1..).zip(steps.iter().skip(start).take(long)) {
            for row in step.chunks_exact(width) {
                sum.iter_mut().zip(row).for_each(|(sum, v)| *sum += v);
            }
            let total = before + f64::from(dot(&sum, &sum)).sqrt();
            if (end - start >= short || start == 0)
                && let Some(known) = best.get_mut(end)
                && known.is_none_or(|(known, _)| total > known)
            {
                *known = Some((total, start));
            }
        }
    }
    let mut starts = vec![];
    let mut end = steps.len();
    while end > 0 {
        let Some((_, start)) = best.get(end).copied().flatten() else { break };
        starts.push((start * step).min(rows) as u32);
        end = start;
    }
    starts.reverse();
    starts
}

/// The mean of each run that begins at `starts`: its direction, f32[runs, `width`], and its length,
/// `0..=1`. A mean without a direction, which opposite vectors have, has that of the run's first vector.
#[must_use]
pub fn means(vectors: &[f32], width: usize, starts: &[u32]) -> (Vec<f32>, Vec<f32>) {
    let rows = (vectors.len() / width.max(1)) as u32;
    let ends = starts.iter().skip(1).copied().chain([rows]);
    let (mut directions, mut lengths) = (Vec::with_capacity(starts.len() * width), vec![]);
    for (start, end) in starts.iter().zip(ends) {
        let run = vectors.get(*start as usize * width..end as usize * width).unwrap_or_default();
        let mut sum = vec![0.0f32; width];
        for row in run.chunks_exact(width.max(1)) {
            sum.iter_mut().zip(row).for_each(|(sum, v)| *sum += v);
        }
        let length = dot(&sum, &sum).sqrt();
        lengths.push((length / (end - start).max(1) as f32).min(1.0));
        match length < 1e-6 {
            true => directions.extend(run.iter().take(width)),
            false => directions.extend(sum.iter().map(|v| v / length)),
        }
    }
    (directions, lengths)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::vectors::testing::Random;
    use proptest::prelude::*;

    fn worth(vectors: &[f32], width: usize, starts: &[u32]) -> f32 {
        let rows = (vectors.len() / width) as u32;
        let ends = starts.iter().skip(1).copied().chain([rows]);
        let (_, lengths) = means(vectors, width, starts);
        starts.iter().zip(ends).zip(lengths).map(|((s, e), length)| (e - s) as f32 * length).sum()
    }

    #[test]
    fn cuts_lie_where_the_subject_changes() {
        // Three subjects, of 7, 9 and 6 passages.
        let mut vectors = [1.0f32, 0.0, 0.0].repeat(7);
        vectors.extend([0.0f32, 1.0, 0.0].repeat(9));
        vectors.extend([0.0f32, 0.0, 1.0].repeat(6));
        assert_eq!(starts(&vectors, 3, 5), [0, 7, 16]);
        let (directions, lengths) = means(&vectors, 3, &[0, 7, 16]);
        assert_eq!(directions, [1.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 1.0]);
        assert_eq!(lengths, [1.0; 3]);
    }

    #[test]
    fn nothing_and_opposites_are_cut_too() {
        assert!(starts(&[], 3, 5).is_empty());
        assert_eq!(starts(&[1.0, 0.0], 2, 5), [0]);
        let opposite = means(&[1.0, 0.0, -1.0, 0.0], 2, &[0]);
        assert_eq!(opposite, (vec![1.0, 0.0], vec![0.0]));
    }

    proptest! {
        #[test]
        fn no_cut_at_random_is_better(rows in 20usize..120, least in 2usize..8, seed: u64) {
            let vectors = Random(seed).corpus(rows, 8);
            let found = starts(&vectors, 8, least);
            let sizes: Vec<u32> = found.windows(2).map(|pair| pair[1] - pair[0]).collect();
            let long = 1..=2 * least as u32;
            prop_assert!(sizes.iter().all(|size| long.contains(size)), "{:?}", sizes);
            prop_assert!(sizes.iter().skip(1).all(|size| *size >= least as u32), "{:?}", sizes);
            let even: Vec<u32> = (0..rows).step_by(2 * least).map(|start| start as u32).collect();
            let last = rows - even[even.len() - 1] as usize;
            if last >= least {
                let (best, other) = (worth(&vectors, 8, &found), worth(&vectors, 8, &even));
                prop_assert!(best >= other - 1e-3, "{} {}", best, other);
            }
        }

        #[test]
        fn long_runs_are_cut_in_steps(rows in 1usize..900, least in 49usize..200) {
            let vectors = Random(7).corpus(rows, 8);
            let found = starts(&vectors, 8, least);
            let ends = found.iter().skip(1).copied().chain([rows as u32]);
            let most = found.iter().zip(ends).map(|(start, end)| end - start).max().unwrap_or(0);
            prop_assert!(most as usize <= 2 * least, "{}", most);
            prop_assert!(found.first() == Some(&0) && found.is_sorted_by(|a, b| a < b));
        }
    }
}
