//! The matrix product at sizes below, on and above its tiles, in every coding and arithmetic, against sums in f64.
//!
//! Loss it prevents: an encoder whose shape is no multiple of a tile, and whose last rows or columns are nonsense.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on should stop here")]

use std::sync::Arc;

use sextant_gpu::ops::linear::{Activation, Arithmetic, Fused, Linear, Operands, Tile, Variant};
use sextant_gpu::ops::matrix::{Coding, GROUP, Layout};
use sextant_gpu::testing::open;
use sextant_gpu::{Buffer, Gpu, Options, Run, Use};

const EPSILON: f32 = 1e-5;

/// A multiplicative congruential generator (L'Ecuyer 1999, table 4: modulus 2^64).
struct Random(u64);

impl Random {
    fn word(&mut self) -> u32 {
        self.0 =
            self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 32) as u32
    }

    /// Uniform in `-1.0..1.0`.
    fn float(&mut self) -> f32 {
        (self.word() >> 8) as f32 / (1u32 << 23) as f32 - 1.0
    }

    fn floats(&mut self, count: usize) -> Vec<f32> {
        (0..count).map(|_| self.float()).collect()
    }
}

/// A matrix as it is stored, and what it stands for.
struct Matrix {
    layout: Layout,
    bytes: Vec<u8>,
    weights: Vec<f64>,
    bias: Vec<f32>,
}

fn le(floats: &[f32]) -> Vec<u8> {
    floats.iter().flat_map(|float| float.to_le_bytes()).collect()
}

impl Matrix {
    fn random(random: &mut Random, coding: Coding, outputs: usize, inputs: usize) -> Self {
        let layout = Layout { inputs, outputs, coding };
        let mut bytes = vec![0; layout.bytes()];
        let mut put = |at: usize, part: &[u8]| bytes[at..at + part.len()].copy_from_slice(part);
        let scales: Vec<f32> = (0..outputs).map(|_| 0.01 + 0.005 * random.float()).collect();
        let bias = random.floats(outputs);
        let weights: Vec<f64> = match coding {
            Coding::F32 => {
                let weights = random.floats(outputs * inputs);
                put(0, &le(&weights));
                weights.iter().map(|weight| f64::from(*weight)).collect()
            }
            Coding::Int8 => {
                let code = |word: u32| (word % 255) as i32 - 127;
                let codes: Vec<i32> = (0..outputs * inputs).map(|_| code(random.word())).collect();
                put(0, &codes.iter().map(|code| *code as i8 as u8).collect::<Vec<_>>());
                let rows = codes.chunks(inputs).zip(&scales);
                rows.flat_map(|(codes, scale)| {
                    codes.iter().map(|code| f64::from(*code) * f64::from(*scale))
                })
                .collect()
            }
            Coding::Int4 => {
                let groups = outputs * inputs / GROUP;
                let lows: Vec<i32> =
                    (0..groups).map(|_| (random.word() % 128) as i32 - 127).collect();
                let spans: Vec<i32> = (0..groups).map(|_| (random.word() % 127) as i32).collect();
                let codes: Vec<u8> =
                    (0..outputs * inputs).map(|_| (random.word() % 16) as u8).collect();
                let packed: Vec<u8> = codes.chunks(2).map(|pair| pair[0] | pair[1] << 4).collect();
                put(0, &packed);
                put(layout.lows(), &lows.iter().map(|low| *low as i8 as u8).collect::<Vec<_>>());
                put(layout.spans(), &spans.iter().map(|span| *span as u8).collect::<Vec<_>>());
                let value = |(at, code): (usize, &u8)| {
                    let (low, span) = (lows[at / GROUP], spans[at / GROUP]);
                    let step = low + (i32::from(*code) * span + 7) / 15;
                    f64::from(step) * f64::from(scales[at / inputs])
                };
                codes.iter().enumerate().map(value).collect()
            }
        };
        if coding != Coding::F32 {
            put(layout.scales(), &le(&scales));
        }
        put(layout.bias(), &le(&bias));
        Self { layout, bytes, weights, bias }
    }
}

/// Mean and deviation of a row.
fn measured(row: &[f32]) -> (f64, f64) {
    let mean = row.iter().map(|v| f64::from(*v)).sum::<f64>() / row.len() as f64;
    let squares = row.iter().map(|v| (f64::from(*v) - mean).powi(2)).sum::<f64>();
    (mean, (squares / row.len() as f64 + f64::from(EPSILON)).sqrt())
}

fn normalized(x: &[f32], columns: usize, norm: &[f32]) -> Vec<f64> {
    let (gamma, beta) = norm.split_at(columns);
    x.chunks(columns)
        .flat_map(|row| {
            let (mean, deviation) = measured(row);
            let value = move |((v, gamma), beta): ((&f32, &f32), &f32)| {
                (f64::from(*v) - mean) / deviation * f64::from(*gamma) + f64::from(*beta)
            };
            row.iter().zip(gamma).zip(beta).map(value)
        })
        .collect()
}

/// A row with the activations' rounding of `linear_integer.wgsl`.
fn rounded(row: &[f32]) -> Vec<f64> {
    let group = |group: &[f32]| {
        let peak = group.iter().fold(0.0f32, |peak, v| peak.max(v.abs()));
        let code = move |v: &f32| (v * (127.0 / peak)).round_ties_even();
        group.iter().map(move |v| f64::from(code(v) * (peak / 127.0))).collect::<Vec<_>>()
    };
    row.chunks(16).flat_map(group).collect()
}

