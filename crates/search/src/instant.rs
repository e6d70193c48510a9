//! The instant stage: where no encoder is at hand, a question's vector is the sum of its words' rows, of
//! which those are fetched that the question has.

use crate::gather::noted;
use crate::join::join_all;
use crate::response::Degraded;
use crate::shards::Shards;
use crate::store::Store;
use sextant_core::manifest::{TokensBlockEntry, TokensEntry};
use sextant_core::sort_by;
use sextant_index::tokens::{Rows, Sum};
use sextant_index::vectors::Turned;
use sextant_index::words::fuzzy;
use sextant_text::plain_words;
use std::rc::Rc;

/// Most words of a question that are looked up: a pasted page would fetch every block.
const MOST_WORDS: usize = 32;

/// Letters, and the share of a word's, that a word must have to stand for a longer one that it begins.
const LEAST_BEGINNING: usize = 3;
const SHARE_OF_BEGINNING: usize = 2;

/// A question on its way to its vector: the blocks of frequent words are there.
pub struct Lookup {
    dimensions: u32,
    /// Of the words that have a row in them.
    sum: Sum,
    /// The others.
    words: Vec<String>,
    blocks: Vec<Rc<Rows>>,
    missing: Vec<Degraded>,
}

/// A question that was looked up.
#[derive(Default)]
pub struct LookedUp {
    /// Its vector along the axes of the codes; none where no word has a row.
    pub question: Option<Turned>,
    /// What could not be had; the other words make up the vector.
    pub missing: Vec<Degraded>,
}

impl Lookup {
    /// Begins with `text`, along `dimensions` axes of the codes: fetches the blocks of frequent words.
    pub async fn new<S: Shards>(
        store: &Store<S>,
        entry: &TokensEntry,
        dimensions: u32,
        text: &str,
    ) -> Self {
        let mut words: Vec<String> = vec![];
        plain_words(text, |word| {
            if words.len() < MOST_WORDS {
                words.push(word.to_owned());
            }
        });
        let (mut sum, mut missing) = (Sum::new(dimensions), vec![]);
        let shards = shards_of(&entry.often, words.iter());
        let blocks = rows(store, entry, &shards, dimensions, &mut missing).await;
        words.retain(|word| !blocks.iter().any(|rows| sum.add(rows, word)));
        Self { dimensions, sum, words, blocks, missing }
    }

    /// The vector of the words that have a row so far; none where no word has.
    pub fn so_far(&self) -> Option<Turned> {
        self.sum.clone().finish()
    }
}

/// Ends `lookup`, where there is one.
///
/// A word that is in no block of frequent words is looked for in the blocks of rare ones. One that is nowhere is taken for a typing
/// error, or for its beginning, as far as the blocks have it where it would have been itself: that fetches nothing.
pub async fn finish<S: Shards>(store: &Store<S>, lookup: Option<Lookup>) -> LookedUp {
    let entry = store.manifest.vectors.as_ref().and_then(|vectors| vectors.tokens.as_ref());
    let (Some(lookup), Some(entry)) = (lookup, entry) else { return LookedUp::default() };
    let Lookup { dimensions, mut sum, mut words, mut blocks, mut missing } = lookup;
    let mut shards = shards_of(&entry.rare, words.iter());
    shards.iter_mut().for_each(|shard| *shard += entry.often.len());
    let rare = rows(store, entry, &shards, dimensions, &mut missing).await;
    words.retain(|word| !rare.iter().any(|rows| sum.add(rows, word)));

    blocks.extend(rare);
    for (rows, known) in words.iter().filter_map(|word| stand_in(&blocks, word)) {
        sum.add(rows, known);
    }
    LookedUp { question: sum.finish(), missing }
}

/// The word of `blocks` that stands for `word`, which is in none of them: the one with the least typing errors, the
/// first of several, else the longest that `word` begins with. Names with digits differ in what they mean.
fn stand_in<'b>(blocks: &'b [Rc<Rows>], word: &str) -> Option<(&'b Rows, &'b str)> {
    if word.contains(|c: char| c.is_ascii_digit()) {
        return None;
    }
    let letters: Vec<char> = word.chars().collect();
    let most = fuzzy::allowance(letters.len());
    let errors = |known: &str| fuzzy::distance(&letters, &known.chars().collect::<Vec<_>>(), most);
    let begins = |known: &str| {
        let length = known.chars().count();
        let long = length >= LEAST_BEGINNING && length * SHARE_OF_BEGINNING >= letters.len();
        (long && word.starts_with(known)).then_some(length)
    };
    let known = || blocks.iter().flat_map(|rows| rows.words().map(move |known| (&**rows, known)));
    let typo = known().filter_map(|at| Some((errors(at.1)?, at))).min_by_key(|(errors, _)| *errors);
    let beginning = || known().filter_map(|at| Some((begins(at.1)?, at))).max_by_key(|(n, _)| *n);
    typo.or_else(beginning).map(|(_, at)| at)
}

/// The blocks that `words` would be in, each once.
fn shards_of<'w>(
    blocks: &[TokensBlockEntry],
    words: impl Iterator<Item = &'w String>,
) -> Vec<usize> {
    let block = |word: &String| blocks.partition_point(|block| block.first <= *word);
    let mut found: Vec<usize> = words.filter_map(|word| block(word).checked_sub(1)).collect();
    sort_by(&mut found, Ord::cmp);
    found.dedup();
    found
}

/// Those of `shards` of `entry` that could be had.
async fn rows<S: Shards>(
    store: &Store<S>,
    entry: &TokensEntry,
    shards: &[usize],
    dimensions: u32,
    degraded: &mut Vec<Degraded>,
) -> Vec<Rc<Rows>> {
    let fetched = join_all(shards.iter().map(|shard| store.rows(entry, *shard, dimensions))).await;
    fetched.into_iter().filter_map(|result| noted(result, degraded)).collect()
}
