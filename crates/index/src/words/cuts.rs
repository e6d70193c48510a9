//! Where words shards begin: so that a question's words cost a reader as few bytes as so many shards allow.

use std::ops::Range;

/// Atoms a shard in the mean: terms are cut apart no finer than that, which costs next to nothing.
const GRAIN: usize = 16;
/// Halvings of the range in which the price of a shard is sought.
const STEPS: usize = 48;

/// A term, or some consecutive ones, as a shard would hold them.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Atom {
    /// Number of its terms.
    pub terms: usize,
    /// Bytes of its lexicon entries and postings.
    pub bytes: usize,
    /// How often it is asked for, in any unit.
    pub weight: f64,
}

/// Cuts `terms`, each an [`Atom`] by itself, into `shards` ranges at most.
///
/// A reader fetches the whole shard that a word is in, so a shard costs its bytes times how often any of its terms is
/// asked for. The sum over all shards is made least, by dynamic programming with a price on each shard; the price is
/// raised until there are few enough. So frequent words get shards of their own and rare ones share large shards.
pub(super) fn cuts(terms: &[Atom], shards: usize) -> Vec<Range<usize>> {
    let shards = shards.max(1);
    let total: usize = terms.iter().map(|term| term.bytes).sum();
    let atoms = atoms(terms, total / (shards * GRAIN));
    let weight: f64 = terms.iter().map(|term| term.weight).sum();
    let (mut low, mut high) = (0.0, total as f64 * weight + 1.0);
    let mut best = priced(&atoms, low);
    if best.len() > shards {
        best = priced(&atoms, high);
        for _ in 0..STEPS {
            // Prices span many magnitudes.
            let price = if low > 0.0 { f64::sqrt(low * high) } else { high / 1024.0 };
            let found = priced(&atoms, price);
            if found.len() > shards {
                low = price;
            } else {
                (high, best) = (price, found);
            }
        }
    }
    let mut start = 0;
    let ranges = best.into_iter().map(|range| {
        let terms: usize = atoms.get(range).unwrap_or_default().iter().map(|a| a.terms).sum();
        start += terms;
        start - terms..start
    });
    ranges.collect()
}

/// Consecutive terms together, up to about `grain` bytes; longer ones by themselves.
fn atoms(terms: &[Atom], grain: usize) -> Vec<Atom> {
    let mut atoms: Vec<Atom> = vec![];
    for term in terms {
        match atoms.last_mut().filter(|last| last.bytes + term.bytes <= grain) {
            Some(last) => {
                last.terms += term.terms;
                last.bytes += term.bytes;
                last.weight += term.weight;
            }
            None => atoms.push(*term),
        }
    }
    atoms
}

/// The ranges of least cost where each costs `price` besides.
fn priced(atoms: &[Atom], price: f64) -> Vec<Range<usize>> {
    // By where a range ends: the least cost up to there, and where its last range starts.
    let mut best: Vec<(f64, usize)> = vec![(0.0, 0)];
    for end in 1..=atoms.len() {
        let (mut bytes, mut weight) = (0.0, 0.0);
        let mut least = (f64::INFINITY, 0);
        for start in (0..end).rev() {
            let atom = atoms.get(start).copied().unwrap_or_default();
            bytes += atom.bytes as f64;
            weight += atom.weight;
            let cost = bytes * weight + price;
            // A longer range costs more than any that was found.
            if cost > least.0 {
                break;
            }
            let before = best.get(start).map_or(0.0, |(cost, _)| *cost);
            if before + cost < least.0 {
                least = (before + cost, start);
            }
        }
        best.push(least);
    }
    let mut ranges = vec![];
    let mut end = atoms.len();
    while end > 0 {
        let start = best.get(end).map_or(0, |(_, start)| *start);
        ranges.push(start..end);
        end = start;
    }
    ranges.reverse();
    ranges
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn term(bytes: usize, weight: f64) -> Atom {
        Atom { terms: 1, bytes, weight }
    }

    fn cost(terms: &[Atom], cuts: &[Range<usize>]) -> f64 {
        let of = |range: &Range<usize>| {
            let terms = &terms[range.clone()];
            let bytes: usize = terms.iter().map(|term| term.bytes).sum();
            bytes as f64 * terms.iter().map(|term| term.weight).sum::<f64>()
        };
        cuts.iter().map(of).sum()
    }

    #[test]
    fn a_frequent_term_gets_a_shard_of_its_own() {
        let mut terms = vec![term(20, 1.0); 40];
        terms[17] = term(4000, 500.0);
        assert_eq!(cuts(&terms, 3), [0..17, 17..18, 18..40]);
    }

    #[test]
    fn nothing_is_cut_into_nothing() {
        assert_eq!(cuts(&[], 5), []);
        let one = cuts(&[term(0, 0.0)], 0);
        assert_eq!(one.first(), Some(&(0..1)));
        assert_eq!(one.len(), 1);
    }

    proptest! {
        #[test]
        fn ranges_cover_all_terms_and_cost_no_more_than_equal_ones(
            sizes in proptest::collection::vec((1usize..3000, 1u32..500), 1..120),
            shards in 1usize..20,
        ) {
            let terms: Vec<Atom> = sizes.iter().map(|(b, w)| term(*b, f64::from(*w))).collect();
            let found = cuts(&terms, shards);
            prop_assert!(found.len() <= shards);
            let covered: Vec<usize> = found.iter().cloned().flatten().collect();
            prop_assert!(covered.into_iter().eq(0..terms.len()));
            // One shard is what any cutting into more is held against.
            let whole = std::iter::once(0..terms.len()).collect::<Vec<_>>();
            prop_assert!(cost(&terms, &found) <= cost(&terms, &whole) * 1.0001);
        }
    }
}
