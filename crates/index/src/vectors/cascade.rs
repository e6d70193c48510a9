//! The cascade: a scan of sketches or of the shortest plane, then planes for what is left.

use super::basis::Basis;
use super::code::{PlaneQuery, Spec};
use super::select::{Best, Scored, best_first};
use super::shard::Codes;
use super::sketch::{self, Highest, Sketching};
use super::unit_vector;
use crate::error::IndexError;
use sextant_core::sort_by;
use sextant_kernels::scan::sketch::{ROWS, sums};
use std::ops::Range;
use std::slice;

/// Passages that are scored at a time: their scores stay in the first cache.
const CHUNK: usize = 1024;
/// Passages from here and there whose codes are brought together to be scored at once.
const BATCH: usize = 64;
/// All passages that there can be.
const EVERYTHING: Range<u32> = 0..u32::MAX;

/// A shard that is there, or the place of one that is not.
#[derive(Clone, Copy, Debug)]
pub struct Part<'a> {
    /// Number of its first passage.
    pub start: u32,
    /// Number of passages in it.
    pub count: u32,
    /// The shard, if it could be had.
    pub codes: Option<&'a Codes>,
}

/// All shards of the same planes, in the order of passages.
#[derive(Clone, Copy, Debug)]
pub struct CodeSet<'a> {
    /// The planes of each shard.
    pub planes: &'a [Spec],
    /// How many passages go on behind each plane but the last.
    pub keep: &'a [u32],
    /// How sketches are scanned in front of the planes, if they are. Shards without them are scanned
    /// by the first plane, and then all are.
    pub sketch: Option<Sketching>,
    /// The shards, without gaps.
    pub parts: &'a [Part<'a>],
}

/// Which passages are looked at.
#[derive(Clone, Copy)]
pub struct Within<'a> {
    /// Runs of passages: the probed clusters. All of them without.
    pub ranges: Option<&'a [Range<u32>]>,
    /// Whether a passage may be among the answers.
    pub allowed: &'a dyn Fn(u32) -> bool,
    /// Those that are allowed, where they are known and few: then only they are scored. Ascending.
    pub members: Option<&'a [u32]>,
}

impl Within<'_> {
    /// All passages.
    pub const ALL: Within<'static> = Within { ranges: None, allowed: &|_| true, members: None };
}

/// A set of codes and a question: scores cosines.
pub struct Scan<'a> {
    set: CodeSet<'a>,
    queries: Vec<PlaneQuery>,
    /// How many go on behind the sketches, and what their numbers add.
    sketch: Option<(usize, Vec<[u8; 16]>)>,
    /// What the mean of the corpus adds to every score.
    offset: f32,
}

/// A question of length 1 in the space of the codes.
#[derive(Clone, Debug, PartialEq)]
pub struct Turned {
    /// Along the axes of the codes, as far as they keep it.
    pub vector: Vec<f32>,
    /// What the mean of the corpus adds to every score.
    pub offset: f32,
}

impl Turned {
    /// Readies `query` for codes in `planes`. `basis`: what they are written in, if they are of levels.
    /// `query`: of any length but zero.
    ///
    /// # Errors
    /// [`IndexError::Dimensions`], [`IndexError::NoDirection`] for a query without one, or
    /// [`IndexError::Planes`] for a basis that is not the planes'.
    pub fn new(
        planes: &[Spec],
        basis: Option<&Basis>,
        query: &[f32],
        dimensions: usize,
    ) -> Result<Self, IndexError> {
        let found = query.len();
        if found != dimensions {
            return Err(IndexError::Dimensions { row: 0, expected: dimensions, found });
        }
        let unit = unit_vector(query, 0)?;
        let levels = planes.iter().any(|plane| plane.code.needs_basis());
        let basis = basis.filter(|_| levels);
        if levels != basis.is_some() {
            return Err(IndexError::Planes { what: "codes of levels without a basis".to_owned() });
        }
        let offset = basis.map_or(0.0, |basis| basis.offset(&unit));
        let vector = basis.map_or_else(|| unit.clone(), |basis| basis.turned(&unit));
        Ok(Self { vector, offset })
    }

