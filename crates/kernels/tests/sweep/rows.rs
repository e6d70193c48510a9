//! Activations, layer norm and attention.

use sextant_kernels::{Activation, activate, attention, layer_norm};

use super::backends;
use super::compare::{Class, near, same_bits};
use super::inputs::Random;

/// The error function by its Taylor series near zero and by the continued fraction of erfc elsewhere; good for 1e-12.
fn erf(x: f64) -> f64 {
    if x.abs() < 2.5 {
        let (mut term, mut sum) = (x, x);
        for n in 1..80 {
            term *= -x * x / f64::from(n);
            sum += term / f64::from(2 * n + 1);
        }
        return sum * std::f64::consts::FRAC_2_SQRT_PI;
    }
    let a = x.abs();
    let mut fraction = 0.0;
    for n in (1..120).rev() {
        fraction = f64::from(n) / 2.0 / (a + fraction);
    }
    let erfc = (-a * a).exp() / ((a + fraction) * std::f64::consts::PI.sqrt());
    (1.0 - erfc) * x.signum()
}

fn truth(activation: Activation, x: f64) -> f64 {
    match activation {
        Activation::Gelu => x / 2.0 * (1.0 + erf(x / std::f64::consts::SQRT_2)),
        Activation::GeluTanh => {
            let u = (2.0 / std::f64::consts::PI).sqrt() * (x + 0.044_715 * x * x * x);
            x / 2.0 * (1.0 + u.tanh())
        }
        Activation::Relu => x.max(0.0),
    }
}

pub fn activations_equal_the_oracle() {
    let (scalar, others) = backends();
    let mut x: Vec<f32> = (-12_000..=12_000).map(|i| i as f32 / 1000.0).collect();
    x.extend([0.0, -0.0, 1e-30, -1e-30, 87.0, -87.0, 1e4, -1e4, 1e18, -1e18, 1e-40]);
    for activation in [Activation::Gelu, Activation::GeluTanh, Activation::Relu] {
        let expected: Vec<f64> = x.iter().map(|x| truth(activation, f64::from(*x))).collect();
        let magnitude: Vec<f64> = x.iter().map(|x| f64::from(x.abs())).collect();
        let mut y = x.clone();
        activate(scalar, activation, &mut y);
        assert_eq!(near(Class::Activation, &expected, &magnitude, &y), Ok(()), "{activation:?}");
        for backend in &others {
            for len in (0..=25).chain([x.len()]) {
                let mut found = x[..len].to_vec();
                activate(*backend, activation, &mut found);
                assert_eq!(same_bits(&y[..len], &found), Ok(()), "{} {len}", backend.name());
            }
        }
    }
}

pub fn layer_norm_equals_the_oracle() {
    let (scalar, others) = backends();
    let mut random = Random(4);
    for channels in (1..=25).chain([63, 64, 65, 384]) {
        for rows in [0, 1, 3] {
            let x = random.floats(rows * channels, 2.0);
            let (gamma, beta) = (random.floats(channels, 1.0), random.floats(channels, 1.0));
            let (mut expected, mut magnitude) = (Vec::new(), Vec::new());
            let epsilon = 1e-3f32;
            for row in x.chunks_exact(channels) {
                let n = channels as f64;
                let mean = row.iter().map(|x| f64::from(*x)).sum::<f64>() / n;
                let variance = row.iter().map(|x| (f64::from(*x) - mean).powi(2)).sum::<f64>() / n;
                let inverse = 1.0 / (variance + f64::from(epsilon)).sqrt();
                for ((x, gamma), beta) in row.iter().zip(&gamma).zip(&beta) {
                    let y = (f64::from(*x) - mean) * inverse;
                    expected.push(y * f64::from(*gamma) + f64::from(*beta));
                    magnitude.push(2.0f64.max(y.abs()));
                }
            }
            let run = |backend, x: &[f32]| {
                let mut x = x.to_vec();
                layer_norm(backend, &mut x, &gamma, &beta, epsilon).expect("shapes fit");
                x
            };
            let y = run(scalar, &x);
            assert_eq!(near(Class::Norm, &expected, &magnitude, &y), Ok(()), "{rows} {channels}");
            for scale in [1.0, 0.0, 1e-20, 1e15] {
                let x: Vec<f32> = x.iter().map(|x| x * scale).collect();
                for backend in &others {
                    let found = same_bits(&run(scalar, &x), &run(*backend, &x));
                    assert_eq!(found, Ok(()), "{} {channels} {scale}", backend.name());
                }
            }
        }
    }
}

/// Attention with plain loops in f64.
fn attend(qkv: &[f32], tokens: usize, hidden: usize, heads: usize) -> Vec<f64> {
    let channels = hidden / heads;
    let at = |t: usize, part: usize, c: usize| f64::from(qkv[(t * 3 + part) * hidden + c]);
    let mut out = vec![0.0; tokens * hidden];
    for first in (0..hidden).step_by(channels) {
        for i in 0..tokens {
            let score = |j| {
                let dot: f64 = (first..first + channels).map(|c| at(i, 0, c) * at(j, 1, c)).sum();
                dot / (channels as f64).sqrt()
            };
            let max = (0..tokens).map(score).fold(f64::MIN, f64::max);
            let weights: Vec<f64> = (0..tokens).map(|j| (score(j) - max).exp()).collect();
            let sum: f64 = weights.iter().sum();
            for c in first..first + channels {
                let y: f64 = weights.iter().enumerate().map(|(j, w)| w * at(j, 2, c)).sum();
                out[i * hidden + c] = y / sum;
            }
        }
    }
    out
}

pub fn attention_equals_the_oracle() {
    let (scalar, others) = backends();
    let mut random = Random(5);
    let mut shapes: Vec<[usize; 3]> = (0..=49).map(|tokens| [tokens, 16, 2]).collect();
    shapes.extend((1..=19).map(|channels| [11, 3 * channels, 3]));
    shapes.extend([[1, 32, 1], [130, 64, 2], [512, 32, 1]]);
    for [tokens, hidden, heads] in shapes {
        for scale in [1.0, 6.0] {
            let qkv = random.floats(3 * tokens * hidden, scale);
            let run = |backend| {
                let mut scratch = attention::Scratch::default();
                // What is left of another text must not show.
                let (other, mut sink) = ([0.5; 3 * 40 * 24], [0.0; 40 * 24]);
                attention::attend(backend, &other, 24, 3, &mut scratch, &mut sink)
                    .expect("shapes fit");
                let mut out = vec![f32::NAN; tokens * hidden];
                attention::attend(backend, &qkv, hidden, heads, &mut scratch, &mut out)
                    .expect("shapes fit");
                out
            };
            let found = run(scalar);
            let expected = attend(&qkv, tokens, hidden, heads);
            let magnitude = vec![f64::from(scale); expected.len()];
            let near = near(Class::Attention, &expected, &magnitude, &found);
            assert_eq!(near, Ok(()), "{tokens} {hidden} {heads} {scale}");
            for backend in &others {
                let same = same_bits(&found, &run(*backend));
                assert_eq!(same, Ok(()), "{} {tokens} {hidden} {heads}", backend.name());
            }
        }
    }
}
