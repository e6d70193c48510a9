//! Vectors to codes: which plan, along which axes, how much each stage keeps.

mod axes;
#[cfg(feature = "graph")]
mod beam;
mod choose;
mod coded;
#[cfg(feature = "graph")]
pub mod graph;
mod index;
#[cfg(feature = "graph")]
mod lid;
mod plan;
mod recall;
mod searches;
mod walked;

use crate::files::FileBudget;
pub use choose::Weighed;
pub use index::VectorIndex;
pub use plan::Axes;

use serde::{Deserialize, Serialize};
use sextant_index::vectors::Code;

/// How passages near a question are found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Search {
    /// All are scored.
    Scan,
    /// Those of the nearest clusters are scored (an inverted file); passages are numbered by cluster.
    Clusters,
    /// Those are scored that a walk along a graph of neighbours meets; passages are put into it in this
    /// order.
    #[cfg(feature = "graph")]
    Graph(graph::Order),
}

impl Search {
    /// Its name on the command line and in tables.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Scan => "scan",
            Self::Clusters => "clusters",
            #[cfg(feature = "graph")]
            Self::Graph(_) => "graph",
        }
    }
}

/// How vectors are coded and searched.
#[derive(Clone, Debug, PartialEq)]
pub struct VectorOptions {
    /// The code, where it is not the build's choice.
    pub code: Option<Code>,
    /// How many dimensions are coded, where it is not the build's choice.
    pub dimensions: Option<u32>,
    /// Along which axes, where it is not the build's choice.
    pub axes: Option<Axes>,
    /// How passages are found, where it is not the build's choice.
    pub search: Option<Search>,
    /// Only this many first dimensions of the encoder's vectors count: for encoders that were trained
    /// for it (Matryoshka).
    pub truncate: Option<u32>,
    /// Codes that rescore the best of the scan; [`None`] for none.
    pub rescore: Option<Code>,
    /// The share of the ten nearest passages by float32 that a search with rescoring finds, `0..1`.
    pub recall: f64,
    /// How many files there may be.
    pub files: FileBudget,
}

impl Default for VectorOptions {
    fn default() -> Self {
        Self {
            code: None,
            dimensions: None,
            axes: None,
            search: None,
            truncate: None,
            rescore: Some(Code::Int8),
            recall: 0.99,
            files: FileBudget::default(),
        }
    }
}

/// What became of the vectors.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct VectorReport {
    /// The plan's name.
    pub plan: String,
    /// Bytes of a passage in what is scanned.
    pub bytes: usize,
    /// The share of the ten nearest passages by float32 that the scan finds, measured on held-out
    /// passages.
    pub recall: f64,
    /// The same with rescoring; absent without it.
    pub rescored: Option<f64>,
    /// Clusters, and the share of the passages that a question looks at; absent without them.
    pub clusters: Option<(u32, f64)>,
    /// The graph of neighbours; absent without one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub graph: Option<GraphReport>,
    /// Every plan that was weighed.
    pub plans: Vec<Weighed>,
}

/// What became of the graph of neighbours.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct GraphReport {
    /// The order in which passages were put into it.
    pub order: String,
    /// How many of the nearest passages a search follows.
    pub beam: u32,
    /// The share of the ten nearest passages by the scan that are found with half that beam, measured on
    /// held-out passages.
    pub recall: f64,
    /// The share of the ten nearest passages by float32 that are found with all of it.
    pub exact: f64,
    /// Bytes of its shard.
    pub bytes: usize,
}
