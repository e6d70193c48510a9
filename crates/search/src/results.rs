//! The result stage: texts of what is shown, as pages with excerpts and other sections.

use crate::excerpts::{self, Marks};
use crate::gather::note;
use crate::group::Page;
use crate::join::join_all;
use crate::query::Query;
use crate::rank::Hit;
use crate::response::{Degraded, PageResult, SubResult};
use crate::shards::Shards;
use crate::store::Store;
use sextant_core::manifest::RangeEntry;
use sextant_core::passage::{Passage, PassageId};
use sextant_core::sort_by;
use sextant_index::texts::{PageRecord, Texts};
use sextant_text::analysis::Analyzer;
use std::rc::Rc;

/// Share of the best passage's score that another section must have to be shown.
const WORTH_SHOWING: f32 = 0.6;

/// How results are shown.
pub struct Shown<'a> {
    pub query: &'a Query,
    pub marks: &'a Marks,
    pub analyzer: &'a Analyzer,
}

/// The texts shards at hand.
struct Library {
    /// First passage and shard, ascending.
    ranges: Vec<(u32, Option<Rc<Texts>>)>,
}

impl Library {
    fn get(&self, id: PassageId) -> Option<(&Passage, &PageRecord)> {
        let at = self.ranges.partition_point(|(start, ..)| *start <= id.0).checked_sub(1)?;
        self.ranges.get(at)?.1.as_ref()?.get(id)
    }
}

/// Fetches the texts of `pages` and makes results of them. A page whose text cannot be had is left
/// out, and the shard is noted.
pub async fn results<S: Shards>(
    store: &Store<S>,
    pages: &[Page],
    shown: &Shown<'_>,
    degraded: &mut Vec<Degraded>,
) -> Vec<PageResult> {
    let wanted: Vec<&Hit> = pages.iter().flat_map(|page| sections(page, shown.query)).collect();
    let library = library(store, &wanted, degraded).await;
    pages.iter().filter_map(|page| result(page, &library, shown)).collect()
}

/// The hits of a page that are shown unless they share a heading with a better one.
fn sections<'a>(page: &'a Page, query: &Query) -> impl Iterator<Item = &'a Hit> {
    let least = page.hits.first().map_or(0.0, |hit| hit.score) * WORTH_SHOWING;
    page.hits.iter().take(1 + query.sub_results).filter(move |hit| hit.score >= least)
}

async fn library<S: Shards>(
    store: &Store<S>,
    hits: &[&Hit],
    degraded: &mut Vec<Degraded>,
) -> Library {
    let ranges: &[RangeEntry] = &store.manifest.texts;
    let shard =
        |hit: &&Hit| ranges.partition_point(|range| range.start <= hit.passage.0).checked_sub(1);
    let mut needed: Vec<usize> = hits.iter().filter_map(shard).collect();
    sort_by(&mut needed, Ord::cmp);
    needed.dedup();
    let fetched = join_all(needed.iter().map(|shard| store.texts(*shard))).await;
    let ranges = needed.iter().zip(fetched).filter_map(|(shard, result)| {
        let range = ranges.get(*shard)?;
        let texts = result.map_err(|error| note(degraded, Degraded::from(&error))).ok();
        Some((range.start, texts))
    });
    Library { ranges: ranges.collect() }
}

fn result(page: &Page, library: &Library, shown: &Shown<'_>) -> Option<PageResult> {
    let excerpt = |passage: &Passage| {
        excerpts::of(passage, shown.analyzer, shown.marks, shown.query.excerpt_words)
    };
    let mut found = sections(page, shown.query)
        .filter_map(|hit| library.get(hit.passage).map(|(passage, record)| (hit, passage, record)));
    let (_, passage, record) = found.next()?;
    let mut anchors = vec![passage.anchor.as_deref()];
    let mut sub_results = vec![];
    for (hit, passage, _) in found {
        let anchor = passage.anchor.as_deref();
        if anchors.contains(&anchor) {
            continue;
        }
        anchors.push(anchor);
        sub_results.push(SubResult {
            title: passage.trail.last().unwrap_or(&record.title).clone(),
            url: anchor.map_or(record.url.clone(), |anchor| format!("{}#{anchor}", record.url)),
            anchor: passage.anchor.clone(),
            score: hit.score,
            excerpt: excerpt(passage),
        });
    }
    Some(PageResult {
        url: record.url.clone(),
        title: record.title.clone(),
        score: page.score(),
        meta: record.meta.clone(),
        anchor: passage.anchor.clone(),
        heading: passage.trail.last().cloned().unwrap_or_default(),
        excerpt: excerpt(passage),
        sub_results,
    })
}
