//! The words stage: terms of the question → terms of the lexicon → a BM25 score a passage.

use crate::selection::Selection;
use sextant_core::error::BundleError;
use sextant_core::sort_by;
use sextant_index::words::{Bm25, Entry, Posting, Rest, WordsShard, fuzzy};
use std::rc::Rc;

/// How much the beginning of a longer word counts, at most, beside the whole word.
const PREFIX: f32 = 0.8;
/// How much a word of the lexicon counts that a typed one was corrected to, a typing error each.
const TYPO: f32 = 0.7;
/// Most words that one beginning is expanded to: beyond, they are far longer or very rare.
const MOST_EXPANSIONS: usize = 48;
/// Most words that one mistyped word is corrected to.
const MOST_CORRECTIONS: usize = 3;
/// Passages that a word may be in and still be taken for a typing error that the site has too.
const TYPO_MAX_DF: u32 = 2;
/// How many times more frequent the word must be that such an error is corrected to.
const TYPO_LIKELIER: u32 = 20;

/// A term of the lexicon that stands for a word of the question.
#[derive(Clone, Debug)]
pub struct Alternative {
    pub term: String,
    pub shard: Rc<WordsShard>,
    /// Number of the shard in the manifest.
    pub number: usize,
    pub entry: Entry,
    /// The postings that are not in the shard, where there are any and they were fetched.
    pub rest: Option<Rc<Rest>>,
    /// How well it stands for the word, `0..=1`.
    pub weight: f32,
}

impl Alternative {
    /// Gives all postings that are at hand: those of the words shard and then those of the rest, each in
    /// the order of passages.
    ///
    /// # Errors
    /// `Content` of [`BundleError`] for postings that contradict their shard.
    pub fn postings(
        &self,
        passages: u32,
        mut visit: impl FnMut(Posting),
    ) -> Result<(), BundleError> {
        self.shard.postings(self.entry, passages, &mut visit)?;
        self.rest.as_ref().map_or(Ok(()), |rest| rest.postings(self.entry, passages, visit))
    }

    /// What is to be expected of a passage whose postings are not at hand: the share of those passages that
    /// have the term, and how much it counts there, each `0..=1`.
    fn expected(&self, passages: u32) -> (f32, f32) {
        match self.entry.rest.filter(|_| self.rest.is_none()) {
            Some(rest) => {
                let others = passages.saturating_sub(self.entry.here()).max(1);
                let share = (rest.count as f32 / others as f32).min(1.0);
                (share, self.weight * rest.saturation())
            }
            None => (0.0, 0.0),
        }
    }
}

/// A word of the question, as the lexicon has it.
#[derive(Clone, Debug)]
pub struct Concept {
    pub alternatives: Vec<Alternative>,
    /// How much it counts in a passage at most, above 0: how rare it is, times how much the plan
    /// lets it count.
    pub weight: f32,
}

impl Concept {
    /// A word that `alternatives` stand for, none if the lexicon has nothing like it. With several it
    /// is as rare as all of them together. `share`: how much it counts beside other words, above 0.
    #[must_use]
    pub fn new(alternatives: Vec<Alternative>, share: f32, bm25: &Bm25) -> Self {
        let df = alternatives.iter().fold(0u32, |df, a| df.saturating_add(a.entry.df));
        Self { alternatives, weight: share * bm25.idf(df) }
    }
}

/// What the words say about every passage.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Words {
    /// BM25, `0..=bound`, by passage.
    pub scores: Vec<f32>,
    /// The sum of the idfs of the words that a passage has, by passage.
    pub covered: Vec<f32>,
    /// What [`Words::scores`] and [`Words::covered`] cannot exceed: the sum of all words' idfs.
    pub bound: f32,
}

/// The shards that are loaded, by their number in the manifest.
pub type Loaded = [(usize, Rc<WordsShard>)];

/// The terms that `term` stands for: itself, and with `prefix` the longer ones it begins. `word` is the
/// word as typed, before stemming: a stem can be shorter than what is typed of its word already.
pub fn alternatives(
    loaded: &Loaded,
    term: &str,
    word: Option<&str>,
) -> Result<Vec<Alternative>, BundleError> {
    let mut found = vec![];
    for (number, shard) in loaded {
        if let Some(entry) = shard.find(term)? {
            found.push(alternative(*number, shard, term, entry, 1.0));
        }
    }
    let Some(word) = word else { return Ok(found) };
    let length = word.chars().count();
    let mut longer = vec![];
    for (number, shard) in loaded {
        shard.walk_prefix(word, |here, entry| {
            if here != term {
                let closeness = length as f32 / here.chars().count() as f32;
                longer.push(alternative(*number, shard, here, entry, PREFIX * closeness));
            }
        })?;
    }
    if found.is_empty() && longer.is_empty() {
        return begun(loaded, word, length);
    }
    let worth = |a: &Alternative| a.weight * (1.0 + a.entry.df as f32).ln();
    sort_by(&mut longer, |a, b| worth(b).total_cmp(&worth(a)).then_with(|| a.term.cmp(&b.term)));
    longer.truncate(MOST_EXPANSIONS);
    found.append(&mut longer);
    Ok(found)
}

/// The longest stem that what is typed of a word has already passed: `iterato` → `iter`.
fn begun(loaded: &Loaded, word: &str, length: usize) -> Result<Vec<Alternative>, BundleError> {
    let least = stem_at_least(length);
    let mut best: Option<Alternative> = None;
    for (number, shard) in loaded {
        shard.walk(|here, entry| {
            let longer = best.as_ref().is_none_or(|best| here.len() > best.term.len());
            if longer && word.starts_with(here) && here.chars().count() >= least {
                best = Some(alternative(*number, shard, here, entry, PREFIX));
            }
            here <= word
        })?;
    }
    Ok(best.into_iter().collect())
}

