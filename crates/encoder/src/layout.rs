//! Which tensors an encoder has: names, shapes and groups, for the container and for the import alike.
//!
//! Names are those of the Hugging Face layout without a prefix, so that a container can be read
//! with any safetensors tool by someone who knows BERT.

use crate::config::{Coding, Codings, Shape};

/// The token table, f32 or coded `[vocabulary, hidden]`.
pub const TOKENS: &str = "embeddings.word_embeddings.weight";
/// The position table `[positions, hidden]`.
pub const POSITIONS: &str = "embeddings.position_embeddings.weight";
/// What is added to every token's vector: the first segment's row `[1, hidden]`; no text has a second segment.
pub const SEGMENT: &str = "embeddings.token_type_embeddings.weight";
/// Layer norm of the embeddings; `.weight` and `.bias` follow.
pub const EMBEDDING_NORM: &str = "embeddings.LayerNorm";
/// The vocabulary: UTF-8, one token a line, no newline at the end.
pub(crate) const VOCABULARY: &str = "tokenizer.vocabulary";

/// The products of a layer, below `encoder.layer.N.`; `.weight` and `.bias` follow.
pub mod linear {
    /// From the residual stream to queries.
    pub const QUERY: &str = "attention.self.query";
    /// To keys.
    pub const KEY: &str = "attention.self.key";
    /// To values.
    pub const VALUE: &str = "attention.self.value";
    /// From attention back to the residual stream.
    pub const ATTENTION_OUTPUT: &str = "attention.output.dense";
    /// Into the feed-forward pair.
    pub const UP: &str = "intermediate.dense";
    /// And back.
    pub const DOWN: &str = "output.dense";
}

/// The layer norms of a layer, below `encoder.layer.N.`; `.weight` and `.bias` follow.
pub mod norm {
    /// After attention.
    pub const ATTENTION: &str = "attention.output.LayerNorm";
    /// After the feed-forward pair.
    pub const OUTPUT: &str = "output.LayerNorm";
}

/// How a tensor may be stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Group {
    /// A matrix of a layer `[out, in]`.
    Linear,
    /// The token table.
    Tokens,
    /// The position table.
    Positions,
    /// A bias, a layer norm, the segment's row.
    Plain,
}

impl Group {
    /// All of them.
    pub(crate) const ALL: [Self; 4] = [Self::Linear, Self::Tokens, Self::Positions, Self::Plain];

    /// What messages call it.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Linear => "the layers' matrices",
            Self::Tokens => "the token table",
            Self::Positions => "the position table",
            Self::Plain => "biases and layer norms",
        }
    }

    /// Whether there is such a coding of this group.
    pub(crate) fn can_be(self, coding: Coding) -> bool {
        match coding {
            Coding::F32 | Coding::F16 => true,
            Coding::Int8 => self != Self::Plain,
            Coding::Int4 => self == Self::Linear,
            Coding::Product => self == Self::Tokens,
        }
    }

    /// The coding of this group in a container.
    pub(crate) fn coding(self, codings: &Codings) -> Coding {
        match self {
            Self::Linear => codings.linear,
            Self::Tokens => codings.tokens,
            Self::Positions => codings.positions,
            Self::Plain => codings.plain,
        }
    }
}

/// One tensor that an encoder of some shape has.
#[derive(Clone, Debug)]
pub(crate) struct Slot {
    pub(crate) name: String,
    pub(crate) shape: Vec<usize>,
    pub(crate) group: Group,
}

impl Slot {
    fn new(name: impl Into<String>, shape: &[usize], group: Group) -> Self {
        Self { name: name.into(), shape: shape.to_vec(), group }
    }

    /// Rows, each with its own scale, where the tensor is coded.
    pub(crate) fn rows(&self) -> usize {
        self.shape.first().copied().unwrap_or(0)
    }

    /// Length of a row.
    pub(crate) fn columns(&self) -> usize {
        self.shape.get(1).copied().unwrap_or(1)
    }

    /// Numbers in all.
    #[cfg(feature = "import")]
    pub(crate) fn len(&self) -> usize {
        self.shape.iter().product()
    }
}

/// The name of a tensor's scales.
pub(crate) fn scales(name: &str) -> String {
    format!("{name}.scales")
}

/// The name of the lowest values of a tensor's groups.
pub(crate) fn lows(name: &str) -> String {
    format!("{name}.lows")
}

/// The name of the spans of a tensor's groups.
pub(crate) fn spans(name: &str) -> String {
    format!("{name}.spans")
}

/// The name of the codebooks that a tensor's codes look up.
pub(crate) fn codebooks(name: &str) -> String {
    format!("{name}.codebooks")
}

/// The name of `part` in layer `layer`, without `.weight` or `.bias`.
#[must_use]
pub fn in_layer(layer: usize, part: &str) -> String {
    format!("encoder.layer.{layer}.{part}")
}

/// Products of a layer.
pub const MATRICES: usize = 6;

/// The products of a layer with their `[out, in]`.
pub(crate) fn linears(shape: &Shape) -> [(&'static str, [usize; 2]); MATRICES] {
    let (hidden, wide) = (shape.hidden, shape.intermediate);
    [
        (linear::QUERY, [hidden, hidden]),
        (linear::KEY, [hidden, hidden]),
        (linear::VALUE, [hidden, hidden]),
        (linear::ATTENTION_OUTPUT, [hidden, hidden]),
        (linear::UP, [wide, hidden]),
        (linear::DOWN, [hidden, wide]),
    ]
}

/// Every tensor of an encoder of this shape, but for the vocabulary.
pub(crate) fn slots(shape: &Shape) -> Vec<Slot> {
    let hidden = shape.hidden;
    let mut slots = vec![
        Slot::new(TOKENS, &[shape.vocabulary, hidden], Group::Tokens),
        Slot::new(POSITIONS, &[shape.positions, hidden], Group::Positions),
        Slot::new(SEGMENT, &[1, hidden], Group::Plain),
    ];
    let norm = |slots: &mut Vec<Slot>, name: &str| {
        for end in ["weight", "bias"] {
            slots.push(Slot::new(format!("{name}.{end}"), &[hidden], Group::Plain));
        }
    };
    norm(&mut slots, EMBEDDING_NORM);
    for layer in 0..shape.layers {
        for (part, [rows, columns]) in linears(shape) {
            let name = in_layer(layer, part);
            slots.push(Slot::new(format!("{name}.weight"), &[rows, columns], Group::Linear));
            slots.push(Slot::new(format!("{name}.bias"), &[rows], Group::Plain));
        }
        norm(&mut slots, &in_layer(layer, norm::ATTENTION));
        norm(&mut slots, &in_layer(layer, norm::OUTPUT));
    }
    slots
}
