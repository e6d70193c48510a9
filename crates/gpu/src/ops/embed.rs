//! The embedding of `embed.wgsl`: a token's row, as it is stored, and its position's.

use std::sync::Arc;

use crate::buffer::Buffer;
use crate::device::Gpu;
use crate::error::GpuError;
use crate::kernel::{Binding, Bound, Kernel, Real, Shader};
use crate::source::wgsl;

/// How the token table is stored on the device.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Table {
    /// One float a weight.
    F32,
    /// One signed byte a weight and one scale a row.
    Int8,
    /// So many codes a row, each of which looks up a run of channels.
    Product {
        /// Codes of a row.
        runs: usize,
    },
}

/// Entries of a codebook.
const ENTRIES: usize = 256;

impl Table {
    /// Bytes of the codes of `rows` rows of `channels`, which lie first.
    #[must_use]
    pub fn codes(&self, rows: usize, channels: usize) -> usize {
        match self {
            Self::F32 => rows * channels * 4,
            Self::Int8 => rows * channels,
            Self::Product { runs } => rows * runs,
        }
    }

    /// Bytes of the scales or codebooks, which follow at the next word.
    #[must_use]
    pub fn rest(&self, rows: usize, channels: usize) -> usize {
        match self {
            Self::F32 => 0,
            Self::Int8 => rows * 4,
            Self::Product { .. } => ENTRIES * channels * 2,
        }
    }
}

/// The shader for a table.
#[must_use]
pub fn shader(table: Table) -> Shader {
    let coding = match table {
        Table::F32 => 0.0,
        Table::Int8 => 1.0,
        Table::Product { .. } => 2.0,
    };
    const FILES: &[&str] = &[wgsl!("embed.wgsl")];
    Shader {
        label: "embed",
        real: Real::None,
        packed: false,
        files: FILES,
        constants: vec![("CODING", coding)],
        bindings: &[Binding::Uniform, Binding::Read, Binding::Read, Binding::Read, Binding::Write],
    }
}

/// The embedding, compiled, with the shape of its table.
#[derive(Debug)]
pub struct Embed {
    kernel: Kernel,
    shape: Buffer,
}

impl Embed {
    /// Compiles it for a table of `rows` rows.
    pub fn new(
        gpu: &Arc<Gpu>,
        table: Table,
        rows: usize,
        channels: usize,
    ) -> Result<Self, GpuError> {
        let runs = if let Table::Product { runs } = table { runs } else { 1 };
        let rest = table.codes(rows, channels).div_ceil(4);
        let shape = Buffer::uniform(gpu, "embed", &[channels as u32, runs as u32, rest as u32])?;
        Ok(Self { kernel: Kernel::new(gpu, &shader(table)), shape })
    }

    /// The embedding of `tokens`, u32[T, 2] (id, position), into `x`; dispatched with one workgroup a token.
    pub fn bind(
        &self,
        gpu: &Gpu,
        tokens: &Buffer,
        table: &Buffer,
        positions: &Buffer,
        x: &Buffer,
    ) -> Result<Bound, GpuError> {
        self.kernel.bind(gpu, &[&self.shape, tokens, table, positions, x])
    }
}
