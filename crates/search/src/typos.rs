//! Where a mistyped word is looked for: most bytes of its letter's shards are of words that nobody meant.

use crate::plan::{shard_of, shards_of_prefix};
use sextant_core::manifest::WordsShardEntry;
use sextant_index::words::fuzzy;

/// Bytes of the shards, as they lie on the server, that one mistyped word is looked for in at most.
const MOST_BYTES: u64 = 32 * 1024;
/// The same for a rare word of the site, which may be a typing error that the site shares.
const MOST_SHARED_BYTES: u64 = 12 * 1024;
/// Bytes of the longest word whose errors are gone through.
const LONGEST: usize = 64;
/// Letters that a word may have lost, or should have had: of other scripts there are too many.
const LETTERS: std::ops::RangeInclusive<u8> = b'a'..=b'z';

/// The words shards that a term mistyped as `term` may be in, the likeliest first; none where it is too short to be one.
/// `is_known`: whether the site has `term` all the same.
///
/// Each word that is one error away, the first letter aside, votes for the shard that it would be in. Those with the most votes for
/// their bytes are taken, then the nearest by alphabet.
pub fn shards(shards: &[WordsShardEntry], term: &str, is_known: bool) -> Vec<usize> {
    if fuzzy::allowance(term.chars().count()) == 0 {
        return vec![];
    }
    let first: String = term.chars().take(1).collect();
    let range = shards_of_prefix(shards, &first);
    let mut votes = vec![0.0f32; shards.len()];
    if term.len() <= LONGEST {
        one_error_away(term.as_bytes(), &mut |word, share| {
            let behind = shards.partition_point(|shard| shard.first.as_bytes() <= word);
            if let Some(votes) = votes.get_mut(behind.wrapping_sub(1)) {
                *votes += share;
            }
        });
    }
    let own = shard_of(shards, term).unwrap_or(0);
    let most = if is_known { MOST_SHARED_BYTES } else { MOST_BYTES };
    let (mut found, mut bytes) = (vec![], 0u64);
    while bytes < most {
        let left = range.clone().filter(|shard| !found.contains(shard)).filter_map(|shard| {
            let (votes, entry) = (votes.get(shard)?, shards.get(shard)?);
            Some((votes / entry.bytes.max(1) as f32, shard.abs_diff(own), shard, entry.bytes))
        });
        let best = left.min_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
        let Some((.., shard, more)) = best else { break };
        found.push(shard);
        bytes += more;
    }
    found
}

/// Visits the words from which one error makes `word`, the first letter right, as bytes: what is no text falls between texts.
/// Letters of one place share a vote.
fn one_error_away(word: &[u8], visit: &mut dyn FnMut(&[u8], f32)) {
    let share = 1.0 / LETTERS.len() as f32;
    for at in 1..=word.len() {
        let (before, behind) = word.split_at(at);
        let without = behind.get(1..);
        for letter in LETTERS {
            visit(&[before, &[letter], behind].concat(), share);
            without.iter().for_each(|behind| visit(&[before, &[letter], behind].concat(), share));
        }
        without.iter().for_each(|behind| visit(&[before, behind].concat(), 1.0));
        if let [one, other, behind @ ..] = behind {
            visit(&[before, &[*other, *one], behind].concat(), 1.0);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use sextant_core::manifest::ShardEntry;

    fn entries(firsts: &[&str], bytes: u64) -> Vec<WordsShardEntry> {
        let entry = |first: &&str| WordsShardEntry {
            first: (*first).to_owned(),
            file: String::new(),
            bytes,
            positions: ShardEntry { file: String::new(), bytes: 1 },
            rest: None,
        };
        firsts.iter().map(entry).collect()
    }

    #[test]
    fn all_of_its_letter_are_looked_at_where_that_is_little() {
        let few = entries(&["a", "read", "reader", "real", "s"], 1);
        assert_eq!(shards(&few, "rexd", false), [3, 0, 1, 2]);
        assert!(shards(&few, "rex", false).is_empty());
        assert!(shards(&[], "rexd", false).is_empty());
    }

    #[test]
    fn the_shards_of_words_that_are_one_error_away_come_first() {
        let large = entries(&["na", "ne", "ni", "no", "nu"], MOST_BYTES / 2 + 1);
        // Most errors are late in the word, in "nu"; where its first two letters were swapped or lost it is in "na".
        assert_eq!(shards(&large, "nubmers", false), [4, 0]);
        assert_eq!(shards(&large, "nubmers", true), [4]);
        // By alphabet three are nearer to "nrevous" than the one that has "nervous".
        let more = entries(&["na", "ne", "ni", "nk", "no", "nu"], MOST_BYTES / 2 + 1);
        assert_eq!(shards(&more, "nrevous", false), [4, 1]);
    }

    #[test]
    fn a_word_without_end_is_looked_for_by_alphabet() {
        let large = entries(&["na", "ne", "ni", "no", "nu"], MOST_BYTES / 2 + 1);
        assert_eq!(shards(&large, &"n".repeat(8000), false), [2, 1]);
    }

    #[test]
    fn every_word_that_is_one_error_away_votes() {
        let mut seen = vec![];
        one_error_away(b"abc", &mut |word, share| {
            seen.push((String::from_utf8_lossy(word).into_owned(), share))
        });
        let whole: Vec<&str> =
            seen.iter().filter(|(_, s)| *s == 1.0).map(|(w, _)| w.as_str()).collect();
        assert_eq!(whole, ["ac", "acb", "ab"]);
        let has = |word: &str| seen.iter().any(|(seen, _)| seen == word);
        assert!(["axbc", "axc", "abxc", "abx", "abcx"].into_iter().all(has) && !has("xabc"));
        assert_eq!(seen.len(), 3 + 5 * LETTERS.len());
    }
}