    /// The question's codes for `plane`, whole numbers in `-2047..=2047`, zeros up to whole blocks, and what 1 in them is
    /// worth; nothing for a plane of floats.
    #[must_use]
    pub fn codes(&self, plane: Spec) -> Option<(Vec<i16>, f32)> {
        match PlaneQuery::new(plane, &self.vector) {
            PlaneQuery::Integers { codes, unit } => Some((codes, unit)),
            PlaneQuery::Float32(_) => None,
        }
    }
}

impl<'a> Scan<'a> {
    /// Readies `query` for the codes of `set`, as [`Turned::new`].
    ///
    /// # Errors
    /// As [`Turned::new`], and [`IndexError::Planes`] for planes beyond the axes.
    pub fn new(
        set: CodeSet<'a>,
        basis: Option<&Basis>,
        query: &[f32],
        dimensions: usize,
    ) -> Result<Self, IndexError> {
        Self::turned(set, &Turned::new(set.planes, basis, query, dimensions)?)
    }

    /// Readies a question that is turned already.
    ///
    /// # Errors
    /// [`IndexError::Planes`] for planes beyond the axes.
    pub fn turned(set: CodeSet<'a>, question: &Turned) -> Result<Self, IndexError> {
        let end = set.planes.last().map_or(0, |plane| plane.to as usize);
        if end > question.vector.len() {
            let what = format!("planes up to {end} of {} axes", question.vector.len());
            return Err(IndexError::Planes { what });
        }
        let query = |plane: &Spec| PlaneQuery::new(*plane, &question.vector);
        let queries = set.planes.iter().map(query).collect();
        let sketch = set.sketch.filter(|sketching| {
            let mut codes = set.parts.iter().filter_map(|part| part.codes);
            codes.all(|codes| codes.sketched() == sketching.dimensions)
        });
        let sketch = sketch.map(|Sketching { dimensions, keep }| {
            let codes = set.parts.iter().find_map(|part| part.codes);
            let weights = codes.map(|codes| codes.weights(&question.vector, dimensions));
            (keep as usize, sketch::tables(&weights.unwrap_or_default()))
        });
        Ok(Self { set, queries, sketch, offset: question.offset })
    }

    /// The `count` nearest passages, best first. Where shards of a plane are missing, so are their
    /// passages.
    #[must_use]
    pub fn nearest(&self, count: usize, within: &Within<'_>) -> Vec<Scored> {
        let mut found = match (within.members, &self.sketch) {
            (Some(members), _) => self.members(members, count),
            (None, Some((keep, _))) => {
                let mut found = self.by_sketch(*keep.max(&count), within);
                // What sums say is not what planes add up.
                found.iter_mut().for_each(|hit| hit.score = 0.0);
                self.finer(found, 0, count)
            }
            (None, None) => {
                let first = if self.queries.len() > 1 { self.keep(0, count) } else { count };
                self.finer(self.scanned(first, within), 1, count)
            }
        };
        sort_by(&mut found, best_first);
        found.iter_mut().for_each(|hit| hit.score = self.cosine(hit.score));
        found
    }

    /// How many go on behind `plane` where `count` are asked for.
    fn keep(&self, plane: usize, count: usize) -> usize {
        (self.set.keep.get(plane).copied().unwrap_or(0) as usize).max(count)
    }

    /// The `count` best of `found` by what they were scored with and the planes from `plane` on, in any
    /// order.
    fn finer(&self, mut found: Vec<Scored>, mut plane: usize, count: usize) -> Vec<Scored> {
        let last = self.queries.len().saturating_sub(1);
        while plane <= last {
            // Planes behind which all go on are scored at once.
            let cuts = |plane: &usize| self.keep(*plane, count) < found.len();
            let to = (plane..last).find(cuts).unwrap_or(last);
            self.add(&mut found, plane..to + 1);
            let mut best = Best::new(if to == last { count } else { self.keep(to, count) });
            found.iter().for_each(|hit| best.push(hit.row, hit.score));
            found = best.kept();
            plane = to + 1;
        }
        found
    }

