//! Vectors for the tests of quantizers.

use super::Quantizer;
use sextant_index::vectors::unit_vector;

/// `count` unit vectors of `width` dimensions that look random and nearly normal.
pub fn units(count: usize, width: usize, seed: u64) -> Vec<f32> {
    let mut state = seed;
    let mut uniform = || {
        state =
            state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 40) as f32 / (1u64 << 24) as f32
    };
    let mut normal = || (0..6).map(|_| uniform()).sum::<f32>() - 3.0;
    (0..count)
        .flat_map(|row| {
            let vector: Vec<f32> = (0..width).map(|_| normal()).collect();
            unit_vector(&vector, row).unwrap()
        })
        .collect()
}

/// Vector `row` as its codes have it: the scores of the axes.
pub fn decoded(quantizer: &dyn Quantizer, row: usize, width: usize) -> Vec<f32> {
    let axis = |d| {
        let mut axis = vec![0.0; width];
        axis[d] = 1.0;
        axis
    };
    (0..width).map(|d| quantizer.scores(&axis(d)).unwrap()[row]).collect()
}

/// The scalar product.
pub fn dot(a: &[f32], b: &[f32]) -> f32 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}
