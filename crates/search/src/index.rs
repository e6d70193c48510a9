//! The pipeline's conductor: hands what each stage gives to the next.

use crate::cutoff::cut_off;
use crate::error::SearchError;
use crate::excerpts::Marks;
use crate::gather::{self, Gathered, note};
use crate::plan::Plan;
use crate::query::{Mode, Query};
use crate::rank::{self, Evidence, Ranked};
use crate::response::{Degraded, Response};
use crate::shards::Shards;
use crate::store::Store;
use crate::vector::Meaning;
use crate::words;
use crate::{group, phrases, results};
use sextant_core::manifest::Manifest;
use sextant_core::passage::PassageId;
use sextant_index::vectors::Within;
use sextant_index::words::Bm25;
use sextant_text::analysis::Analyzer;

/// Passages that are ranked for a page of results: enough that ten pages come out of them.
const DEPTH: usize = 100;

/// A bundle that can be searched.
pub struct Index<S> {
    store: Store<S>,
    analyzer: Analyzer,
    bm25: Bm25,
}

/// Stages and their times.
struct Clock<'a, S> {
    shards: &'a S,
    last: f64,
    timing: Vec<(&'static str, f64)>,
}

impl<'a, S: Shards> Clock<'a, S> {
    fn new(shards: &'a S) -> Self {
        Self { shards, last: shards.now_ms(), timing: vec![] }
    }

    /// Ends the stage that began when the one before ended.
    fn end(&mut self, stage: &'static str) {
        let now = self.shards.now_ms();
        self.timing.push((stage, now - self.last));
        self.last = now;
    }
}

impl<S: Shards> Index<S> {
    /// Opens the bundle of `manifest`. Fetches nothing: each search fetches what it needs.
    ///
    /// # Errors
    /// [`SearchError::Bundle`] for a manifest of another format, or one that contradicts itself.
    pub fn open(shards: S, manifest: Manifest) -> Result<Self, SearchError> {
        manifest.check()?;
        let analyzer = Analyzer::new(&manifest.words.language);
        let bm25 = Bm25::new(manifest.passages, manifest.words.length);
        Ok(Self { store: Store::new(shards, manifest), analyzer, bm25 })
    }

    /// What the bundle says of itself.
    #[must_use]
    pub fn manifest(&self) -> &Manifest {
        &self.store.manifest
    }

    /// Answers `query` with pages.
    ///
    /// `vector`: the question's, by the bundle's encoder, where there is one. Without it, or without
    /// vectors, words alone answer and the response says so. A question without words has no results.
    ///
    /// # Errors
    /// [`SearchError`] when nothing can be answered: the directory is missing, or a shard with a good
    /// checksum contradicts itself.
    pub async fn search(
        &self,
        query: &Query,
        vector: Option<&[f32]>,
    ) -> Result<Response, SearchError> {
        let mut clock = Clock::new(&self.store.shards);
        let everything = |_: PassageId| true;
        let ranking = self.ranked(query, vector, DEPTH, &everything, &mut clock);
        let (ranked, marks, words) = ranking.await?;
        let Ranked { mode, mut hits, mut degraded, .. } = ranked;
        if query.cut_off {
            cut_off(&mut hits, mode, words);
        }
        let pages = group::pages(&hits, query.limit);
        clock.end("group");
        let shown = results::Shown { query, marks: &marks, analyzer: &self.analyzer };
        let results = results::results(&self.store, &pages, &shown, &mut degraded).await;
        clock.end("texts");
        Ok(Response { mode, results, timing: clock.timing, degraded })
    }

    /// Ranks passages and fetches no texts: what evaluation needs.
    ///
    /// `depth`: most hits. `allowed`: which passages may be among them. Nothing is cut off.
    ///
    /// # Errors
    /// As [`Index::search`].
    pub async fn rank(
        &self,
        query: &Query,
        vector: Option<&[f32]>,
        depth: usize,
        allowed: &dyn Fn(PassageId) -> bool,
    ) -> Result<Ranked, SearchError> {
        let mut clock = Clock::new(&self.store.shards);
        let (mut ranked, ..) = self.ranked(query, vector, depth, allowed, &mut clock).await?;
        ranked.timing = clock.timing;
        Ok(ranked)
    }