    /// Adds what `planes` say to the score of each of `found`; not a number where a shard is missing.
    fn add(&self, found: &mut [Scored], planes: Range<usize>) {
        let mut room = Room::default();
        let mut rest = found;
        while let Some(first) = rest.first_mut() {
            let Some((part, codes)) = self.part(first.row) else {
                first.score = f32::NAN;
                rest = rest.get_mut(1..).unwrap_or_default();
                continue;
            };
            let same = |hit: &&Scored| (part.start..part.start + part.count).contains(&hit.row);
            let count = rest.iter().take(BATCH).take_while(same).count();
            let (batch, more) = rest.split_at_mut(count);
            room.rows.clear();
            room.rows.extend(batch.iter().map(|hit| (hit.row - part.start) as usize));
            for plane in planes.clone() {
                let Some(query) = self.queries.get(plane) else { continue };
                room.scores.clear();
                codes.gathered(plane, query, &mut room);
                for ((hit, row), partial) in batch.iter_mut().zip(&room.rows).zip(&room.scores) {
                    hit.score += partial * codes.scale(*row);
                }
            }
            rest = more;
        }
    }

    /// The best of `members` by all planes.
    fn members(&self, members: &[u32], count: usize) -> Vec<Scored> {
        let mut best = Best::new(count);
        self.scored(members).iter().for_each(|hit| best.push(hit.row, hit.score));
        best.kept()
    }

    /// The cosine of each of `rows`, by all planes; none where the shard is missing.
    #[must_use]
    pub fn score(&self, rows: &[u32]) -> Vec<Option<f32>> {
        let cosine = |hit: &Scored| (!hit.score.is_nan()).then(|| self.cosine(hit.score));
        self.scored(rows).iter().map(cosine).collect()
    }

    /// `rows` by all planes, without what the mean adds; not a number where the shard is missing.
    fn scored(&self, rows: &[u32]) -> Vec<Scored> {
        let mut scored: Vec<Scored> =
            rows.iter().map(|row| Scored { row: *row, score: 0.0 }).collect();
        self.add(&mut scored, 0..self.queries.len());
        scored
    }

    /// Scores passages one at a time.
    #[must_use]
    pub fn scorer(&self) -> Scorer<'_, 'a> {
        Scorer { scan: self }
    }

    /// A score of all planes with what the mean adds.
    pub(super) fn cosine(&self, partial: f32) -> f32 {
        (partial + self.offset).clamp(-1.0, 1.0)
    }

    /// The passages of the `count` highest sums of their sketches, and those of the same sum as the last
    /// of them, ascending, with their sums; none without sketches.
    #[must_use]
    pub fn by_sketch(&self, count: usize, within: &Within<'_>) -> Vec<Scored> {
        let highest = self.highest(count, within);
        let found = highest.into_iter().flat_map(Highest::finish);
        found.map(|(row, sum)| Scored { row, score: f32::from(sum) }).collect()
    }

    fn highest(&self, count: usize, within: &Within<'_>) -> Option<Highest> {
        let (_, tables) = self.sketch.as_ref()?;
        let mut highest = Highest::new(count, tables.len());
        let mut found = [[0; ROWS]; CHUNK / ROWS];
        let mut reached = [0; CHUNK / ROWS];
        for (start, codes, rows) in self.spans(within) {
            let (mut block, end) = (rows.start / ROWS, rows.end.div_ceil(ROWS));
            while block < end {
                let blocks = found.len().min(end - block);
                let (Some(found), Some(reached)) =
                    (found.get_mut(..blocks), reached.get_mut(..blocks))
                else {
                    break;
                };
                let sketches = codes.sketches(block, blocks);
                // As of shapes in `Codes`: were one wrong, there would be nothing found.
                let _shapes = sums(tables, sketches, highest.least(), found, reached);
                for (at, (sums, reached)) in (block..).zip(found.iter().zip(reached.iter())) {
                    let mut left = *reached;
                    while left != 0 {
                        let place = left.trailing_zeros() as usize;
                        left &= left - 1;
                        let row = at * ROWS + place;
                        let sum = sums.get(place).copied().unwrap_or(0);
                        if rows.contains(&row) && sum >= highest.least() {
                            let row = start + row as u32;
                            if (within.allowed)(row) {
                                highest.push(row, sum);
                            }
                        }
                    }
                }
                block += blocks;
            }
        }
        Some(highest)
    }

