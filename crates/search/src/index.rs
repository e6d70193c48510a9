//! The pipeline's conductor: hands what each stage gives to the next.

use crate::cutoff::cut_off;
use crate::error::SearchError;
use crate::excerpts::Marks;
use crate::gather::{self, Gathered, note};
use crate::instant::{self, Lookup};
use crate::join::Begun;
use crate::keys::Keys;
use crate::plan::Plan;
use crate::probe::BEST_OF_WORDS;
use crate::query::{Mode, Query};
use crate::rank::{self, Evidence, Ranked};
use crate::response::{Degraded, Response};
use crate::selection::Selection;
use crate::shards::Shards;
use crate::store::Store;
use crate::vector::{Asked, Meaning};
use crate::words;
use crate::{group, narrow, phrases, results};
use sextant_core::directory::Directory;
use sextant_core::manifest::Manifest;
use sextant_core::passage::PassageId;
use sextant_index::filters::{Bits, Role};
use sextant_index::vectors::Within;
use sextant_index::words::Bm25;
use sextant_text::analysis::Analyzer;
use sextant_text::stem::Languages;

/// Passages that are ranked for a page of results: enough that ten pages come out of them.
const DEPTH: usize = 100;

/// Where a filter lets in less than one passage in this many, only those are scored: a scan of all costs
/// more than that many scores one by one.
const FEW: u32 = 16;

/// A bundle that can be searched.
pub struct Index<S> {
    store: Store<S>,
    analyzer: Analyzer,
    bm25: Bm25,
}

/// What ranking, or listing, comes to.
struct Found {
    ranked: Ranked,
    /// The terms to mark in what is shown.
    marks: Marks,
    /// Number of the question's words.
    words: usize,
    /// The keys of metadata that the query names.
    keys: Keys,
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
    /// [`SearchError::Bundle`] for a manifest that contradicts itself.
    pub fn open(shards: S, manifest: Manifest) -> Result<Self, SearchError> {
        Self::open_with(shards, manifest, None)
    }

    /// The same, with languages that are not linked here: a bundle of one of them finds little without.
    ///
    /// # Errors
    /// As [`Index::open`].
    pub fn open_with(
        shards: S,
        manifest: Manifest,
        languages: Option<&Languages>,
    ) -> Result<Self, SearchError> {
        manifest.check()?;
        let analyzer = Analyzer::borrowing(&manifest.words.language, languages);
        let bm25 = Bm25::new(manifest.passages, manifest.words.length);
        Ok(Self { store: Store::new(shards, manifest), analyzer, bm25 })
    }

    /// What the bundle says of itself.
    #[must_use]
    pub fn manifest(&self) -> &Manifest {
        &self.store.manifest
    }

    /// Fetches what the first question will need whatever it is, so that less is left to wait for. What
    /// cannot be had now is asked for again by the search that needs it.
    pub async fn preload(&self) {
        if let Some(vectors) = &self.store.manifest.vectors
            && let Some(clusters) = &vectors.clusters
        {
            self.store.clusters(vectors, clusters).await.ok();
        }
    }

    /// Whether questions without a vector are answered by the rows of their words.
    #[must_use]
    pub fn looks_up(&self) -> bool {
        self.store.manifest.vectors.as_ref().is_some_and(|vectors| vectors.tokens.is_some())
    }

    /// Answers `query` with pages.
    ///
    /// `vector`: the question's, by the bundle's encoder, where there is one. Without it the rows of its words
    /// stand in where the bundle has any. Without these too, or without vectors, words alone answer and the
    /// response says so. A question without words has no results,
    /// unless [`Query::text`] is blank and pages are asked for by their metadata.
    ///
    /// # Errors
    /// [`SearchError`] when nothing can be answered: what the filter needs is missing, or a shard with a good checksum contradicts itself.
    pub async fn search(
        &self,
        query: &Query,
        vector: Option<&[f32]>,
    ) -> Result<Response, SearchError> {
        let mut clock = Clock::new(&self.store.shards);
        let everything = |_: PassageId| true;
        let all = query.counts() || query.lists();
        let depth = if all { usize::MAX } else { DEPTH };
        let found = match query.lists() {
            true => self.listed(query, &mut clock).await?,
            false => self.found(query, vector, depth, &everything, &mut clock).await?,
        };
        let Found { ranked, marks, words, keys } = found;
        let Ranked { mode, mut hits, mut degraded, .. } = ranked;
        if query.cut_off && !query.lists() {
            cut_off(&mut hits, mode, words);
        }
        let mut answering = Bits::none(self.store.manifest.pages);
        if all {
            hits.iter().for_each(|hit| answering.insert(hit.page.0..hit.page.0 + 1));
        }
        let total = all.then(|| answering.count());
        let facets = narrow::facets(query, &keys, &answering, &mut degraded)?;
        if all {
            clock.end("count");
        }
        // The best are the same whether others are counted or not.
        if query.sort.is_none() && !query.lists() {
            hits.truncate(DEPTH);
        }
        let places = narrow::places(query, &keys, &mut degraded)?;
        let pages = group::pages(&hits, &places, query.limit);
        clock.end("group");
        let shown = results::Shown { query, marks: &marks, analyzer: &self.analyzer };
        let results = results::results(&self.store, &pages, &shown, &mut degraded).await;
        clock.end("texts");
        Ok(Response { mode, results, total, facets, timing: clock.timing, degraded })
    }

