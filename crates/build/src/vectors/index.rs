//! Vectors as a whole: coded, calibrated, in clusters or not; searched in memory, or stored in a bundle.

#[cfg(feature = "bench")]
mod packed;

#[cfg(feature = "graph")]
use super::Search;
use super::choose::{self, Chosen};
use super::coded::{Clustered, Coded, Keep, store_clusters};
use super::plan::{Axes, Plan};
use super::recall::HeldOut;
use super::searches::searches;
use super::walked::Walked;
use super::{GraphReport, VectorOptions, VectorReport};
use crate::error::BuildError;
use crate::files::FileBudget;
use crate::rows::WordRows;
use crate::store::Store;
use crate::tokens;
use sextant_core::manifest::VectorsEntry;
use sextant_index::IndexError;
use sextant_index::vectors::clusters::score_centroids;
use sextant_index::vectors::{self, Clusters, Codes, CodesPart, Scored, Within, bisect, runs};

/// Bytes of a shard of codes that rescore: they are fetched for a few passages of many.
const RESCORE_SHARD_BYTES: usize = 64 * 1024;

/// Bytes of a cluster's codes, at least: smaller files cost more in requests and centroids than they save.
const CLUSTER_BYTES: usize = 3 * 1024;

/// The coded vectors of a collection.
pub struct VectorIndex {
    coded: Coded,
    fine: Option<Coded>,
    keep: Keep,
    order: Option<Vec<u32>>,
    clusters: Option<(Clusters, CodesPart, Codes)>,
    graph: Option<Walked>,
    report: VectorReport,
    width: usize,
}

impl VectorIndex {
    /// Codes `rows`, f32[vectors, `width`] row by row, as `options` say. They need not have length 1: only
    /// their directions count. `groups`: how many consecutive rows stay together, in turn, whatever the
    /// order of passages becomes: those of a page; none: each may go anywhere. The same codes for the same
    /// rows, on every machine.
    ///
    /// # Errors
    /// [`BuildError::Index`] for a vector without a direction, a rest of a row, or options that make no
    /// codes.
    pub fn build(
        rows: Vec<f32>,
        width: usize,
        groups: &[u32],
        options: &VectorOptions,
    ) -> Result<Self, BuildError> {
        let left = rows.len() % width.max(1);
        if left != 0 || width == 0 {
            let (row, found) = (rows.len() / width.max(1), left);
            return Err(IndexError::Dimensions { row, expected: width, found }.into());
        }
        let (mut rows, width) = directions(rows, width, options.truncate)?;
        let passages = rows.len() / width;
        let plan = choose::in_clusters(passages, width, options);
        let order = plan.as_ref().map(|_| ordered(&rows, width, groups));
        if let Some(order) = &order {
            rows = arranged(&rows, width, order);
        }
        let starts = plan.map(|plan| {
            let least = CLUSTER_BYTES / plan.passage_bytes().max(1);
            let least = least.max(passages.div_ceil(options.files.codes.max(1))).max(1);
            runs::starts(&rows, width, least)
        });
        let starts = starts.as_deref();
        let rows = Rows { held_out: HeldOut::new(&rows, width)?, rows, width, options };
        let Chosen { plan, coded, mut table, at } =
            choose::choose(&rows.rows, width, options, &rows.held_out, starts)?;
        let fine = rows.fine(&plan)?;
        let measured = coded.measure(&rows.rows, &rows.held_out, fine.as_ref(), rows.loss())?;
        let keep = measured.keep;
        let clusters = rows.clusters(&coded, starts)?;
        let (graph, walked) = rows.graph(&coded, &keep)?.unzip();
        let clustered = clusters.as_ref().map(|of| (of.clusters.len() as u32, of.looked_at));
        let ways = table.get(at).map(|scan| searches(scan, passages, clustered, walked.as_ref()));
        table.extend(ways.unwrap_or_default());
        let report = VectorReport {
            plan: plan.name(),
            bytes: plan.passage_bytes(),
            recall: measured.recall,
            rescored: measured.rescored,
            clusters: clustered,
            graph: walked,
            plans: table,
        };
        let clusters = clusters.map(|of| (of.clusters, of.part, of.centroids));
        Ok(Self { coded, fine, keep, order, clusters, graph, report, width })
    }

