//! The token table by product quantization: a k-means for each run of channels, in which tokens that are met often count more.

use half::f16;
use rayon::prelude::*;
use sextant_encoder::coding::product::{ENTRIES, ProductTable};

use crate::random::Random;

/// How a table is cut and fitted.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Fit {
    /// Codes of a row: a divisor of its length.
    pub(crate) bytes: usize,
    /// Rounds of k-means.
    pub(crate) rounds: usize,
    /// Where it starts from.
    pub(crate) seed: u64,
}

/// Quantizes `table`, f32[rows, hidden]; `weights`: f32[rows], above 0, how much each row counts.
pub(crate) fn quantize(table: &[f32], hidden: usize, weights: &[f32], fit: Fit) -> ProductTable {
    let length = hidden / fit.bytes.max(1);
    let runs: Vec<(Vec<f32>, Vec<u8>)> = (0..fit.bytes)
        .into_par_iter()
        .map(|run| {
            let points: Vec<f32> = table
                .chunks_exact(hidden.max(1))
                .flat_map(|row| row.get(run * length..(run + 1) * length).unwrap_or_default())
                .copied()
                .collect();
            // Each run has its own stream of chance, whichever thread it runs on.
            let random = Random::new(fit.seed.wrapping_add((run as u64) << 32));
            cluster(&Points { points: &points, length, weights }, fit.rounds, random)
        })
        .collect();
    let rows = weights.len();
    let mut codes = vec![0; rows * fit.bytes];
    for (run, (_, assigned)) in runs.iter().enumerate() {
        for (to, code) in codes.iter_mut().skip(run).step_by(fit.bytes.max(1)).zip(assigned) {
            *to = *code;
        }
    }
    let codebooks = runs.into_iter().flat_map(|(book, _)| book).collect();
    ProductTable { bytes: fit.bytes, codes, codebooks }
}

struct Points<'a> {
    /// f32[points, length].
    points: &'a [f32],
    length: usize,
    weights: &'a [f32],
}

/// Distances to all entries of a codebook, `[channel][entry]`, at once.
struct Book {
    entries: Vec<[f32; ENTRIES]>,
}

impl Book {
    fn new(length: usize) -> Self {
        Self { entries: vec![[0.0; ENTRIES]; length] }
    }

    fn set(&mut self, entry: usize, point: &[f32]) {
        for (channel, value) in self.entries.iter_mut().zip(point) {
            if let Some(to) = channel.get_mut(entry) {
                *to = *value;
            }
        }
    }

    /// The nearest entry and its squared distance; the first of equals.
    fn nearest(&self, point: &[f32]) -> (usize, f32) {
        let mut distances = [0.0f32; ENTRIES];
        for (channel, value) in self.entries.iter().zip(point) {
            for (distance, entry) in distances.iter_mut().zip(channel) {
                let difference = value - entry;
                *distance += difference * difference;
            }
        }
        let mut best = (0, f32::INFINITY);
        for (entry, distance) in distances.iter().enumerate() {
            if *distance < best.1 {
                best = (entry, *distance);
            }
        }
        best
    }

    /// f32[256, length], each number rounded to half precision here too.
    fn rounded(&mut self) -> Vec<f32> {
        for value in self.entries.iter_mut().flatten() {
            *value = f16::from_f32(*value).to_f32();
        }
        (0..ENTRIES)
            .flat_map(|entry| (0..self.entries.len()).map(move |channel| (entry, channel)))
            .map(|(entry, channel)| {
                self.entries.get(channel).and_then(|c| c.get(entry)).copied().unwrap_or(0.0)
            })
            .collect()
    }
}

/// The codebook f32[256, length] in half precision, and the nearest entry of each point.
fn cluster(points: &Points<'_>, rounds: usize, mut random: Random) -> (Vec<f32>, Vec<u8>) {
    let mut book = start(points, &mut random);
    for _ in 0..rounds {
        improve(points, &mut book);
    }
    let entries = book.rounded();
    let codes = points.iter().map(|(point, _)| book.nearest(point).0 as u8).collect();
    (entries, codes)
}

impl Points<'_> {
    fn iter(&self) -> impl Iterator<Item = (&[f32], f64)> {
        let weights = self.weights.iter().map(|weight| f64::from(*weight));
        self.points.chunks_exact(self.length.max(1)).zip(weights)
    }
}

