//! WebGPU compute: the device, its memory, and one shader an operation.
//!
//! Natively wgpu runs on Vulkan, Metal or DirectX 12, in a browser on the browser's own WebGPU; the shaders are the same.
//! An operation is a `.wgsl` file and a Rust file beside it in [`ops`]; who composes them is above. Nothing here panics:
//! a device that is gone, full, late or wrong is a [`GpuError`], and the caller goes on with the CPU.

mod buffer;
mod device;
mod error;
mod kernel;
pub mod ops;
mod run;
pub mod scan;
mod source;
#[cfg(feature = "testing")]
pub mod testing;

pub use buffer::{Buffer, Use};
pub use device::{Adapter, Features, Gpu, Options};
pub use error::GpuError;
pub use kernel::{Binding, Bound, Kernel, Real, Shader};
pub use run::{Counts, Run};
