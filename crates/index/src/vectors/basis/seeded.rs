//! A random rotation made of sign flips and Walsh-Hadamard transforms: no matrix to store or fetch,
//! and `n log n` additions to apply.
//!
//! A transform needs a power of two, so other lengths are turned in overlapping runs: the first `p`
//! dimensions and the last `p` in turn, `p` the largest power of two that fits, as a Kac walk does.
//! Every step is orthogonal, so the whole is.

/// Runs that are turned one after the other; from four on, unit vectors spread evenly for lengths that
/// are no power of two.
const ROUNDS: u64 = 4;

/// The rotation of one seed and length.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seeded {
    dimensions: usize,
    seed: u64,
}

impl Seeded {
    /// The rotation of `seed` for vectors of `dimensions`.
    #[must_use]
    pub fn new(dimensions: usize, seed: u64) -> Self {
        Self { dimensions, seed }
    }

    /// Length of the vectors.
    #[must_use]
    pub fn dimensions(&self) -> usize {
        self.dimensions
    }

    /// What it was made from.
    #[must_use]
    pub fn seed(&self) -> u64 {
        self.seed
    }

    /// `vector` turned. The same bits on every machine: additions and products in one order.
    #[must_use]
    pub fn apply(&self, vector: &[f32]) -> Vec<f32> {
        let mut turned = vector.to_vec();
        turned.resize(self.dimensions, 0.0);
        for round in 0..ROUNDS {
            self.flip(round, &mut turned);
            self.mix(round, &mut turned);
        }
        turned
    }

    /// The vector that [`Seeded::apply`] turns into `turned`.
    #[must_use]
    pub fn undo(&self, turned: &[f32]) -> Vec<f32> {
        let mut vector = turned.to_vec();
        vector.resize(self.dimensions, 0.0);
        for round in (0..ROUNDS).rev() {
            // Both steps are their own inverse.
            self.mix(round, &mut vector);
            self.flip(round, &mut vector);
        }
        vector
    }

    /// Flips the signs of half of the values.
    fn flip(&self, round: u64, values: &mut [f32]) {
        for (word, values) in values.chunks_mut(64).enumerate() {
            let signs = splitmix64(self.seed ^ (round << 32 | word as u64));
            for (at, value) in values.iter_mut().enumerate() {
                if signs >> at & 1 == 1 {
                    *value = -*value;
                }
            }
        }
    }

    /// Transforms the longest run that is a power of two, at the beginning or at the end.
    fn mix(&self, round: u64, values: &mut [f32]) {
        let Some(log) = values.len().checked_ilog2() else { return };
        let run = 1usize << log;
        let start = if round.is_multiple_of(2) { 0 } else { values.len() - run };
        hadamard(values.get_mut(start..start + run).unwrap_or_default());
    }
}

/// The Walsh-Hadamard transform of a power of two of values, scaled to keep their length.
fn hadamard(values: &mut [f32]) {
    let mut half = 1;
    while half < values.len() {
        for pair in values.chunks_exact_mut(2 * half) {
            let (low, high) = pair.split_at_mut(half);
            for (a, b) in low.iter_mut().zip(high) {
                (*a, *b) = (*a + *b, *a - *b);
            }
        }
        half *= 2;
    }
    let scale = 1.0 / (values.len().max(1) as f32).sqrt();
    values.iter_mut().for_each(|value| *value *= scale);
}

/// A well-mixed 64-bit number of `state` (Steele, Lea and Flood, "Fast splittable pseudorandom number
/// generators", 2014).
fn splitmix64(state: u64) -> u64 {
    let mut z = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}
