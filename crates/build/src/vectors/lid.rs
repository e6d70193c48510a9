//! Local intrinsic dimension: how many dimensions the collection has around a passage.
//!
//! Maximum-likelihood estimator of Levina and Bickel 2004 ("Maximum likelihood estimation of intrinsic
//! dimension") in the form of Amsaleg et al. 2015 ("Estimating local intrinsic dimensionality"): less 1 over
//! the mean logarithm of the distances to the `k` nearest, in parts of the largest of them.

use super::plan;
use super::recall::row_of;
use crate::error::BuildError;
use rayon::iter::{IntoParallelIterator, ParallelIterator};
use sextant_index::vectors::{Best, exact};

/// Neighbours that the estimate is made from. Its relative error is about the root of 1 over this.
const NEIGHBOURS: usize = 50;
/// Passages that neighbours are looked for among: evenly spread, they have the same dimension.
const SAMPLE: usize = 5_000;

/// The dimension around each of `vectors`, unit vectors of `width`. 0 where all neighbours are at one
/// distance, or there are none.
///
/// # Errors
/// [`BuildError::Index`] never for whole rows.
pub fn dimensions(vectors: &[f32], width: usize) -> Result<Vec<f64>, BuildError> {
    let count = vectors.len() / width.max(1);
    let sample = plan::sample(vectors, width, SAMPLE);
    // The step of that sample.
    let step = count.div_ceil(SAMPLE).max(1);
    let around = |row: usize| -> Result<f64, BuildError> {
        let mut scores = vec![0.0f32; count.div_ceil(step)];
        exact(row_of(vectors, width, row as u32), &sample, &mut scores)?;
        let mut best = Best::new(NEIGHBOURS);
        let others = (0usize..).zip(&scores).filter(|(at, _)| at * step != row);
        others.for_each(|(at, score)| best.push(at as u32, *score));
        // Of unit vectors the squared distance is 2 less twice the cosine.
        let near = best.finish().into_iter().map(|hit| (2.0 - 2.0 * f64::from(hit.score)).sqrt());
        Ok(estimate(&near.filter(|distance| *distance > 1e-6).collect::<Vec<f64>>()))
    };
    (0..count).into_par_iter().map(around).collect()
}

/// The estimate from distances above 0, ascending.
fn estimate(distances: &[f64]) -> f64 {
    let Some(furthest) = distances.last() else { return 0.0 };
    let sum: f64 = distances.iter().map(|distance| (distance / furthest).ln()).sum();
    if sum < 0.0 { -(distances.len() as f64) / sum } else { 0.0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn points_that_fill_d_dimensions_have_that_dimension() {
        // Distances of k points that are spread evenly in a ball grow with the d-th root of their number.
        for d in [1.0, 4.0, 12.0] {
            let distances: Vec<f64> =
                (1..=2000).map(|k| (f64::from(k) / 2000.0).powf(1.0 / d)).collect();
            let found = estimate(&distances);
            assert!((found / d - 1.0).abs() < 0.01, "{found} for {d}");
        }
        assert_eq!((estimate(&[]), estimate(&[0.5, 0.5])), (0.0, 0.0));
    }

    #[test]
    fn a_line_has_fewer_dimensions_than_what_lies_off_it_and_doubles_have_none() {
        // A line through the sphere of four dimensions, and points all over that sphere.
        let golden = |n: usize, by: f64| (n as f64 * by).fract() - 0.5;
        let mut vectors: Vec<f32> = vec![];
        for n in 0..400 {
            let angle = n as f64 * 0.002;
            vectors.extend([angle.cos() as f32, angle.sin() as f32, 0.0, 0.0]);
        }
        for n in 1..=400 {
            let point = [0.618_034, 0.754_878, 0.569_840, 0.819_173].map(|by| golden(n, by));
            let norm = point.iter().map(|v| v * v).sum::<f64>().sqrt();
            vectors.extend(point.map(|v| (v / norm) as f32));
        }
        let found = dimensions(&vectors, 4).unwrap();
        let mean = |rows: std::ops::Range<usize>| {
            let count = rows.len() as f64;
            found.get(rows).unwrap_or_default().iter().sum::<f64>() / count
        };
        assert!(
            mean(100..300) < 1.6 && mean(400..800) > 1.8,
            "{} {}",
            mean(100..300),
            mean(400..800)
        );
        assert_eq!(dimensions(&[1.0, 0.0].repeat(3), 2).unwrap(), [0.0; 3]);
        assert_eq!(dimensions(&[1.0, 0.0], 2).unwrap(), [0.0]);
    }
}