/// The shortest stem, in characters, that a word of `length` characters may be taken for.
pub fn stem_at_least(length: usize) -> usize {
    (length * 3 / 5).max(3)
}

/// Whether `term`, which the lexicon has as `found`, is so rare that the site may share its reader's typing error.
pub fn may_be_shared_typo(term: &str, found: &[Alternative]) -> bool {
    let [alternative] = found else { return false };
    alternative.entry.df <= TYPO_MAX_DF && fuzzy::allowance(term.chars().count()) > 0
}

/// The terms that the rare `term`, `found` in the lexicon, may be a typing error of: one error away and far more frequent.
pub fn likelier(
    loaded: &Loaded,
    term: &str,
    found: &[Alternative],
) -> Result<Vec<Alternative>, BundleError> {
    let df = found.iter().map(|a| a.entry.df).max().unwrap_or(0);
    let mut likelier = within(loaded, term, 1)?;
    likelier.retain(|(distance, a)| *distance == 1 && a.entry.df >= df * TYPO_LIKELIER);
    Ok(best_corrections(likelier))
}

/// The terms that `term` may be a typing error of: the nearest, of those the most frequent.
pub fn corrections(loaded: &Loaded, term: &str) -> Result<Vec<Alternative>, BundleError> {
    let most = fuzzy::allowance(term.chars().count());
    if most == 0 {
        return Ok(vec![]);
    }
    let mut found = within(loaded, term, most)?;
    let least = found.iter().map(|(distance, _)| *distance).min();
    found.retain(|(distance, _)| Some(*distance) == least);
    Ok(best_corrections(found))
}

/// The terms that are at most `most` typing errors away, with their distances.
fn within(
    loaded: &Loaded,
    term: &str,
    most: usize,
) -> Result<Vec<(usize, Alternative)>, BundleError> {
    let wanted: Vec<char> = term.chars().collect();
    let mut found = vec![];
    let mut here: Vec<char> = vec![];
    for (number, shard) in loaded {
        shard.walk(|candidate, entry| {
            here.clear();
            here.extend(candidate.chars());
            if let Some(distance) = fuzzy::distance(&wanted, &here, most) {
                let weight = TYPO.powi(distance as i32);
                found.push((distance, alternative(*number, shard, candidate, entry, weight)));
            }
            true
        })?;
    }
    Ok(found)
}

fn best_corrections(mut found: Vec<(usize, Alternative)>) -> Vec<Alternative> {
    sort_by(&mut found, |(_, a), (_, b)| {
        b.entry.df.cmp(&a.entry.df).then_with(|| a.term.cmp(&b.term))
    });
    found.truncate(MOST_CORRECTIONS);
    found.into_iter().map(|(_, alternative)| alternative).collect()
}

fn alternative(
    number: usize,
    shard: &Rc<WordsShard>,
    term: &str,
    entry: Entry,
    weight: f32,
) -> Alternative {
    let (term, shard) = (term.to_owned(), Rc::clone(shard));
    Alternative { term, shard, number, entry, rest: None, weight }
}

/// Scores all `passages` by all concepts. A concept with several alternatives counts by the best of
/// them in a passage. Postings that are not at hand count as much as is to be expected of them in every
/// passage that has another of the words. `selection`: the only passages that are scored, if any; how rare
/// a word is does not depend on them.
///
/// # Errors
/// `Content` of [`BundleError`] for postings that contradict their shard.
pub fn score(
    concepts: &[Concept],
    passages: u32,
    selection: Option<&Selection>,
) -> Result<Words, BundleError> {
    let mut words = Words {
        scores: vec![0.0; passages as usize],
        covered: vec![0.0; passages as usize],
        bound: 0.0,
    };
    let mut matches: Vec<(u32, f32)> = vec![];
    let (mut expected_score, mut expected_cover) = (0.0, 0.0);
    for concept in concepts {
        words.bound += concept.weight;
        matches.clear();
        let (mut score, mut cover) = (0.0f32, 0.0f32);
        for alternative in &concept.alternatives {
            alternative.postings(passages, |posting| {
                if selection.is_none_or(|selection| selection.contains(posting.passage)) {
                    let counts = alternative.weight * posting.saturation();
                    matches.push((posting.passage.0, concept.weight * counts));
                }
            })?;
            let (share, counts) = alternative.expected(passages);
            score = score.max(concept.weight * share * counts);
            cover = cover.max(concept.weight * share);
        }
        if concept.alternatives.len() > 1 {
            sort_by(&mut matches, |a, b| a.0.cmp(&b.0).then(b.1.total_cmp(&a.1)));
            matches.dedup_by_key(|(passage, _)| *passage);
        }
        // What is expected is added to every passage below, so here it is taken off those that are known.
        for (passage, known) in &matches {
            let at = *passage as usize;
            if let (Some(sum), Some(covered)) =
                (words.scores.get_mut(at), words.covered.get_mut(at))
            {
                *sum += (known - score).max(f32::MIN_POSITIVE);
                *covered += concept.weight - cover;
            }
        }
        expected_score += score;
        expected_cover += cover;
    }
    if expected_score > 0.0 {
        for (sum, covered) in words.scores.iter_mut().zip(&mut words.covered) {
            if *sum > 0.0 {
                *sum += expected_score;
                *covered += expected_cover;
            }
        }
    }
    Ok(words)
}

#[cfg(test)]
mod tests;
