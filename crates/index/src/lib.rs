//! Vectors, words and filters, each writer beside its reader.
//!
//! This crate is given bytes and never fetches them. Writers give framed shards; readers take whole
//! files (inflated), check the frame and then every number in the body before they use it.

pub mod error;
pub mod filters;
pub mod texts;
pub mod tokens;
pub mod vectors;
pub mod words;

#[cfg(test)]
mod sweep;

pub use error::IndexError;
