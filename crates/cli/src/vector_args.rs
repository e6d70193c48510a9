//! The options that say how vectors are coded, and how much of them a question fetches.

use crate::failure::{Failure, USAGE};
use anyhow::Result;
use clap::{Args, ValueEnum};
use sextant_build::graph::Order;
use sextant_build::{Axes, Search, VectorOptions};
use sextant_index::vectors::Code;
use sextant_search::BUDGET;

/// How vectors are coded.
#[derive(Args, Debug)]
#[command(next_help_heading = "Vectors")]
pub struct VectorArgs {
    /// Code of the vectors that readers fetch: float32, int8, 4bit, 2bit or 1bit [default: by the collection]
    #[arg(long, value_name = "CODE", value_parser = code)]
    codes: Option<Code>,
    /// How many dimensions are coded [default: by the collection]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=8192))]
    dimensions: Option<u32>,
    /// Along which axes vectors are coded in 4, 2 or 1 bits [default: by the collection]
    #[arg(long, value_enum)]
    axes: Option<AxesArg>,
    /// How passages near a question are found [default: by the collection]
    #[arg(long, value_enum)]
    search: Option<SearchArg>,
    /// With --search graph: the order in which passages are put into the graph [default: shuffled]
    #[arg(long, value_enum)]
    order: Option<OrderArg>,
    /// Use only the first N dimensions of the encoder's vectors, if it was trained for that (Matryoshka)
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=8192))]
    truncate: Option<u32>,
    /// Finer codes that rescore the nearest passages where a query asks for it [default: int8]
    #[arg(long, value_name = "CODE|none", value_parser = rescore_code)]
    rescore: Option<Rescore>,
    /// Share of the ten exactly nearest passages that a search with rescoring finds
    #[arg(long, value_name = "SHARE", default_value_t = VectorOptions::default().recall)]
    recall: f64,
}

/// How much of the vectors a question fetches.
#[derive(Args, Clone, Copy, Debug)]
pub struct BudgetArgs {
    /// Bytes of clusters of vectors that a question may fetch, or `all` [default: as in browsers]
    #[arg(long, value_name = "BYTES|all", value_parser = budget)]
    budget: Option<u64>,
}

impl BudgetArgs {
    /// The bytes, [`u64::MAX`] for no limit.
    #[must_use]
    pub fn bytes(self) -> u64 {
        self.budget.unwrap_or(BUDGET)
    }
}

fn budget(text: &str) -> Result<u64, String> {
    if text == "all" {
        return Ok(u64::MAX);
    }
    text.parse().map_err(|_| "a number of bytes, or `all`".to_owned())
}

/// The codes that rescore, or none.
#[derive(Clone, Copy, Debug)]
struct Rescore(Option<Code>);

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum SearchArg {
    /// All are scored
    Scan,
    /// Those of the nearest clusters are fetched and scored
    Clusters,
    /// Those are scored that a walk along a graph of neighbours meets (HNSW)
    Graph,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum OrderArg {
    /// As passages are numbered
    AsGiven,
    /// At random, from a seed
    Shuffled,
    /// By local intrinsic dimension, the highest first
    Lid,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum AxesArg {
    /// Random ones, from a seed
    Random,
    /// The collection's own principal axes
    Principal,
}

fn code(name: &str) -> Result<Code, String> {
    let names = Code::ALL.map(Code::name).join(", ");
    Code::named(name).ok_or_else(|| format!("the codes are {names}"))
}

fn rescore_code(name: &str) -> Result<Rescore, String> {
    let code = if name == "none" { None } else { Some(code(name)?) };
    match code {
        Some(Code::Levels(_)) => Err("float32, int8 or none".to_owned()),
        code => Ok(Rescore(code)),
    }
}

impl VectorArgs {
    /// These options, checked.
    ///
    /// # Errors
    /// A share that is none, or an order without a graph.
    pub fn options(&self) -> Result<VectorOptions> {
        if !(self.recall > 0.0 && self.recall < 1.0) {
            let failure = Failure::new(format!("--recall {}: not between 0 and 1", self.recall));
            return Err(failure.hint("0.99 is the default").code(USAGE).into());
        }
        if self.order.is_some() && self.search != Some(SearchArg::Graph) {
            let failure = Failure::new("--order: there is no graph to put passages into");
            return Err(failure.hint("add --search graph").code(USAGE).into());
        }
        let order = self.order.map_or(Order::default(), |order| match order {
            OrderArg::AsGiven => Order::AsGiven,
            OrderArg::Shuffled => Order::Shuffled,
            OrderArg::Lid => Order::Lid,
        });
        let defaults = VectorOptions::default();
        Ok(VectorOptions {
            code: self.codes,
            dimensions: self.dimensions,
            axes: self.axes.map(|axes| match axes {
                AxesArg::Random => Axes::Random,
                AxesArg::Principal => Axes::Principal,
            }),
            search: self.search.map(|search| match search {
                SearchArg::Scan => Search::Scan,
                SearchArg::Clusters => Search::Clusters,
                SearchArg::Graph => Search::Graph(order),
            }),
            truncate: self.truncate,
            rescore: self.rescore.map_or(defaults.rescore, |Rescore(code)| code),
            recall: self.recall,
            files: defaults.files,
        })
    }
}
