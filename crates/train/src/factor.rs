//! Second moments to what GPTQ propagates errors by: the upper Cholesky factor of their inverse.
//!
//! With `H = V V^T`, `V` upper triangular, `H^-1 = U^T U` for `U = V^-1`, upper triangular too. `V` is the Cholesky factor
//! of `H` with rows and columns in reverse. All sums run in one order, in f64: the same bits on every machine.

/// Lanes that a sum is split into: fixed, so that its rounding is.
const LANES: usize = 8;

/// `U`, f32[n, n] row major, its lower triangle zero. `moments`: f64[n, n], symmetric. `damping` times the mean of the
/// diagonal is added to it; an input that was always zero gets that alone. `None` if that has no inverse.
pub(crate) fn inverse_factor(moments: &[f64], n: usize, damping: f64) -> Option<Vec<f32>> {
    let diagonal = |i: usize| moments.get(i * n + i).copied().unwrap_or(0.0);
    let mean = (0..n).map(diagonal).sum::<f64>() / n.max(1) as f64;
    let ridge = if mean > 0.0 { damping * mean } else { 1.0 };

    // Row i of the reverse, up to its diagonal.
    let mut lower: Vec<Vec<f64>> = Vec::with_capacity(n);
    for i in 0..n {
        let source = moments.get((n - 1 - i) * n..(n - i) * n)?;
        let mut row: Vec<f64> = source.iter().rev().take(i + 1).copied().collect();
        *row.last_mut()? += ridge;
        for j in 0..=i {
            let (done, rest) = row.split_at_mut(j);
            let current = rest.first_mut()?;
            match lower.get(j) {
                Some(above) => *current = (*current - dot(done, above)) / above.last()?,
                None => *current = (*current - dot(done, done)).sqrt(),
            }
        }
        if !row.last().is_some_and(|pivot| pivot.is_normal() && *pivot > 0.0) {
            return None;
        }
        lower.push(row);
    }

    // Row i of its inverse, in place of the factor's own: rows above are inverted already.
    for i in 0..n {
        let (inverted, rest) = lower.split_at_mut(i);
        let row = rest.first_mut()?;
        let pivot = row.pop()?;
        let mut inverse = vec![0.0; i + 1];
        for (value, above) in row.iter().zip(&*inverted) {
            for (to, from) in inverse.iter_mut().zip(above) {
                *to -= value * from;
            }
        }
        *inverse.last_mut()? = 1.0;
        inverse.iter_mut().for_each(|value| *value /= pivot);
        *row = inverse;
    }
    let mut factor = vec![0.0; n * n];
    for (to, from) in factor.chunks_exact_mut(n).zip(lower.iter().rev()) {
        for (to, from) in to.iter_mut().rev().zip(from) {
            *to = *from as f32;
        }
    }
    Some(factor)
}

/// The sum of products over the shorter length.
fn dot(a: &[f64], b: &[f64]) -> f64 {
    let length = a.len().min(b.len());
    let (a, b) = (a.get(..length).unwrap_or_default(), b.get(..length).unwrap_or_default());
    let ((a, a_tail), (b, b_tail)) = (a.as_chunks::<LANES>(), b.as_chunks::<LANES>());
    let mut sums = [0.0; LANES];
    for (a, b) in a.iter().zip(b) {
        for (sum, (a, b)) in sums.iter_mut().zip(a.iter().zip(b)) {
            *sum += a * b;
        }
    }
    let tail: f64 = a_tail.iter().zip(b_tail).map(|(a, b)| a * b).sum();
    sums.iter().sum::<f64>() + tail
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn the_factor_times_itself_is_the_inverse(
            n in 1usize..30,
            values in prop::collection::vec(-1.0f64..1.0, 30 * 40),
        ) {
            // Moments of 40 rows, so that the inverse is tame.
            let row = |i: usize| &values[i * 30..i * 30 + n];
            let mut moments = vec![0.0; n * n];
            for r in 0..40 {
                for i in 0..n {
                    for j in 0..n {
                        moments[i * n + j] += row(r)[i] * row(r)[j];
                    }
                }
            }
            let factor = inverse_factor(&moments, n, 0.01).unwrap();
            let ridge = 0.01 * (0..n).map(|i| moments[i * n + i]).sum::<f64>() / n as f64;
            for i in 0..n {
                for j in 0..n {
                    if j < i {
                        prop_assert_eq!(factor[i * n + j], 0.0);
                    }
                    // (U^T U H)[i,j] is the identity.
                    let mut sum = 0.0;
                    for k in 0..n {
                        let damped = moments[k * n + j] + if k == j { ridge } else { 0.0 };
                        let inverse: f64 = (0..n).map(|m| f64::from(factor[m * n + i]) * f64::from(factor[m * n + k])).sum();
                        sum += inverse * damped;
                    }
                    let expected = if i == j { 1.0 } else { 0.0 };
                    prop_assert!((sum - expected).abs() < 1e-3, "{} {} {}", i, j, sum);
                }
            }
        }
    }

    #[test]
    fn moments_of_nothing_have_a_factor_and_broken_ones_have_none() {
        assert_eq!(inverse_factor(&[0.0; 4], 2, 0.01), Some(vec![1.0, 0.0, 0.0, 1.0]));
        assert_eq!(inverse_factor(&[1.0, 9.0, 9.0, 1.0], 2, 0.01), None);
        assert_eq!(inverse_factor(&[f64::NAN; 4], 2, 0.01), None);
        assert_eq!(inverse_factor(&[1.0; 3], 2, 0.01), None);
    }
}
