//! Postings: the passages that have a term, each with how much the term counts there.
//!
//! A frequent term's postings would be a megabyte on a large site, and most of them say next to nothing.
//! So the words shard has those that count most, and a shard beside it the rest, which is fetched where
//! every passage matters: for phrases, filters and counts. Elsewhere what is not here is estimated.

use super::lists::Lists;
use super::shard::Entry;
use super::{bm25, lists};
use sextant_core::error::BundleError;
use sextant_core::frame::Kind;
use sextant_core::passage::PassageId;
use sextant_core::wire::{Reader, put_varint};

/// Bits of a posting's level, as of [`bm25::LEVELS`].
const LEVEL_BITS: u32 = bm25::LEVELS.ilog2();

/// A term in a passage.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Posting {
    /// The passage.
    pub passage: PassageId,
    /// How much the term counts there, below [`bm25::LEVELS`].
    pub level: u32,
}

impl Posting {
    /// How much the term counts there, `0..1`: times its idf it is its BM25 score.
    #[must_use]
    pub fn saturation(self) -> f32 {
        bm25::saturation(self.level)
    }
}

/// Appends `postings`, which ascend by passage.
pub(super) fn put(out: &mut Vec<u8>, postings: impl IntoIterator<Item = Posting>) {
    let mut last = 0;
    for Posting { passage, level } in postings {
        put_varint(out, u64::from(passage.0 - last) << LEVEL_BITS | u64::from(level));
        last = passage.0;
    }
}

/// Gives `count` postings of `reader`, which then is at its end, in ascending order of passages.
//
// count times:
//   varint   from bit 4: difference to the passage before, the first to 0; bits 0..4: level
pub(super) fn read(
    mut reader: Reader<'_>,
    count: u32,
    passages: u32,
    mut visit: impl FnMut(Posting),
) -> Result<(), BundleError> {
    let mut passage = 0u32;
    for n in 0..count {
        let value = reader.varint()?;
        let step = u32::try_from(value >> LEVEL_BITS).unwrap_or(u32::MAX);
        let next = passage.checked_add(step).filter(|next| *next < passages);
        passage = match next {
            Some(next) if n == 0 || step > 0 => next,
            _ => {
                let what = format!("passage {passage} + {step} of {passages} in postings");
                return Err(reader.fault(what));
            }
        };
        visit(Posting { passage: PassageId(passage), level: value as u32 % bm25::LEVELS });
    }
    reader.end()
}

/// Takes all but the `most` postings that count most out of `postings`; of equals the first stay. Gives
/// what was taken, both in the order of passages.
pub(super) fn split(postings: &mut Vec<Posting>, most: usize) -> Vec<Posting> {
    if postings.len() <= most {
        return vec![];
    }
    let mut counts = [0usize; bm25::LEVELS as usize];
    for posting in &*postings {
        counts[posting.level as usize % counts.len()] += 1;
    }
    // The lowest level of which any stay, and how many of it do.
    let (mut cut, mut room) = (bm25::LEVELS as usize - 1, most);
    while cut > 0 && counts[cut] <= room {
        room -= counts[cut];
        cut -= 1;
    }
    let stays = |posting: &Posting| -> bool {
        let level = posting.level as usize;
        let equal = level == cut && room > 0;
        room -= usize::from(equal);
        equal || level > cut
    };
    let (here, rest) = std::mem::take(postings).into_iter().partition(stays);
    *postings = here;
    rest
}

/// The rest of the postings of one words shard's frequent terms.
#[derive(Clone, Debug)]
pub struct Rest(Lists);

impl Rest {
    /// Opens a shard of the rest. `file` is the inflated file, `name` its name for messages; `terms` is the
    /// number of terms that have a rest in the words shard beside it.
    ///
    /// # Errors
    /// [`BundleError`]: the frame, or a content that contradicts itself or `terms`.
    pub fn open(file: Vec<u8>, name: &str, terms: u32) -> Result<Self, BundleError> {
        Lists::open(file, Kind::Rest, name, terms).map(Self)
    }

    /// Gives the postings of `entry` that are not in its words shard, in ascending order of passages.
    /// `passages`: how many the bundle has; none at or above it comes out.
    ///
    /// # Errors
    /// `Content` of [`BundleError`] when the postings contradict the entry or the number of passages.
    pub fn postings(
        &self,
        entry: Entry,
        passages: u32,
        visit: impl FnMut(Posting),
    ) -> Result<(), BundleError> {
        let Some(rest) = entry.rest else { return Ok(()) };
        read(self.0.list(rest.ordinal)?, rest.count, passages, visit)
    }
}

/// The framed shard of these lists of postings.
pub(super) fn write_rest(lists: &[Vec<u8>]) -> Vec<u8> {
    lists::write(Kind::Rest, lists)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn what_counts_most_stays_and_nothing_is_lost(
            levels in proptest::collection::vec(0..bm25::LEVELS, 0..60), most in 0usize..40,
        ) {
            let all: Vec<Posting> = (0..).map(PassageId).zip(levels)
                .map(|(passage, level)| Posting { passage, level }).collect();
            let mut here = all.clone();
            let rest = split(&mut here, most);
            prop_assert_eq!(here.len(), most.min(all.len()));
            let least = here.iter().map(|p| p.level).min();
            prop_assert!(rest.iter().all(|p| least.is_none_or(|least| p.level <= least)));
            let mut both = [here, rest].concat();
            both.sort_by_key(|posting| posting.passage);
            prop_assert_eq!(both, all);
        }
    }
}