    /// Checks that the bundle knows the keys that `query` filters, counts and sorts by, and that ranges
    /// are of numbers or dates. A search without this check finds nothing by them, and says so.
    ///
    /// # Errors
    /// [`SearchError::Filter`], which names what there is; [`SearchError`] where a shard is missing.
    pub async fn check(&self, query: &Query) -> Result<(), SearchError> {
        let entries = &self.store.manifest.filters;
        let keys = gather::keys(&self.store, &narrow::shards(entries, query)).await;
        let mut known: Vec<&str> =
            entries.iter().flat_map(|e| &e.keys).map(String::as_str).collect();
        known.dedup();
        query.filter.iter().try_for_each(|filter| filter.check(&keys, &known))?;
        for name in &query.facets {
            keys.require(name, Role::Filter, &known)?;
        }
        if let Some(sort) = &query.sort {
            keys.require(&sort.key, Role::Sort, &known)?;
        }
        Ok(())
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
        let found = self.found(query, vector, depth, allowed, &mut clock).await?;
        let mut ranked = found.ranked;
        ranked.timing = clock.timing;
        Ok(ranked)
    }

    /// Forgets the clusters that searches fetched, so that the next one answers as the first would.
    pub fn forget_clusters(&self) {
        self.store.drop_codes();
    }

    /// Every page that passes the filter, by its first passage, in the order of pages.
    async fn listed(&self, query: &Query, clock: &mut Clock<'_, S>) -> Result<Found, SearchError> {
        let mut degraded = vec![];
        let needed = narrow::shards(&self.store.manifest.filters, query);
        let keys = gather::keys(&self.store, &needed).await;
        let directory = &self.store.manifest.directory;
        clock.end("fetch");
        let selection = self.selection(query, &keys, directory, &mut degraded)?;
        let hits = rank::first_passages(directory, selection.as_ref());
        clock.end("filter");
        let ranked = Ranked { mode: Mode::Keyword, hits, timing: vec![], degraded };
        Ok(Found { ranked, marks: Marks::default(), words: 0, keys })
    }

    /// The passages that the query's filter lets in; `None` where it has none.
    fn selection(
        &self,
        query: &Query,
        keys: &Keys,
        directory: &Directory,
        degraded: &mut Vec<Degraded>,
    ) -> Result<Option<Selection>, SearchError> {
        let Some(filter) = &query.filter else { return Ok(None) };
        let pages = filter.pages(keys, self.store.manifest.pages, degraded)?;
        Ok(Some(Selection::new(&pages, directory)))
    }

