//! The wasm-bindgen modules that browsers load. Nothing is decided here: JavaScript values in, a call
//! to `search` or `encoder`, JavaScript values out.
//!
//! `cargo xtask wasm` builds this crate once a module, with the one feature of that name. Without
//! features there is nothing in it.

#[cfg(any(feature = "search", feature = "encoder"))]
mod fault;

#[cfg(feature = "bench-scan")]
pub mod bench_scan;
#[cfg(feature = "encoder")]
pub mod encoder;
#[cfg(feature = "search")]
pub mod search;