    /// Ranked passages, the terms to mark in them, and the number of the question's words.
    async fn ranked(
        &self,
        query: &Query,
        vector: Option<&[f32]>,
        depth: usize,
        allowed: &dyn Fn(PassageId) -> bool,
        clock: &mut Clock<'_, S>,
    ) -> Result<(Ranked, Marks, usize), SearchError> {
        let mut degraded = vec![];
        let plan = Plan::new(query, &self.analyzer, &self.store.manifest.words.language);
        let (mut mode, vector) = self.served(query.mode, vector, &mut degraded);
        clock.end("plan");
        if plan.wanted.is_empty() {
            let ranked = Ranked { mode, hits: vec![], timing: vec![], degraded };
            return Ok((ranked, Marks::default(), 0));
        }

        let store = &self.store;
        let mut gathered = gather::gather(store, &plan, vector.is_some(), &mut degraded).await?;
        clock.end("fetch");

        let concepts = gather::concepts(store, &plan, &gathered.words, &self.bm25, &mut degraded);
        let concepts = concepts.await?;
        let words = words::score(&concepts, &gathered.directory, &self.bm25)?;
        let required = self.required(&plan, &gathered, &mut degraded).await?;
        clock.end("words");

        let has_phrases =
            |id: PassageId| required.iter().all(|phrase| phrase.binary_search(&id.0).is_ok());
        let allowed = |id: PassageId| has_phrases(id) && allowed(id);
        let codes = std::mem::take(&mut gathered.codes);
        let mut meaning = Meaning::new(codes, gathered.basis.take());
        let within = Within { allowed: &|row| allowed(PassageId(row)), ..Within::ALL };
        let count = depth.max(rank::CANDIDATES);
        let vector = match vector {
            Some(vector) => {
                let found = meaning.find(store, vector, count, &within);
                let found = match found {
                    Ok(()) if query.rescore => meaning.rescore(store, vector, &mut degraded).await,
                    found => found,
                };
                found.map(|()| vector).map_err(|mute| mute.note(&mut degraded)).ok()
            }
            None => None,
        };
        if vector.is_none() {
            mode = Mode::Keyword;
        }
        clock.end("vector");

        let cosines = |rows: &[u32]| {
            let cosines = vector.map(|vector| meaning.cosines(store, vector, rows));
            cosines.and_then(Result::ok).unwrap_or_default()
        };
        let evidence = Evidence {
            directory: &gathered.directory,
            words: &words,
            nearest: &meaning.nearest,
            cosines: &cosines,
            allowed: &allowed,
        };
        let weight = query.meaning.unwrap_or(plan.meaning);
        let hits = rank::rank(&evidence, mode, weight, depth);
        clock.end("fuse");

        let marks = Marks::new(&concepts);
        let ranked = Ranked { mode, hits, timing: vec![], degraded };
        Ok((ranked, marks, plan.words()))
    }

    /// Length of the encoder's vectors.
    fn dimensions(&self) -> Option<usize> {
        self.store.manifest.encoder.as_ref().map(|encoder| encoder.dimensions as usize)
    }

    /// What can be served of `mode`, and the vector if it is needed.
    fn served<'v>(
        &self,
        mode: Mode,
        vector: Option<&'v [f32]>,
        degraded: &mut Vec<Degraded>,
    ) -> (Mode, Option<&'v [f32]>) {
        if mode == Mode::Keyword {
            return (mode, None);
        }
        let lack = match (&self.store.manifest.vectors, vector) {
            (None, _) => Degraded::NO_VECTORS,
            (_, None) => Degraded::NO_VECTOR,
            (Some(_), Some(vector)) if self.dimensions() != Some(vector.len()) => {
                Degraded::ODD_VECTOR
            }
            (Some(_), Some(_)) => return (mode, vector),
        };
        note(degraded, lack);
        (Mode::Keyword, None)
    }

    /// The passages that have each quoted phrase.
    async fn required(
        &self,
        plan: &Plan,
        gathered: &Gathered,
        degraded: &mut Vec<Degraded>,
    ) -> Result<Vec<Vec<u32>>, SearchError> {
        let mut required = vec![];
        for phrase in &plan.phrases {
            let terms = gather::phrase(&self.store, phrase, &gathered.words, degraded).await?;
            required.push(match terms {
                Some(terms) => phrases::passages(&terms, gathered.directory.passages())?,
                None => vec![],
            });
        }
        Ok(required)
    }
}

#[cfg(test)]
mod tests;
