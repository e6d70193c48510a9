//! BM25: how much a term's occurrences say about a passage.
//!
//! Robertson and Zaragoza, "The Probabilistic Relevance Framework: BM25 and Beyond", 2009. The idf is
//! Lucene's variant, which is never negative, and the constant factor `k1 + 1` is left out, as Lucene
//! has done since version 8: it changes no order, and without it a term counts less than its idf.
//! So the idfs of a query's terms add up to a bound on any passage's score.

/// How fast more occurrences of a term stop counting more. Lucene's default; the reference figures of
/// the collections that ranking is tuned on are made with it.
pub const K1: f32 = 1.2;
/// How much a passage's length counts, `0..=1`. Lucene's default, as [`K1`].
pub const B: f32 = 0.75;

/// Levels that a saturation is stored in: what a posting says of its passage takes four bits.
pub const LEVELS: u32 = 16;
/// How much more than a word of the text a word of the page's title counts, as occurrences.
pub const TITLE: f32 = 2.0;
/// The same for the headings above a passage.
pub const TRAIL: f32 = 1.0;

/// The level of `saturation`, `0..1`: below [`LEVELS`].
#[must_use]
pub fn level(saturation: f32) -> u32 {
    ((saturation * LEVELS as f32) as u32).min(LEVELS - 1)
}

/// The saturation in the middle of `level`: within half a level of what was stored.
#[must_use]
pub fn saturation(level: u32) -> f32 {
    (level as f32 + 0.5) / LEVELS as f32
}

/// BM25 over one collection.
#[derive(Clone, Copy, Debug)]
pub struct Bm25 {
    passages: f32,
    average: f32,
}

impl Bm25 {
    /// `passages`: how many there are. `length`: the sum of their lengths in terms.
    #[must_use]
    pub fn new(passages: u32, length: u64) -> Self {
        let average = length as f32 / passages.max(1) as f32;
        Self { passages: passages as f32, average: average.max(1.0) }
    }

    /// How rare a term is that `df` passages have: `ln(1 + (N - df + 0.5) / (df + 0.5))`, at least 0.
    #[must_use]
    pub fn idf(&self, df: u32) -> f32 {
        let df = (df as f32).min(self.passages);
        ((self.passages - df + 0.5) / (df + 0.5)).ln_1p()
    }

    /// How much `frequency` occurrences of a term (weighted by field, at least 0) count in a passage of
    /// `length` terms, `0..1`. Times the term's idf it is the score.
    #[must_use]
    pub fn saturation(&self, frequency: f32, length: u32) -> f32 {
        let norm = K1 * (1.0 - B + B * length as f32 / self.average);
        frequency / (frequency + norm)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_score_worked_by_hand_comes_out() {
        // N 10, df 2: idf = ln(1 + 8.5 / 2.5) = ln 4.4. Length 20 of average 10: norm = 1.2 * 1.75.
        let bm25 = Bm25::new(10, 100);
        let score = bm25.idf(2) * bm25.saturation(3.0, 20);
        assert!((score - 4.4f32.ln() * 3.0 / 5.1).abs() < 1e-6);
    }

    #[test]
    fn a_longer_list_than_there_are_passages_does_no_harm() {
        assert!(Bm25::new(0, 0).idf(7) >= 0.0);
        assert!(Bm25::new(3, 0).saturation(1.0, 0).is_finite());
    }

    proptest! {
        #[test]
        fn more_occurrences_and_shorter_passages_score_higher(
            df in 0u32..1000, frequency in 1.0f32..50.0, length in 0u32..500,
        ) {
            let bm25 = Bm25::new(1000, 100_000);
            let counts = bm25.saturation(frequency, length);
            prop_assert!(bm25.idf(df) >= bm25.idf(df + 1));
            prop_assert!((0.0..1.0).contains(&counts));
            prop_assert!(counts <= bm25.saturation(frequency + 1.0, length));
            prop_assert!(counts >= bm25.saturation(frequency, length + 1));
            let stored = saturation(level(counts));
            prop_assert!((stored - counts).abs() <= 0.5 / LEVELS as f32 + 1e-6);
        }
    }
}
