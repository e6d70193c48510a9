//! One matrix to four bits by GPTQ (Frantar et al., 2022): column by column, each one's rounding error is made up for by
//! the columns that are still to come.
//!
//! Columns go in their own order, and a group's low and span are found when it is reached, on weights that already
//! carry the errors of the groups before it.

use rayon::prelude::*;
use sextant_encoder::coding::int4::{GROUP, Int4Matrix, PEAK, STEPS, groups, value};

/// Candidates for a group's range are its own, drawn in by this share at a time.
const SHRINK: f32 = 0.03;
/// How many of those.
const SHRINKS: u16 = 14;

/// Quantizes `weights`, f32[rows, columns]. `factor`: f32[columns, columns], of the moments of its inputs
/// (`factor::inverse_factor`). Rows are independent of each other.
pub(crate) fn quantize(weights: &[f32], columns: usize, factor: &[f32]) -> Int4Matrix {
    let rows: Vec<Row> =
        weights.par_chunks_exact(columns.max(1)).map(|row| quantize_row(row, factor)).collect();
    let mut matrix = Int4Matrix {
        columns,
        codes: Vec::with_capacity(weights.len()),
        lows: Vec::with_capacity(rows.len() * groups(columns)),
        spans: Vec::with_capacity(rows.len() * groups(columns)),
        scales: Vec::with_capacity(rows.len()),
    };
    for row in rows {
        matrix.codes.extend(row.codes);
        matrix.lows.extend(row.lows);
        matrix.spans.extend(row.spans);
        matrix.scales.push(row.scale);
    }
    matrix
}

struct Row {
    codes: Vec<u8>,
    lows: Vec<i8>,
    spans: Vec<u8>,
    scale: f32,
}

fn quantize_row(weights: &[f32], factor: &[f32]) -> Row {
    let columns = weights.len();
    let peak = weights.iter().fold(0.0f32, |peak, value| peak.max(value.abs()));
    let scale = peak / PEAK as f32;
    let scale = if scale.is_normal() { scale } else { 1.0 };
    // In steps of the scale from here on.
    let mut left: Vec<f32> = weights.iter().map(|value| value / scale).collect();
    let mut row =
        Row { codes: Vec::with_capacity(columns), lows: Vec::new(), spans: Vec::new(), scale };
    for first in (0..columns).step_by(GROUP) {
        let end = (first + GROUP).min(columns);
        // What an error in a column costs after the later ones made up for it.
        let costs: Vec<f32> = (first..end)
            .map(|at| factor.get(at * columns + at).map_or(1.0, |pivot| 1.0 / (pivot * pivot)))
            .collect();
        let grid = Grid::best(left.get(first..end).unwrap_or_default(), &costs);
        for at in first..end {
            let (done, later) = left.split_at_mut(at + 1);
            let Some(current) = done.last().copied() else { continue };
            let code = grid.code(current);
            row.codes.push(code);
            let errors = factor.get(at * columns + at..(at + 1) * columns).unwrap_or_default();
            if let Some((pivot, errors)) = errors.split_first() {
                let error = (current - grid.value(code)) / pivot;
                for (later, share) in later.iter_mut().zip(errors) {
                    *later -= error * share;
                }
            }
        }
        row.lows.push(grid.low);
        row.spans.push(grid.span);
    }
    row
}

/// Sixteen values that a group's weights are rounded to, in steps of the row's scale.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Grid {
    low: i8,
    span: u8,
}

impl Grid {
    /// The nearest to the range `low..=high` that lies on the codes' grid.
    fn new(low: f32, high: f32) -> Self {
        let peak = PEAK as f32;
        let low = low.round_ties_even().clamp(-peak, peak);
        let high = high.round_ties_even().clamp(low, peak);
        Self { low: low as i8, span: (high - low) as u8 }
    }

    /// Within `-127..=127` as ranges are.
    fn checked(low: i32, span: i32) -> Option<Self> {
        let fits = low >= -PEAK && span >= 0 && low + span <= PEAK;
        fits.then_some(Self { low: low as i8, span: span as u8 })
    }

    /// The range with the least sum of `cost * error^2`: the weights' own drawn in step by step, then moved by single
    /// steps as long as that helps.
    fn best(weights: &[f32], costs: &[f32]) -> Self {
        let low = weights.iter().copied().fold(f32::INFINITY, f32::min);
        let high = weights.iter().copied().fold(f32::NEG_INFINITY, f32::max);
        let drawn_in = (0..SHRINKS).map(|step| {
            let share = 1.0 - SHRINK * f32::from(step);
            let middle = (low + high) / 2.0;
            Self::new(middle + (low - middle) * share, middle + (high - middle) * share)
        });
        let mut best = Self::new(low, high);
        let mut least = f32::INFINITY;
        let mut consider = |grid: Self, best: &mut Self| {
            let error = grid.error(weights, costs);
            let better = error < least;
            if better {
                (least, *best) = (error, grid);
            }
            better
        };
        for grid in drawn_in {
            consider(grid, &mut best);
        }
        loop {
            let (low, span) = (i32::from(best.low), i32::from(best.span));
            let moves = [(1, 0), (-1, 0), (0, 1), (0, -1), (1, -1), (-1, 1), (1, -2), (-1, 2)];
            let mut moved = false;
            for (by, more) in moves {
                if let Some(grid) = Self::checked(low + by, span + more) {
                    moved |= consider(grid, &mut best);
                }
            }
            if !moved {
                return best;
            }
        }
    }

