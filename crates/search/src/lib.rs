//! The query pipeline: plan → filter → words → vector → fuse → cut off → group → sort → excerpt.
//!
//! One file a stage. Stages are pure: from evidence to hits, no clock, no map order, no I/O; ties go
//! to the lower passage. [`Index`] alone fetches, through [`Shards`], and never loses the reader:
//! what is missing is named in the response, and the rest answers.

mod cutoff;
mod error;
mod excerpts;
mod filter;
mod fuse;
mod gather;
mod group;
mod index;
mod instant;
mod join;
mod keys;
mod narrow;
mod phrases;
mod plan;
mod probe;
mod query;
mod rank;
mod response;
mod results;
mod selection;
mod shards;
mod sort;
mod store;
mod typos;
mod vector;
mod words;

pub use error::{FilterError, SearchError};
pub use filter::Filter;
pub use index::Index;
pub use query::{BUDGET, Mode, Query};
pub use rank::{Hit, Ranked};
pub use response::{Counts, Degraded, Facets, PageResult, Response, SubResult};
pub use sextant_text::excerpt::Segment;
pub use shards::{FetchError, Shards};
pub use sort::Sort;
pub use store::planes;

#[cfg(test)]
mod fixture;
