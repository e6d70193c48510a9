//! Vectors as codes in memory: written, opened again, and measured on held-out passages.

use super::plan::{self, Plan};
use super::recall::{HeldOut, NEIGHBOURS, needed};
use crate::error::BuildError;
use crate::store::Store;
use sextant_core::manifest::{
    ClustersEntry, CodesEntry, PlaneEntry, RangeEntry, ShardEntry, SketchEntry,
};
use sextant_index::vectors::clusters::{Reach, centroid_planes, score_centroids};
use sextant_index::vectors::{
    self, Basis, Clusters, CodeSet, Coder, Codes, CodesPart, Part, Scan, Scored, Sketching, Spec,
    Turned, Within, runs,
};

/// The passages that ranking asks of a scan, at least: what words and meaning are fused from.
const ASKED: usize = 200;
/// How much more than what the held-out passages needed goes on: they are a sample.
const MARGIN: f64 = 2.0;
/// The same for how far a question looks into clusters: there, questions of readers differ from moved
/// passages as well (`docs/decisions.md`).
const CLUSTERS_MARGIN: f32 = 1.35;
/// The deepest that answers are looked at.
const DEEPEST: usize = 20_000;
/// Vectors that a coder learns from.
const LEARN_FROM: usize = 5_000;

/// Vectors as codes, in memory.
pub(super) struct Coded {
    coder: Coder,
    basis: Option<Basis>,
    parts: Vec<CodesPart>,
    opened: Vec<Codes>,
    /// Dimensions of the sketches, if there are any.
    sketch: Option<u32>,
    width: usize,
}

/// What the held-out passages say of codes.
pub(super) struct Measured {
    pub keep: Keep,
    /// The share of neighbours that are found.
    pub recall: f64,
    /// The same after rescoring, where there is any.
    pub rescored: Option<f64>,
}

/// How many passages go on.
#[derive(Clone, Debug, Default)]
pub(super) struct Keep {
    /// Behind the sketches, if there are any.
    pub sketch: u32,
    /// Behind each plane.
    pub planes: Vec<u32>,
}

impl Keep {
    /// The same number behind all.
    fn all(keep: usize, planes: usize) -> Self {
        Self { sketch: keep as u32, planes: vec![keep as u32; planes] }
    }
}

/// Clusters that questions were tried on.
pub(super) struct Clustered {
    pub clusters: Clusters,
    /// The shard of the centroids.
    pub part: CodesPart,
    pub centroids: Codes,
    /// The share of the passages that a question looks at.
    pub looked_at: f64,
}

/// Answers, a list a question, best first.
type Answers = Vec<Vec<Scored>>;

impl Coded {
    /// Codes `rows`, unit vectors of `width`, into `planes` of `plan`. With `cuts` there is a shard from each
    /// to the next.
    pub fn new(
        rows: &[f32],
        width: usize,
        planes: &[Spec],
        plan: &Plan,
        cuts: Option<&[u32]>,
    ) -> Result<Self, BuildError> {
        let basis = plan.basis(rows, width, planes)?;
        let sample = plan::sample(rows, width, LEARN_FROM);
        let coder = Coder::new(width, planes.to_vec(), basis.clone(), &sample)?;
        let bytes = if cuts.is_some() { 0 } else { vectors::SHARD_BYTES };
        let parts = coder.shards(rows, bytes, cuts)?;
        let sketch = plan.sketch(planes, rows.len() / width.max(1));
        let opened = opened(&parts, planes, sketch)?;
        Ok(Self { coder, basis, parts, opened, sketch, width })
    }

    /// The same in shards of about `bytes`, `files` at most: for codes that are fetched for a few passages.
    pub fn in_shards_of(
        mut self,
        rows: &[f32],
        bytes: usize,
        files: usize,
    ) -> Result<Self, BuildError> {
        let all: usize = self.parts.iter().map(|part| part.file.len()).sum();
        let bytes = bytes.max(all / files.max(1));
        self.parts = self.coder.shards(rows, bytes, None)?;
        self.opened = opened(&self.parts, self.coder.planes(), self.sketch)?;
        Ok(self)
    }

