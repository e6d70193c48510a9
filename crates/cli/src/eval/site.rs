//! Questions to a built site, asked as a reader would, page by page.

use crate::bundle::{Bundle, block_on};
use crate::eval::MODES;
use crate::eval::measures::Means;
use crate::eval::questions::{SiteQuestion, path_of};
use crate::query_encoder::QueryEncoder;
use anyhow::Result;
use sextant_search::{Index, Mode, PageResult, Query};
use std::collections::BTreeMap;

/// Pages that are looked at.
const DEPTH: usize = 10;

/// What one mode came to.
#[derive(Debug, Default)]
pub struct SiteScores {
    /// Over the answerable questions; `nothing_returned` over the others.
    pub all: Means,
    /// The same, by kind of question.
    pub kinds: BTreeMap<String, Means>,
    /// Questions of each kind.
    pub counts: BTreeMap<String, u32>,
    /// Questions whose first three pages do not answer.
    pub misses: Vec<Miss>,
}

/// A question that was not answered, and what was shown instead.
#[derive(Debug)]
pub struct Miss {
    /// The question.
    pub question: SiteQuestion,
    /// `path#anchor` and score of the first three pages.
    pub shown: Vec<(String, f32)>,
    /// Where the first right page stands, from 1, if it is among the first ten.
    pub rank: Option<usize>,
}

/// How questions are asked.
#[derive(Clone, Copy, Debug)]
pub struct Asked {
    /// Whether results that answer nothing are left out, as they are for readers.
    pub cut_off: bool,
    /// Weight of meaning in hybrid mode instead of the plan's own.
    pub meaning: Option<f32>,
    /// Whether the nearest are scored again by finer codes.
    pub rescored: bool,
    /// Bytes of clusters that each question may fetch.
    pub budget: u64,
}

/// Asks `questions` in each mode, by the keys of [`MODES`]; only by words without an `encoder`. A bundle with rows
/// of words looks questions up in these instead of a table, as in browsers.
///
/// # Errors
/// When the bundle cannot be searched.
pub fn measure(
    bundle: Bundle,
    questions: &[SiteQuestion],
    mut encoder: Option<QueryEncoder>,
    asked: &Asked,
) -> Result<BTreeMap<&'static str, SiteScores>> {
    let index = Index::open(bundle.shards(), bundle.manifest)?;
    let mut scores: BTreeMap<&'static str, SiteScores> = BTreeMap::new();
    let instant = encoder.as_ref().is_some_and(|encoder| encoder.table().is_some());
    let looked_up = instant && index.looks_up();
    for question in questions {
        let vector = encoder
            .as_mut()
            .filter(|_| !looked_up)
            .and_then(|encoder| encoder.encode(&question.text));
        for (key, mode) in MODES {
            if mode != Mode::Keyword && encoder.is_none() {
                continue;
            }
            let query = Query {
                text: question.text.clone(),
                mode,
                limit: DEPTH,
                typing: false,
                cut_off: asked.cut_off,
                meaning: asked.meaning,
                rescore: asked.rescored,
                budget: asked.budget,
                ..Query::default()
            };
            // Each is the first question of its reader.
            index.forget_clusters();
            let response = block_on(index.search(&query, vector.as_deref()))?;
            scores.entry(key).or_default().add(question, &response.results);
        }
    }
    Ok(scores)
}

impl SiteScores {
    fn add(&mut self, question: &SiteQuestion, results: &[PageResult]) {
        *self.counts.entry(question.kind.clone()).or_default() += 1;
        let kind = self.kinds.entry(question.kind.clone()).or_default();
        let mut note = |name, value: f64| {
            self.all.add(name, value);
            kind.add(name, value);
        };
        if !question.is_answerable() {
            note("nothing_returned", f64::from(u8::from(results.is_empty())));
            return;
        }
        let paths: Vec<String> =
            results.iter().take(DEPTH).map(|page| path_of(&page.url)).collect();
        let first = paths.iter().position(|path| question.pages.contains(path));
        let within = |k: usize| f64::from(u8::from(first.is_some_and(|at| at < k)));
        note("success@1", within(1));
        note("success@3", within(3));
        note("success@10", within(10));
        note("mrr@10", first.map_or(0.0, |at| 1.0 / (at + 1) as f64));
        if !question.anchors.is_empty() {
            let found = results.first().map(section);
            let right = found.is_some_and(|section| question.anchors.contains(&section));
            note("anchor@1", f64::from(u8::from(right)));
        }
        if first.is_none_or(|at| at >= 3) {
            let shown = results.iter().take(3).map(|page| (section(page), page.score)).collect();
            let rank = first.map(|at| at + 1);
            self.misses.push(Miss { question: question.clone(), shown, rank });
        }
    }
}

/// `path#anchor` of a result's best passage.
fn section(page: &PageResult) -> String {
    let path = path_of(&page.url);
    page.anchor.as_ref().map_or(path.clone(), |anchor| format!("{path}#{anchor}"))
}
