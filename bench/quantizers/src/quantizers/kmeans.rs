//! Up to 256 centroids by Lloyd's algorithm (S. Lloyd, "Least squares quantization in PCM", 1982), the same
//! for the same points on every machine.

/// Centroids that a byte can number.
pub const CENTROIDS: usize = 256;
/// Rounds of assigning points and moving centroids. Time grows in proportion.
const ROUNDS: usize = 10;
/// Scores that are compared side by side.
const LANES: usize = 8;

/// Centroids of points of some dimensions.
pub struct Centroids {
    width: usize,
    /// f32[width, CENTROIDS]: a dimension of all centroids lies together, so that they are scored together.
    values: Vec<f32>,
    /// Half of each squared length; infinite where there is no centroid.
    halves: [f32; CENTROIDS],
}

impl Centroids {
    /// Learns centroids from `points`, f32[any, width] row by row, beginning at points that `seed` draws.
    pub fn learn(points: &[f32], width: usize, seed: u64) -> Self {
        let count = points.len() / width;
        let mut centroids = Self {
            width,
            values: vec![0.0; width * CENTROIDS],
            halves: [f32::INFINITY; CENTROIDS],
        };
        for (number, row) in drawn(count, CENTROIDS, seed).into_iter().enumerate() {
            centroids.place(number, &points[row * width..(row + 1) * width]);
        }
        for _ in 0..ROUNDS {
            centroids.step(points);
        }
        centroids
    }

    /// A round: every centroid becomes the mean of the points that it is nearest to. Those that are
    /// nearest to none go to the points that are worst off. Gives the sum of squared distances before.
    fn step(&mut self, points: &[f32]) -> f64 {
        let mut sums = vec![0.0f64; CENTROIDS * self.width];
        let mut sizes = [0usize; CENTROIDS];
        let mut errors = Vec::with_capacity(points.len() / self.width);
        for (row, point) in points.chunks_exact(self.width).enumerate() {
            let (nearest, error) = self.nearest(point);
            sizes[usize::from(nearest)] += 1;
            let sum = &mut sums[usize::from(nearest) * self.width..];
            sum.iter_mut().zip(point).for_each(|(sum, v)| *sum += f64::from(*v));
            errors.push((error, row));
        }
        let total = errors.iter().map(|(error, _)| f64::from(*error)).sum();
        errors.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
        let mut worst = errors.iter();
        for (number, size) in sizes.iter().enumerate() {
            if *size > 0 {
                let sum = &sums[number * self.width..(number + 1) * self.width];
                let mean: Vec<f32> = sum.iter().map(|sum| (sum / *size as f64) as f32).collect();
                self.place(number, &mean);
            } else if let Some((error, row)) = worst.next()
                && *error > 0.0
            {
                self.place(number, &points[row * self.width..(row + 1) * self.width]);
            }
        }
        total
    }

    fn place(&mut self, number: usize, point: &[f32]) {
        for (values, v) in self.values.chunks_exact_mut(CENTROIDS).zip(point) {
            values[number] = *v;
        }
        self.halves[number] = point.iter().map(|v| v * v).sum::<f32>() / 2.0;
    }

    /// The number of the centroid nearest to `point`, the lowest of equal ones, and its squared distance.
    pub fn nearest(&self, point: &[f32]) -> (u8, f32) {
        // |p - c|² = |p|² + 2 (|c|² / 2 - p * c)
        let mut scores = self.halves;
        for (values, v) in self.values.chunks_exact(CENTROIDS).zip(point) {
            scores.iter_mut().zip(values).for_each(|(score, value)| *score -= v * value);
        }
        let mut least = [f32::INFINITY; LANES];
        for scores in scores.as_chunks::<LANES>().0 {
            for (least, score) in least.iter_mut().zip(scores) {
                *least = if *score < *least { *score } else { *least };
            }
        }
        let least = least.into_iter().fold(f32::INFINITY, f32::min);
        let nearest = scores.iter().position(|score| *score == least).unwrap_or(0);
        let length: f32 = point.iter().map(|v| v * v).sum();
        (nearest as u8, (length + 2.0 * least).max(0.0))
    }

    /// The product of `point` with every centroid; 0 where there is none.
    pub fn products(&self, point: &[f32], out: &mut [f32; CENTROIDS]) {
        out.fill(0.0);
        for (values, v) in self.values.chunks_exact(CENTROIDS).zip(point) {
            out.iter_mut().zip(values).for_each(|(out, value)| *out += v * value);
        }
    }
}

/// `count` different numbers below `of`, or all of them: the first of a shuffle (Fisher and Yates).
fn drawn(of: usize, count: usize, seed: u64) -> Vec<usize> {
    let mut numbers: Vec<usize> = (0..of).collect();
    let mut state = seed;
    for place in 0..count.min(of) {
        // Knuth's MMIX generator; its high bits are the good ones.
        state =
            state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        numbers.swap(place, place + (state >> 33) as usize % (of - place));
    }
    numbers.truncate(count);
    numbers
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::quantizers::testing::units;

    #[test]
    fn the_nearest_centroid_is_found() {
        let points = units(600, 4, 3);
        let centroids = Centroids::learn(&points[..4 * 400], 4, 1);
        let at = |number: usize| [0, 1, 2, 3].map(|d| centroids.values[d * CENTROIDS + number]);
        for point in points.chunks(4) {
            let far = |number: usize| -> f32 {
                at(number).iter().zip(point).map(|(c, p)| (c - p) * (c - p)).sum()
            };
            let (found, error) = centroids.nearest(point);
            let least = (0..CENTROIDS).map(far).fold(f32::INFINITY, f32::min);
            assert!(far(usize::from(found)) <= least + 1e-6);
            assert!((far(usize::from(found)) - error).abs() < 1e-5);
        }
    }

    #[test]
    fn no_round_makes_it_worse() {
        let points = units(1200, 4, 5);
        let mut centroids = Centroids::learn(&points, 4, 1);
        for (number, row) in drawn(1200, CENTROIDS, 9).into_iter().enumerate() {
            centroids.place(number, &points[row * 4..(row + 1) * 4]);
        }
        let errors: Vec<f64> = (0..ROUNDS).map(|_| centroids.step(&points)).collect();
        for pair in errors.windows(2) {
            assert!(pair[1] <= pair[0] * (1.0 + 1e-5), "{errors:?}");
        }
        assert!(errors[ROUNDS - 1] < errors[0] * 0.95, "{errors:?}");
    }

    /// About 200 of the 256 points that are drawn first are the same one; left there, the others would lose
    /// ten times as much.
    #[test]
    fn a_centroid_that_no_point_is_nearest_to_moves_to_one_that_is_badly_off() {
        let mut points = [0.5f32, -0.5].repeat(1000);
        points.extend(units(300, 2, 4));
        let centroids = Centroids::learn(&points, 2, 1);
        let error: f32 = points.chunks(2).map(|point| centroids.nearest(point).1).sum();
        assert!(error / 300.0 < 1e-4, "{error}");
    }

    #[test]
    fn as_many_points_as_centroids_are_their_own() {
        let points = units(256, 4, 8);
        let centroids = Centroids::learn(&points, 4, 2);
        assert!(points.chunks(4).all(|point| centroids.nearest(point).1 < 1e-6));
    }
}