/// Largest error of a result, in units of what its terms add up to without their signs.
fn worst(
    gpu: &Arc<Gpu>,
    variant: Variant,
    [rows, outputs, inputs]: [usize; 3],
    random: &mut Random,
) -> f64 {
    let matrix = Matrix::random(random, variant.coding, outputs, inputs);
    let residual = variant.fused == Fused::Residual;
    let x = random.floats(rows * inputs);
    let other = random.floats(rows * outputs);
    let columns = if residual { outputs } else { inputs };
    let norm = random.floats(2 * columns);
    let stats: Vec<f32> = other
        .chunks(outputs)
        .flat_map(|row| {
            let (mean, deviation) = measured(row);
            [mean as f32, (1.0 / deviation) as f32]
        })
        .collect();

    let batch = Buffer::uniform(gpu, "batch", &[rows as u32]).unwrap();
    let uniform = matrix.layout.uniform(gpu, EPSILON).unwrap();
    let weights = Buffer::new(gpu, "weights", Use::Storage, matrix.bytes.len()).unwrap();
    weights.write(0, &matrix.bytes).unwrap();
    let floats = |label, values: &[f32]| Buffer::of_floats(gpu, label, values).unwrap();
    let (x_buffer, norm_buffer) = (floats("x", &x), floats("norm", &norm));
    let (other_buffer, stats_buffer) = (floats("other", &other), floats("stats", &stats));
    // What is not written stays what no sum is.
    let y = floats("y", &vec![f32::NAN; rows * outputs]);
    let bytes = rows * outputs * 4;
    let readback = Buffer::new(gpu, "readback", Use::Readback, bytes).unwrap();
    let linear = Linear::new(gpu, variant);
    let operands = Operands {
        batch: &batch,
        matrix: &uniform,
        x: &x_buffer,
        weights: &weights,
        norm: &norm_buffer,
        residual: if residual { &other_buffer } else { &x_buffer },
        stats: &stats_buffer,
        y: &y,
    };
    let mut run = Run::new(gpu, "test");
    run.dispatch(&linear.bind(gpu, operands).unwrap(), linear.groups(rows as u32, outputs as u32));
    let (found, _) = pollster::block_on(run.finish(&y, &readback, bytes)).unwrap();
    let found = found.as_chunks::<4>().0.iter().map(|bytes| f32::from_le_bytes(*bytes));

    let a: Vec<f64> = match (residual, variant.arithmetic) {
        (true, Arithmetic::Integer) => x.chunks(inputs).flat_map(rounded).collect(),
        (true, _) => x.iter().map(|v| f64::from(*v)).collect(),
        (false, _) => normalized(&x, inputs, &norm),
    };
    let added = residual.then(|| normalized(&other, outputs, &norm));
    let mut worst = 0.0f64;
    for (at, found) in found.enumerate() {
        let (row, n) = (at / outputs, at % outputs);
        let pairs = a[row * inputs..].iter().zip(&matrix.weights[n * inputs..]).take(inputs);
        let (mut sum, mut size) = (f64::from(matrix.bias[n]), 1.0);
        for (a, w) in pairs {
            sum += a * w;
            size += (a * w).abs();
        }
        sum += added.as_ref().map_or(0.0, |added| added[at]);
        let error = (f64::from(found) - sum).abs() / size;
        worst = if error.is_nan() { f64::INFINITY } else { worst.max(error) };
    }
    worst
}

/// What rounding may do to a sum: of f32; of products in f16; of activations in 8 bits. Where these are not rounded in the
/// expectation as well, because their layer norm is taken in f64 there, half a step is 1/254 of a group's peak.
fn bound(variant: Variant) -> f64 {
    match (variant.arithmetic, variant.fused) {
        (Arithmetic::Single, _) | (Arithmetic::Integer, Fused::Residual) => 2e-6,
        (Arithmetic::Half, _) => 2e-3,
        (Arithmetic::Integer, Fused::Norm(_)) => 1e-2,
    }
}

#[test]
fn every_coding_and_arithmetic_at_sizes_around_the_tiles() {
    let Some(gpu) = open(&Options::default()) else { return };
    let features = gpu.features();
    let sizes = [[1, 1, 32], [17, 65, 160], [64, 130, 96], [70, 48, 128]];
    let mut random = Random(7);
    for coding in [Coding::F32, Coding::Int8, Coding::Int4] {
        for arithmetic in [Arithmetic::Single, Arithmetic::Half, Arithmetic::Integer] {
            let there = match arithmetic {
                Arithmetic::Single => true,
                Arithmetic::Half => features.half,
                Arithmetic::Integer => features.packed && coding != Coding::F32,
            };
            if !there {
                println!("skipped: {coding:?} by {}", arithmetic.name());
                continue;
            }
            let tiles = [Tile::Large, Tile::Medium, Tile::Small];
            let fused = [Fused::Norm(Activation::None), Fused::Residual];
            for (tile, fused) in tiles.into_iter().flat_map(|tile| fused.map(|f| (tile, f))) {
                let variant = Variant { coding, arithmetic, tile, fused };
                for size in sizes {
                    let worst = worst(&gpu, variant, size, &mut random);
                    assert!(worst <= bound(variant), "{variant:?} {size:?}: {worst}");
                }
            }
        }
    }
}

#[test]
fn inputs_that_are_no_whole_groups_are_refused() {
    let Some(gpu) = open(&Options::default()) else { return };
    let layout = Layout { inputs: 48, outputs: 8, coding: Coding::F32 };
    assert_eq!(layout.uniform(&gpu, EPSILON).unwrap_err().code(), "gpu/unsupported");
}
