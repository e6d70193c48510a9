//! A small random transformer against the oracle, in both precisions, on every backend.

use sextant_kernels::{Backend, KernelError};

use super::oracle::{self, Transformer};
use super::*;
use crate::config::{Activation, Pooling, Shape};

/// How far f32 may be from f64: 1 - cosine. Measured: 2e-13, and 1.9e-12 for the shape of 6 channels.
const F32_LOSS: f64 = 1e-11;
/// How far 7-bit activations may be from exact ones, with the same int8 weights. Measured: 1.1e-3, for the shape of 6 channels.
const INT8_LOSS: f64 = 2e-3;

/// A tensor with a name: the same numbers for the forward and for the oracle.
struct Model {
    shape: Shape,
    seed: u64,
    int8: bool,
}

/// Codes, scales and what they stand for.
struct Tensor {
    codes: Vec<i8>,
    scales: Vec<f32>,
    values: Vec<f32>,
}

fn wide(values: &[f32]) -> Vec<f64> {
    values.iter().map(|v| f64::from(*v)).collect()
}

impl Model {
    fn new([layers, hidden, heads, intermediate]: [usize; 4], int8: bool) -> Self {
        let shape = Shape {
            layers,
            hidden,
            heads,
            intermediate,
            positions: 70,
            vocabulary: 50,
            layer_norm_epsilon: 1e-12,
            activation: Activation::Gelu,
        };
        Self { shape, seed: 1, int8 }
    }

    /// Uniform in `-1..1` (SplitMix64).
    fn random(&mut self) -> f32 {
        self.seed = self.seed.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.seed;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((z ^ (z >> 31)) >> 40) as f32 / (1u64 << 23) as f32 - 1.0
    }

    fn floats(&mut self, len: usize, middle: f32, spread: f32) -> Vec<f32> {
        (0..len).map(|_| middle + spread * self.random()).collect()
    }

    fn tensor(&mut self, rows: usize, columns: usize) -> Tensor {
        let spread = 1.5 / (columns as f32).sqrt();
        let mut codes = Vec::new();
        let mut scales = Vec::new();
        let mut values = Vec::new();
        for _ in 0..rows {
            let scale = spread / 127.0 * (1.5 + self.random());
            scales.push(scale);
            for _ in 0..columns {
                let code = (self.random() * 127.0) as i8;
                codes.push(code);
                values.push(f32::from(code) * scale);
            }
        }
        Tensor { codes, scales, values }
    }

    fn norm(&mut self) -> (Norm, oracle::Norm) {
        let hidden = self.shape.hidden;
        let norm =
            Norm { gamma: self.floats(hidden, 1.0, 0.3), beta: self.floats(hidden, 0.0, 0.2) };
        let truth = [wide(&norm.gamma), wide(&norm.beta)];
        (norm, truth)
    }

    /// `count` matrices stacked into one linear layer, and each by itself.
    fn linear<const N: usize>(
        &mut self,
        backend: Backend,
        [outputs, inputs]: [usize; 2],
    ) -> (Linear, [oracle::Matrix; N]) {
        let tensors: [_; N] =
            std::array::from_fn(|_| (self.tensor(outputs, inputs), self.floats(outputs, 0.0, 0.3)));
        let parts = tensors.each_ref().map(|(tensor, bias)| {
            let Tensor { codes, scales, values } = tensor;
            if self.int8 {
                Rows::I8 { codes, scales, bias }
            } else {
                Rows::F32 { weights: values, bias }
            }
        });
        let linear = Linear::on(backend, inputs, &parts).unwrap();
        let truth = tensors.each_ref().map(|(tensor, bias)| oracle::Matrix {
            weights: wide(&tensor.values),
            bias: wide(bias),
        });
        (linear, truth)
    }

