//! What a device needs to know of an encoder besides its weights, as words that any two modules can exchange.

pub use crate::config::Activation;
use crate::config::{Coding, Description, Pooling};

/// How the layers' matrices are handed over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Linear {
    /// One float a weight; half-precision ones are widened.
    F32,
    /// One signed byte a weight and one scale a row.
    Int8,
    /// Four bits a weight in groups of 32.
    Int4,
}

/// How the token table is handed over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Table {
    /// One float a weight.
    F32,
    /// One signed byte a weight and one scale a row.
    Int8,
    /// So many codes a row, and codebooks in half precision.
    Product {
        /// Codes of a row: a divisor of the channels.
        runs: usize,
    },
}

/// An encoder without its weights and its text.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Model {
    /// Transformer layers.
    pub layers: usize,
    /// Channels of a token's vector, and dimensions of a text's.
    pub hidden: usize,
    /// Attention heads.
    pub heads: usize,
    /// Channels between the two products of a feed-forward layer.
    pub intermediate: usize,
    /// Tokens of the longest text.
    pub positions: usize,
    /// Rows of the token table.
    pub vocabulary: usize,
    /// What is added to a variance.
    pub epsilon: f32,
    /// The feed-forward layers' non-linearity.
    pub activation: Activation,
    /// Whether a text's vector is that of its first token, and not the mean.
    pub cls: bool,
    /// The layers' matrices.
    pub linear: Linear,
    /// The token table.
    pub table: Table,
}

/// Words of a [`Model`].
const WORDS: usize = 12;
/// No count of a model is larger; see the container's own bounds.
const MOST: u32 = 1 << 20;

impl Model {
    /// Of a container; `runs`: codes of a row of a product-quantized table.
    pub(crate) fn new(description: &Description, runs: usize) -> Self {
        let shape = &description.architecture;
        Self {
            layers: shape.layers,
            hidden: shape.hidden,
            heads: shape.heads,
            intermediate: shape.intermediate,
            // No text is longer, so no device needs the rows beyond.
            positions: description.max_tokens,
            vocabulary: shape.vocabulary,
            epsilon: shape.layer_norm_epsilon,
            activation: shape.activation,
            cls: description.pooling == Pooling::Cls,
            linear: match description.weights.linear {
                Coding::Int8 => Linear::Int8,
                Coding::Int4 => Linear::Int4,
                Coding::F32 | Coding::F16 | Coding::Product => Linear::F32,
            },
            table: match description.weights.tokens {
                Coding::Int8 => Table::Int8,
                Coding::Product => Table::Product { runs },
                Coding::F32 | Coding::F16 | Coding::Int4 => Table::F32,
            },
        }
    }

    /// The model in words.
    #[must_use]
    pub fn words(&self) -> Vec<u32> {
        let runs = if let Table::Product { runs } = self.table { runs } else { 0 };
        let counts = [
            self.layers,
            self.hidden,
            self.heads,
            self.intermediate,
            self.positions,
            self.vocabulary,
            runs,
        ];
        let mut words: Vec<u32> = counts.iter().map(|count| *count as u32).collect();
        words.push(self.epsilon.to_bits());
        words.push(match self.activation {
            Activation::Gelu => 0,
            Activation::GeluTanh => 1,
            Activation::Relu => 2,
        });
        words.push(u32::from(self.cls));
        words.push(match self.linear {
            Linear::F32 => 0,
            Linear::Int8 => 1,
            Linear::Int4 => 2,
        });
        words.push(match self.table {
            Table::F32 => 0,
            Table::Int8 => 1,
            Table::Product { .. } => 2,
        });
        words
    }

    /// The model that `words` are; `None` if they are none.
    #[must_use]
    pub fn of_words(words: &[u32]) -> Option<Self> {
        let words: [u32; WORDS] = words.try_into().ok()?;
        let [counts @ .., epsilon, activation, cls, linear, table] = words;
        let [layers, hidden, heads, intermediate, positions, vocabulary, runs] =
            counts.map(|count| count as usize);
        if counts.iter().any(|count| *count > MOST) || counts[..6].contains(&0) {
            return None;
        }
        Some(Self {
            layers,
            hidden,
            heads,
            intermediate,
            positions,
            vocabulary,
            epsilon: Some(f32::from_bits(epsilon)).filter(|epsilon| epsilon.is_normal())?,
            activation: match activation {
                0 => Activation::Gelu,
                1 => Activation::GeluTanh,
                2 => Activation::Relu,
                _ => return None,
            },
            cls: cls != 0,
            linear: match linear {
                0 => Linear::F32,
                1 => Linear::Int8,
                2 => Linear::Int4,
                _ => return None,
            },
            table: match table {
                0 => Table::F32,
                1 => Table::Int8,
                2 if runs > 0 && hidden.is_multiple_of(runs) => Table::Product { runs },
                _ => return None,
            },
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_model_comes_back_from_its_words_and_other_words_are_none() {
        let model = Model {
            layers: 6,
            hidden: 384,
            heads: 12,
            intermediate: 1536,
            positions: 256,
            vocabulary: 30_522,
            epsilon: 1e-12,
            activation: Activation::GeluTanh,
            cls: true,
            linear: Linear::Int4,
            table: Table::Product { runs: 96 },
        };
        let words = model.words();
        assert_eq!(words.len(), WORDS);
        assert_eq!(Model::of_words(&words), Some(model));
        assert_eq!(Model::of_words(&words[1..]), None);
        for (at, wrong) in [(0, 0), (1, MOST + 1), (6, 7), (7, 0), (8, 3), (10, 3), (11, 3)] {
            let mut words = words.clone();
            words[at] = wrong;
            assert_eq!(Model::of_words(&words), None, "word {at} is {wrong}");
        }
    }
}
