//! The scores of `scan.wgsl`: one query, all rows of a plane of codes.

use crate::buffer::Buffer;
use crate::device::Gpu;
use crate::error::GpuError;
use crate::kernel::{Binding, Bound, Kernel, Real, Shader};
use crate::source::wgsl;

/// Threads of a workgroup, one a row.
const ROWS: u32 = 64;

/// Bits of a code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Bits {
    /// Two levels.
    One,
    /// Four levels.
    Two,
    /// Sixteen levels.
    Four,
    /// Signed bytes that stand for themselves.
    Eight,
}

impl Bits {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::One, Self::Two, Self::Four, Self::Eight];

    /// 1, 2, 4 or 8.
    #[must_use]
    pub fn count(self) -> usize {
        match self {
            Self::One => 1,
            Self::Two => 2,
            Self::Four => 4,
            Self::Eight => 8,
        }
    }

    /// Dimensions of a block of 16 bytes.
    #[must_use]
    pub fn block(self) -> usize {
        128 / self.count()
    }
}

/// The shader for codes of `bits`.
#[must_use]
pub fn shader(bits: Bits) -> Shader {
    const FILES: &[&str] = &[wgsl!("scan.wgsl")];
    Shader {
        label: "scan",
        real: Real::None,
        packed: false,
        files: FILES,
        constants: vec![("BITS", bits.count() as f64)],
        bindings: &[Binding::Uniform, Binding::Read, Binding::Read, Binding::Read, Binding::Write],
    }
}

/// The scores, compiled.
#[derive(Debug)]
pub struct Scores {
    kernel: Kernel,
}

/// What they run on, in the order of the bindings.
#[derive(Debug, Clone, Copy)]
pub struct Operands<'a> {
    /// [`uniform`].
    pub shape: &'a Buffer,
    /// The rows' blocks.
    pub codes: &'a Buffer,
    /// f32[rows].
    pub scales: &'a Buffer,
    /// i32, whole blocks.
    pub query: &'a Buffer,
    /// u32[rows, 2].
    pub entries: &'a Buffer,
}

impl Scores {
    /// Compiles them.
    #[must_use]
    pub fn new(gpu: &Gpu, bits: Bits) -> Self {
        Self { kernel: Kernel::new(gpu, &shader(bits)) }
    }

    /// The scores of these.
    pub fn bind(&self, gpu: &Gpu, operands: Operands<'_>) -> Result<Bound, GpuError> {
        let Operands { shape, codes, scales, query, entries } = operands;
        self.kernel.bind(gpu, &[shape, codes, scales, query, entries])
    }
}

/// Workgroups for `rows` rows.
#[must_use]
pub fn groups(rows: u32) -> [u32; 2] {
    spread(rows.div_ceil(ROWS))
}

/// The shader's `Shape`; `levels`: what a code stands for, for fewer than 8 bits.
#[must_use]
pub fn uniform(rows: u32, blocks: u32, unit: f32, levels: &[i8; 16]) -> Vec<u32> {
    let [width, _] = groups(rows);
    let mut words = vec![rows, blocks, width, unit.to_bits()];
    let levels = levels.map(i8::cast_unsigned);
    words.extend(levels.as_chunks::<4>().0.iter().map(|four| u32::from_le_bytes(*four)));
    words
}

/// `count` workgroups in two dimensions: of one alone a device has 65,535.
pub(super) fn spread(count: u32) -> [u32; 2] {
    const WIDEST: u32 = 32_768;
    let width = count.clamp(1, WIDEST);
    [width, count.div_ceil(width)]
}
