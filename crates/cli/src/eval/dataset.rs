//! A collection, built into a bundle in memory and asked all of its queries.

use crate::bundle::{block_on, inflated, parse_front};
use crate::eval::MODES;
use crate::eval::collection::{Collection, Question};
use crate::eval::measures::{self, Means};
use crate::memory_shards::MemoryShards;
use crate::progress::Meter;
use anyhow::{Context, Result, ensure};
use rayon::prelude::*;
use sextant_build::{
    ChunkOptions, Chunking, ContainerEncoder, MemorySink, Options, PassageEncoder, VectorCache,
    VectorKey, VectorOptions, build,
};
use sextant_core::{Directory, Document, PassageId, head, manifest};
use sextant_encoder::{Scratch, TokenTable};
use sextant_search::{Index, Mode, Query};
use std::collections::{BTreeMap, BTreeSet};

/// Questions that are encoded before progress is told and the cache is filled.
const GROUP: usize = 256;
/// Ranks that are looked at: recall is measured this deep.
const DEPTH: usize = 100;

/// The measures of each mode, by the keys of [`MODES`].
pub type Scores = BTreeMap<&'static str, Means>;

/// How to measure.
pub struct Setup<'a> {
    /// Without one only keyword search is measured.
    pub encoder: Option<&'a ContainerEncoder>,
    /// Encoder of the questions, of the same fingerprint; else the other one.
    pub query_encoder: Option<&'a ContainerEncoder>,
    /// Table of the same fingerprint: questions are looked up in the bundle's rows of words, which a build makes
    /// of it, instead.
    pub table: Option<&'a TokenTable>,
    /// Whether documents go through the chunker; then a document's best passage counts.
    pub passages: bool,
    /// Weight of meaning in hybrid mode instead of the plan's own.
    pub meaning: Option<f32>,
    /// How vectors are coded.
    pub codes: VectorOptions,
    /// Whether the nearest are scored again by finer codes.
    pub rescored: bool,
    /// Bytes of clusters that each question may fetch.
    pub budget: u64,
    /// Language of words; default English.
    pub language: Option<String>,
}

/// Measures `collection`.
///
/// # Errors
/// When it cannot be built or searched.
pub fn measure(
    collection: &Collection,
    setup: &Setup<'_>,
    cache: &mut dyn VectorCache,
    meter: &mut Meter,
) -> Result<Scores> {
    let documents: Vec<Document> =
        collection.entries.iter().map(|entry| entry.document.clone()).collect();
    let chunking =
        if setup.passages { Chunking::Passages(ChunkOptions::default()) } else { Chunking::Whole };
    let (language, codes) = (setup.language.clone(), setup.codes.clone());
    let options = Options { chunking, language, codes, table: setup.table, ..Options::default() };
    let mut sink = MemorySink::default();
    let encoder = setup.encoder.map(|encoder| encoder as &dyn PassageEncoder);
    let report = build(&documents, encoder, cache, &options, &mut sink, meter)?;
    ensure!(
        report.pages as usize == documents.len(),
        "{} documents gave {} pages",
        documents.len(),
        report.pages
    );

    let vectors = match setup.query_encoder.or(setup.encoder).filter(|_| setup.table.is_none()) {
        Some(encoder) => encode_questions(&collection.questions, encoder, cache, meter),
        None => Vec::new(),
    };
    let json = sink.files.get(manifest::FILE).context("the build wrote no manifest")?;
    let name = parse_front(json)?.head.file;
    let head = sink.files.get(&name).context("the build wrote no head")?;
    let manifest = head::read(&inflated(head.clone())?, &name)?;
    let directory = manifest.directory.clone();
    let view = View::new(collection, &directory, &report.document_of_page);
    let index = Index::open(MemoryShards::new(sink), manifest)?;

    meter.begin("rank", "question", collection.questions.len() as u64);
    let mut scores = Scores::new();
    for (number, question) in collection.questions.iter().enumerate() {
        let vector = vectors.get(number).map(Vec::as_slice);
        for (key, mode) in MODES {
            if mode != Mode::Keyword && setup.encoder.is_none() {
                continue;
            }
            let query = Query {
                text: question.text.clone(),
                mode,
                typing: false,
                cut_off: false,
                meaning: setup.meaning,
                rescore: setup.rescored,
                budget: setup.budget,
                ..Query::default()
            };
            let allowed = |id: PassageId| view.allowed(id, question);
            // Each is the first question of its reader.
            index.forget_clusters();
            let ranked = block_on(index.rank(&query, vector, view.depth, &allowed))?;
            let ranking = view.targets(ranked.hits.iter().map(|hit| hit.passage));
            let means = scores.entry(key).or_default();
            means.add("ndcg@10", measures::ndcg(&ranking, &question.gains, 10));
            means.add("recall@10", measures::recall(&ranking, &question.gains, 10));
            means.add("recall@100", measures::recall(&ranking, &question.gains, 100));
            means.add("mrr@10", measures::reciprocal_rank(&ranking, &question.gains, 10));
        }
        meter.step(1);
    }
    meter.end();
    Ok(scores)
}