    /// What was chosen, and why.
    #[must_use]
    pub fn report(&self) -> &VectorReport {
        &self.report
    }

    /// The order that passages are numbered in: the row of each number. [`None`]: as they were given.
    #[must_use]
    pub fn order(&self) -> Option<&[u32]> {
        self.order.as_deref()
    }

    /// The `count` rows nearest to `query`, best first, by number as they were given. `rescore`: whether
    /// by the finer codes, where there are any.
    ///
    /// # Errors
    /// [`BuildError::Index`] for a query of another length, or without a direction.
    pub fn nearest(
        &self,
        query: &[f32],
        count: usize,
        rescore: bool,
    ) -> Result<Vec<Scored>, BuildError> {
        let query = query.get(..self.width).unwrap_or(query);
        let ranges = match &self.clusters {
            Some((clusters, _, centroids)) => {
                let question = self.coded.turned(query)?;
                let scored = score_centroids(centroids, self.coded.planes(), &question)?;
                Some(clusters.ranges(clusters.probes(&scored)))
            }
            None => None,
        };
        let fine = self.fine.as_ref().filter(|_| rescore);
        let last = self.keep.planes.last().copied().unwrap_or(0) as usize;
        let first = if fine.is_some() { last.max(count) } else { count };
        let within = Within { ranges: ranges.as_deref(), ..Within::ALL };
        let mut found = self.coded.scan(&self.keep, query, |scan| match &self.graph {
            Some(Walked { graph, beam }) => graph.nearest(&scan, first, *beam as usize, &within),
            None => scan.nearest(first, &within),
        })?;
        if let Some(fine) = fine {
            found = fine.scored(query, &found)?;
            found.truncate(count);
        }
        if let Some(order) = &self.order {
            for hit in &mut found {
                hit.row = order.get(hit.row as usize).copied().unwrap_or(hit.row);
            }
        }
        Ok(found)
    }

    /// Bytes that a reader fetches to search it, rescoring left out.
    #[must_use]
    pub fn fetched_bytes(&self) -> usize {
        let clusters = self.clusters.as_ref();
        let clusters =
            clusters.map_or(0, |(starts, part, _)| starts.write().len() + part.file.len());
        let graph = self.graph.as_ref().map_or(0, |walked| walked.graph.file().len());
        self.coded.file_bytes() + self.coded.basis_bytes() + clusters + graph
    }

    /// Bytes in memory while it is searched.
    #[must_use]
    pub fn memory(&self) -> usize {
        let codes =
            std::iter::once(&self.coded).chain(&self.fine).map(Coded::memory).sum::<usize>();
        let graph = self.graph.as_ref().map_or(0, |walked| walked.graph.file().len());
        codes + graph + self.clusters.as_ref().map_or(0, |(_, _, centroids)| centroids.memory())
    }

    /// Stores all shards. `of`: length of the encoder's vectors; `rows`: of words, where questions can be
    /// looked up.
    pub(crate) fn store(
        &self,
        of: u32,
        rows: Option<&WordRows>,
        files: FileBudget,
        store: &mut Store<'_>,
    ) -> Result<VectorsEntry, BuildError> {
        let clusters = self.clusters.as_ref();
        let plans = serde_json::to_vec_pretty(&self.report)?;
        Ok(VectorsEntry {
            of,
            dimensions: self.width as u32,
            basis: self.coded.store_basis(store)?,
            codes: self.coded.store("vectors", &self.keep, files.codes, store)?,
            rescore: self
                .fine
                .as_ref()
                .map(|fine| fine.store("rescore", &Keep::default(), files.rescore, store))
                .transpose()?,
            clusters: clusters
                .map(|(clusters, part, _)| store_clusters(clusters, part, store))
                .transpose()?,
            graph: self.graph.as_ref().map(|walked| walked.store(store)).transpose()?,
            tokens: rows
                .map(|rows| {
                    let axes = self.coded.planes().last().map_or(0, |plane| plane.to);
                    tokens::store(rows, self.coded.basis(), axes as usize, files.tokens, store)
                })
                .transpose()?,
            plans: Some(store.json("vectors", &plans)?),
        })
    }
}

