//! The last step, of `pool.wgsl`: from tokens' vectors to a unit vector a text.

use std::sync::Arc;

use crate::buffer::Buffer;
use crate::device::Gpu;
use crate::error::GpuError;
use crate::kernel::{Binding, Bound, Kernel, Real, Shader};
use crate::source::wgsl;

/// The shader; `cls`: of the first token alone; `wrong`: see [`crate::Options::wrong`].
#[must_use]
pub fn shader(cls: bool, wrong: bool) -> Shader {
    const FILES: &[&str] = &[wgsl!("pool.wgsl")];
    Shader {
        label: "pool",
        real: Real::None,
        packed: false,
        files: FILES,
        constants: [("CLS", cls), ("WRONG", wrong)]
            .map(|(name, is)| (name, f64::from(u8::from(is))))
            .to_vec(),
        bindings: &[
            Binding::Uniform,
            Binding::Read,
            Binding::Read,
            Binding::Read,
            Binding::Write,
            Binding::Write,
        ],
    }
}

/// The pooling, compiled.
#[derive(Debug)]
pub struct Pool {
    kernel: Kernel,
    shape: Buffer,
}

/// What it runs on, in the order of its bindings.
#[derive(Debug, Clone, Copy)]
pub struct Operands<'a> {
    /// f32[tokens, channels].
    pub x: &'a Buffer,
    /// Gamma and beta of the layer norm of `x`.
    pub norm: &'a Buffer,
    /// u32[texts + 1].
    pub starts: &'a Buffer,
    /// f32[tokens, 2].
    pub stats: &'a Buffer,
    /// f32[texts, channels].
    pub out: &'a Buffer,
}

impl Pool {
    /// Compiles it.
    pub fn new(gpu: &Arc<Gpu>, cls: bool, channels: usize, epsilon: f32) -> Result<Self, GpuError> {
        let shape = Buffer::uniform(gpu, "pool", &[channels as u32, epsilon.to_bits()])?;
        Ok(Self { kernel: Kernel::new(gpu, &shader(cls, gpu.is_wrong())), shape })
    }

    /// The pooling of these; dispatched with one workgroup a text.
    pub fn bind(&self, gpu: &Gpu, operands: Operands<'_>) -> Result<Bound, GpuError> {
        let Operands { x, norm, starts, stats, out } = operands;
        self.kernel.bind(gpu, &[&self.shape, x, norm, starts, stats, out])
    }
}
