//! Ridge regression over texts: the rows whose weighted sums come nearest to given vectors, in the least-squares sense, with short rows
//! preferred.
//!
//! Conjugate gradients on the normal equations, preconditioned by their diagonal (Hestenes and Stiefel, 1952; Golub and Van Loan,
//! "Matrix Computations", section 11.5), all channels in one run. Sums run in one order, so the result does not depend on threads.

/// Texts as weighted rows: a sparse matrix, text by text.
#[derive(Clone, Debug, Default)]
pub struct Texts {
    /// Where each text's entries end.
    ends: Vec<usize>,
    rows: Vec<u32>,
    weights: Vec<f32>,
}

impl Texts {
    /// Adds a text whose vector is the sum of `entries`: rows, each times its weight.
    pub fn push(&mut self, entries: impl IntoIterator<Item = (u32, f32)>) {
        for (row, weight) in entries {
            self.rows.push(row);
            self.weights.push(weight);
        }
        self.ends.push(self.rows.len());
    }

    /// How many texts there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.ends.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    /// The entries of text `at`.
    pub fn entries(&self, at: usize) -> impl Iterator<Item = (u32, f32)> {
        let start =
            at.checked_sub(1).and_then(|before| self.ends.get(before)).copied().unwrap_or(0);
        let range = start..self.ends.get(at).copied().unwrap_or(start);
        let rows = self.rows.get(range.clone()).unwrap_or_default();
        rows.iter().copied().zip(self.weights.get(range).unwrap_or_default().iter().copied())
    }

    /// The sums: f32[texts, width] of `rows`, f32[rows, width]. Rows that are not there count nothing.
    #[must_use]
    pub fn sums(&self, rows: &[f32], width: usize) -> Vec<f32> {
        let mut out = vec![0.0; self.len() * width];
        for_each_chunk(&mut out, width, |at, sum| {
            for (row, weight) in self.entries(at) {
                let row = rows.get(row as usize * width..(row as usize + 1) * width);
                for (sum, value) in sum.iter_mut().zip(row.unwrap_or_default()) {
                    *sum += weight * value;
                }
            }
        });
        out
    }

    /// The same matrix row by row: which texts have it. Rows of `count` and above are left out.
    fn transposed(&self, count: usize) -> Self {
        let mut ends = vec![0usize; count];
        for row in &self.rows {
            if let Some(end) = ends.get_mut(*row as usize) {
                *end += 1;
            }
        }
        let mut sum = 0;
        let mut next = Vec::with_capacity(count);
        for end in &mut ends {
            next.push(sum);
            sum += *end;
            *end = sum;
        }
        let (mut rows, mut weights) = (vec![0; sum], vec![0.0; sum]);
        for text in 0..self.len() {
            for (row, weight) in self.entries(text) {
                let Some(place) = next.get_mut(row as usize) else { continue };
                if let (Some(to), Some(of)) = (rows.get_mut(*place), weights.get_mut(*place)) {
                    (*to, *of) = (text as u32, weight);
                }
                *place += 1;
            }
        }
        Self { ends, rows, weights }
    }
}

/// The solver stops where so little is left of the residual's squared length.
const CONVERGED: f64 = 1e-10;

/// What is to be fitted.
#[derive(Clone, Copy, Debug)]
pub struct Problem<'a> {
    /// The texts.
    pub texts: &'a Texts,
    /// The vector of each, f32[texts, width].
    pub targets: &'a [f32],
    /// Channels.
    pub width: usize,
    /// Rows that there are.
    pub rows: usize,
    /// What a row's squared length costs beside squared errors, above 0.
    pub ridge: f32,
    /// Steps. The error falls fast: after fifteen no ranking changed.
    pub steps: usize,
}

