//! The ranking stage: from what words and vectors say of every passage to the best passages.

use crate::query::Mode;
use crate::response::Degraded;
use crate::selection::Selection;
use crate::words::Words;
use crate::{fuse, group};
use sextant_core::directory::Directory;
use sextant_core::passage::{PageId, PassageId};
use sextant_core::sort_by;
use sextant_index::vectors::{Best, Scored};

/// Passages that each of the two lists sends into fusion. Fusion then knows both true scores of each,
/// so more would only add passages that neither list likes.
pub const CANDIDATES: usize = 200;

/// A passage that answers.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Hit {
    /// The passage.
    pub passage: PassageId,
    /// Its page.
    pub page: PageId,
    /// `0..=1`, higher is better; as [`crate::PageResult::score`].
    pub score: f32,
    /// What the words say: BM25 as a share of what it could be at most, `0..=1`.
    pub words: f32,
    /// The share of the question's words that the passage has, by their rareness, `0..=1`.
    pub covered: f32,
    /// The cosine to the question, `-1..=1`, where it is known.
    pub meaning: Option<f32>,
}

/// The best passages for a query.
#[derive(Clone, Debug, PartialEq)]
pub struct Ranked {
    /// What ranked them.
    pub mode: Mode,
    /// Best first.
    pub hits: Vec<Hit>,
    /// Stages in the order they ran, in milliseconds.
    pub timing: Vec<(&'static str, f64)>,
    /// What was missing.
    pub degraded: Vec<Degraded>,
}

impl Ranked {
    /// The pages of these passages, best first, with their scores: what a search shows.
    #[must_use]
    pub fn pages(&self, limit: usize) -> Vec<(PageId, f32)> {
        let pages = group::pages(&self.hits, &[], limit);
        pages.iter().map(|page| (page.page, page.score())).collect()
    }
}

/// What is known of all passages.
pub struct Evidence<'a> {
    pub directory: &'a Directory,
    pub words: &'a Words,
    /// The nearest passages that may be in the answer, best first; none where meaning is not asked for.
    pub nearest: &'a [Scored],
    /// The cosines of passages, ascending, where they are known.
    pub cosines: &'a dyn Fn(&[u32]) -> Vec<Option<f32>>,
    /// The passages that the query's filter lets in; all where it has none.
    pub selection: Option<&'a Selection>,
    /// Whether a passage may be in the answer, besides.
    pub allowed: &'a dyn Fn(PassageId) -> bool,
}

/// Ranks passages. `weight`: of meaning in [`Mode::Hybrid`], `0..=1`. `depth`: most hits.
#[must_use]
pub fn rank(evidence: &Evidence<'_>, mode: Mode, weight: f32, depth: usize) -> Vec<Hit> {
    let count = depth.max(CANDIDATES);
    let mut candidates = vec![];
    if mode != Mode::Semantic {
        candidates.extend(by_words(evidence, count));
    }
    if mode != Mode::Keyword {
        candidates.extend(evidence.nearest.iter().map(|hit| hit.row));
    }
    sort_by(&mut candidates, Ord::cmp);
    candidates.dedup();
    let cosines = (evidence.cosines)(&candidates);
    let cosines = cosines.into_iter().chain(std::iter::repeat(None));
    let hits = candidates.into_iter().zip(cosines);
    let mut hits: Vec<Hit> = hits.filter_map(|(at, meaning)| hit(evidence, at, meaning)).collect();
    match mode {
        Mode::Keyword => fuse::by_words(&mut hits),
        Mode::Semantic => fuse::by_meaning(&mut hits),
        Mode::Hybrid => fuse::by_both(&mut hits, weight),
    }
    hits.truncate(depth);
    hits
}

/// The first passage of every page that `selection` has a passage of, in the order of passages, each
/// with score 0: nothing was asked.
#[must_use]
pub fn first_passages(directory: &Directory, selection: Option<&Selection>) -> Vec<Hit> {
    let selected = |id: &PassageId| selection.is_none_or(|selection| selection.contains(*id));
    let hit = |page: PageId| {
        let passage = directory.range(page).map(PassageId).find(selected)?;
        Some(Hit { passage, page, score: 0.0, words: 0.0, covered: 0.0, meaning: None })
    };
    (0..directory.pages()).map(PageId).filter_map(hit).collect()
}

fn hit(evidence: &Evidence<'_>, at: u32, meaning: Option<f32>) -> Option<Hit> {
    let passage = PassageId(at);
    let page = evidence.directory.page(passage)?;
    let of = |scores: &[f32]| scores.get(at as usize).copied().unwrap_or(0.0);
    let share =
        |sum: f32| if evidence.words.bound > 0.0 { sum / evidence.words.bound } else { 0.0 };
    Some(Hit {
        passage,
        page,
        score: 0.0,
        words: share(of(&evidence.words.scores)),
        covered: share(of(&evidence.words.covered)),
        meaning,
    })
}

/// The `count` allowed passages that the words speak for most; equal scores go to the lower passage.
pub fn by_words(evidence: &Evidence<'_>, count: usize) -> Vec<u32> {
    let mut best = Best::new(count);
    let mut push = |at: u32| {
        let score = evidence.words.scores.get(at as usize).copied().unwrap_or(0.0);
        if score > 0.0 && best.admits(score) && (evidence.allowed)(PassageId(at)) {
            best.push(at, score);
        }
    };
    match evidence.selection {
        Some(selection) => selection.iter().for_each(|id| push(id.0)),
        None => (0..evidence.words.scores.len() as u32).for_each(push),
    }
    best.finish().into_iter().map(|hit| hit.row).collect()
}
