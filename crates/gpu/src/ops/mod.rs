//! The operations: a shader and the Rust that owns its constants and bindings, side by side.
//!
//! Each `shader` function is a pure function of its variant, so that every variant can be validated without a device.

pub mod attention;
pub mod embed;
pub mod linear;
pub mod matrix;
pub mod pool;
pub mod scan;
pub mod top;

#[cfg(test)]
mod tests;