/// The rows, f32[rows, width]. A row that no text has is 0.
#[must_use]
pub fn solve(problem: &Problem<'_>) -> Vec<f32> {
    let Problem { texts, targets, width, rows, ridge, steps } = *problem;
    let by_row = texts.transposed(rows);
    let diagonal: Vec<f32> = (0..rows)
        .map(|row| by_row.entries(row).map(|(_, weight)| weight * weight).sum::<f32>() + ridge)
        .collect();
    let conditioned = |values: &[f32]| {
        let mut out = values.to_vec();
        for_each_chunk(&mut out, width, |row, values| {
            let diagonal = diagonal.get(row).copied().unwrap_or(1.0);
            values.iter_mut().for_each(|value| *value /= diagonal);
        });
        out
    };
    let mut residual = by_row.sums(targets, width);
    let mut direction = conditioned(&residual);
    let mut found = vec![0.0; residual.len()];
    let mut size = dot(&residual, &direction);
    let converged = size * CONVERGED;
    for _ in 0..steps {
        // What is left is rounding, and its quotients are noise.
        if size <= converged {
            break;
        }
        let mut image = by_row.sums(&texts.sums(&direction, width), width);
        add_scaled(&mut image, &direction, ridge);
        let step = (size / dot(&direction, &image)) as f32;
        add_scaled(&mut found, &direction, step);
        add_scaled(&mut residual, &image, -step);
        let mut next = conditioned(&residual);
        let next_size = dot(&residual, &next);
        add_scaled(&mut next, &direction, (next_size / size) as f32);
        (direction, size) = (next, next_size);
    }
    found
}

fn add_scaled(to: &mut [f32], values: &[f32], scale: f32) {
    to.iter_mut().zip(values).for_each(|(to, value)| *to += scale * value);
}

/// In f64 and in one order, so that every machine rounds alike.
fn dot(a: &[f32], b: &[f32]) -> f64 {
    a.iter().zip(b).map(|(a, b)| f64::from(*a) * f64::from(*b)).sum()
}

/// `f` of each chunk and its number.
#[cfg(feature = "parallel")]
fn for_each_chunk(values: &mut [f32], width: usize, f: impl Fn(usize, &mut [f32]) + Sync) {
    use rayon::prelude::*;
    values.par_chunks_exact_mut(width.max(1)).enumerate().for_each(|(at, chunk)| f(at, chunk));
}

/// `f` of each chunk and its number.
#[cfg(not(feature = "parallel"))]
fn for_each_chunk(values: &mut [f32], width: usize, f: impl Fn(usize, &mut [f32])) {
    values.chunks_exact_mut(width.max(1)).enumerate().for_each(|(at, chunk)| f(at, chunk));
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn texts(entries: &[Vec<(u32, f32)>]) -> Texts {
        let mut texts = Texts::default();
        entries.iter().for_each(|entries| texts.push(entries.iter().copied()));
        texts
    }

    #[test]
    fn without_noise_and_nearly_without_ridge_the_rows_come_back() {
        let rows = [1.0, 2.0, -1.0, 0.5, 3.0, 0.0];
        let texts = texts(&[
            vec![(0, 1.0)],
            vec![(0, 1.0), (1, 2.0)],
            vec![(1, 1.0), (2, 1.0)],
            vec![(2, 0.5)],
        ]);
        let targets = texts.sums(&rows, 2);
        let problem =
            Problem { texts: &texts, targets: &targets, width: 2, rows: 4, ridge: 1e-6, steps: 30 };
        let found = solve(&problem);
        for (found, row) in found.iter().zip(rows) {
            assert!((found - row).abs() < 1e-3, "{found} {row}");
        }
        assert_eq!(found[6..], [0.0, 0.0], "no text has row 3");
    }

    proptest! {
        /// At the least of a sum of squares its slope is 0.
        #[test]
        fn no_step_from_the_solution_makes_it_better(
            entries in prop::collection::vec(prop::collection::vec((0u32..6, 0.1f32..2.0), 1..5), 1..20),
            values in prop::collection::vec(-1.0f32..1.0, 20 * 3),
            ridge in 0.1f32..3.0,
        ) {
            let texts = texts(&entries);
            let targets = &values[..texts.len() * 3];
            let found = solve(&Problem { texts: &texts, targets, width: 3, rows: 6, ridge, steps: 40 });
            let mut errors = texts.sums(&found, 3);
            add_scaled(&mut errors, targets, -1.0);
            let mut slope = texts.transposed(6).sums(&errors, 3);
            add_scaled(&mut slope, &found, ridge);
            prop_assert!(slope.iter().all(|slope| slope.abs() < 1e-3), "{slope:?}");
        }
    }
}
