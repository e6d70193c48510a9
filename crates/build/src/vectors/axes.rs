//! The principal axes of a corpus: the directions in which its vectors differ most.
//!
//! Eigenvectors of the covariance by one-sided Jacobi rotations (Hestenes 1958; Demmel and Veselić 1992 for
//! why its small eigenvalues are right too). Forty lines of our own rather than a library: those at hand
//! use other instructions on other machines, and a build is to give the same bytes on all of them.

/// Rotations of rows are skipped where they are orthogonal to this.
const ORTHOGONAL: f64 = 1e-10;
/// Sweeps over all pairs; a dozen suffice, the limit is for what never converges.
const SWEEPS: usize = 40;

/// The mean of `rows`, f32[any, `width`] row by row; zeros without any.
#[must_use]
pub fn mean(rows: &[f32], width: usize) -> Vec<f32> {
    let mut sums = vec![0.0f64; width];
    for row in rows.chunks_exact(width.max(1)) {
        sums.iter_mut().zip(row).for_each(|(sum, v)| *sum += f64::from(*v));
    }
    let count = (rows.len() / width.max(1)).max(1) as f64;
    sums.into_iter().map(|sum| (sum / count) as f32).collect()
}

/// The first `count` principal axes of `rows` around `mean`, the most telling first: f32[count, `width`],
/// unit length, orthogonal. Directions in which the rows do not differ at all come last, as unit axes.
#[must_use]
pub fn principal(rows: &[f32], width: usize, mean: &[f32], count: usize) -> Vec<f32> {
    let mut work = covariance(rows, width, mean);
    for _ in 0..SWEEPS {
        let mut turned = false;
        for p in 0..width {
            for q in p + 1..width {
                let (head, tail) = work.split_at_mut(q * width);
                let (Some(a), Some(b)) =
                    (head.get_mut(p * width..(p + 1) * width), tail.get_mut(..width))
                else {
                    continue;
                };
                turned |= orthogonalize(a, b);
            }
        }
        if !turned {
            break;
        }
    }
    let mut axes: Vec<(f64, &[f64])> = work
        .chunks_exact(width.max(1))
        .map(|row| (row.iter().map(|v| v * v).sum::<f64>().sqrt(), row))
        .collect();
    axes.sort_by(|a, b| b.0.total_cmp(&a.0));
    let largest = axes.first().map_or(0.0, |(length, _)| *length);
    let mut out: Vec<f32> = Vec::with_capacity(count * width);
    for (length, axis) in axes.into_iter().take(count) {
        if length > largest * 1e-12 && length > 0.0 {
            out.extend(axis.iter().map(|v| (v / length) as f32));
        }
    }
    complete(&mut out, width, count);
    out
}

/// f64[width, width].
fn covariance(rows: &[f32], width: usize, mean: &[f32]) -> Vec<f64> {
    let mut sums = vec![0.0f64; width * width];
    let mut centred = vec![0.0f64; width];
    for row in rows.chunks_exact(width.max(1)) {
        for ((c, v), m) in centred.iter_mut().zip(row).zip(mean) {
            *c = f64::from(*v) - f64::from(*m);
        }
        for (sums, a) in sums.chunks_exact_mut(width).zip(&centred) {
            sums.iter_mut().zip(&centred).for_each(|(sum, b)| *sum += a * b);
        }
    }
    sums
}

/// Rotates two rows so that they are orthogonal, the longer one first. Says whether they were not.
fn orthogonalize(a: &mut [f64], b: &mut [f64]) -> bool {
    let (mut aa, mut bb, mut ab) = (0.0, 0.0, 0.0);
    for (x, y) in a.iter().zip(b.iter()) {
        aa += x * x;
        bb += y * y;
        ab += x * y;
    }
    if ab.abs() <= ORTHOGONAL * (aa * bb).sqrt() || ab == 0.0 {
        return false;
    }
    let zeta = (bb - aa) / (2.0 * ab);
    let tangent = zeta.signum() / (zeta.abs() + (1.0 + zeta * zeta).sqrt());
    let cosine = 1.0 / (1.0 + tangent * tangent).sqrt();
    let sine = cosine * tangent;
    for (x, y) in a.iter_mut().zip(b.iter_mut()) {
        (*x, *y) = (cosine * *x - sine * *y, sine * *x + cosine * *y);
    }
    true
}

/// Fills up to `count` axes with what is left of the coordinate axes.
fn complete(axes: &mut Vec<f32>, width: usize, count: usize) {
    for d in 0..width {
        if axes.len() >= count * width {
            return;
        }
        let mut axis = vec![0.0f32; width];
        if let Some(value) = axis.get_mut(d) {
            *value = 1.0;
        }
        // Twice is enough for orthogonality to rounding (Giraud, Langou and Rozložník 2005).
        for _ in 0..2 {
            for known in axes.chunks_exact(width) {
                let dot: f32 = known.iter().zip(&axis).map(|(k, a)| k * a).sum();
                axis.iter_mut().zip(known).for_each(|(a, k)| *a -= dot * k);
            }
        }
        let length = axis.iter().map(|a| a * a).sum::<f32>().sqrt();
        if length > 0.1 {
            axes.extend(axis.iter().map(|a| a / length));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn dot(a: &[f32], b: &[f32]) -> f32 {
        a.iter().zip(b).map(|(a, b)| a * b).sum()
    }

    /// Points along two known directions in five dimensions, around a known mean.
    fn cloud() -> Vec<f32> {
        let along = [[0.6, 0.8, 0.0, 0.0, 0.0], [0.0, 0.0, 0.0, 1.0, 0.0]];
        let mut rows = vec![];
        for n in 0..200 {
            let (a, b) = ((n as f32 * 0.7).sin() * 3.0, (n as f32 * 1.3).cos());
            let point = (0..5).map(|d| 0.5 + a * along[0][d] + b * along[1][d]);
            rows.extend(point);
        }
        rows
    }

    #[test]
    fn known_directions_are_found_in_the_order_of_how_much_they_tell() {
        let rows = cloud();
        let mean = mean(&rows, 5);
        assert!(mean.iter().all(|m| (m - 0.5).abs() < 0.05), "{mean:?}");
        let axes = principal(&rows, 5, &mean, 5);
        assert!(dot(&axes[..5], &[0.6, 0.8, 0.0, 0.0, 0.0]).abs() > 0.999);
        assert!(dot(&axes[5..10], &[0.0, 0.0, 0.0, 1.0, 0.0]).abs() > 0.999);
        for (n, a) in axes.chunks(5).enumerate() {
            for (m, b) in axes.chunks(5).enumerate() {
                assert!((dot(a, b) - f32::from(u8::from(n == m))).abs() < 1e-5, "{n} {m}");
            }
        }
    }

    #[test]
    fn rows_that_do_not_differ_have_axes_all_the_same() {
        for rows in [vec![], vec![1.0; 12]] {
            let mean = mean(&rows, 4);
            let axes = principal(&rows, 4, &mean, 3);
            assert_eq!(axes.len(), 12);
            assert!(axes.chunks(4).all(|axis| (dot(axis, axis) - 1.0).abs() < 1e-6));
        }
    }
}
