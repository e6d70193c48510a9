//! The transformer written plainly in f64: no packing, no blocking, no quantized activations.

use crate::config::Pooling;

/// A matrix `[outputs, inputs]` with its bias.
pub(super) struct Matrix {
    pub weights: Vec<f64>,
    pub bias: Vec<f64>,
}

impl Matrix {
    fn apply(&self, x: &[f64]) -> Vec<f64> {
        let rows = self.weights.chunks_exact(x.len()).zip(&self.bias);
        rows.map(|(w, bias)| bias + w.iter().zip(x).map(|(w, x)| w * x).sum::<f64>()).collect()
    }
}

/// `[gamma, beta]`.
pub(super) type Norm = [Vec<f64>; 2];

pub(super) struct Layer {
    pub query: Matrix,
    pub key: Matrix,
    pub value: Matrix,
    pub attention_output: Matrix,
    pub attention_norm: Norm,
    pub up: Matrix,
    pub down: Matrix,
    pub output_norm: Norm,
}

pub(super) struct Transformer {
    pub hidden: usize,
    pub heads: usize,
    pub epsilon: f64,
    pub tokens: Vec<f64>,
    pub positions: Vec<f64>,
    pub embedding_norm: Norm,
    pub layers: Vec<Layer>,
}

impl Transformer {
    pub fn encode(&self, pooling: Pooling, ids: &[u32]) -> Vec<f64> {
        let hidden = self.hidden;
        let mut x: Vec<Vec<f64>> = Vec::new();
        for (position, id) in ids.iter().enumerate() {
            let row = |table: &[f64], i: usize| table[i * hidden..(i + 1) * hidden].to_vec();
            let sum = add(&row(&self.tokens, *id as usize), &row(&self.positions, position));
            x.push(self.norm(&sum, &self.embedding_norm));
        }
        for layer in &self.layers {
            let mixed = self.attend(layer, &x);
            for (x, mixed) in x.iter_mut().zip(mixed) {
                let after = add(x, &layer.attention_output.apply(&mixed));
                let after = self.norm(&after, &layer.attention_norm);
                let wide: Vec<f64> = layer.up.apply(&after).into_iter().map(gelu).collect();
                *x = self.norm(&add(&after, &layer.down.apply(&wide)), &layer.output_norm);
            }
        }
        let pooled = match pooling {
            Pooling::Cls => x[0].clone(),
            Pooling::Mean => x.iter().skip(1).fold(x[0].clone(), |sum, x| add(&sum, x)),
        };
        let length = pooled.iter().map(|v| v * v).sum::<f64>().sqrt();
        pooled.iter().map(|v| v / length).collect()
    }

    fn norm(&self, x: &[f64], [gamma, beta]: &Norm) -> Vec<f64> {
        let n = x.len() as f64;
        let mean = x.iter().sum::<f64>() / n;
        let variance = x.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / n;
        let y = x.iter().map(|x| (x - mean) / (variance + self.epsilon).sqrt());
        y.zip(gamma).zip(beta).map(|((y, gamma), beta)| y * gamma + beta).collect()
    }

    fn attend(&self, layer: &Layer, x: &[Vec<f64>]) -> Vec<Vec<f64>> {
        let project = |m: &Matrix| x.iter().map(|x| m.apply(x)).collect::<Vec<_>>();
        let (q, k, v) = (project(&layer.query), project(&layer.key), project(&layer.value));
        let channels = self.hidden / self.heads;
        let mut out = vec![vec![0.0; self.hidden]; x.len()];
        for first in (0..self.hidden).step_by(channels) {
            let head = first..first + channels;
            for i in 0..x.len() {
                let score = |j: usize| {
                    let dot: f64 = head.clone().map(|c| q[i][c] * k[j][c]).sum();
                    (dot / (channels as f64).sqrt()).exp()
                };
                let weights: Vec<f64> = (0..x.len()).map(score).collect();
                let sum: f64 = weights.iter().sum();
                for c in head.clone() {
                    out[i][c] = weights.iter().zip(&v).map(|(w, v)| w * v[c]).sum::<f64>() / sum;
                }
            }
        }
        out
    }
}

fn add(a: &[f64], b: &[f64]) -> Vec<f64> {
    a.iter().zip(b).map(|(a, b)| a + b).collect()
}

/// `x * Phi(x)`: the error function by its series, far out by the first terms of its asymptotic expansion; good for 1e-9.
fn gelu(x: f64) -> f64 {
    let z = x / std::f64::consts::SQRT_2;
    let erf = if z.abs() < 4.0 {
        let (mut term, mut sum) = (z, z);
        for n in 1..100 {
            term *= -z * z / f64::from(n);
            sum += term / f64::from(2 * n + 1);
        }
        sum * std::f64::consts::FRAC_2_SQRT_PI
    } else {
        let y = 1.0 / (2.0 * z * z);
        let erfc =
            (-z * z).exp() / (z.abs() * std::f64::consts::PI.sqrt()) * (1.0 - y + 3.0 * y * y);
        z.signum() * (1.0 - erfc)
    };
    x / 2.0 * (1.0 + erf)
}