/// From passages back to the collection.
struct View<'a> {
    collection: &'a Collection,
    /// Entry of each passage.
    entries: Vec<usize>,
    /// Passages that are enough for [`DEPTH`] targets.
    depth: usize,
}

impl<'a> View<'a> {
    fn new(collection: &'a Collection, directory: &Directory, documents: &[u32]) -> Self {
        let entry = |passage| {
            let document = documents.get(directory.page(PassageId(passage))?.0 as usize)?;
            Some(*document as usize)
        };
        let passages = 0..directory.passages();
        let entries: Vec<usize> =
            passages.map(|passage| entry(passage).unwrap_or(usize::MAX)).collect();
        let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
        for entry in entries.iter().filter_map(|at| collection.entries.get(*at)) {
            *counts.entry(&entry.target).or_default() += 1;
        }
        let most = counts.values().copied().max().unwrap_or(1);
        Self { collection, entries, depth: DEPTH * most }
    }

    fn entry(&self, id: PassageId) -> Option<&'a crate::eval::collection::Entry> {
        self.collection.entries.get(*self.entries.get(id.0 as usize)?)
    }

    fn allowed(&self, id: PassageId, question: &Question) -> bool {
        question.filter.is_none()
            || self.entry(id).is_some_and(|entry| entry.filter == question.filter)
    }

    /// The targets of passages, each where its best passage stands.
    fn targets(&self, passages: impl Iterator<Item = PassageId>) -> Vec<&'a str> {
        let mut seen = BTreeSet::new();
        let targets = passages.filter_map(|id| Some(self.entry(id)?.target.as_str()));
        targets.filter(|target| seen.insert(*target)).take(DEPTH).collect()
    }
}

/// The vectors of all questions, on all cores; those that the cache has are not computed.
fn encode_questions(
    questions: &[Question],
    encoder: &ContainerEncoder,
    cache: &mut dyn VectorCache,
    meter: &mut Meter,
) -> Vec<Vec<f32>> {
    meter.begin("ask", "question", questions.len() as u64);
    let identity = format!("{}/query", encoder.identity());
    let mut vectors = Vec::with_capacity(questions.len());
    for group in questions.chunks(GROUP) {
        let keyed = group.iter().map(|question| {
            let key = VectorKey::new(&identity, &question.text);
            (key, question, cache.get(&key))
        });
        let keyed: Vec<(VectorKey, &Question, Option<Vec<f32>>)> = keyed.collect();
        let found: Vec<(VectorKey, bool, Vec<f32>)> = keyed
            .into_par_iter()
            .map_init(Scratch::default, |scratch, (key, question, known)| match known {
                Some(vector) => (key, false, vector),
                None => (key, true, encoder.encoder().encode_query(scratch, &question.text)),
            })
            .collect();
        let fresh = found.iter().filter(|(_, fresh, _)| *fresh);
        let fresh: Vec<(VectorKey, &[f32])> =
            fresh.map(|(key, _, vector)| (*key, vector.as_slice())).collect();
        cache.put(&fresh);
        vectors.extend(found.into_iter().map(|(_, _, vector)| vector));
        meter.step(group.len() as u64);
    }
    vectors
}
