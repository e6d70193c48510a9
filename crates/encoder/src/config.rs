//! What an encoder is, apart from its weights: the JSON description inside a container.
//!
//! The description is the one key [`KEY`] of the safetensors `__metadata__`. Whatever a reader needs
//! to turn text into a vector stands here, so no code knows an encoder by its name.

use serde::{Deserialize, Serialize};

/// The key of `__metadata__` under which the description stands.
pub const KEY: &str = "sextant";
/// The oldest container format that this build reads: weights as they are, or in 8 bits.
pub const OLDEST: u32 = 1;
/// The newest it reads: since 2 there is the small form. A container is written in the oldest format that has what it needs.
pub const NEWEST: u32 = 2;

/// How the vectors of a text's tokens become one vector.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Pooling {
    /// The mean over all tokens, `[CLS]` and `[SEP]` included.
    Mean,
    /// The vector of `[CLS]`, the first token.
    Cls,
}

/// The non-linearity between the two products of a feed-forward layer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Activation {
    /// `x * Phi(x)`, with the exact error function.
    Gelu,
    /// The approximation of [`Activation::Gelu`] by a hyperbolic tangent.
    GeluTanh,
    /// `max(x, 0)`.
    Relu,
}

/// The shape of the transformer. All counts are at least 1.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Shape {
    /// Transformer layers.
    pub layers: usize,
    /// Channels of a token's vector; also the dimensions of the text's vector.
    pub hidden: usize,
    /// Attention heads; a divisor of `hidden`.
    pub heads: usize,
    /// Channels between the two products of a feed-forward layer.
    pub intermediate: usize,
    /// Rows of the position table: the longest text in tokens, `[CLS]` and `[SEP]` included.
    pub positions: usize,
    /// Rows of the token table.
    pub vocabulary: usize,
    /// What is added to a variance before its square root is taken; above 0.
    pub layer_norm_epsilon: f32,
    /// The feed-forward layers' non-linearity.
    pub activation: Activation,
}

/// How text is cut into the vocabulary's pieces.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TokenizerOptions {
    /// Whether text is lower-cased.
    pub lowercase: bool,
    /// Whether combining marks are taken off.
    pub strip_accents: bool,
    /// Whether each Chinese character is a word of its own.
    pub chinese_chars: bool,
    /// A longer word, in characters, is unknown as a whole.
    pub max_chars_per_word: usize,
    /// The vocabulary's entry for what it cannot spell.
    pub unknown: String,
    /// The entry that starts every text.
    pub first: String,
    /// The entry that ends every text.
    pub last: String,
}

impl TokenizerOptions {
    /// What is wrong with the names of the special tokens: our tokenizer knows them as BERT spells them.
    pub(crate) fn check_names(&self) -> Result<(), String> {
        for (name, expected) in
            [(&self.unknown, "[UNK]"), (&self.first, "[CLS]"), (&self.last, "[SEP]")]
        {
            if name != expected {
                return Err(format!(
                    "the special token {name} stands where {expected} is expected"
                ));
            }
        }
        Ok(())
    }
}

/// How a group of tensors is stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Coding {
    /// As they are, little endian.
    F32,
    /// One signed byte a weight and one f32 scale a row (an output channel, a token, a position):
    /// the weight is `code * scale`, codes lie in -127..=127. The scales are in `NAME.scales`.
    Int8,
    /// Half-precision floats, little endian. Since format 2.
    F16,
    /// Four bits a weight in groups of 32 with a low and a span each, and one f32 scale a row; matrices only.
    /// Since format 2; drawn in `coding/int4.rs`.
    Int4,
    /// Product quantization: a row is cut into runs, each the nearest of 256; the token table only.
    /// Since format 2; drawn in `coding/product.rs`.
    Product,
}

impl Coding {
    fn is_f32(&self) -> bool {
        *self == Self::F32
    }
}

/// How the vocabulary is stored.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Packing {
    /// As it is.
    #[default]
    Plain,
    /// A zlib stream (RFC 1950). Since format 2.
    Zlib,
}

impl Packing {
    fn is_plain(&self) -> bool {
        *self == Self::Plain
    }
}

/// How the weights are stored, a group at a time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Codings {
    /// The matrices of the layers.
    pub linear: Coding,
    /// The token table.
    pub tokens: Coding,
    /// The position table.
    pub positions: Coding,
    /// Biases, layer norms, the segment's row.
    #[serde(default = "Codings::plain", skip_serializing_if = "Coding::is_f32")]
    pub plain: Coding,
    /// The vocabulary.
    #[serde(default, skip_serializing_if = "Packing::is_plain")]
    pub vocabulary: Packing,
}

impl Codings {
    /// All weights in one coding, biases and layer norms as they are.
    #[must_use]
    pub fn all(coding: Coding) -> Self {
        Self {
            linear: coding,
            tokens: coding,
            positions: coding,
            plain: Self::plain(),
            vocabulary: Packing::Plain,
        }
    }

    fn plain() -> Coding {
        Coding::F32
    }

    /// The oldest format that has these codings.
    #[must_use]
    pub fn format(&self) -> u32 {
        let old = |coding: Coding| matches!(coding, Coding::F32 | Coding::Int8);
        let weights = [self.linear, self.tokens, self.positions, self.plain];
        let old = weights.into_iter().all(old) && self.vocabulary == Packing::Plain;
        if old { OLDEST } else { NEWEST }
    }
}

/// How the small form was made: with these, the same weights and the same text, it comes out byte for byte the same.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Quantization {
    /// SHA-256 of the calibration text, hexadecimal.
    pub calibration: String,
    /// Passages of it that the layers were calibrated on.
    pub passages: usize,
    /// Tokens of those.
    pub tokens: usize,
    /// Tokens of a calibration passage that count.
    pub passage_tokens: usize,
    /// Share of the mean diagonal that is added to each layer's second moments.
    pub damping: f64,
    /// Codes, one byte each, of a row of the token table.
    pub token_bytes: usize,
    /// Rounds of k-means for the token table.
    pub rounds: usize,
    /// Where the k-means starts from.
    pub seed: u64,
}

/// The description of an encoder: all that its container says besides tensors.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Description {
    /// The container's format, [`OLDEST`]`..=`[`NEWEST`].
    pub format: u32,
    /// The encoder's name, for people.
    pub name: String,
    /// 32 hexadecimal digits over the weights before quantization, the tokenizer and whatever else
    /// moves a passage's vector: encoders with equal fingerprints may answer for each other.
    pub fingerprint: String,
    /// Dimensions of a vector.
    pub dimensions: usize,
    /// A longer text is cut to this many tokens, `[CLS]` and `[SEP]` included.
    pub max_tokens: usize,
    /// Put in front of a query before it is encoded.
    pub query_prefix: String,
    /// Put in front of a passage before it is encoded.
    pub passage_prefix: String,
    /// From token vectors to one vector.
    pub pooling: Pooling,
    /// Whether the encoder's own pipeline ends in a normalisation. Our vectors have unit norm in either case.
    pub normalize: bool,
    /// The transformer.
    pub architecture: Shape,
    /// The tokenizer, but for its vocabulary, which is a tensor.
    pub tokenizer: TokenizerOptions,
    /// How each group of tensors is stored.
    pub weights: Codings,
    /// How the small form was made; absent in others, and where nothing is imported: it is for people and tools, and browsers
    /// need not carry the code that reads it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(not(feature = "import"), serde(skip_deserializing))]
    pub quantization: Option<Quantization>,
}