    /// What was coded before.
    #[cfg(feature = "bench")]
    pub fn open(
        width: usize,
        planes: Vec<Spec>,
        basis: Option<Basis>,
        parts: Vec<CodesPart>,
        sketch: Option<u32>,
    ) -> Result<Self, BuildError> {
        let opened = opened(&parts, &planes, sketch)?;
        let coder = Coder::new(width, planes, basis.clone(), &[])?;
        Ok(Self { coder, basis, parts, opened, sketch, width })
    }

    /// All shards.
    #[cfg(feature = "bench")]
    pub fn parts(&self) -> &[CodesPart] {
        &self.parts
    }

    /// Dimensions of the sketches, if there are any.
    #[cfg(feature = "bench")]
    pub fn sketch(&self) -> Option<u32> {
        self.sketch
    }

    /// Dimensions of what was coded.
    #[cfg(feature = "graph")]
    pub fn width(&self) -> usize {
        self.width
    }

    /// What is coded.
    pub fn planes(&self) -> &[Spec] {
        self.coder.planes()
    }

    /// Along which axes, for codes of levels.
    pub fn basis(&self) -> Option<&Basis> {
        self.basis.as_ref()
    }

    /// Bytes of all shards.
    pub fn file_bytes(&self) -> usize {
        self.parts.iter().map(|part| part.file.len()).sum()
    }

    /// Bytes of the opened shards.
    pub fn memory(&self) -> usize {
        self.opened.iter().map(Codes::memory).sum()
    }

    /// Bytes of the basis, if there is one.
    pub fn basis_bytes(&self) -> usize {
        self.basis.as_ref().map_or(0, |basis| basis.write().len())
    }

    /// The share of neighbours that all planes find.
    pub fn recall(&self, rows: &[f32], held_out: &HeldOut) -> Result<f64, BuildError> {
        let passages = rows.len() / self.width.max(1);
        let found = self.answers(held_out, deepest(passages), 2 * NEIGHBOURS)?;
        Ok(held_out.recall(&found))
    }

    /// Finds how much each stage must keep so that all together lose at most `loss` of what the last one
    /// would find by itself.
    pub fn measure(
        &self,
        rows: &[f32],
        held_out: &HeldOut,
        fine: Option<&Self>,
        loss: f64,
    ) -> Result<Measured, BuildError> {
        let passages = rows.len() / self.width.max(1);
        let planes = self.coder.planes().len();
        let stages = usize::from(self.sketch.is_some()) + usize::from(fine.is_some());
        // Half of it stays in hand: what is measured here is a sample.
        let loss = loss / stages.max(1) as f64 / 2.0;
        let depth = deepest(passages);
        let found = self.answers(held_out, depth, depth)?;
        let mut keep = Keep::all(0, planes);
        if self.sketch.is_some() {
            let all = Keep::default();
            let first =
                self.for_each(held_out, &all, |scan| scan.by_sketch(depth, &Within::ALL))?;
            let needed = needed(&held_out.rows, &first, &own_neighbours(&found, held_out), loss);
            let needed = with_margin(needed, passages).max(ASKED.min(passages) as u32);
            keep.sketch = needed;
            // All of them go through all planes.
            if let Some((_, before)) = keep.planes.split_last_mut() {
                before.fill(needed);
            }
        }
        let mut rescored = None;
        if let (Some(fine), Some(last)) = (fine, keep.planes.last_mut()) {
            let needed = needed(&held_out.rows, &found, &held_out.nearest, loss);
            *last = with_margin(needed, passages).max(NEIGHBOURS as u32 + 1);
            let mut finer = Vec::with_capacity(found.len());
            for (question, hits) in held_out.questions().zip(&found) {
                let first = hits.get(..*last as usize).unwrap_or(hits);
                finer.push(fine.scored(question, first)?);
            }
            rescored = Some(held_out.recall(&finer));
        }
        Ok(Measured { keep, recall: held_out.recall(&found), rescored })
    }

