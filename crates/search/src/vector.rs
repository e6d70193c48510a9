//! The vector stage: the passages nearest to the question, and the cosine of any other, or what to expect of
//! it where its cluster is not there.

use crate::gather::{Gathered, note, noted};
use crate::join::join_all;
use crate::probe;
use crate::response::Degraded;
use crate::shards::Shards;
use crate::store::{Set, Store, planes, sketching};
use sextant_core::error::BundleError;
use sextant_core::manifest::VectorsEntry;
use sextant_core::sort_by;
use sextant_index::IndexError;
use sextant_index::vectors::clusters::score_centroids;
use sextant_index::vectors::{
    Clusters, CodeSet, Codes, Graph, Part, Scan, Scored, Spec, Turned, Within,
};
use std::rc::Rc;

/// A shard of codes, if it could be had.
pub struct CodesSlot {
    pub start: u32,
    pub count: u32,
    pub codes: Option<Rc<Codes>>,
}

impl CodesSlot {
    fn part(&self) -> Part<'_> {
        Part { start: self.start, count: self.count, codes: self.codes.as_deref() }
    }
}

/// What meaning is asked by.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Asked<'v> {
    /// The question's vector by the encoder.
    Full(&'v [f32]),
    /// The rows of its words.
    Words,
}

/// What the vectors say.
pub struct Meaning {
    /// The question along the axes of the codes.
    question: Turned,
    /// The nearest passages, best first.
    pub nearest: Vec<Scored>,
    /// Cosines of finer codes, by passage, ascending.
    rescored: Vec<Scored>,
    /// Shards of the scanned codes.
    slots: Vec<CodesSlot>,
    planes: Vec<Spec>,
    clusters: Option<(Rc<Clusters>, Rc<Codes>)>,
    graph: Option<(Rc<Graph>, usize)>,
    /// Whether some shards were not asked for.
    partial: bool,
    /// The cosine to expect of a passage of each cluster, by cluster.
    expected: Vec<f32>,
}

/// Why there is nothing to be said.
pub enum Mute {
    /// The question's vector does not fit the bundle's.
    Vector,
    /// The manifest contradicts itself.
    Bundle(BundleError),
    /// No shard could be had, or no word of the question has a row.
    Missing,
}

impl Mute {
    /// Notes it, unless the shards that are missing are noted already.
    pub fn note(&self, degraded: &mut Vec<Degraded>) {
        match self {
            Self::Vector => note(degraded, Degraded::ODD_VECTOR),
            Self::Bundle(error) => note(degraded, Degraded::from(error)),
            Self::Missing => {}
        }
    }
}

impl From<IndexError> for Mute {
    fn from(_: IndexError) -> Self {
        Self::Vector
    }
}

impl From<BundleError> for Mute {
    fn from(error: BundleError) -> Self {
        Self::Bundle(error)
    }
}

impl Meaning {
    /// Takes the shards of all scanned codes, in the order of passages, and what belongs to them. `looked_up`: the question where it
    /// is asked by words, as far as it is known.
    ///
    /// # Errors
    /// [`Mute`].
    pub fn new<S: Shards>(
        store: &Store<S>,
        gathered: &mut Gathered,
        asked: Asked<'_>,
        looked_up: Option<Turned>,
    ) -> Result<Self, Mute> {
        let Some(vectors) = &store.manifest.vectors else { return Err(Mute::Missing) };
        let slots = std::mem::take(&mut gathered.codes);
        if !gathered.partial && slots.iter().all(|slot| slot.codes.is_none()) {
            return Err(Mute::Missing);
        }
        let planes = planes(&store.manifest, &vectors.codes)?;
        let basis = gathered.basis.as_deref();
        let question = match asked {
            Asked::Full(vector) => {
                let dimensions = vectors.dimensions as usize;
                Turned::new(&planes, basis, head(vector, vectors), dimensions)?
            }
            Asked::Words => looked_up.ok_or(Mute::Missing)?,
        };
        Ok(Self {
            question,
            slots,
            clusters: gathered.clusters.take(),
            graph: gathered.graph.take(),
            partial: gathered.partial,
            planes,
            nearest: vec![],
            rescored: vec![],
            expected: vec![],
        })
    }

    /// Fetches the clusters that the question and the words' best passages ask for, as far as `budget` bytes
    /// go, where all would be more.
    ///
    /// `words`: the best first. `allowed`: clusters without such a passage are not fetched.
    ///
    /// # Errors
    /// [`Mute`]; a shard that cannot be had is noted in `degraded`.
    pub async fn fetch<S: Shards>(
        &mut self,
        store: &Store<S>,
        words: &[u32],
        budget: u64,
        allowed: &dyn Fn(u32) -> bool,
        degraded: &mut Vec<Degraded>,
    ) -> Result<(), Mute> {
        let Some(vectors) = &store.manifest.vectors else { return Err(Mute::Missing) };
        if !self.partial {
            return Ok(());
        }
        let mut near: Vec<u32> = vec![];
        let scored = self.expect()?;
        if let Some((clusters, _)) = &self.clusters {
            let probes = clusters.probes(&scored).iter().map(|hit| clusters.passages(hit.row));
            near = probes.filter_map(|mut range| range.find(|row| allowed(*row))).collect();
        }
        let here = |shard: usize| self.slots.get(shard).is_some_and(|slot| slot.codes.is_some());
        let wanted = probe::wanted(&vectors.codes.shards, words, &near, budget, &here);
        let fetched = join_all(wanted.iter().map(|shard| store.codes(Set::Scanned, *shard))).await;
        for (shard, result) in wanted.iter().zip(fetched) {
            if let Some(slot) = self.slots.get_mut(*shard) {
                slot.codes = noted(result, degraded);
            }
        }
        Ok(())
    }