    /// The `count` best by the first plane.
    fn scanned(&self, count: usize, within: &Within<'_>) -> Vec<Scored> {
        let mut best = Best::new(count);
        let mut room = Room::default();
        let Some(query) = self.queries.first() else { return vec![] };
        for (start, codes, rows) in self.spans(within) {
            for at in rows.clone().step_by(CHUNK) {
                let rows = at..rows.end.min(at + CHUNK);
                room.scores.clear();
                codes.partial(0, query, rows.clone(), &mut room);
                for (row, partial) in rows.zip(&room.scores) {
                    let score = partial * codes.scale(row);
                    if best.admits(score) {
                        let row = start + row as u32;
                        if (within.allowed)(row) {
                            best.push(row, score);
                        }
                    }
                }
            }
        }
        best.kept()
    }

    /// What is looked at: the first passage of a shard that is there, the shard, and a run of its rows.
    fn spans<'s>(
        &'s self,
        within: &'s Within<'_>,
    ) -> impl Iterator<Item = (u32, &'a Codes, Range<usize>)> + 's {
        let ranges = within.ranges.unwrap_or(slice::from_ref(&EVERYTHING));
        let there = self.set.parts.iter().filter_map(|part| Some((part, part.codes?)));
        there.flat_map(move |(part, codes)| {
            let end = part.start + part.count;
            let clipped = move |range: &Range<u32>| {
                let (first, behind) = (range.start.max(part.start), range.end.min(end));
                let local = |row: u32| row.saturating_sub(part.start) as usize;
                (part.start, codes, local(first)..local(behind))
            };
            ranges.iter().map(clipped).filter(|(_, _, rows)| !rows.is_empty())
        })
    }

    /// What `plane` adds to the score of row `at`, before its scale.
    fn one(&self, codes: &Codes, plane: usize, at: usize) -> f32 {
        self.queries.get(plane).map_or(0.0, |query| codes.one(plane, query, at))
    }

    /// The shard of a passage.
    fn part(&self, row: u32) -> Option<(&'a Part<'a>, &'a Codes)> {
        let part = self.set.parts.partition_point(|part| part.start <= row).checked_sub(1)?;
        let part = self.set.parts.get(part).filter(|part| row - part.start < part.count)?;
        Some((part, part.codes?))
    }
}

/// Scores passages one at a time, with the same bits as the cascade.
pub struct Scorer<'s, 'a> {
    scan: &'s Scan<'a>,
}

impl Scorer<'_, '_> {
    /// What all planes say of a passage, without what the mean adds; none where its shard is missing.
    #[must_use]
    pub fn partial(&self, row: u32) -> Option<f32> {
        let (part, codes) = self.scan.part(row)?;
        let at = (row - part.start) as usize;
        let scale = codes.scale(at);
        // Scaled plane by plane, as the cascade does it.
        let plane = |plane| self.scan.one(codes, plane, at) * scale;
        Some((0..self.scan.queries.len()).map(plane).sum())
    }
}

/// Scores on their way.
#[derive(Default)]
pub(super) struct Room {
    /// Rows of a shard that are scored together.
    pub rows: Vec<usize>,
    pub codes: Vec<u8>,
    pub dots: Vec<i32>,
    pub scores: Vec<f32>,
}
