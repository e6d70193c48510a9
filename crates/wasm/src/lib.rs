//! The wasm-bindgen modules that browsers load. Nothing is decided here: JavaScript values in, a call
//! to `search`, `encoder` or `build`, JavaScript values out.
//!
//! `cargo xtask wasm` builds this crate once a module, with the one feature of that name. Without
//! features there is nothing in it.

#[cfg(any(feature = "search", feature = "encoder", feature = "build", feature = "gpu"))]
mod fault;
#[cfg(any(feature = "search", feature = "encoder", feature = "build", feature = "gpu"))]
mod values;

#[cfg(feature = "search")]
mod answer;
#[cfg(feature = "search")]
mod asked;
#[cfg(any(feature = "search", feature = "build"))]
mod fields;

#[cfg(feature = "bench-gpu")]
pub mod bench_gpu;
#[cfg(feature = "bench-scan")]
pub mod bench_scan;
#[cfg(any(feature = "search", feature = "build"))]
pub mod borrowed;
#[cfg(feature = "build")]
pub mod build;
#[cfg(feature = "encoder")]
pub mod encoder;
#[cfg(feature = "gpu")]
pub mod gpu;
#[cfg(feature = "languages")]
pub mod languages;
#[cfg(feature = "search")]
pub mod search;
