//! Vectors to codes: which plan, along which axes, how much each stage keeps.

mod axes;
mod choose;
mod plan;
mod recall;

pub use plan::{Axes, Plan};

use crate::error::BuildError;
use crate::progress::{Progress, Stage};
use crate::store::Store;
use recall::{HeldOut, NEIGHBOURS, needed, row_of};
use sextant_core::manifest::{CodesEntry, PlaneEntry, RangeEntry, VectorsEntry};
use sextant_index::vectors::{
    self, Basis, Code, CodeSet, Coder, Codes, CodesPart, Part, SHARD_BYTES, Scan, Scored, Spec,
    Within,
};

/// The passages that ranking asks of a scan, at least: what words and meaning are fused from.
const ASKED: usize = 200;
/// How much more than what the held-out passages needed goes on: real questions are further from what
/// they ask for than passages are from each other.
const MARGIN: f64 = 2.0;

/// How vectors are coded and searched.
#[derive(Clone, Debug, PartialEq)]
pub struct VectorOptions {
    /// The code, where it is not the build's choice.
    pub code: Option<Code>,
    /// How many dimensions are coded, where it is not the build's choice.
    pub dimensions: Option<u32>,
    /// Along which axes, where it is not the build's choice.
    pub axes: Option<Axes>,
    /// Only this many first dimensions of the encoder's vectors count: for encoders that were trained
    /// for it (Matryoshka).
    pub truncate: Option<u32>,
    /// Codes that rescore the best of the scan; [`None`] for none.
    pub rescore: Option<Code>,
    /// The share of the ten nearest passages by float32 that a search with rescoring finds, `0..1`.
    pub recall: f64,
}

impl Default for VectorOptions {
    fn default() -> Self {
        Self {
            code: None,
            dimensions: None,
            axes: None,
            truncate: None,
            rescore: Some(Code::Int8),
            recall: 0.99,
        }
    }
}

/// What became of the vectors.
#[derive(Clone, Debug, Default, PartialEq, serde::Serialize)]
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
}

/// Codes `rows`, f32[passages, `width`], as `options` say, into `store`.
pub(crate) fn write(
    rows: &[f32],
    width: usize,
    options: &VectorOptions,
    store: &mut Store<'_>,
    progress: &mut dyn Progress,
) -> Result<(VectorsEntry, VectorReport), BuildError> {
    let passages = rows.len() / width.max(1);
    progress.start(Stage::Vectors, passages as u64);
    let (rows, width) = truncated(rows, width, options.truncate)?;
    let held_out = HeldOut::new(&rows, width)?;
    let plan = choose::choose(&rows, width, options, &held_out)?;
    let coded = Coded::new(&rows, width, &plan.planes(passages), &plan)?;
    let fine = match options.rescore.filter(|code| *code != plan.code) {
        Some(code) => {
            let dimensions = width as u32;
            let plan = Plan { code, dimensions, axes: Axes::Random };
            Some(Coded::new(&rows, width, &plan.planes(0), &plan)?)
        }
        None => None,
    };
    let measured = coded.measure(&rows, &held_out, fine.as_ref(), 1.0 - options.recall)?;
    let report = VectorReport {
        plan: plan.name(),
        bytes: plan.passage_bytes(),
        recall: measured.recall,
        rescored: measured.rescored,
    };
    let basis = match &coded.basis {
        Some(basis) => Some(store.shard("vectors", &basis.write())?),
        None => None,
    };
    let entry = VectorsEntry {
        dimensions: width as u32,
        basis,
        codes: coded.store("vectors", &measured.keep, store)?,
        rescore: fine.map(|fine| fine.store("rescore", &[], store)).transpose()?,
    };
    progress.advance(passages as u64);
    Ok((entry, report))
}

/// Unit vectors of the first dimensions, and how many those are.
fn truncated(
    rows: &[f32],
    width: usize,
    truncate: Option<u32>,
) -> Result<(Vec<f32>, usize), BuildError> {
    let kept = truncate.map_or(width, |most| (most as usize).clamp(1, width));
    let mut out = Vec::with_capacity(rows.len() / width.max(1) * kept);
    for (row, vector) in rows.chunks_exact(width.max(1)).enumerate() {
        out.extend(vectors::unit_vector(vector.get(..kept).unwrap_or_default(), row)?);
    }
    Ok((out, kept))
}

/// Vectors as codes, in memory.
struct Coded {
    planes: Vec<Spec>,
    basis: Option<Basis>,
    parts: Vec<CodesPart>,
    opened: Vec<Codes>,
    width: usize,
}

/// What the held-out passages say of codes.
struct Measured {
    /// How many go on behind each plane.
    keep: Vec<u32>,
    recall: f64,
    rescored: Option<f64>,
}

impl Coded {
    fn new(rows: &[f32], width: usize, planes: &[Spec], plan: &Plan) -> Result<Self, BuildError> {
        let basis = plan.basis(rows, width, planes)?;
        let sample = plan::sample(rows, width, 5_000);
        let coder = Coder::new(width, planes.to_vec(), basis.clone(), &sample)?;
        let parts = coder.shards(rows, SHARD_BYTES, None)?;
        let open = |part: &CodesPart| Codes::open(part.file.clone(), "vectors", planes, part.count);
        let opened = parts.iter().map(open).collect::<Result<_, _>>()?;
        Ok(Self { planes: planes.to_vec(), basis, parts, opened, width })
    }

