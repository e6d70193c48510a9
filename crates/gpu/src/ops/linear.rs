//! The matrix product of `linear.wgsl`: arithmetics, tiles, and what is fused with it.

use crate::buffer::Buffer;
use crate::device::Gpu;
use crate::error::GpuError;
use crate::kernel::{Binding, Bound, Kernel, Real, Shader};
use crate::ops::matrix::Coding;
use crate::source::wgsl;

/// What the sums are made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Arithmetic {
    /// Products of f32.
    Single,
    /// Products of f16, four of them added, in sums of f32.
    Half,
    /// Products of bytes: activations are quantized to 8 bits, finer than the CPU does it. Not for [`Coding::F32`].
    Integer,
}

impl Arithmetic {
    /// The fastest that keeps what `coding` stores.
    #[must_use]
    pub fn best(gpu: &Gpu, coding: Coding) -> Self {
        let features = gpu.features();
        match coding {
            Coding::F32 => Self::Single,
            _ if features.packed => Self::Integer,
            _ if features.half => Self::Half,
            _ => Self::Single,
        }
    }

    /// Columns that are in a tile at a time.
    fn step(self) -> u32 {
        if self == Self::Integer { 64 } else { 32 }
    }

    /// `single`, `half` or `integer`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Single => "single",
            Self::Half => "half",
            Self::Integer => "integer",
        }
    }
}

/// What a product is fused with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fused {
    /// The layer norm of what goes in, and nothing or an activation behind it.
    Norm(Activation),
    /// The layer norm of another stream is added to what comes out. Its means and deviations are those that the product
    /// before wrote.
    Residual,
}

/// What is done with a sum.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Activation {
    /// Nothing.
    None,
    /// `v * Phi(v)`.
    Gelu,
    /// The same by a hyperbolic tangent.
    GeluTanh,
    /// `max(v, 0)`.
    Relu,
}

/// The part of the product that one workgroup makes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tile {
    /// 64 rows by 64 columns: for batches.
    Large,
    /// 32 by 64: for batches where workgroups have 16 KB only.
    Medium,
    /// 16 by 64: for one short text, where there are few rows and columns are shared out widely.
    Small,
}

impl Tile {
    /// Threads along columns.
    const X: u32 = 16;
    /// Columns.
    const COLUMNS: u32 = 4 * Self::X;

    fn y(self) -> u32 {
        match self {
            Self::Large => 16,
            Self::Medium => 8,
            Self::Small => 4,
        }
    }

    /// Rows.
    #[must_use]
    pub fn rows(self) -> u32 {
        4 * self.y()
    }

    /// The largest that fits into `bytes` of a workgroup's memory.
    #[must_use]
    pub fn largest(bytes: u32, arithmetic: Arithmetic) -> Self {
        if Self::Large.bytes(arithmetic) <= bytes { Self::Large } else { Self::Medium }
    }

    /// Bytes of a workgroup's memory that it takes: two tiles and what is measured.
    #[must_use]
    pub fn bytes(self, arithmetic: Arithmetic) -> u32 {
        let (rows, threads) = (self.rows(), Self::X * self.y());
        let both = (rows + Self::COLUMNS) * arithmetic.step();
        let tiles = match arithmetic {
            Arithmetic::Single => both * 4,
            Arithmetic::Half => both * 2,
            // And a scale for each 16 columns of a row.
            Arithmetic::Integer => both + rows * arithmetic.step() / 4,
        };
        tiles + rows * 8 + threads * 4
    }
}

/// A variant of the shader.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Variant {
    /// How the weights are stored.
    pub coding: Coding,
    /// What the sums are made of.
    pub arithmetic: Arithmetic,
    /// What a workgroup makes.
    pub tile: Tile,
    /// What it is fused with.
    pub fused: Fused,
}

