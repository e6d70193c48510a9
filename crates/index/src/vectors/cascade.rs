//! The cascade: a scan of the shortest plane, then the following planes and finer codes for what is left.

use super::basis::Basis;
use super::code::{PlaneQuery, Spec};
use super::select::{Best, Scored};
use super::shard::Codes;
use super::unit_vector;
use crate::error::IndexError;
use std::ops::Range;

/// Passages that are scored at a time: their scores stay in the first cache.
const CHUNK: usize = 1024;

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
        Ok(Self { set, queries, offset: question.offset })
    }

    /// The `count` nearest passages, best first. Where shards of a plane are missing, so are their
    /// passages.
    #[must_use]
    pub fn nearest(&self, count: usize, within: &Within<'_>) -> Vec<Scored> {
        let keep = |plane: usize| {
            let keep = self.set.keep.get(plane).copied().unwrap_or(0) as usize;
            keep.max(count)
        };
        let last = self.queries.len().saturating_sub(1);
        let mut best = match within.members {
            Some(members) => self.members(members, count),
            None => self.scanned(if last == 0 { count } else { keep(0) }, within),
        };
        let planes = if within.members.is_some() { 0 } else { last };
        for plane in 1..=planes {
            let mut finer = Best::new(if plane == last { count } else { keep(plane) });
            for hit in best.kept() {
                if let Some((codes, at)) = self.place(hit.row) {
                    finer.push(hit.row, hit.score + self.one(codes, plane, at) * codes.scale(at));
                }
            }
            best = finer;
        }
        let mut found = best.finish();
        found.iter_mut().for_each(|hit| hit.score = self.cosine(hit.score));
        found
    }

    /// The best of `members` by all planes.
    fn members(&self, members: &[u32], count: usize) -> Best {
        let mut best = Best::new(count);
        let scorer = self.scorer();
        for row in members {
            best.push(*row, scorer.partial(*row).unwrap_or(f32::NAN));
        }
        best
    }

    /// The cosine of each of `rows`, by all planes; none where the shard is missing.
    #[must_use]
    pub fn score(&self, rows: &[u32]) -> Vec<Option<f32>> {
        let scorer = self.scorer();
        rows.iter().map(|row| scorer.partial(*row).map(|score| self.cosine(score))).collect()
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

    /// The `count` best by the first plane alone, best first, without what the mean adds.
    #[must_use]
    pub fn first(&self, count: usize, within: &Within<'_>) -> Vec<Scored> {
        self.scanned(count, within).finish()
    }

    /// The `count` best by the first plane.
    fn scanned(&self, count: usize, within: &Within<'_>) -> Best {
        let mut best = Best::new(count);
        let mut room = Room::default();
        let Some(query) = self.queries.first() else { return best };
        for part in self.set.parts {
            let Some(codes) = part.codes else { continue };
            let mut scan = |range: Range<u32>| {
                let mut at = range.start.max(part.start) - part.start;
                let end = range.end.min(part.start + part.count).saturating_sub(part.start);
                while at < end {
                    let next = (at + CHUNK as u32).min(end);
                    room.scores.clear();
                    let rows = at as usize..next as usize;
                    codes.partial(0, query, rows.clone(), &mut room.dots, &mut room.scores);
                    for (row, partial) in rows.zip(&room.scores) {
                        let score = partial * codes.scale(row);
                        if best.admits(score) {
                            let row = part.start + row as u32;
                            if (within.allowed)(row) {
                                best.push(row, score);
                            }
                        }
                    }
                    at = next;
                }
            };
            match within.ranges {
                Some(ranges) => ranges.iter().cloned().for_each(scan),
                None => scan(part.start..part.start + part.count),
            }
        }
        best
    }

    /// What `plane` adds to the score of row `at`, before its scale.
    fn one(&self, codes: &Codes, plane: usize, at: usize) -> f32 {
        self.queries.get(plane).map_or(0.0, |query| codes.one(plane, query, at))
    }

    /// The shard of a passage and its row there.
    fn place(&self, row: u32) -> Option<(&'a Codes, usize)> {
        let part = self.set.parts.partition_point(|part| part.start <= row).checked_sub(1)?;
        let part = self.set.parts.get(part)?;
        let at = row.checked_sub(part.start).filter(|at| *at < part.count)?;
        Some((part.codes?, at as usize))
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
        let (codes, at) = self.scan.place(row)?;
        let scale = codes.scale(at);
        // Scaled plane by plane, as the cascade does it.
        let plane = |plane| self.scan.one(codes, plane, at) * scale;
        Some((0..self.scan.queries.len()).map(plane).sum())
    }
}

/// Scores on their way.
#[derive(Default)]
struct Room {
    dots: Vec<i32>,
    scores: Vec<f32>,
}