    /// Ranked passages, and what else the answer is made of.
    async fn found(
        &self,
        query: &Query,
        vector: Option<&[f32]>,
        depth: usize,
        allowed: &dyn Fn(PassageId) -> bool,
        clock: &mut Clock<'_, S>,
    ) -> Result<Found, SearchError> {
        let mut degraded = vec![];
        let plan = Plan::new(query, &self.analyzer, &self.store.manifest.words.language);
        let (mut mode, asked) = self.served(query.mode, vector, &mut degraded);
        clock.end("plan");
        if plan.wanted.is_empty() {
            let ranked = Ranked { mode, hits: vec![], timing: vec![], degraded };
            return Ok(Found { ranked, marks: Marks::default(), words: 0, keys: Keys::default() });
        }

        let store = &self.store;
        let filters = narrow::shards(&store.manifest.filters, query);
        let gathered = gather::gather(store, &plan, query, asked, &filters, &mut degraded);
        let mut gathered = gathered.await;
        clock.end("fetch");

        // Every stage below keeps to it before it keeps the best.
        let directory = &store.manifest.directory;
        let depth = depth.min(directory.passages() as usize);
        let selection = self.selection(query, &gathered.keys, directory, &mut degraded)?;
        if selection.is_some() {
            clock.end("filter");
        }
        let selection = selection.as_ref();
        if selection.is_some_and(|selection| selection.members() == 0) {
            let ranked = Ranked { mode, hits: vec![], timing: vec![], degraded };
            let Gathered { keys, .. } = gathered;
            return Ok(Found { ranked, marks: Marks::default(), words: 0, keys });
        }

        // A filter or a phrase may leave just those passages that a frequent word says little about.
        let whole = selection.is_some() || query.counts() || !plan.phrases.is_empty();
        let lookup = gathered.lookup.take();
        let so_far = lookup.as_ref().and_then(Lookup::so_far);
        let mut looking_up = Begun::new(instant::finish(store, lookup)).await;
        let words = &gathered.words;
        let concepts = gather::concepts(store, &plan, words, &self.bm25, whole, &mut degraded);
        let concepts = concepts.await?;
        let words = words::score(&concepts, directory.passages(), selection)?;
        let required = self.required(&plan, &gathered, &mut degraded).await?;
        clock.end("words");

        let has_phrases =
            |id: PassageId| required.iter().all(|phrase| phrase.binary_search(&id.0).is_ok());
        let selected = |id: PassageId| selection.is_none_or(|selection| selection.contains(id));
        let allowed = |id: PassageId| selected(id) && has_phrases(id) && allowed(id);
        let few = selection.filter(|few| few.members() <= directory.passages() / FEW);
        let members: Option<Vec<u32>> =
            few.map(|few| few.iter().filter(|id| allowed(*id)).map(|id| id.0).collect());
        let row_allowed = |row| allowed(PassageId(row));
        let within = Within { ranges: None, allowed: &row_allowed, members: members.as_deref() };
        let count = depth.max(rank::CANDIDATES);
        let evidence = Evidence {
            directory,
            words: &words,
            nearest: &[],
            cosines: &|_| vec![],
            selection,
            allowed: &allowed,
        };
        let best = match mode {
            Mode::Hybrid => rank::by_words(&evidence, BEST_OF_WORDS),
            _ => vec![],
        };
        // The words' best passages speak for a rare word whose row is not there yet; where they do not choose clusters, all
        // of the question does.
        let question = match so_far {
            Some(so_far) if mode == Mode::Hybrid => Some(so_far),
            _ => looking_up.end().await.question.take(),
        };
        let meaning = asked.map(|asked| Meaning::new(store, &mut gathered, asked, question));
        let meaning = match meaning {
            Some(Ok(mut meaning)) => {
                let fetched =
                    meaning.fetch(store, &best, query.budget, &row_allowed, &mut degraded).await;
                let whole = looking_up.end().await.question.take();
                clock.end("clusters");
                let found = fetched
                    .and_then(|()| whole.map_or(Ok(()), |whole| meaning.ask(whole)))
                    .and_then(|()| meaning.find(store, count, &within));
                let found = match (found, asked) {
                    (Ok(()), Some(Asked::Full(vector))) if query.rescore => {
                        meaning.rescore(store, vector, &mut degraded).await
                    }
                    (found, _) => found,
                };
                found.map(|()| meaning).map_err(|mute| mute.note(&mut degraded)).ok()
            }
            Some(Err(mute)) => {
                mute.note(&mut degraded);
                None
            }
            None => None,
        };
        let missing = std::mem::take(&mut looking_up.end().await.missing);
        missing.into_iter().for_each(|missing| note(&mut degraded, missing));
        if meaning.is_none() {
            mode = Mode::Keyword;
        }
        clock.end("vector");

        let cosines = |rows: &[u32]| {
            let cosines = meaning.as_ref().map(|meaning| meaning.cosines(store, rows));
            cosines.and_then(Result::ok).unwrap_or_default()
        };
        let nearest = meaning.as_ref().map_or(&[][..], |meaning| &meaning.nearest);
        let evidence = Evidence { nearest, cosines: &cosines, ..evidence };
        let weight = query.meaning.unwrap_or(plan.meaning);
        let hits = rank::rank(&evidence, mode, weight, depth);
        clock.end("fuse");

        let marks = Marks::new(&concepts);
        let ranked = Ranked { mode, hits, timing: vec![], degraded };
        Ok(Found { ranked, marks, words: plan.words(), keys: gathered.keys })
    }

    /// Length of the encoder's vectors.
    fn dimensions(&self) -> Option<usize> {
        self.store.manifest.vectors.as_ref().map(|vectors| vectors.of as usize)
    }

    /// What can be served of `mode`, and what meaning is asked by if it is needed.
    fn served<'v>(
        &self,
        mode: Mode,
        vector: Option<&'v [f32]>,
        degraded: &mut Vec<Degraded>,
    ) -> (Mode, Option<Asked<'v>>) {
        if mode == Mode::Keyword {
            return (mode, None);
        }
        let lack = match (&self.store.manifest.vectors, vector) {
            (None, _) => Degraded::NO_VECTORS,
            (Some(vectors), None) if vectors.tokens.is_some() => return (mode, Some(Asked::Words)),
            (Some(_), None) => Degraded::NO_VECTOR,
            (Some(_), Some(vector)) if self.dimensions() != Some(vector.len()) => {
                Degraded::ODD_VECTOR
            }
            (Some(_), Some(vector)) => return (mode, Some(Asked::Full(vector))),
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
                Some(terms) => phrases::passages(&terms, self.store.manifest.passages)?,
                None => vec![],
            });
        }
        Ok(required)
    }
}

#[cfg(test)]
mod tests;