/// The shader of `variant`.
#[must_use]
pub fn shader(variant: Variant) -> Shader {
    const COMMON: &str = wgsl!("linear.wgsl");
    const FLOAT: &[&str] = &[COMMON, wgsl!("linear_float.wgsl")];
    const INTEGER: &[&str] = &[COMMON, wgsl!("linear_integer.wgsl")];
    let Variant { coding, arithmetic, tile, fused } = variant;
    let coding = match coding {
        Coding::F32 => 0.0,
        Coding::Int8 => 1.0,
        Coding::Int4 => 2.0,
    };
    let (norm, activation) = match fused {
        Fused::Residual => (0.0, 0.0),
        Fused::Norm(Activation::None) => (1.0, 0.0),
        Fused::Norm(Activation::Gelu) => (1.0, 1.0),
        Fused::Norm(Activation::GeluTanh) => (1.0, 2.0),
        Fused::Norm(Activation::Relu) => (1.0, 3.0),
    };
    let constants = vec![
        ("TX", f64::from(Tile::X)),
        ("TY", f64::from(tile.y())),
        ("CODING", coding),
        ("NORM", norm),
        ("RESIDUAL", 1.0 - norm),
        ("ACTIVATION", activation),
        ("STEP", f64::from(arithmetic.step())),
    ];
    Shader {
        label: "linear",
        real: match arithmetic {
            Arithmetic::Single => Real::Single,
            Arithmetic::Half => Real::Half,
            Arithmetic::Integer => Real::None,
        },
        packed: arithmetic == Arithmetic::Integer,
        files: if arithmetic == Arithmetic::Integer { INTEGER } else { FLOAT },
        constants,
        bindings: &[
            Binding::Uniform,
            Binding::Uniform,
            Binding::Read,
            Binding::Read,
            Binding::Read,
            Binding::Read,
            Binding::Write,
            Binding::Write,
        ],
    }
}

/// The product, compiled.
#[derive(Debug)]
pub struct Linear {
    kernel: Kernel,
    tile: Tile,
}

/// What a product runs on, in the order of its bindings.
#[derive(Debug, Clone, Copy)]
pub struct Operands<'a> {
    /// The number of rows.
    pub batch: &'a Buffer,
    /// [`crate::ops::matrix::Layout::uniform`].
    pub matrix: &'a Buffer,
    /// f32[rows, inputs].
    pub x: &'a Buffer,
    /// As [`crate::ops::matrix::Layout`] says.
    pub weights: &'a Buffer,
    /// Gamma and beta of the layer norm, of what goes in or of the residual.
    pub norm: &'a Buffer,
    /// f32[rows, outputs]; `x` where there is none.
    pub residual: &'a Buffer,
    /// f32[rows, 2].
    pub stats: &'a Buffer,
    /// f32[rows, outputs].
    pub y: &'a Buffer,
}

impl Linear {
    /// Compiles `variant`.
    #[must_use]
    pub fn new(gpu: &Gpu, variant: Variant) -> Self {
        Self { kernel: Kernel::new(gpu, &shader(variant)), tile: variant.tile }
    }

    /// The product of these.
    pub fn bind(&self, gpu: &Gpu, operands: Operands<'_>) -> Result<Bound, GpuError> {
        let Operands { batch, matrix, x, weights, norm, residual, stats, y } = operands;
        self.kernel.bind(gpu, &[batch, matrix, x, weights, norm, residual, stats, y])
    }

    /// Workgroups for `rows` rows of `outputs` columns.
    #[must_use]
    pub fn groups(&self, rows: u32, outputs: u32) -> [u32; 2] {
        [outputs.div_ceil(Tile::COLUMNS), rows.div_ceil(self.tile.rows())]
    }
}

/// Every variant there is.
#[cfg(test)]
pub(crate) fn variants() -> Vec<Variant> {
    let activations = [Activation::None, Activation::Gelu, Activation::GeluTanh, Activation::Relu];
    let fused = activations.map(Fused::Norm).into_iter().chain([Fused::Residual]);
    let mut variants = Vec::new();
    for fused in fused {
        for tile in [Tile::Large, Tile::Medium, Tile::Small] {
            for coding in [Coding::F32, Coding::Int8, Coding::Int4] {
                for arithmetic in [Arithmetic::Single, Arithmetic::Half, Arithmetic::Integer] {
                    if coding != Coding::F32 || arithmetic != Arithmetic::Integer {
                        variants.push(Variant { coding, arithmetic, tile, fused });
                    }
                }
            }
        }
    }
    variants
}
