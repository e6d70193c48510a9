//! Measures of a ranking, as `trec_eval` defines them: linear gains, discount `1 / log2(rank + 1)`.

use std::collections::BTreeMap;

/// Gains of the relevant things of a query, by name. What is not in it is not relevant.
pub type Gains = BTreeMap<String, f64>;

/// Normalised discounted cumulative gain of the first `k`, `0..=1`. `ranking` names nothing twice.
/// Source: Järvelin and Kekäläinen 2002, with the gain itself as numerator (`trec_eval` ndcg_cut).
pub fn ndcg(ranking: &[&str], gains: &Gains, k: usize) -> f64 {
    let found = ranking.iter().take(k).map(|name| gains.get(*name).copied().unwrap_or(0.0));
    let mut ideal: Vec<f64> = gains.values().copied().filter(|gain| *gain > 0.0).collect();
    ideal.sort_by(|a, b| b.total_cmp(a));
    let best = discounted(ideal.into_iter().take(k));
    if best > 0.0 { discounted(found) / best } else { 0.0 }
}

fn discounted(gains: impl Iterator<Item = f64>) -> f64 {
    gains.zip(2u32..).map(|(gain, rank)| gain / f64::from(rank).log2()).sum()
}

/// Share of the relevant things that are among the first `k`, `0..=1`.
pub fn recall(ranking: &[&str], gains: &Gains, k: usize) -> f64 {
    let relevant = gains.values().filter(|gain| **gain > 0.0).count();
    let found = ranking.iter().take(k).filter(|name| is_relevant(gains, name)).count();
    if relevant > 0 { found as f64 / relevant as f64 } else { 0.0 }
}

/// One over the rank of the first relevant thing among the first `k`; 0 if there is none.
pub fn reciprocal_rank(ranking: &[&str], gains: &Gains, k: usize) -> f64 {
    let first = ranking.iter().take(k).position(|name| is_relevant(gains, name));
    first.map_or(0.0, |at| 1.0 / (at + 1) as f64)
}

fn is_relevant(gains: &Gains, name: &str) -> bool {
    gains.get(name).is_some_and(|gain| *gain > 0.0)
}

/// Averages by name.
#[derive(Clone, Debug, Default)]
pub struct Means {
    sums: BTreeMap<&'static str, (f64, u32)>,
}

impl Means {
    /// Adds a value to the average of `name`.
    pub fn add(&mut self, name: &'static str, value: f64) {
        let entry = self.sums.entry(name).or_default();
        entry.0 += value;
        entry.1 += 1;
    }

    /// The average of `name`, if anything was added to it.
    pub fn get(&self, name: &str) -> Option<f64> {
        self.sums.get(name).map(|(sum, count)| sum / f64::from(*count))
    }

    /// All averages, for JSON: ten digits, so that no platform's last bit shows.
    pub fn values(&self) -> BTreeMap<&'static str, f64> {
        let round = |value: f64| (value * 1e10).round() / 1e10;
        self.sums
            .iter()
            .map(|(name, (sum, count))| (*name, round(sum / f64::from(*count))))
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn gains(list: &[(&str, f64)]) -> Gains {
        list.iter().map(|(name, gain)| ((*name).to_owned(), *gain)).collect()
    }

    #[test]
    fn ndcg_is_that_of_a_worked_example() {
        // Found gains 3, 0, 2; ideal 3, 2, 1:
        // (3 + 2 / log2 4) / (3 + 2 / log2 3 + 1 / log2 4) = 4 / 4.7618595.
        let gains = gains(&[("a", 3.0), ("b", 2.0), ("c", 1.0)]);
        let found = ndcg(&["a", "x", "b"], &gains, 10);
        assert!((found - 4.0 / 4.761_859_507_142_915).abs() < 1e-12, "{found}");
        assert_eq!(ndcg(&["a", "b", "c"], &gains, 10), 1.0);
        assert!(ndcg(&["x", "y", "a"], &gains, 2) == 0.0, "cut at 2");
    }

    #[test]
    fn an_ideal_longer_than_the_cut_is_cut_too() {
        let gains = gains(&[("a", 1.0), ("b", 1.0), ("c", 1.0)]);
        assert_eq!(ndcg(&["a", "b"], &gains, 2), 1.0);
    }

    #[test]
    fn recall_counts_what_is_relevant_and_reciprocal_rank_the_first() {
        let gains = gains(&[("a", 1.0), ("b", 2.0), ("no", 0.0)]);
        assert_eq!(recall(&["no", "a"], &gains, 10), 0.5);
        assert_eq!(recall(&["no", "a"], &gains, 1), 0.0);
        assert_eq!(reciprocal_rank(&["no", "a"], &gains, 10), 0.5);
        assert_eq!(reciprocal_rank(&["no"], &gains, 10), 0.0);
    }

    #[test]
    fn means_are_by_name_and_over_what_was_added() {
        let mut means = Means::default();
        means.add("x", 1.0);
        means.add("x", 0.0);
        assert_eq!(means.get("x"), Some(0.5));
        assert_eq!(means.get("y"), None);
    }
}
