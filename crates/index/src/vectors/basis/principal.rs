//! The first principal axes of a corpus as a matrix of bytes, one scale an axis.
//!
//! Passages and queries go through the same rounded matrix, so what rounding does to an axis is done
//! to both: against an exact one it moves scores a tenth as far as 4-bit codes do.

use crate::error::IndexError;
use crate::vectors::int8;
use sextant_core::error::BundleError;
use sextant_core::wire::Reader;
use sextant_kernels::{as_i8, scan};

/// Axes to project onto.
#[derive(Clone, Debug, PartialEq)]
pub struct Principal {
    inputs: usize,
    /// One an axis.
    scales: Vec<f32>,
    /// i8[outputs, inputs].
    codes: Vec<i8>,
}

impl Principal {
    /// The matrix of `axes`, f32[outputs, `inputs`] row by row.
    ///
    /// # Errors
    /// [`IndexError::Dimensions`] unless that are whole rows, at most `inputs` of them.
    pub fn new(inputs: usize, axes: &[f32]) -> Result<Self, IndexError> {
        let rows = axes.len() / inputs.max(1);
        if inputs == 0 || rows == 0 || rows > inputs || rows * inputs != axes.len() {
            return Err(IndexError::Dimensions { row: rows, expected: inputs, found: axes.len() });
        }
        let mut codes = vec![0i8; axes.len()];
        let rows = axes.chunks_exact(inputs).zip(codes.chunks_exact_mut(inputs));
        let scales = rows.map(|(axis, codes)| int8::encode(axis, codes)).collect();
        Ok(Self { inputs, scales, codes })
    }

    /// Length of what is projected.
    #[must_use]
    pub fn inputs(&self) -> usize {
        self.inputs
    }

    /// Number of axes.
    #[must_use]
    pub fn outputs(&self) -> usize {
        self.scales.len()
    }

    /// The coordinates of `vector` along the axes. The same bits on every machine.
    #[must_use]
    pub fn apply(&self, vector: &[f32]) -> Vec<f32> {
        let (vector, unit) = int8::encode12(vector, self.inputs);
        let mut dots = vec![0i32; self.outputs()];
        // Shapes hold: axes are as long as the vector was made.
        let _shapes = scan::dot_i12(&vector, &self.codes, self.inputs, &mut dots);
        dots.iter().zip(&self.scales).map(|(dot, scale)| *dot as f32 * (unit * scale)).collect()
    }

    /// The vector in the span of the axes that has these coordinates.
    #[must_use]
    pub fn undo(&self, coordinates: &[f32]) -> Vec<f32> {
        let mut vector = vec![0.0f32; self.inputs];
        let axes = self.codes.chunks_exact(self.inputs).zip(&self.scales);
        for ((axis, scale), coordinate) in axes.zip(coordinates) {
            let step = scale * coordinate;
            vector.iter_mut().zip(axis).for_each(|(v, a)| *v += step * f32::from(*a));
        }
        vector
    }

    pub(super) fn write(&self, body: &mut Vec<u8>) {
        self.scales.iter().for_each(|scale| body.extend_from_slice(&scale.to_le_bytes()));
        body.extend(self.codes.iter().map(|code| *code as u8));
    }

    pub(super) fn read(
        reader: &mut Reader<'_>,
        inputs: usize,
        outputs: usize,
    ) -> Result<Self, BundleError> {
        if outputs * (inputs + size_of::<f32>()) > reader.remaining() {
            let what = format!("{outputs} axes of {inputs} in {} bytes", reader.remaining());
            return Err(reader.fault(what));
        }
        let mut scales = Vec::with_capacity(outputs);
        for axis in 0..outputs {
            let scale = reader.f32()?;
            if !(scale.is_finite() && scale > 0.0) {
                return Err(reader.fault(format!("axis {axis} has a scale that is not above 0")));
            }
            scales.push(scale);
        }
        let codes = as_i8(reader.bytes(outputs * inputs)?).to_vec();
        Ok(Self { inputs, scales, codes })
    }
}
