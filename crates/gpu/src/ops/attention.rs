//! The attention of `attention.wgsl`, over texts of any lengths.

use std::sync::Arc;

use crate::buffer::Buffer;
use crate::device::Gpu;
use crate::error::GpuError;
use crate::kernel::{Binding, Bound, Kernel, Real, Shader};
use crate::source::wgsl;

/// Queries that one workgroup answers.
pub const QUERIES: usize = 64;
/// Most channels of a head.
const MOST_CHANNELS: usize = 64;

/// The shader for heads of `channels` channels; `half`: in f16.
#[must_use]
pub fn shader(channels: usize, half: bool) -> Shader {
    const FILES: &[&str] = &[wgsl!("attention.wgsl")];
    Shader {
        label: "attention",
        real: if half { Real::Half } else { Real::Single },
        packed: false,
        files: FILES,
        constants: vec![("DIM", channels as f64)],
        bindings: &[Binding::Uniform, Binding::Read, Binding::Read, Binding::Write],
    }
}

/// The attention, compiled.
#[derive(Debug)]
pub struct Attention {
    kernel: Kernel,
    shape: Buffer,
}

impl Attention {
    /// Compiles it; `half`: in f16, which the device has to have.
    ///
    /// Errors: [`GpuError::Unsupported`] for heads whose channels are no multiple of 4, or above 64.
    pub fn new(gpu: &Arc<Gpu>, hidden: usize, heads: usize, half: bool) -> Result<Self, GpuError> {
        let channels = hidden.checked_div(heads).unwrap_or(0);
        if channels == 0 || !channels.is_multiple_of(4) || channels > MOST_CHANNELS {
            return Err(GpuError::Unsupported {
                what: "channels of a head, a multiple of 4 up to",
                found: channels as u64,
                needed: MOST_CHANNELS as u64,
            });
        }
        let shape = Buffer::uniform(gpu, "attention", &[hidden as u32])?;
        Ok(Self { kernel: Kernel::new(gpu, &shader(channels, half)), shape })
    }

    /// The attention of `qkv` into `y`; dispatched with one workgroup a block and head.
    pub fn bind(
        &self,
        gpu: &Gpu,
        qkv: &Buffer,
        blocks: &Buffer,
        y: &Buffer,
    ) -> Result<Bound, GpuError> {
        self.kernel.bind(gpu, &[&self.shape, qkv, blocks, y])
    }
}

/// The blocks of texts that begin at `starts`, the last of which is where the last text ends: u32[blocks, 4].
#[must_use]
pub fn blocks(starts: &[u32]) -> Vec<u32> {
    let texts = starts.iter().zip(starts.iter().skip(1));
    texts
        .flat_map(|(first, end)| {
            let tokens = end.saturating_sub(*first);
            (0..tokens).step_by(QUERIES).flat_map(move |query| [*first, tokens, query, 0])
        })
        .collect()
}
