//! How wide the beam of a graph must be, measured on the collection itself.

use super::GraphReport;
use super::coded::{Coded, Keep, with_margin};
use super::graph::{CONSTRUCTION, DEGREE, Neighbours, Order};
use super::recall::{HeldOut, NEIGHBOURS};
use super::walked::Walked;
use crate::error::BuildError;
use sextant_index::vectors::{Graph, Scan, Scored, Within};

/// The narrowest beam that is tried; each next one is twice as wide.
const NARROWEST: usize = 16;
/// Most bytes of the graph: some hosts take no larger file.
const MOST_BYTES: usize = 24 << 20;

impl Walked {
    /// Builds the graph of `rows`, which `coded` has, with a beam that loses at most `loss` of what a scan
    /// that keeps `keep` finds, and a margin.
    pub fn build(
        coded: &Coded,
        rows: &[f32],
        held_out: &HeldOut,
        keep: &Keep,
        order: Order,
        loss: f64,
    ) -> Result<(Self, GraphReport), BuildError> {
        let width = coded.width();
        let passages = (rows.len() / width.max(1)) as u32;
        // The neighbours alone, before the hour that finding them may take.
        require_fits(passages as usize * DEGREE * size_of::<u32>(), passages)?;
        let found = Neighbours::find(rows, width, order.of(rows, width)?, CONSTRUCTION)?;
        let file = found.write(DEGREE)?;
        let bytes = file.len();
        require_fits(bytes, passages)?;
        let graph = Graph::open(file, "graph", passages)?;
        let questions = Questions::new(coded, held_out, keep)?;
        let (beam, recall) = questions.beam(&graph, loss)?;
        let beam = with_margin(beam, passages as usize);
        let exact = held_out.recall(&questions.walked(&graph, beam as usize)?);
        let report = GraphReport { order: order.name().to_owned(), beam, recall, exact, bytes };
        Ok((Self { graph, beam }, report))
    }
}

/// Errors where a graph of at least so many bytes is more than a file may have.
fn require_fits(bytes: usize, passages: u32) -> Result<(), BuildError> {
    if bytes <= MOST_BYTES {
        return Ok(());
    }
    let what =
        format!("{bytes} bytes or more for {passages} passages, a file has at most {MOST_BYTES}");
    Err(BuildError::Graph { what })
}

/// Held-out passages with what a scan answers.
struct Questions<'a> {
    coded: &'a Coded,
    held_out: &'a HeldOut,
    keep: &'a Keep,
    /// The [`NEIGHBOURS`] that the scan finds, for each question.
    scanned: Vec<Vec<u32>>,
}

impl<'a> Questions<'a> {
    fn new(coded: &'a Coded, held_out: &'a HeldOut, keep: &'a Keep) -> Result<Self, BuildError> {
        let mut scanned = Vec::with_capacity(held_out.rows.len());
        for (row, question) in held_out.rows.iter().zip(held_out.questions()) {
            let find = |scan: Scan<'_>| scan.nearest(NEIGHBOURS + 1, &Within::ALL);
            let found = coded.scan(keep, question, find)?.into_iter().map(|hit| hit.row);
            scanned.push(found.filter(|found| found != row).take(NEIGHBOURS).collect());
        }
        Ok(Self { coded, held_out, keep, scanned })
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
        for (found, scanned) in self.walked(graph, beam)?.iter().zip(&self.scanned) {
            hits += found.iter().filter(|hit| scanned.contains(&hit.row)).count();
            all += scanned.len();
        }
        Ok(if all == 0 { 1.0 } else { hits as f64 / all as f64 })
    }

    /// The [`NEIGHBOURS`] that a walk with `beam` finds, for each question.
    fn walked(&self, graph: &Graph, beam: usize) -> Result<Vec<Vec<Scored>>, BuildError> {
        let asked = self.held_out.rows.iter().zip(self.held_out.questions());
        let walk = |(row, question): (&u32, &[f32])| {
            self.coded.scan(self.keep, question, |scan| {
                graph.nearest_others(&scan, *row, NEIGHBOURS, beam)
            })
        };
        asked.map(walk).collect()
    }
}
