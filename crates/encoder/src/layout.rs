//! Which tensors an encoder has: names, shapes and groups, for the container and for the import alike.
//!
//! Names are those of the Hugging Face layout without a prefix, so that a container can be read
//! with any safetensors tool by someone who knows BERT.

use crate::config::{Coding, Codings, Shape};

/// The token table, f32 or coded `[vocabulary, hidden]`.
pub(crate) const TOKENS: &str = "embeddings.word_embeddings.weight";
/// The position table `[positions, hidden]`.
pub(crate) const POSITIONS: &str = "embeddings.position_embeddings.weight";
/// What is added to every token's vector: the first segment's row `[1, hidden]`; no text has a second segment.
pub(crate) const SEGMENT: &str = "embeddings.token_type_embeddings.weight";
/// Layer norm of the embeddings; `.weight` and `.bias` follow.
pub(crate) const EMBEDDING_NORM: &str = "embeddings.LayerNorm";
/// The vocabulary: UTF-8, one token a line, no newline at the end.
pub(crate) const VOCABULARY: &str = "tokenizer.vocabulary";

/// The products of a layer, below `encoder.layer.N.`; `.weight` and `.bias` follow.
pub(crate) mod linear {
    pub(crate) const QUERY: &str = "attention.self.query";
    pub(crate) const KEY: &str = "attention.self.key";
    pub(crate) const VALUE: &str = "attention.self.value";
    pub(crate) const ATTENTION_OUTPUT: &str = "attention.output.dense";
    pub(crate) const UP: &str = "intermediate.dense";
    pub(crate) const DOWN: &str = "output.dense";
}

/// The layer norms of a layer, below `encoder.layer.N.`; `.weight` and `.bias` follow.
pub(crate) mod norm {
    pub(crate) const ATTENTION: &str = "attention.output.LayerNorm";
    pub(crate) const OUTPUT: &str = "output.LayerNorm";
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
    /// A bias, a layer norm, the segment's row: always f32.
    Plain,
}

impl Group {
    /// The coding of this group in a container.
    pub(crate) fn coding(self, codings: &Codings) -> Coding {
        match self {
            Self::Linear => codings.linear,
            Self::Tokens => codings.tokens,
            Self::Positions => codings.positions,
            Self::Plain => Coding::F32,
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

/// The name of `part` in layer `layer`, without `.weight` or `.bias`.
pub(crate) fn in_layer(layer: usize, part: &str) -> String {
    format!("encoder.layer.{layer}.{part}")
}

/// The six products of a layer with their `[out, in]`.
pub(crate) fn linears(shape: &Shape) -> [(&'static str, [usize; 2]); 6] {
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
