//! The transformer's forward as compute shaders, with the weights as the container has them.
//!
//! A [`Loader`] takes the parts that a [`crate::lend::Lender`] hands over and becomes a [`GpuEncoder`], which turns token ids
//! into unit vectors: five dispatches a layer and two more, one submit and one read-back a forward. Layer norms are no
//! steps of their own: whatever reads the residual stream normalizes it on the way. Texts of any lengths lie behind each
//! other in one matrix, so that nothing is padded.

mod forward;
mod loader;
mod room;

pub use forward::{GpuEncoder, Status};
pub use loader::Loader;
pub use sextant_gpu::{Adapter, Counts, Features, Gpu, GpuError, Options};
