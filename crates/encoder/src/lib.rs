//! Sentence encoders: container, layers, pooling.
//!
//! An [`Encoder`] is opened from a container, one file that holds weights, vocabulary and a
//! description, and turns text into unit vectors. The feature `import` makes containers from
//! published encoders and writes the small form; the feature `parallel` encodes passages on all cores;
//! the feature `gpu` has the forward as compute shaders.

pub mod coding;
pub mod config;
mod container;
pub mod cpu;
mod description;
mod encoder;
mod error;
#[cfg(feature = "gpu")]
pub mod gpu;
#[cfg(feature = "import")]
pub mod import;
pub mod layout;
pub mod lend;
mod safetensors;
pub mod table;
mod unpack;

pub use encoder::{Encoder, Scratch, UNNAMED};
pub use error::EncoderError;
pub use table::TokenTable;