    fn build(mut self, backend: Backend) -> (Weights, Transformer) {
        let Shape { layers, hidden, heads, intermediate, positions, vocabulary, .. } = self.shape;
        let tokens = self.tensor(vocabulary, hidden);
        let position_table = self.floats(positions * hidden, 0.0, 0.2);
        let (embedding_norm, embedding_truth) = self.norm();
        let mut truth = Transformer {
            hidden,
            heads,
            epsilon: f64::from(self.shape.layer_norm_epsilon),
            tokens: wide(&tokens.values),
            positions: wide(&position_table),
            embedding_norm: embedding_truth,
            layers: Vec::new(),
        };
        let mut parts = Parts {
            tokens: if self.int8 {
                // The codes stand somewhere in a larger buffer.
                let mut bytes = vec![77; 13];
                bytes.extend(tokens.codes.iter().map(|c| *c as u8));
                TokenTable::I8 { bytes, start: 13, scales: tokens.scales }
            } else {
                TokenTable::F32(tokens.values)
            },
            positions: position_table,
            embedding_norm,
            layers: Vec::new(),
        };
        for _ in 0..layers {
            let (qkv, [query, key, value]) = self.linear(backend, [hidden, hidden]);
            let (attention_output, [attention_output_truth]) =
                self.linear(backend, [hidden, hidden]);
            let (attention_norm, attention_norm_truth) = self.norm();
            let (up, [up_truth]) = self.linear(backend, [intermediate, hidden]);
            let (down, [down_truth]) = self.linear(backend, [hidden, intermediate]);
            let (output_norm, output_norm_truth) = self.norm();
            parts.layers.push(Layer {
                qkv,
                attention_output,
                attention_norm,
                up,
                down,
                output_norm,
            });
            truth.layers.push(oracle::Layer {
                query,
                key,
                value,
                attention_output: attention_output_truth,
                attention_norm: attention_norm_truth,
                up: up_truth,
                down: down_truth,
                output_norm: output_norm_truth,
            });
        }
        (Weights::new(&self.shape, parts).unwrap(), truth)
    }
}

fn encode(weights: &Weights, pooling: Pooling, ids: &[u32]) -> Vec<f32> {
    let mut out = vec![f32::NAN; weights.hidden()];
    forward(weights, pooling, ids, &mut Scratch::default(), &mut out).unwrap();
    out
}

fn loss(found: &[f32], truth: &[f64]) -> f64 {
    let dot: f64 = found.iter().zip(truth).map(|(f, t)| f64::from(*f) * t).sum();
    let length: f64 = found.iter().map(|f| f64::from(*f).powi(2)).sum::<f64>().sqrt();
    1.0 - dot / length
}

/// One token, lengths around the tiles, the longest.
fn texts() -> Vec<Vec<u32>> {
    let lengths = [1, 2, 5, 6, 7, 13, 16, 17, 33, 49, 70];
    lengths.iter().map(|n| (0..*n).map(|i| (i * 7 + n) % 50).collect()).collect()
}

const SHAPES: [[usize; 4]; 5] =
    [[2, 64, 4, 128], [1, 33, 3, 50], [2, 40, 5, 161], [3, 6, 1, 7], [0, 8, 2, 8]];

fn worst_loss(int8: bool) -> f64 {
    let mut worst = 0.0f64;
    for shape in SHAPES {
        for pooling in [Pooling::Mean, Pooling::Cls] {
            for backend in Backend::available() {
                let (weights, truth) = Model::new(shape, int8).build(backend);
                for ids in texts() {
                    let found = encode(&weights, pooling, &ids);
                    let length: f64 = found.iter().map(|v| f64::from(*v).powi(2)).sum();
                    assert!((length - 1.0).abs() < 2e-6, "{length}");
                    worst = worst.max(loss(&found, &truth.encode(pooling, &ids)));
                }
            }
        }
    }
    worst
}

#[test]
fn f32_weights_give_the_oracles_vectors() {
    let worst = worst_loss(false);
    assert!(worst < F32_LOSS, "{worst:e}");
}

#[test]
fn int8_weights_give_the_oracles_vectors_but_for_7_bit_activations() {
    let worst = worst_loss(true);
    assert!(worst < INT8_LOSS, "{worst:e}");
}

#[test]
fn one_changed_weight_is_a_loss_that_the_comparison_sees() {
    let (weights, mut truth) = Model::new(SHAPES[0], true).build(Backend::best());
    let ids = &texts()[6];
    let found = encode(&weights, Pooling::Mean, ids);
    assert!(loss(&found, &truth.encode(Pooling::Mean, ids)) < INT8_LOSS);
    truth.layers[1].value.weights[100] += 2.0;
    assert!(loss(&found, &truth.encode(Pooling::Mean, ids)) > INT8_LOSS);
}

#[test]
fn every_backend_gives_the_same_bits() {
    for shape in SHAPES {
        for int8 in [false, true] {
            let vectors = |backend| {
                let (weights, _) = Model::new(shape, int8).build(backend);
                let all: Vec<Vec<f32>> =
                    texts().iter().map(|ids| encode(&weights, Pooling::Mean, ids)).collect();
                all.concat().iter().map(|v| v.to_bits()).collect::<Vec<_>>()
            };
            let all = Backend::available();
            let expected = vectors(all[0]);
            for backend in &all[1..] {
                assert!(vectors(*backend) == expected, "{} {shape:?} {int8}", backend.name());
            }
        }
    }
}

