//! How long the products of a layer take: every backend and both precisions, as ratios in one run.
//!
//! Usage: `cargo run --release -p sextant-kernels --example products`. The shapes are those of all-MiniLM-L6-v2. Each figure is the shortest of
//! many times, quantization or packing of the activations included; the ratio is to f32 on the same backend and rows.
#![allow(missing_docs)]

use std::time::Instant;

use sextant_kernels::gemm::{Finish, float, int8};
use sextant_kernels::{Activation, Backend};

/// `[outputs, inputs]`: query, key and value; attention's output; feed-forward up and down.
const SHAPES: [[usize; 2]; 4] = [[1152, 384], [384, 384], [1536, 384], [384, 1536]];
/// Tokens: a short query, a long one, a passage.
const TOKENS: [usize; 4] = [4, 9, 36, 130];

fn main() {
    for backend in Backend::available() {
        for tokens in TOKENS {
            let coded = layer(tokens, |[outputs, inputs]| {
                let (codes, ones) = (vec![3; outputs * inputs], vec![0.01; outputs]);
                let part = int8::Coded { codes: &codes, scales: &ones, bias: &ones };
                let weights = int8::Matrix::new(backend, inputs, &[part]).expect("shapes fit");
                let mut rows = int8::Rows::new(backend);
                move |x, finish, out| {
                    rows.quantize(inputs, x).expect("whole rows");
                    weights.multiply(&rows, finish, out).expect("shapes fit");
                }
            });
            let plain = layer(tokens, |[outputs, inputs]| {
                let (weights, bias) = (vec![0.01; outputs * inputs], vec![0.01; outputs]);
                let part = float::Plain { weights: &weights, bias: &bias };
                let weights = float::Matrix::new(backend, inputs, &[part]).expect("shapes fit");
                let mut rows = float::Rows::new(backend);
                move |x, finish, out| {
                    rows.pack(inputs, x).expect("whole rows");
                    weights.multiply(&rows, finish, out).expect("shapes fit");
                }
            });
            let products: usize = SHAPES.iter().map(|[outputs, inputs]| outputs * inputs).sum();
            println!(
                "{:8} {tokens:4} tokens: int8 {:.3} ms, {:.1} GMAC/s; f32 {:.3} ms; int8 / f32 {:.2}",
                backend.name(),
                coded * 1e3,
                (products * tokens) as f64 / coded / 1e9,
                plain * 1e3,
                coded / plain,
            );
        }
    }
}

/// Seconds for the four products of a layer.
fn layer<F: FnMut(&[f32], Finish, &mut [f32])>(
    tokens: usize,
    mut product: impl FnMut([usize; 2]) -> F,
) -> f64 {
    let mut seconds = 0.0;
    for [outputs, inputs] in SHAPES {
        let mut multiply = product([outputs, inputs]);
        let wide = outputs > inputs && outputs % inputs == 0 && outputs / inputs == 4;
        let finish = if wide { Finish::Activate(Activation::Gelu) } else { Finish::Store };
        let x: Vec<f32> = (0..tokens * inputs).map(|i| (i % 17) as f32 * 0.1 - 0.8).collect();
        let mut out = vec![0.0; tokens * outputs];
        let mut best = f64::MAX;
        let start = Instant::now();
        while start.elapsed().as_secs_f64() < 0.2 {
            let begin = Instant::now();
            multiply(&x, finish, &mut out);
            best = best.min(begin.elapsed().as_secs_f64());
        }
        std::hint::black_box(&out);
        seconds += best;
    }
    seconds
}
