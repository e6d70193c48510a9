//! Measuring retrieval: collections in the BEIR layout and questions to sites, scored by the pipeline
//! that answers readers.

pub mod collection;
pub mod dataset;
pub mod measures;
pub mod questions;
pub mod site;

use sextant_search::Mode;

/// What is measured, in the order of the table, with its key in JSON.
pub const MODES: [(&str, Mode); 3] =
    [("keyword", Mode::Keyword), ("semantic", Mode::Semantic), ("hybrid", Mode::Hybrid)];
