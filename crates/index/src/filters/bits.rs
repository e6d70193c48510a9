//! A set of numbers below a limit, a bit each: what filters are computed in, and what a scan asks for
//! every passage. 125 KB for a million.

use std::ops::Range;

/// Bits of a word.
const WORD: u32 = u64::BITS;

/// A set of numbers `0..limit`. Operations on two of them expect the same limit; of a longer one the
/// rest counts as absent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bits {
    /// Bit `n % 64` of word `n / 64`; bits at and above the limit are zero.
    words: Vec<u64>,
    limit: u32,
}

impl Bits {
    /// No number.
    #[must_use]
    pub fn none(limit: u32) -> Self {
        Self { words: vec![0; limit.div_ceil(WORD) as usize], limit }
    }

    /// Every number below `limit`.
    #[must_use]
    pub fn all(limit: u32) -> Self {
        let mut bits = Self::none(limit);
        bits.insert(0..limit);
        bits
    }

    /// The numbers below `limit` of which `holds` is true.
    #[must_use]
    pub fn of(limit: u32, holds: impl Fn(u32) -> bool) -> Self {
        let word = |at: u32| {
            let start = at * WORD;
            let bit = |number: u32| u64::from(holds(number)) << (number - start);
            (start..limit.min(start.saturating_add(WORD)))
                .fold(0, |word, number| word | bit(number))
        };
        Self { words: (0..limit.div_ceil(WORD)).map(word).collect(), limit }
    }

    /// What no member reaches.
    #[must_use]
    pub fn limit(&self) -> u32 {
        self.limit
    }

    /// Adds all of `range` that lies below the limit.
    pub fn insert(&mut self, range: Range<u32>) {
        for (at, mask) in masks(range.start..range.end.min(self.limit)) {
            if let Some(word) = self.words.get_mut(at) {
                *word |= mask;
            }
        }
    }

    /// Whether `number` is a member.
    #[must_use]
    #[inline]
    pub fn contains(&self, number: u32) -> bool {
        self.words
            .get((number / WORD) as usize)
            .is_some_and(|word| word >> (number % WORD) & 1 == 1)
    }

    /// Number of members.
    #[must_use]
    pub fn count(&self) -> u32 {
        self.words.iter().map(|word| word.count_ones()).sum()
    }

    /// Number of members in `range`.
    #[must_use]
    pub fn count_in(&self, range: Range<u32>) -> u32 {
        let word = |at: usize| self.words.get(at).copied().unwrap_or(0);
        masks(range.start..range.end.min(self.limit))
            .map(|(at, mask)| (word(at) & mask).count_ones())
            .sum()
    }

    /// Keeps what `other` has too.
    pub fn and(&mut self, other: &Self) {
        let others = other.words.iter().copied().chain(std::iter::repeat(0));
        self.words.iter_mut().zip(others).for_each(|(word, other)| *word &= other);
    }

    /// Adds what `other` has.
    pub fn or(&mut self, other: &Self) {
        self.words.iter_mut().zip(&other.words).for_each(|(word, other)| *word |= other);
    }

    /// Turns members and others around.
    pub fn not(&mut self) {
        let mut others = Self::all(self.limit);
        others.words.iter_mut().zip(&self.words).for_each(|(word, member)| *word &= !member);
        self.words = others.words;
    }

    /// Members, ascending.
    pub fn iter(&self) -> impl Iterator<Item = u32> + '_ {
        (0u32..).zip(&self.words).flat_map(|(at, word)| {
            let mut rest = *word;
            std::iter::from_fn(move || {
                let bit = (rest != 0).then(|| rest.trailing_zeros())?;
                rest &= rest - 1;
                Some(at * WORD + bit)
            })
        })
    }
}

/// The words that `range` touches, each with the bits of it that are inside.
fn masks(range: Range<u32>) -> impl Iterator<Item = (usize, u64)> {
    let words =
        if range.is_empty() { 0..0 } else { range.start / WORD..(range.end - 1) / WORD + 1 };
    words.map(move |at| {
        let first = range.start.saturating_sub(at * WORD);
        let last = (range.end - 1 - at * WORD).min(WORD - 1);
        (at as usize, u64::MAX << first & u64::MAX >> (WORD - 1 - last))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::collection::btree_set;
    use proptest::prelude::*;
    use std::collections::BTreeSet;

    fn bits(limit: u32, numbers: &BTreeSet<u32>) -> Bits {
        let mut bits = Bits::none(limit);
        numbers.iter().for_each(|number| bits.insert(*number..number + 1));
        bits
    }

    proptest! {
        #[test]
        fn it_is_a_set(limit in 0u32..200, a in btree_set(0u32..200, 0..60), b in btree_set(0u32..200, 0..60)) {
            let [a, b] = [a, b].map(|set| set.into_iter().filter(|n| *n < limit).collect::<BTreeSet<_>>());
            let list = |bits: &Bits| bits.iter().collect::<BTreeSet<_>>();
            let mut both = bits(limit, &a);
            prop_assert_eq!(list(&both), a.clone());
            prop_assert_eq!(&Bits::of(limit, |n| a.contains(&n)), &both);
            prop_assert_eq!(both.count() as usize, a.len());
            both.and(&bits(limit, &b));
            prop_assert_eq!(list(&both), &a & &b);
            let mut either = bits(limit, &a);
            either.or(&bits(limit, &b));
            prop_assert_eq!(list(&either), &a | &b);
            let mut others = bits(limit, &a);
            others.not();
            prop_assert_eq!(list(&others), &(0..limit).collect::<BTreeSet<_>>() - &a);
            prop_assert!((0..300).all(|n| either.contains(n) == (a.contains(&n) || b.contains(&n))));
        }

        #[test]
        fn ranges_are_put_and_counted_whole(limit in 0u32..300, start in 0u32..300, end in 0u32..300, a in btree_set(0u32..300, 0..60)) {
            let mut range = Bits::none(limit);
            range.insert(start..end);
            prop_assert!(range.iter().eq(start..end.min(limit)));
            let set: BTreeSet<u32> = a.into_iter().filter(|n| *n < limit).collect();
            let inside = set.iter().filter(|n| (start..end).contains(n)).count();
            prop_assert_eq!(bits(limit, &set).count_in(start..end) as usize, inside);
        }
    }
}