    fn error(self, weights: &[f32], costs: &[f32]) -> f32 {
        let error = |(weight, cost): (&f32, &f32)| {
            let error = weight - self.value(self.code(*weight));
            cost * error * error
        };
        weights.iter().zip(costs).map(error).sum()
    }

    fn code(self, weight: f32) -> u8 {
        if self.span == 0 {
            return 0;
        }
        let steps = f32::from(STEPS);
        let code = (weight - f32::from(self.low)) * steps / f32::from(self.span);
        code.round_ties_even().clamp(0.0, steps) as u8
    }

    fn value(self, code: u8) -> f32 {
        value(self.low, self.span, code) as f32
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::factor::inverse_factor;
    use crate::random::Random;

    fn random(count: usize, seed: u64) -> Vec<f32> {
        let mut random = Random::new(seed);
        (0..count).map(|_| (random.unit() * 2.0 - 1.0) as f32).collect()
    }

    /// Inputs whose channels depend on each other, and their second moments.
    fn inputs(rows: usize, columns: usize) -> (Vec<f32>, Vec<f64>) {
        let (few, mix) = (random(rows * 12, 5), random(12 * columns, 6));
        let mut x = random(rows * columns, 7).iter().map(|value| value * 0.1).collect::<Vec<_>>();
        for r in 0..rows {
            for c in 0..columns {
                x[r * columns + c] +=
                    (0..12).map(|k| few[r * 12 + k] * mix[k * columns + c]).sum::<f32>();
            }
        }
        let mut moments = vec![0.0; columns * columns];
        for row in x.chunks(columns) {
            for i in 0..columns {
                for j in 0..columns {
                    moments[i * columns + j] += f64::from(row[i]) * f64::from(row[j]);
                }
            }
        }
        (x, moments)
    }

    /// Mean square of what the change of weights does to the outputs.
    fn loss(x: &[f32], weights: &[f32], quantized: &[f32], columns: usize) -> f64 {
        let mut sum = 0.0;
        for row in x.chunks(columns) {
            for (w, q) in weights.chunks(columns).zip(quantized.chunks(columns)) {
                let error: f32 =
                    row.iter().zip(w.iter().zip(q)).map(|(x, (w, q))| x * (w - q)).sum();
                sum += f64::from(error) * f64::from(error);
            }
        }
        sum
    }

    #[test]
    fn errors_that_are_made_up_for_cost_far_less_than_plain_rounding() {
        let (rows, columns) = (16, 96);
        let weights = random(rows * columns, 1);
        let (x, moments) = inputs(400, columns);
        let factor = inverse_factor(&moments, columns, 0.01).unwrap();
        let mut identity = vec![0.0; columns * columns];
        identity.iter_mut().step_by(columns + 1).for_each(|value| *value = 1.0);
        let plain = quantize(&weights, columns, &identity).weights();
        let gptq = quantize(&weights, columns, &factor).weights();
        let (plain, gptq) =
            (loss(&x, &weights, &plain, columns), loss(&x, &weights, &gptq, columns));
        assert!(gptq * 3.0 < plain, "{gptq} {plain}");
    }

    #[test]
    fn with_independent_inputs_each_weight_is_the_nearest_on_its_groups_grid() {
        let columns = 70;
        let weights = random(3 * columns, 2);
        let mut identity = vec![0.0; columns * columns];
        identity.iter_mut().step_by(columns + 1).for_each(|value| *value = 1.0);
        let matrix = quantize(&weights, columns, &identity);
        assert_eq!(matrix.lows.len(), 3 * 3, "the last group is shorter");
        let found = matrix.weights();
        for (at, (weight, found)) in weights.iter().zip(&found).enumerate() {
            let (row, group) = (at / columns, at % columns / GROUP);
            let scale = matrix.scales[row];
            let (low, span) = (matrix.lows[row * 3 + group], matrix.spans[row * 3 + group]);
            let nearest = (0..=STEPS)
                .map(|code| (weight - value(low, span, code) as f32 * scale).abs())
                .fold(f32::INFINITY, f32::min);
            // Within the rounding of the grid itself: half a step of the scale.
            assert!((weight - found).abs() <= nearest + scale * 0.51, "{at}");
        }
    }

    #[test]
    fn rows_of_zeros_and_of_one_value_come_out_as_they_are() {
        let columns = 40;
        let weights = [vec![0.0; columns], vec![0.25; columns], vec![-3.0; columns]].concat();
        let mut identity = vec![0.0; columns * columns];
        identity.iter_mut().step_by(columns + 1).for_each(|value| *value = 1.0);
        let found = quantize(&weights, columns, &identity).weights();
        for (weight, found) in weights.iter().zip(found) {
            assert!((weight - found).abs() < 1e-6, "{weight} {found}");
        }
    }
}