    /// The clusters that begin at `starts`, so that all but `loss` of what a scan finds is found.
    pub fn clusters(
        &self,
        rows: &[f32],
        starts: &[u32],
        held_out: &HeldOut,
        loss: f64,
    ) -> Result<Clustered, BuildError> {
        let passages = (rows.len() / self.width.max(1)) as u32;
        let (centroids, lengths) = runs::means(rows, self.width, starts);
        let planes = centroid_planes(self.planes());
        let sample = plan::sample(rows, self.width, LEARN_FROM);
        let coder = Coder::new(self.width, planes.clone(), self.basis.clone(), &sample)?;
        let mut parts = coder.shards(&centroids, usize::MAX, None)?;
        let part = parts.pop().ok_or(BuildError::Empty { documents: 0 })?;
        let codes = Codes::open(part.file.clone(), "centroids", &planes, part.count)?;
        let wide = Clusters::new(starts, &lengths, passages, f32::MAX)?;
        let depth = deepest(passages as usize);
        let found = self.answers(held_out, depth, 2 * NEIGHBOURS)?;
        let own = own_neighbours(&found, held_out);
        let mut gaps = vec![];
        let mut scores = vec![];
        for (question, own) in held_out.questions().zip(&own) {
            let scored = score_centroids(&codes, self.planes(), &self.turned(question)?)?;
            let reach = Reach::of(&scored);
            for neighbour in own {
                let cluster = wide.of(*neighbour);
                let hit = scored.iter().find(|hit| Some(hit.row) == cluster);
                gaps.push(hit.map_or(f32::MAX, |hit| reach.behind(hit.score)));
            }
            scores.push(scored);
        }
        gaps.sort_by(f32::total_cmp);
        let at = ((gaps.len() as f64 * (1.0 - loss / 2.0)).ceil() as usize).saturating_sub(1);
        let margin = gaps.get(at).copied().unwrap_or(0.0).max(0.0) * CLUSTERS_MARGIN;
        let clusters = Clusters::new(starts, &lengths, passages, margin)?;
        let probed: usize = scores.iter().map(|scored| looked_at(&clusters, scored)).sum();
        let share = probed as f64 / (scores.len().max(1) * passages.max(1) as usize) as f64;
        Ok(Clustered { clusters, part, centroids: codes, looked_at: share })
    }

    /// Stores the shards in `room`, in `files` files at most.
    pub fn store(
        &self,
        room: &str,
        keep: &Keep,
        files: usize,
        store: &mut Store<'_>,
    ) -> Result<CodesEntry, BuildError> {
        let keeps = keep.planes.iter().copied().chain(std::iter::repeat(0));
        let planes = self.coder.planes().iter().zip(keeps).map(|(spec, keep)| PlaneEntry {
            code: spec.code.name().to_owned(),
            from: spec.from,
            to: spec.to,
            keep,
        });
        let places = store.shards(room, self.parts.iter().map(|part| &part.file), files)?;
        let shards = places.into_iter().zip(&self.parts);
        let shards = shards.map(|(ShardEntry { file, bytes }, part)| {
            let (start, count) = (part.start, part.count);
            RangeEntry { file, bytes, start, count }
        });
        let sketch = |dimensions| SketchEntry { dimensions, keep: keep.sketch };
        Ok(CodesEntry {
            planes: planes.collect(),
            sketch: self.sketch.map(sketch),
            shards: shards.collect(),
        })
    }

    /// Stores the basis, if there is one.
    pub fn store_basis(&self, store: &mut Store<'_>) -> Result<Option<ShardEntry>, BuildError> {
        self.basis.as_ref().map(|basis| store.shard("vectors", &basis.write())).transpose()
    }

    /// The vector `query` along the axes of the codes.
    pub fn turned(&self, query: &[f32]) -> Result<Turned, BuildError> {
        Ok(Turned::new(self.planes(), self.basis(), query, self.width)?)
    }