    /// Runs `f` on a scan for the vector `query`.
    fn scan<T>(
        &self,
        keep: &[u32],
        query: &[f32],
        f: impl FnOnce(Scan<'_>) -> T,
    ) -> Result<T, BuildError> {
        let parts = self.parts.iter().zip(&self.opened);
        let parts: Vec<Part<'_>> = parts
            .map(|(part, codes)| Part { start: part.start, count: part.count, codes: Some(codes) })
            .collect();
        let set = CodeSet { planes: &self.planes, keep, parts: &parts };
        Ok(f(Scan::new(set, self.basis.as_ref(), query, self.width)?))
    }

    /// The first `count` by all planes of what the first plane gives at most `depth` of, for each question.
    fn answers(
        &self,
        rows: &[f32],
        held_out: &HeldOut,
        depth: usize,
        count: usize,
    ) -> Result<Vec<Vec<Scored>>, BuildError> {
        let keep = vec![depth as u32; self.planes.len()];
        let queries = held_out.rows.iter().map(|row| row_of(rows, self.width, *row));
        queries
            .map(|query| self.scan(&keep, query, |scan| scan.nearest(count, &Within::ALL)))
            .collect()
    }

    /// Finds how much each stage must keep so that all together lose at most `loss`.
    fn measure(
        &self,
        rows: &[f32],
        held_out: &HeldOut,
        fine: Option<&Self>,
        loss: f64,
    ) -> Result<Measured, BuildError> {
        let passages = rows.len() / self.width.max(1);
        let stages = (self.planes.len() - 1 + usize::from(fine.is_some())).max(1);
        let loss = loss / stages as f64 / 2.0;
        // Deep enough for any keep that is still a small part of the collection.
        let depth = passages.min((passages / 4).max(4_000));
        let all = self.answers(rows, held_out, depth, depth)?;
        let first = |found: &Vec<Scored>, row: &u32| -> Vec<u32> {
            let others = found.iter().filter(|hit| hit.row != *row);
            others.take(NEIGHBOURS).map(|hit| hit.row).collect()
        };
        let own: Vec<Vec<u32>> =
            all.iter().zip(&held_out.rows).map(|(found, row)| first(found, row)).collect();
        let mut keep = vec![0u32; self.planes.len()];
        if self.planes.len() > 1 {
            let one = Self::first_plane(self, rows, held_out, depth)?;
            let needed = needed(&held_out.rows, &one, &own, loss);
            if let Some(keep) = keep.first_mut() {
                *keep = with_margin(needed, passages).max(ASKED.min(passages) as u32);
            }
        }
        let mut rescored = None;
        if let (Some(fine), Some(last)) = (fine, keep.last_mut()) {
            let needed = needed(&held_out.rows, &all, &held_out.nearest, loss);
            *last = with_margin(needed, passages).max(NEIGHBOURS as u32 + 1);
            let mut found = Vec::new();
            for (row, hits) in held_out.rows.iter().zip(&all) {
                let rows_of: Vec<u32> =
                    hits.iter().take(*last as usize).map(|hit| hit.row).collect();
                let query = row_of(rows, self.width, *row);
                let scores = fine.scan(&[], query, |scan| scan.score(&rows_of))?;
                let scored = rows_of.iter().zip(scores);
                let mut hits: Vec<Scored> = scored
                    .filter_map(|(row, score)| Some(Scored { row: *row, score: score? }))
                    .collect();
                hits.sort_by(vectors::best_first);
                found.push(hits);
            }
            rescored = Some(held_out.recall(&found));
        }
        Ok(Measured { keep, recall: held_out.recall(&all), rescored })
    }

    /// What the first plane alone gives.
    fn first_plane(
        &self,
        rows: &[f32],
        held_out: &HeldOut,
        depth: usize,
    ) -> Result<Vec<Vec<Scored>>, BuildError> {
        let queries = held_out.rows.iter().map(|row| row_of(rows, self.width, *row));
        queries.map(|query| self.scan(&[], query, |scan| scan.first(depth, &Within::ALL))).collect()
    }

    /// Stores the shards in `room`.
    fn store(
        &self,
        room: &str,
        keep: &[u32],
        store: &mut Store<'_>,
    ) -> Result<CodesEntry, BuildError> {
        let keeps = keep.iter().copied().chain(std::iter::repeat(0));
        let planes = self.planes.iter().zip(keeps).map(|(spec, keep)| PlaneEntry {
            code: spec.code.name().to_owned(),
            from: spec.from,
            to: spec.to,
            keep,
        });
        let mut shards = Vec::with_capacity(self.parts.len());
        for part in &self.parts {
            let entry = store.shard(room, &part.file)?;
            let (start, count) = (part.start, part.count);
            shards.push(RangeEntry { file: entry.file, bytes: entry.bytes, start, count });
        }
        Ok(CodesEntry { planes: planes.collect(), shards })
    }
}

fn with_margin(needed: usize, passages: usize) -> u32 {
    ((needed.min(passages) as f64 * MARGIN).ceil() as usize).min(passages) as u32
}
