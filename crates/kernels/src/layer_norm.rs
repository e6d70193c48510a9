//! Layer norm, a row at a time.

use crate::backend::Backend;
use crate::error::{KernelError, require_len};
use crate::simd::{LANES, Op, Simd, load_padded, store_cut, sum_lanes};

/// `x[t,c] = (x[t,c] - mean_t) / sqrt(var_t + epsilon) * gamma[c] + beta[c]`, in place.
///
/// `x`: f32[rows, channels], `gamma` and `beta`: f32[channels]. Same bits on every backend.
/// Errors: [`KernelError::Shape`] when `beta` has another length or `x` holds no whole rows.
pub fn layer_norm(
    backend: Backend,
    x: &mut [f32],
    gamma: &[f32],
    beta: &[f32],
    epsilon: f32,
) -> Result<(), KernelError> {
    let channels = gamma.len();
    require_len("beta", channels, beta.len())?;
    let rows = x.len().checked_div(channels).unwrap_or(0);
    require_len("x", rows * channels, x.len())?;
    if channels > 0 {
        backend.run(LayerNorm { x, gamma, beta, epsilon });
    }
    Ok(())
}

struct LayerNorm<'a> {
    x: &'a mut [f32],
    gamma: &'a [f32],
    beta: &'a [f32],
    epsilon: f32,
}

impl Op for LayerNorm<'_> {
    type Output = ();
    #[inline(always)]
    fn run<S: Simd>(self, s: S) {
        let channels = self.gamma.len();
        let (gamma, gamma_tail) = self.gamma.as_chunks::<LANES>();
        let (beta, beta_tail) = self.beta.as_chunks::<LANES>();
        let (gamma_tail, beta_tail) = (load_padded(s, gamma_tail), load_padded(s, beta_tail));
        for row in self.x.chunks_exact_mut(channels) {
            let (body, tail) = row.as_chunks_mut::<LANES>();

            let mut sum = load_padded(s, tail);
            for x in &*body {
                sum = s.add(sum, s.load(x));
            }
            let mean = s.splat(sum_lanes(s, sum) / channels as f32);

            let mut centred = [0.0; LANES];
            store_cut(s, s.sub(load_padded(s, tail), mean), &mut centred[..tail.len()]);
            let tail_centred = s.load(&centred);
            let mut squares = s.mul(tail_centred, tail_centred);
            for x in &*body {
                let d = s.sub(s.load(x), mean);
                squares = s.add(squares, s.mul(d, d));
            }
            let variance = sum_lanes(s, squares) / channels as f32;
            let inverse = s.splat(1.0 / (variance + self.epsilon).sqrt());

            for ((x, gamma), beta) in body.iter_mut().zip(gamma).zip(beta) {
                let y = s.mul(s.sub(s.load(x), mean), inverse);
                s.store(s.add(s.mul(y, s.load(gamma)), s.load(beta)), x);
            }
            let y = s.mul(tail_centred, inverse);
            store_cut(s, s.add(s.mul(y, gamma_tail), beta_tail), tail);
        }
    }
}