/// What is coded: unit vectors in their final order, and the questions that codes are tried on.
struct Rows<'o> {
    rows: Vec<f32>,
    width: usize,
    held_out: HeldOut,
    options: &'o VectorOptions,
}

impl Rows<'_> {
    /// The share of the nearest that may be lost.
    fn loss(&self) -> f64 {
        1.0 - self.options.recall
    }

    /// The codes that rescore what `plan` finds, if any are wanted.
    fn fine(&self, plan: &Plan) -> Result<Option<Coded>, BuildError> {
        let Some(code) = self.options.rescore.filter(|code| *code != plan.code) else {
            return Ok(None);
        };
        let plan = Plan { code, dimensions: self.width as u32, axes: Axes::Random };
        let coded = Coded::new(&self.rows, self.width, &plan.planes(0), &plan, None)?;
        let most = self.options.files.rescore;
        Ok(Some(coded.in_shards_of(&self.rows, RESCORE_SHARD_BYTES, most)?))
    }

    /// The clusters that begin at `starts`, if there are any.
    fn clusters(
        &self,
        coded: &Coded,
        starts: Option<&[u32]>,
    ) -> Result<Option<Clustered>, BuildError> {
        let starts = starts.filter(|starts| !starts.is_empty());
        starts
            .map(|starts| coded.clusters(&self.rows, starts, &self.held_out, self.loss()))
            .transpose()
    }

    /// The graph of neighbours, if one is wanted.
    #[cfg(feature = "graph")]
    fn graph(
        &self,
        coded: &Coded,
        keep: &Keep,
    ) -> Result<Option<(Walked, GraphReport)>, BuildError> {
        let Some(Search::Graph(order)) = self.options.search else { return Ok(None) };
        if self.rows.is_empty() {
            return Ok(None);
        }
        Walked::build(coded, &self.rows, &self.held_out, keep, order, self.loss()).map(Some)
    }

    /// This build makes none.
    #[cfg(not(feature = "graph"))]
    fn graph(&self, _: &Coded, _: &Keep) -> Result<Option<(Walked, GraphReport)>, BuildError> {
        Ok(None)
    }
}

/// Unit vectors of the first dimensions, and how many those are.
fn directions(
    mut rows: Vec<f32>,
    width: usize,
    truncate: Option<u32>,
) -> Result<(Vec<f32>, usize), BuildError> {
    let kept = truncate.map_or(width, |most| (most as usize).clamp(1, width));
    let count = rows.len() / width;
    // In place: the vectors of a large collection are most of a machine's memory.
    for row in 0..count {
        let vector = rows.get(row * width..row * width + kept).unwrap_or_default();
        let unit = vectors::unit_vector(vector, row)?;
        if let Some(place) = rows.get_mut(row * kept..(row + 1) * kept) {
            place.copy_from_slice(&unit);
        }
    }
    rows.truncate(count * kept);
    Ok((rows, kept))
}

/// The order in which groups that are alike lie near each other: `groups` says how many consecutive rows each
/// has. Rows that no group has are groups of their own.
fn ordered(rows: &[f32], width: usize, groups: &[u32]) -> Vec<u32> {
    let count = (rows.len() / width) as u32;
    let mut starts = Vec::with_capacity(groups.len());
    let mut next = 0;
    for group in groups.iter().copied().chain(std::iter::repeat(1)) {
        if next >= count {
            break;
        }
        starts.push(next);
        next += group.max(1);
    }
    let (means, _) = runs::means(rows, width, &starts);
    let end = |group: usize| starts.get(group + 1).copied().unwrap_or(count);
    let of = |group: u32| {
        let start = starts.get(group as usize).copied().unwrap_or(count);
        start..end(group as usize)
    };
    bisect::order(&means, width).into_iter().flat_map(of).collect()
}

/// Row `order[n]` as row `n`.
fn arranged(rows: &[f32], width: usize, order: &[u32]) -> Vec<f32> {
    let row = |row: &u32| {
        let at = *row as usize * width;
        rows.get(at..at + width).unwrap_or_default()
    };
    order.iter().flat_map(row).copied().collect()
}

#[cfg(test)]
mod tests;
