//! The probing stage: which clusters a question fetches, within a budget of bytes.
//!
//! Those nearest to the question's vector alone would ruin fusion: what the words found would have no true
//! cosine, and a passage that both like could not be told from one that words like only. So the clusters of
//! the words' best passages come first.

use sextant_core::manifest::RangeEntry;
use sextant_core::sort_by;

/// The words' best passages whose clusters are fetched.
pub const BEST_OF_WORDS: usize = 10;
/// Share of the budget that the words' clusters may take: a paraphrase has its answer elsewhere.
const SHARE_OF_WORDS: u64 = 2;

/// The shards to fetch, ascending. `words`: passages, best first. `near`: the first passages of clusters,
/// best first. `here`: whether a shard is there already; those cost nothing.
#[must_use]
pub fn wanted(
    shards: &[RangeEntry],
    words: &[u32],
    near: &[u32],
    budget: u64,
    here: &dyn Fn(usize) -> bool,
) -> Vec<usize> {
    let mut wanted: Vec<usize> = vec![];
    let mut left = budget;
    let mut take = |passages: &[u32], keep: u64| {
        for passage in passages {
            let Some(at) = shard_of(shards, *passage) else { continue };
            let bytes = shards.get(at).map_or(0, |shard| shard.bytes);
            if here(at) || wanted.contains(&at) {
                continue;
            }
            if left.saturating_sub(keep) < bytes {
                break;
            }
            left -= bytes;
            wanted.push(at);
        }
    };
    take(words, budget - budget / SHARE_OF_WORDS);
    take(near, 0);
    sort_by(&mut wanted, Ord::cmp);
    wanted
}

/// The shard that `passage` is in.
fn shard_of(shards: &[RangeEntry], passage: u32) -> Option<usize> {
    let at = shards.partition_point(|shard| shard.start <= passage).checked_sub(1)?;
    shards.get(at).filter(|shard| passage - shard.start < shard.count).map(|_| at)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shards() -> Vec<RangeEntry> {
        let shard =
            |n: u32| RangeEntry { file: format!("{n}"), bytes: 100, start: n * 10, count: 10 };
        (0..8).map(shard).collect()
    }

    #[test]
    fn words_come_first_and_the_nearest_fill_up() {
        let shards = shards();
        let fetch =
            |words: &[u32], near: &[u32], budget| wanted(&shards, words, near, budget, &|_| false);
        assert_eq!(fetch(&[35, 31, 12, 77], &[0, 30, 50], 400), [0, 1, 3, 5]);
        assert_eq!(fetch(&[35], &[50, 0, 60], 300), [0, 3, 5]);
        assert_eq!(fetch(&[], &[50, 0, 60], u64::MAX), [0, 5, 6]);
        assert!(fetch(&[35], &[50], 99).is_empty());
        assert_eq!(fetch(&[999], &[50], 100), [5]);
    }

    #[test]
    fn what_is_there_costs_nothing() {
        let shards = shards();
        let fetched = wanted(&shards, &[35], &[0, 30, 50, 70], 200, &|shard| shard == 0);
        assert_eq!(fetched, [3, 5]);
    }
}