/// k-means++ (Arthur and Vassilvitskii, 2007): each entry a point, chosen by its weighted squared distance from those before.
fn start(points: &Points<'_>, random: &mut Random) -> Book {
    let mut book = Book::new(points.length);
    let mut far: Vec<f64> = points.iter().map(|_| 1.0).collect();
    for entry in 0..ENTRIES {
        let total: f64 = far.iter().zip(points.iter()).map(|(far, (_, weight))| far * weight).sum();
        let mut left = random.unit() * total;
        let chosen = far.iter().zip(points.iter()).find_map(|(far, (point, weight))| {
            left -= far * weight;
            (left < 0.0).then_some(point)
        });
        let Some(chosen) = chosen.or_else(|| points.iter().last().map(|(point, _)| point)) else {
            return book;
        };
        book.set(entry, chosen);
        for (far, (point, _)) in far.iter_mut().zip(points.iter()) {
            let squares = point.iter().zip(chosen).map(|(a, b)| f64::from(a - b).powi(2));
            let distance: f64 = squares.sum();
            *far = if entry == 0 { distance } else { far.min(distance) };
        }
    }
    book
}

/// A round of k-means: each entry becomes the weighted mean of the points nearest to it; one that has none takes the
/// place of the point that is worst served.
fn improve(points: &Points<'_>, book: &mut Book) {
    let length = points.length;
    let mut sums = vec![0.0f64; ENTRIES * length];
    let mut totals = [0.0f64; ENTRIES];
    let mut worst: (f64, &[f32]) = (0.0, &[]);
    for (point, weight) in points.iter() {
        let (entry, distance) = book.nearest(point);
        if let Some(total) = totals.get_mut(entry) {
            *total += weight;
        }
        let sum = sums.get_mut(entry * length..(entry + 1) * length).unwrap_or_default();
        for (sum, value) in sum.iter_mut().zip(point) {
            *sum += weight * f64::from(*value);
        }
        if f64::from(distance) * weight > worst.0 {
            worst = (f64::from(distance) * weight, point);
        }
    }
    for (entry, (total, sum)) in totals.iter().zip(sums.chunks_exact(length.max(1))).enumerate() {
        if *total > 0.0 {
            let mean: Vec<f32> = sum.iter().map(|sum| (sum / total) as f32).collect();
            book.set(entry, &mean);
        } else {
            book.set(entry, std::mem::take(&mut worst.1));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table(rows: usize, hidden: usize) -> Vec<f32> {
        let mut random = Random::new(3);
        (0..rows * hidden).map(|_| (random.unit() * 2.0 - 1.0) as f32).collect()
    }

    fn errors(table: &[f32], found: &[f32], hidden: usize) -> Vec<f32> {
        let rows = table.chunks(hidden).zip(found.chunks(hidden));
        rows.map(|(a, b)| a.iter().zip(b).map(|(a, b)| (a - b) * (a - b)).sum()).collect()
    }

    #[test]
    fn fewer_rows_than_entries_come_back_as_they_are_but_for_half_precision() {
        let table = table(200, 12);
        let fit = Fit { bytes: 3, rounds: 8, seed: 1 };
        let found = quantize(&table, 12, &[1.0; 200], fit).rows();
        for (value, found) in table.iter().zip(&found) {
            assert!((value - found).abs() <= 1.0 / 2048.0, "{value} {found}");
        }
    }

    #[test]
    fn rows_that_count_more_are_closer_to_themselves() {
        let (rows, hidden) = (2000, 8);
        let table = table(rows, hidden);
        let weights: Vec<f32> = (0..rows).map(|row| if row < 300 { 40.0 } else { 1.0 }).collect();
        let fit = Fit { bytes: 2, rounds: 8, seed: 1 };
        let even = quantize(&table, hidden, &vec![1.0; rows], fit).rows();
        let uneven = quantize(&table, hidden, &weights, fit).rows();
        let (even, uneven) = (errors(&table, &even, hidden), errors(&table, &uneven, hidden));
        let mean = |errors: &[f32]| errors.iter().sum::<f32>() / errors.len() as f32;
        assert!(mean(&uneven[..300]) * 1.5 < mean(&even[..300]));
        assert!(mean(&uneven[300..]) > mean(&even[300..]));
    }

    #[test]
    fn the_seed_alone_decides_whatever_the_threads() {
        let table = table(600, 8);
        let with = |threads: usize, seed: u64| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            let fit = Fit { bytes: 4, rounds: 4, seed };
            pool.install(|| quantize(&table, 8, &[1.0; 600], fit))
        };
        assert_eq!(with(1, 9), with(3, 9));
        assert_ne!(with(1, 9), with(1, 10));
    }
}
