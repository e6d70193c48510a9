//! How wide the beam of a graph must be, measured on the collection itself.

use super::graph::{CONSTRUCTION, DEGREE, Neighbours, Order};
use super::recall::{HeldOut, NEIGHBOURS, row_of};
use super::{Coded, GraphReport, with_margin};
use crate::error::BuildError;
use crate::store::Store;
use sextant_core::manifest::GraphEntry;
use sextant_index::vectors::{Graph, Within};

/// The narrowest beam that is tried; each next one is twice as wide.
const NARROWEST: usize = 16;
/// Most bytes of the graph: some hosts take no larger file.
const MOST_BYTES: usize = 24 << 20;

/// Held-out passages with what a scan answers.
pub(super) struct Questions<'a> {
    coded: &'a Coded,
    rows: &'a [f32],
    held_out: &'a HeldOut,
    keep: &'a [u32],
    /// The [`NEIGHBOURS`] that the scan finds, for each question.
    scanned: Vec<Vec<u32>>,
}

impl<'a> Questions<'a> {
    /// `rows`: what was coded. `keep`: how many go on behind each plane of the scan.
    pub(super) fn new(
        coded: &'a Coded,
        rows: &'a [f32],
        held_out: &'a HeldOut,
        keep: &'a [u32],
    ) -> Result<Self, BuildError> {
        let mut scanned = Vec::with_capacity(held_out.rows.len());
        for row in &held_out.rows {
            let query = row_of(rows, coded.width, *row);
            let find =
                |scan: sextant_index::vectors::Scan<'_>| scan.nearest(NEIGHBOURS + 1, &Within::ALL);
            let found = coded.scan(keep, query, find)?.into_iter().map(|hit| hit.row);
            scanned.push(found.filter(|found| found != row).take(NEIGHBOURS).collect());
        }
        Ok(Self { coded, rows, held_out, keep, scanned })
    }

    /// Builds the graph and stores it with a beam that loses at most `loss` of what the scan finds, and a
    /// margin.
    pub(super) fn graph(
        &self,
        order: Order,
        loss: f64,
        store: &mut Store<'_>,
    ) -> Result<(GraphEntry, GraphReport), BuildError> {
        let width = self.coded.width;
        let passages = order.of(self.rows, width)?;
        let file = Neighbours::find(self.rows, width, passages, CONSTRUCTION)?.write(DEGREE)?;
        if file.len() > MOST_BYTES {
            let passages = self.rows.len() / width.max(1);
            let what = format!(
                "{} bytes for {passages} passages, a file holds at most {MOST_BYTES}",
                file.len()
            );
            return Err(BuildError::Graph { what });
        }
        let entry = store.shard("vectors", &file)?;
        let passages = (self.rows.len() / width.max(1)) as u32;
        let (beam, recall) = self.beam(&Graph::open(file, &entry.file, passages)?, loss)?;
        let beam = with_margin(beam, passages as usize);
        let report = GraphReport { order: order.name(), beam, recall, bytes: entry.bytes };
        Ok((GraphEntry { file: entry.file, bytes: entry.bytes, beam }, report))
    }

    /// The narrowest beam that loses at most `loss`, and the share that it finds.
    fn beam(&self, graph: &Graph, loss: f64) -> Result<(usize, f64), BuildError> {
        let mut beam = NARROWEST;
        loop {
            let recall = self.recall(graph, beam)?;
            if recall >= 1.0 - loss || beam >= graph.passages() as usize {
                return Ok((beam, recall));
            }
            beam *= 2;
        }
    }

    /// The share of what the scan finds that a walk with `beam` finds too.
    fn recall(&self, graph: &Graph, beam: usize) -> Result<f64, BuildError> {
        let (mut hits, mut all) = (0usize, 0usize);
        for (row, scanned) in self.held_out.rows.iter().zip(&self.scanned) {
            let query = row_of(self.rows, self.coded.width, *row);
            let found = self.coded.scan(self.keep, query, |scan| {
                graph.nearest_others(&scan, *row, NEIGHBOURS, beam)
            })?;
            hits += found.iter().filter(|hit| scanned.contains(&hit.row)).count();
            all += scanned.len();
        }
        Ok(if all == 0 { 1.0 } else { hits as f64 / all as f64 })
    }
}
