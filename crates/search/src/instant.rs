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
use sextant_text::plain_words;
use std::rc::Rc;

/// Most words of a question that are looked up: a pasted page would fetch every block.
const MOST_WORDS: usize = 32;

/// The vector of `text` along `dimensions` axes of the codes; none where no word has a row. What cannot be had
/// is noted in `degraded`, and the other words make up the vector.
///
/// Blocks of frequent words are fetched at once. A word that is in none of them is looked for in the blocks of rare words: few
/// questions have one, and then wait once more.
pub async fn vector<S: Shards>(
    store: &Store<S>,
    entry: &TokensEntry,
    dimensions: u32,
    text: &str,
    degraded: &mut Vec<Degraded>,
) -> Option<Turned> {
    let mut words: Vec<String> = vec![];
    plain_words(text, |word| {
        if words.len() < MOST_WORDS {
            words.push(word.to_owned());
        }
    });
    let mut sum = Sum::new(dimensions);
    let shards = shards_of(&entry.often, words.iter());
    let found = rows(store, entry, &shards, dimensions, degraded).await;
    words.retain(|word| !found.iter().any(|rows| sum.add(rows, word)));

    let mut shards = shards_of(&entry.rare, words.iter());
    shards.iter_mut().for_each(|shard| *shard += entry.often.len());
    let found = rows(store, entry, &shards, dimensions, degraded).await;
    words.retain(|word| !found.iter().any(|rows| sum.add(rows, word)));
    sum.finish()
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
