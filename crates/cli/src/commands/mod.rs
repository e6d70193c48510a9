//! The commands, one file each.

pub mod build;
pub mod eval;
pub mod export;
mod fit_table;
pub mod inspect;
pub mod model;
mod quantize;
pub mod query;
pub mod serve;