    /// Runs `f` on a scan for the vector `query`.
    pub fn scan<T>(
        &self,
        keep: &Keep,
        query: &[f32],
        f: impl FnOnce(Scan<'_>) -> T,
    ) -> Result<T, BuildError> {
        let parts = self.parts.iter().zip(&self.opened);
        let parts: Vec<Part<'_>> = parts
            .map(|(part, codes)| Part { start: part.start, count: part.count, codes: Some(codes) })
            .collect();
        let sketch = self.sketch.map(|dimensions| Sketching { dimensions, keep: keep.sketch });
        let set =
            CodeSet { planes: self.coder.planes(), keep: &keep.planes, sketch, parts: &parts };
        Ok(f(Scan::new(set, self.basis.as_ref(), query, self.width)?))
    }

    /// What `f` gives for each question.
    fn for_each<T>(
        &self,
        held_out: &HeldOut,
        keep: &Keep,
        f: impl Fn(Scan<'_>) -> T,
    ) -> Result<Vec<T>, BuildError> {
        held_out.questions().map(|question| self.scan(keep, question, &f)).collect()
    }

    /// The first `count` by all planes out of the first `depth` by the first plane.
    fn answers(
        &self,
        held_out: &HeldOut,
        depth: usize,
        count: usize,
    ) -> Result<Answers, BuildError> {
        let keep = Keep::all(depth, self.coder.planes().len());
        self.for_each(held_out, &keep, |scan| scan.nearest(count, &Within::ALL))
    }

    /// `found` scored by these codes, best first.
    pub fn scored(&self, query: &[f32], found: &[Scored]) -> Result<Vec<Scored>, BuildError> {
        let mut rows: Vec<u32> = found.iter().map(|hit| hit.row).collect();
        // Those of one shard are scored together.
        rows.sort_unstable();
        let scores = self.scan(&Keep::default(), query, |scan| scan.score(&rows))?;
        let scored = rows.into_iter().zip(scores);
        let mut hits: Vec<Scored> =
            scored.filter_map(|(row, score)| Some(Scored { row, score: score? })).collect();
        hits.sort_by(vectors::best_first);
        Ok(hits)
    }
}

/// Stores the clusters with their centroids.
pub(super) fn store_clusters(
    clusters: &Clusters,
    centroids: &CodesPart,
    store: &mut Store<'_>,
) -> Result<ClustersEntry, BuildError> {
    Ok(ClustersEntry {
        count: clusters.len() as u32,
        starts: store.shard("vectors", &clusters.write())?,
        centroids: store.shard("vectors", &centroids.file)?,
    })
}

fn opened(
    parts: &[CodesPart],
    planes: &[Spec],
    sketch: Option<u32>,
) -> Result<Vec<Codes>, BuildError> {
    let open = |part: &CodesPart| {
        let codes = Codes::open(part.file.clone(), "vectors", planes, part.count)?;
        Ok(match sketch {
            Some(dimensions) => codes.with_sketches(dimensions),
            None => codes,
        })
    };
    parts.iter().map(open).collect()
}

/// Deep enough for any keep that is still a small part of the collection.
fn deepest(passages: usize) -> usize {
    passages.min((passages / 4).clamp(4_000, DEEPEST))
}

/// The neighbours that codes find, for each question.
fn own_neighbours(found: &Answers, held_out: &HeldOut) -> Vec<Vec<u32>> {
    let first = |(found, row): (&Vec<Scored>, &u32)| -> Vec<u32> {
        let others = found.iter().filter(|hit| hit.row != *row);
        others.take(NEIGHBOURS).map(|hit| hit.row).collect()
    };
    found.iter().zip(&held_out.rows).map(first).collect()
}

/// What held-out passages needed, and a margin.
pub(super) fn with_margin(needed: usize, passages: usize) -> u32 {
    ((needed.min(passages) as f64 * MARGIN).ceil() as usize).min(passages) as u32
}

/// Passages in the clusters that are looked into.
fn looked_at(clusters: &Clusters, scored: &[Scored]) -> usize {
    clusters.ranges(clusters.probes(scored)).iter().map(|range| range.len()).sum()
}
