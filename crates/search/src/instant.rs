//! The instant stage: where no encoder is at hand, a question's vector is the sum of its words' rows, of
//! which those are fetched that the question has.

use crate::gather::noted;
use crate::join::join_all;
use crate::response::Degraded;
use crate::shards::Shards;
use crate::store::Store;
use sextant_core::manifest::TokensEntry;
use sextant_core::sort_by;
use sextant_index::tokens::Sum;
use sextant_index::vectors::Turned;
use sextant_text::plain_words;

/// Most words of a question that are looked up: a pasted page would fetch every block.
const MOST_WORDS: usize = 32;

/// The vector of `text` along `dimensions` axes of the codes; none where no word has a row. What cannot be had
/// is noted in `degraded`, and the other words make up the vector.
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
    let core = noted(store.core_rows(entry, dimensions).await, degraded);
    let mut sum = Sum::new(dimensions);
    words.retain(|word| !core.as_ref().is_some_and(|core| sum.add(core, word)));
    let block = |word: &String| entry.blocks.partition_point(|block| block.first <= *word);
    let mut blocks: Vec<usize> =
        words.iter().filter_map(|word| block(word).checked_sub(1)).collect();
    sort_by(&mut blocks, Ord::cmp);
    blocks.dedup();
    let fetched = join_all(blocks.iter().map(|at| store.block_rows(entry, *at, dimensions))).await;
    for rows in fetched.into_iter().filter_map(|result| noted(result, degraded)) {
        for word in &words {
            sum.add(&rows, word);
        }
    }
    sum.finish()
}
