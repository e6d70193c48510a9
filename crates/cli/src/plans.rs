//! The plans for vectors that a build weighed: read from the bundle, shown as a table.

use crate::bundle::Bundle;
use crate::term::{self, Table};
use sextant_build::{VectorReport, content_name};
use sextant_core::BundleFault;
use sextant_core::manifest::ShardEntry;
use std::fmt::Write as _;
use std::fs;
use std::path::Path;

/// Reads the report that `entry` names.
///
/// # Errors
/// What is wrong with the file, its name in front.
pub fn read(bundle: &Bundle, entry: &ShardEntry) -> Result<VectorReport, String> {
    let name = &entry.file;
    let bytes =
        fs::read(bundle.directory.join(name)).map_err(|error| format!("{name}: {error}"))?;
    if Path::new(name).file_stem().is_none_or(|stem| stem != content_name(&bytes).as_str()) {
        return Err(BundleFault::Checksum { file: name.clone() }.to_string());
    }
    serde_json::from_slice(&bytes).map_err(|error| format!("{name}: {error}"))
}

/// The plan in one line.
#[must_use]
pub fn line(report: &VectorReport) -> String {
    let VectorReport { plan, bytes, recall, .. } = report;
    let mut out = format!("{plan}, {bytes} bytes a passage, recall@10 {:.1} %", recall * 100.0);
    if let Some(rescored) = report.rescored {
        let _ = write!(out, ", {:.1} % rescored", rescored * 100.0);
    }
    if let Some((count, share)) = report.clusters {
        let clusters = term::counted(u64::from(count), "cluster");
        let _ = write!(out, "; {clusters}, of which a question looks into {:.1} %", share * 100.0);
    }
    if let Some(graph) = &report.graph {
        let (share, order) = (graph.recall * 100.0, &graph.order);
        let _ = write!(out, "; a graph ({order}) that finds {share:.1} % of it");
    }
    out
}

/// All plans, and why one was taken.
#[must_use]
pub fn table(report: &VectorReport) -> Table {
    let mut table = Table::new(1);
    table.row(["plan", "a passage", "fetched", "memory", "scan, about", "recall@10", "verdict"]);
    for plan in &report.plans {
        let recall =
            plan.recall.map_or("-".to_owned(), |recall| format!("{:.1} %", recall * 100.0));
        table.row([
            plan.plan.clone(),
            format!("{} B", plan.bytes),
            term::bytes(plan.fetched as u64),
            term::bytes(plan.memory as u64),
            format!("{:.2} ms", plan.ms),
            recall,
            plan.verdict.clone(),
        ]);
    }
    table
}
