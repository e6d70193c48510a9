//! The order in which an encoder's tensors are handed over.

use super::model::{Linear, Model, Table};
use crate::layout::{self, in_layer, linear, norm};

/// A product of a layer, as a device computes it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Product {
    /// Query, key and value, one below the other.
    Qkv,
    /// From attention back to the residual stream.
    AttentionOutput,
    /// Into the feed-forward pair.
    Up,
    /// And back.
    Down,
}

impl Product {
    /// In the order in which they are computed.
    pub const ALL: [Self; 4] = [Self::Qkv, Self::AttentionOutput, Self::Up, Self::Down];

    /// The tensors that it is made of, one below the other.
    fn tensors(self) -> &'static [&'static str] {
        match self {
            Self::Qkv => &[linear::QUERY, linear::KEY, linear::VALUE],
            Self::AttentionOutput => &[linear::ATTENTION_OUTPUT],
            Self::Up => &[linear::UP],
            Self::Down => &[linear::DOWN],
        }
    }

    /// Its `[outputs, inputs]`.
    #[must_use]
    pub fn shape(self, model: &Model) -> [usize; 2] {
        let (hidden, wide) = (model.hidden, model.intermediate);
        match self {
            Self::Qkv => [3 * hidden, hidden],
            Self::AttentionOutput => [hidden, hidden],
            Self::Up => [wide, hidden],
            Self::Down => [hidden, wide],
        }
    }
}

/// A piece of a coded matrix.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Piece {
    /// Codes, or the weights themselves.
    Codes,
    /// i8, one a group of 32; 4 bits only.
    Lows,
    /// u8, one a group; 4 bits only.
    Spans,
    /// f32, one a row; not where weights are floats.
    Scales,
    /// f32, one a row.
    Bias,
}

/// One tensor on its way. All numbers are little endian.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// The token table's codes, or the table itself.
    Tokens,
    /// Its scales (f32), or its codebooks (f16).
    TokensRest,
    /// f32[positions, hidden], the segment's row added.
    Positions,
    /// f32[hidden], the factor of the layer norm with this number: 0 is that of the embeddings, then two a layer.
    Gamma(usize),
    /// f32[hidden], what that layer norm adds.
    Beta(usize),
    /// A piece of a matrix.
    Matrix {
        /// Counted from 0.
        layer: usize,
        /// Which of its products.
        product: Product,
        /// Which of the matrices that the product is made of.
        matrix: usize,
        /// Which piece.
        piece: Piece,
    },
}

impl Part {
    /// The tensor's name in a container.
    pub(super) fn tensor(&self) -> String {
        let norm_name = |number: usize| match number.checked_sub(1) {
            None => layout::EMBEDDING_NORM.to_owned(),
            Some(at) => {
                in_layer(at / 2, if at.is_multiple_of(2) { norm::ATTENTION } else { norm::OUTPUT })
            }
        };
        match *self {
            Self::Tokens | Self::TokensRest => layout::TOKENS.to_owned(),
            Self::Positions => layout::POSITIONS.to_owned(),
            Self::Gamma(number) => format!("{}.weight", norm_name(number)),
            Self::Beta(number) => format!("{}.bias", norm_name(number)),
            Self::Matrix { layer, product, matrix, piece } => {
                let name = product.tensors().get(matrix).copied().unwrap_or_default();
                let end = if piece == Piece::Bias { "bias" } else { "weight" };
                format!("{}.{end}", in_layer(layer, name))
            }
        }
    }
}

/// All parts of an encoder, in the order in which they come.
#[must_use]
pub fn parts(model: &Model) -> Vec<Part> {
    let mut parts = vec![Part::Tokens];
    if model.table != Table::F32 {
        parts.push(Part::TokensRest);
    }
    parts.push(Part::Positions);
    for number in 0..=2 * model.layers {
        parts.extend([Part::Gamma(number), Part::Beta(number)]);
    }
    let pieces: &[Piece] = match model.linear {
        Linear::F32 => &[Piece::Codes, Piece::Bias],
        Linear::Int8 => &[Piece::Codes, Piece::Scales, Piece::Bias],
        Linear::Int4 => &[Piece::Codes, Piece::Lows, Piece::Spans, Piece::Scales, Piece::Bias],
    };
    for layer in 0..model.layers {
        for product in Product::ALL {
            for matrix in 0..product.tensors().len() {
                let part = |piece| Part::Matrix { layer, product, matrix, piece };
                parts.extend(pieces.iter().copied().map(part));
            }
        }
    }
    parts
}
