//! The best of many entries, of `top.wgsl`.

use crate::buffer::Buffer;
use crate::device::Gpu;
use crate::error::GpuError;
use crate::kernel::{Binding, Bound, Kernel, Real, Shader};
use crate::ops::scan::spread;
use crate::source::wgsl;

/// Entries that a workgroup sorts.
const RUN: u32 = 1024;
/// Most that are kept of them.
pub const MOST: u32 = 512;

/// The shader.
#[must_use]
pub fn shader() -> Shader {
    const FILES: &[&str] = &[wgsl!("top.wgsl")];
    Shader {
        label: "top",
        real: Real::None,
        packed: false,
        files: FILES,
        constants: vec![],
        bindings: &[Binding::Uniform, Binding::Read, Binding::Write],
    }
}

/// The selection, compiled.
#[derive(Debug)]
pub struct Top {
    kernel: Kernel,
}

impl Top {
    /// Compiles it.
    #[must_use]
    pub fn new(gpu: &Gpu) -> Self {
        Self { kernel: Kernel::new(gpu, &shader()) }
    }

    /// One pass over `entries`, u32[N, 2], into `kept`.
    pub fn bind(
        &self,
        gpu: &Gpu,
        shape: &Buffer,
        entries: &Buffer,
        kept: &Buffer,
    ) -> Result<Bound, GpuError> {
        self.kernel.bind(gpu, &[shape, entries, kept])
    }
}

/// One pass: how many entries there are, and how many it leaves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pass {
    /// Before.
    pub entries: u32,
    /// Of each run.
    pub keep: u32,
}

impl Pass {
    /// The passes that leave the `keep` best of `entries`; at least one.
    #[must_use]
    pub fn all(entries: u32, keep: u32) -> Vec<Self> {
        let keep = keep.clamp(1, MOST);
        let mut passes = vec![Self { entries, keep }];
        while let Some(last) = passes.last().filter(|last| last.entries > RUN) {
            passes.push(Self { entries: last.left(), keep });
        }
        passes
    }

    /// Entries that it leaves.
    #[must_use]
    pub fn left(self) -> u32 {
        self.entries.div_ceil(RUN) * self.keep
    }

    /// Workgroups.
    #[must_use]
    pub fn groups(self) -> [u32; 2] {
        spread(self.entries.div_ceil(RUN))
    }

    /// The shader's `Shape`.
    #[must_use]
    pub fn uniform(self) -> [u32; 3] {
        let [width, _] = self.groups();
        [self.entries, self.keep, width]
    }
}