    /// Goes on with all of the `question` that clusters were fetched for.
    ///
    /// # Errors
    /// [`Mute`].
    pub fn ask(&mut self, question: Turned) -> Result<(), Mute> {
        self.question = question;
        self.expect().map(drop)
    }

    /// Finds the `count` passages nearest to the question among those that are there.
    ///
    /// # Errors
    /// [`Mute`].
    pub fn find<S: Shards>(
        &mut self,
        store: &Store<S>,
        count: usize,
        within: &Within<'_>,
    ) -> Result<(), Mute> {
        if self.slots.iter().all(|slot| slot.codes.is_none()) {
            return Err(Mute::Missing);
        }
        // A walk could not pass what has no codes: then all others are scanned.
        let whole = self.slots.iter().all(|slot| slot.codes.is_some());
        self.nearest = self.scanned(store, |scan| match &self.graph {
            Some((graph, beam)) if whole => graph.nearest(scan, count, *beam, within),
            _ => scan.nearest(count, within),
        })?;
        Ok(())
    }

    /// Scores the best of the nearest again, by finer codes, which are fetched for them. `vector`: the
    /// question's by the encoder.
    ///
    /// # Errors
    /// [`Mute`]; a shard that cannot be had is noted in `degraded`, and its passages keep their scores.
    pub async fn rescore<S: Shards>(
        &mut self,
        store: &Store<S>,
        vector: &[f32],
        degraded: &mut Vec<Degraded>,
    ) -> Result<(), Mute> {
        let Some(vectors) = &store.manifest.vectors else { return Ok(()) };
        let Some(entry) = &vectors.rescore else { return Ok(()) };
        let keep = vectors.codes.planes.last().map_or(0, |plane| plane.keep) as usize;
        let mut rows: Vec<u32> = self.nearest.iter().take(keep).map(|hit| hit.row).collect();
        sort_by(&mut rows, Ord::cmp);
        let holds = |start: u32, count: u32| {
            let at = rows.partition_point(|row| *row < start);
            rows.get(at).is_some_and(|row| row - start < count)
        };
        let fetches = entry.shards.iter().enumerate().map(|(shard, range)| async move {
            let wanted = holds(range.start, range.count);
            if wanted { Some(store.codes(Set::Fine, shard).await) } else { None }
        });
        let fetched = join_all(fetches).await;
        let slots = entry.shards.iter().zip(fetched).map(|(range, fetched)| CodesSlot {
            start: range.start,
            count: range.count,
            codes: fetched.and_then(|result| noted(result, degraded)),
        });
        let slots: Vec<CodesSlot> = slots.collect();
        let parts: Vec<Part<'_>> = slots.iter().map(CodesSlot::part).collect();
        let planes = planes(&store.manifest, entry)?;
        let set = CodeSet { planes: &planes, keep: &[], sketch: None, parts: &parts };
        let query = head(vector, vectors);
        let scores = Scan::new(set, None, query, vectors.dimensions as usize)?.score(&rows);
        let scored = rows.into_iter().zip(scores);
        self.rescored =
            scored.filter_map(|(row, score)| Some(Scored { row, score: score? })).collect();
        Ok(())
    }

    /// The cosines of `rows`, ascending, by the finest codes at hand; of a passage whose cluster is not there
    /// the one to expect.
    ///
    /// # Errors
    /// [`Mute`], as [`Meaning::find`].
    pub fn cosines<S: Shards>(
        &self,
        store: &Store<S>,
        rows: &[u32],
    ) -> Result<Vec<Option<f32>>, Mute> {
        let mut scores = self.scanned(store, |scan| scan.score(rows))?;
        for (row, score) in rows.iter().zip(&mut scores) {
            if let Ok(at) = self.rescored.binary_search_by_key(row, |hit| hit.row) {
                *score = self.rescored.get(at).map(|hit| hit.score);
            }
            *score = score.or_else(|| self.expected_of(*row));
        }
        Ok(scores)
    }

    /// Scores the centroids, and notes what to expect of passages by them; where all shards were asked for, nothing.
    fn expect(&mut self) -> Result<Vec<Scored>, Mute> {
        let clusters = self.clusters.as_ref().filter(|_| self.partial);
        let Some((clusters, centroids)) = clusters else { return Ok(vec![]) };
        let scored = score_centroids(centroids, &self.planes, &self.question)?;
        self.expected = vec![0.0; clusters.len()];
        for hit in &scored {
            if let Some(expected) = self.expected.get_mut(hit.row as usize) {
                *expected = clusters.expected(hit.row, hit.score);
            }
        }
        Ok(scored)
    }

    fn expected_of(&self, row: u32) -> Option<f32> {
        let (clusters, _) = self.clusters.as_ref()?;
        self.expected.get(clusters.of(row)? as usize).copied()
    }

    fn scanned<S: Shards, T>(
        &self,
        store: &Store<S>,
        f: impl FnOnce(&Scan<'_>) -> T,
    ) -> Result<T, Mute> {
        let Some(vectors) = &store.manifest.vectors else { return Err(Mute::Missing) };
        let parts: Vec<Part<'_>> = self.slots.iter().map(CodesSlot::part).collect();
        let keep: Vec<u32> = vectors.codes.planes.iter().map(|plane| plane.keep).collect();
        let sketch = sketching(&self.planes, &vectors.codes)?;
        let set = CodeSet { planes: &self.planes, keep: &keep, sketch, parts: &parts };
        Ok(f(&Scan::turned(set, &self.question)?))
    }
}

/// The dimensions that were coded.
fn head<'v>(vector: &'v [f32], vectors: &VectorsEntry) -> &'v [f32] {
    vector.get(..vectors.dimensions as usize).unwrap_or(vector)
}