#[test]
fn a_text_has_the_same_bits_alone_and_in_any_batch() {
    let (weights, _) = Model::new(SHAPES[0], true).build(Backend::best());
    let texts = texts();
    let texts: Vec<&[u32]> = texts.iter().chain(&texts).map(Vec::as_slice).collect();
    let mut scratch = Scratch::default();
    let mut out = vec![f32::NAN; texts.len() * 64];
    forward_batch(&weights, Pooling::Mean, &texts, &mut scratch, &mut out).unwrap();
    for (ids, vector) in texts.iter().zip(out.chunks_exact(64)) {
        assert_eq!(encode(&weights, Pooling::Mean, ids), vector);
    }
    forward_batch(&weights, Pooling::Mean, &[], &mut scratch, &mut []).unwrap();
}

#[test]
fn one_scratch_serves_models_of_different_backends_and_shapes() {
    let mut scratch = Scratch::default();
    let ids = &texts()[5];
    for shape in [SHAPES[0], SHAPES[3], SHAPES[0]] {
        for backend in Backend::available() {
            for int8 in [true, false] {
                let (weights, _) = Model::new(shape, int8).build(backend);
                let mut out = vec![0.0; shape[1]];
                forward(&weights, Pooling::Cls, ids, &mut scratch, &mut out).unwrap();
                assert_eq!(out, encode(&weights, Pooling::Cls, ids));
            }
        }
    }
}

#[test]
fn what_cannot_be_encoded_is_an_error_with_numbers() {
    let (weights, _) = Model::new(SHAPES[0], true).build(Backend::best());
    let mut scratch = Scratch::default();
    let mut out = [7.0; 64];
    let mut encode =
        |ids: &[u32], out: &mut [f32]| forward(&weights, Pooling::Mean, ids, &mut scratch, out);
    let empty = KernelError::Shape { what: "ids", expected: 1, found: 0 };
    assert_eq!(encode(&[], &mut out), Err(empty));
    let unknown = KernelError::Range { what: "token id", limit: 49, found: 50 };
    assert_eq!(encode(&[1, 50], &mut out), Err(unknown));
    let long = KernelError::Range { what: "tokens of a text", limit: 70, found: 71 };
    assert_eq!(encode(&[1; 71], &mut out), Err(long));
    let short = KernelError::Shape { what: "out", expected: 64, found: 63 };
    assert_eq!(encode(&[1], &mut out[..63]), Err(short));
    assert_eq!(out, [7.0; 64], "nothing is written when there is an error");
}

#[test]
fn weights_that_do_not_fit_their_shape_are_errors_that_name_the_part() {
    let parts = || Model::new(SHAPES[0], true).build(Backend::best()).0.parts;
    let shape = Model::new(SHAPES[0], true).shape;
    let error = |shape: &Shape, parts| Weights::new(shape, parts).map(|_| ()).unwrap_err();
    let misfit = |what, expected, found| KernelError::Shape { what, expected, found };

    let deeper = Shape { layers: 3, ..shape.clone() };
    assert_eq!(error(&deeper, parts()), misfit("layers", 3, 2));
    let odd = Shape { heads: 5, ..shape.clone() };
    assert_eq!(error(&odd, parts()), misfit("heads", 60, 64));
    let larger = Shape { vocabulary: 51, ..shape.clone() };
    assert_eq!(error(&larger, parts()), misfit("token codes", 51 * 64, 50 * 64));
    let wider = Shape { intermediate: 129, ..shape.clone() };
    assert_eq!(error(&wider, parts()), misfit("feed-forward up", 129, 128));
    let mut short = parts();
    short.layers[1].output_norm.beta.pop();
    assert_eq!(error(&shape, short), misfit("output norm", 64, 63));
    let mut infinite = parts();
    infinite.positions[9] = f32::INFINITY;
    assert_eq!(error(&shape, infinite), KernelError::NotFinite { what: "positions", index: 9 });

    let mixed = [
        Rows::I8 { codes: &[1], scales: &[1.0], bias: &[0.0] },
        Rows::F32 { weights: &[1.0], bias: &[0.0] },
    ];
    let error = Linear::new(1, &mixed).map(|_| ()).unwrap_err();
    assert_eq!(error, misfit("parts of one kind", 2, 1));
    let error = Linear::new(1, &[]).map(|_| ()).unwrap_err();
    assert_eq!(error, misfit("parts of one kind", 1, 0));
}
