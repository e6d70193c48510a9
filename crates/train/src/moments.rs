//! Second moments of a matrix' inputs: the sum of outer products over all tokens.

use rayon::prelude::*;
use sextant_kernels::gemm::Finish;
use sextant_kernels::gemm::float::{Matrix, Plain, Rows};
use sextant_kernels::{Backend, KernelError};

/// Tokens whose products are summed in f32 before they go into the f64 sums.
const CHUNK: usize = 1024;

/// `x^T x`, f64[n, n] row major, of `x`: f32[tokens, n]. The same bits on any number of threads.
pub(crate) fn of(backend: Backend, x: &[f32], n: usize) -> Result<Vec<f64>, KernelError> {
    let mut sums = vec![0.0f64; n * n];
    let chunks: Vec<&[f32]> = x.chunks(CHUNK * n.max(1)).collect();
    // So many at a time as there are threads: each is a matrix in memory.
    for chunks in chunks.chunks(rayon::current_num_threads().max(1)) {
        let products: Vec<Vec<f32>> =
            chunks.par_iter().map(|chunk| product(backend, chunk, n)).collect::<Result<_, _>>()?;
        for product in products {
            sums.iter_mut().zip(product).for_each(|(sum, value)| *sum += f64::from(value));
        }
    }
    Ok(sums)
}

fn product(backend: Backend, x: &[f32], n: usize) -> Result<Vec<f32>, KernelError> {
    let tokens = x.len() / n.max(1);
    let mut transposed = vec![0.0; x.len()];
    for (token, row) in x.chunks_exact(n.max(1)).enumerate() {
        for (to, value) in transposed.iter_mut().skip(token).step_by(tokens).zip(row) {
            *to = *value;
        }
    }
    let zeros = vec![0.0; n];
    let plain = Plain { weights: &transposed, bias: &zeros };
    let matrix = Matrix::new(backend, tokens, &[plain])?;
    let mut rows = Rows::new(backend);
    rows.pack(tokens, &transposed)?;
    let mut out = vec![0.0; n * n];
    matrix.multiply(&rows, Finish::Store, &mut out)?;
    Ok(out)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::Random;

    #[test]
    fn they_are_the_sums_of_products_over_all_tokens() {
        let (tokens, n) = (CHUNK * 2 + 77, 5);
        let mut random = Random::new(4);
        let x: Vec<f32> = (0..tokens * n).map(|_| random.unit() as f32).collect();
        let found = of(Backend::best(), &x, n).unwrap();
        for i in 0..n {
            for j in 0..n {
                let sum: f64 = x.chunks(n).map(|row| f64::from(row[i]) * f64::from(row[j])).sum();
                let error = (found[i * n + j] - sum).abs() / sum;
                assert!(error < 1e-6, "{i} {j} {error:e}");
            }
        }
    }
}
