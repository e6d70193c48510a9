//! How a matrix of weights lies in its buffer: `weights` and `Matrix` of `linear.wgsl`.

use std::sync::Arc;

use crate::buffer::Buffer;
use crate::device::Gpu;
use crate::error::GpuError;

/// Columns that share a low and a span; also what `inputs` must be a multiple of.
pub const GROUP: usize = 32;

/// How weights are stored on the device.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Coding {
    /// One float a weight.
    F32,
    /// One signed byte a weight and one scale a row.
    Int8,
    /// Four bits a weight in groups of [`GROUP`].
    Int4,
}

/// Where the parts of a matrix lie in its buffer, in bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Layout {
    /// Length of a row.
    pub inputs: usize,
    /// Rows.
    pub outputs: usize,
    /// How they are coded.
    pub coding: Coding,
}

impl Layout {
    /// Bytes of the codes of `rows` rows, which lie first.
    #[must_use]
    pub fn codes(&self, rows: usize) -> usize {
        let weights = rows * self.inputs;
        match self.coding {
            Coding::F32 => weights * 4,
            Coding::Int8 => weights,
            Coding::Int4 => weights / 2,
        }
    }

    /// Bytes of the lows of `rows` rows; as many are those of the spans.
    #[must_use]
    pub fn groups(&self, rows: usize) -> usize {
        if self.coding == Coding::Int4 { rows * self.inputs / GROUP } else { 0 }
    }

    /// Where the lows start.
    #[must_use]
    pub fn lows(&self) -> usize {
        self.codes(self.outputs)
    }

    /// Where the spans start.
    #[must_use]
    pub fn spans(&self) -> usize {
        self.lows() + self.groups(self.outputs).next_multiple_of(4)
    }

    /// Where the scales start.
    #[must_use]
    pub fn scales(&self) -> usize {
        self.spans() + self.groups(self.outputs).next_multiple_of(4)
    }

    /// Where the bias starts.
    #[must_use]
    pub fn bias(&self) -> usize {
        let scales = if self.coding == Coding::F32 { 0 } else { self.outputs * 4 };
        self.scales() + scales
    }

    /// Bytes in all.
    #[must_use]
    pub fn bytes(&self) -> usize {
        self.bias() + self.outputs * 4
    }

    /// The shader's `Matrix`.
    ///
    /// Errors: [`GpuError::Unsupported`] where a row is no whole number of groups.
    pub fn uniform(&self, gpu: &Arc<Gpu>, epsilon: f32) -> Result<Buffer, GpuError> {
        if self.inputs == 0 || !self.inputs.is_multiple_of(GROUP) {
            return Err(GpuError::Unsupported {
                what: "inputs of a product, a multiple of",
                found: self.inputs as u64,
                needed: GROUP as u64,
            });
        }
        let word = |bytes: usize| (bytes / 4) as u32;
        Buffer::uniform(
            gpu,
            "matrix",
            &[
                self.inputs as u32,
                self.outputs as u32,
                word(self.lows()),
                word(self.spans()),
                word(self.scales()),
                word(self.bias()),
                epsilon.to_bits(),
            ],
        )
    }
}
