//! Memory of the device: made once, counted, and never larger than a shader can see.

use std::sync::Arc;

use crate::device::Gpu;
use crate::error::GpuError;

/// What a buffer is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Use {
    /// Numbers that shaders read and write, and that the host fills.
    Storage,
    /// A few numbers that are the same for all of a dispatch.
    Uniform,
    /// Results, on their way back to the host.
    Readback,
}

/// A piece of the device's memory.
#[derive(Debug)]
pub struct Buffer {
    pub(crate) inner: wgpu::Buffer,
    bytes: u64,
    gpu: Arc<Gpu>,
}

impl Buffer {
    /// Room for `bytes`, rounded up to 16, all zero.
    ///
    /// Errors: [`GpuError::Memory`] where it is more than one binding may have. A device that has run out of memory says
    /// so later, at [`crate::Run::finish`].
    pub fn new(gpu: &Arc<Gpu>, label: &str, purpose: Use, bytes: usize) -> Result<Self, GpuError> {
        let bytes = (bytes.max(1) as u64).next_multiple_of(16);
        let most = gpu.largest_buffer();
        if bytes > most {
            let what = format!("{label} takes {bytes} bytes, a buffer has {most} at most");
            return Err(GpuError::Memory { what });
        }
        let usage = match purpose {
            Use::Storage => {
                wgpu::BufferUsages::STORAGE
                    | wgpu::BufferUsages::COPY_DST
                    | wgpu::BufferUsages::COPY_SRC
            }
            Use::Uniform => wgpu::BufferUsages::UNIFORM | wgpu::BufferUsages::COPY_DST,
            Use::Readback => wgpu::BufferUsages::MAP_READ | wgpu::BufferUsages::COPY_DST,
        };
        let inner = gpu.device.create_buffer(&wgpu::BufferDescriptor {
            label: Some(label),
            size: bytes,
            usage,
            mapped_at_creation: false,
        });
        gpu.count_bytes(bytes);
        Ok(Self { inner, bytes, gpu: Arc::clone(gpu) })
    }

    /// A uniform of these words.
    pub fn uniform(gpu: &Arc<Gpu>, label: &str, words: &[u32]) -> Result<Self, GpuError> {
        let buffer = Self::new(gpu, label, Use::Uniform, words.len() * 4)?;
        buffer.write_words(0, words)?;
        Ok(buffer)
    }

    /// A buffer of these words that shaders read.
    pub fn of_words(gpu: &Arc<Gpu>, label: &str, words: &[u32]) -> Result<Self, GpuError> {
        let buffer = Self::new(gpu, label, Use::Storage, words.len() * 4)?;
        buffer.write_words(0, words)?;
        Ok(buffer)
    }

    /// A buffer of these floats that shaders read.
    pub fn of_floats(gpu: &Arc<Gpu>, label: &str, floats: &[f32]) -> Result<Self, GpuError> {
        let buffer = Self::new(gpu, label, Use::Storage, floats.len() * 4)?;
        buffer.write(0, &bytes_of(floats.iter().map(|float| float.to_bits())))?;
        Ok(buffer)
    }

    /// Bytes, a multiple of 16.
    #[must_use]
    pub fn bytes(&self) -> u64 {
        self.bytes
    }

    /// Puts `words` at word `at`, before whatever is submitted next.
    pub fn write_words(&self, at: usize, words: &[u32]) -> Result<(), GpuError> {
        self.write(at * 4, &bytes_of(words.iter().copied()))
    }

    /// Puts `bytes` at byte `at`, a multiple of 4, before whatever is submitted next. The last word is filled up with zeros.
    ///
    /// Errors: [`GpuError::Shape`] beyond the buffer's end, or at an odd place.
    pub fn write(&self, at: usize, bytes: &[u8]) -> Result<(), GpuError> {
        let end = at.saturating_add(bytes.len());
        if end as u64 > self.bytes || !at.is_multiple_of(4) {
            let expected = self.bytes as usize;
            return Err(GpuError::Shape { what: "end of what is written", expected, found: end });
        }
        let (words, rest) = bytes.as_chunks::<4>();
        let whole = words.len() * 4;
        if whole > 0 {
            self.gpu.queue.write_buffer(&self.inner, at as u64, words.as_flattened());
        }
        if !rest.is_empty() {
            let mut last = [0; 4];
            last.iter_mut().zip(rest).for_each(|(to, from)| *to = *from);
            self.gpu.queue.write_buffer(&self.inner, (at + whole) as u64, &last);
        }
        Ok(())
    }
}

impl Drop for Buffer {
    fn drop(&mut self) {
        // Not when the last reference is collected: a page may hold many, and memory of the device is scarce.
        self.inner.destroy();
        self.gpu.discount_bytes(self.bytes);
    }
}

/// Little-endian words.
fn bytes_of(words: impl Iterator<Item = u32>) -> Vec<u8> {
    words.flat_map(u32::to_le_bytes).collect()
}
