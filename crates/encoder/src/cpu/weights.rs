//! The weights of a transformer, packed for the CPU at hand and checked once.

use sextant_kernels::gemm::float::{self, Plain};
use sextant_kernels::gemm::int8::{self, Coded};
use sextant_kernels::{Activation, Backend, KernelError};

use crate::coding::product;
use crate::config;

/// Rows of a matrix as a container stores them, `[outputs, inputs]`, with their bias `[outputs]`.
#[derive(Debug, Clone, Copy)]
pub enum Rows<'a> {
    /// One signed byte a weight and one scale a row: the weight is `code * scale`.
    I8 {
        /// i8[outputs, inputs].
        codes: &'a [i8],
        /// f32[outputs], finite.
        scales: &'a [f32],
        /// f32[outputs], finite.
        bias: &'a [f32],
    },
    /// As they are.
    F32 {
        /// f32[outputs, inputs], finite.
        weights: &'a [f32],
        /// f32[outputs], finite.
        bias: &'a [f32],
    },
}

/// A linear layer, packed for [`Backend::best`].
#[derive(Debug, Clone)]
pub struct Linear(pub(super) Packed);

/// The two precisions of a linear layer.
#[derive(Debug, Clone)]
pub(super) enum Packed {
    Int8(int8::Matrix),
    Float(float::Matrix),
}

impl Linear {
    /// Packs `parts`, all of one kind, one below the other: a layer's query, key and value make one product.
    ///
    /// Errors: [`KernelError::Shape`] when lengths disagree, when there are no parts, or when kinds are mixed; others as in
    /// [`int8::Matrix::new`] and [`float::Matrix::new`].
    pub fn new(inputs: usize, parts: &[Rows<'_>]) -> Result<Self, KernelError> {
        Self::on(Backend::best(), inputs, parts)
    }

    /// [`Linear::new`] for a backend of choice.
    pub fn on(backend: Backend, inputs: usize, parts: &[Rows<'_>]) -> Result<Self, KernelError> {
        let (mut coded, mut plain) = (Vec::new(), Vec::new());
        for part in parts {
            match *part {
                Rows::I8 { codes, scales, bias } => coded.push(Coded { codes, scales, bias }),
                Rows::F32 { weights, bias } => plain.push(Plain { weights, bias }),
            }
        }
        if coded.len().max(plain.len()) != parts.len() || parts.is_empty() {
            return Err(KernelError::Shape {
                what: "parts of one kind",
                expected: parts.len().max(1),
                found: coded.len().max(plain.len()),
            });
        }
        Ok(Self(if plain.is_empty() {
            Packed::Int8(int8::Matrix::new(backend, inputs, &coded)?)
        } else {
            Packed::Float(float::Matrix::new(backend, inputs, &plain)?)
        }))
    }

    /// One matrix of codes i8[outputs, inputs], with scales and bias f32[outputs].
    pub fn from_i8(
        inputs: usize,
        codes: &[i8],
        scales: &[f32],
        bias: &[f32],
    ) -> Result<Self, KernelError> {
        Self::new(inputs, &[Rows::I8 { codes, scales, bias }])
    }

    /// One matrix of weights f32[outputs, inputs], with bias f32[outputs].
    pub fn from_f32(inputs: usize, weights: &[f32], bias: &[f32]) -> Result<Self, KernelError> {
        Self::new(inputs, &[Rows::F32 { weights, bias }])
    }

    /// Length of a row that goes in.
    #[must_use]
    pub fn inputs(&self) -> usize {
        match &self.0 {
            Packed::Int8(matrix) => matrix.inputs(),
            Packed::Float(matrix) => matrix.inputs(),
        }
    }

    /// Length of a row that comes out.
    #[must_use]
    pub fn outputs(&self) -> usize {
        match &self.0 {
            Packed::Int8(matrix) => matrix.outputs(),
            Packed::Float(matrix) => matrix.outputs(),
        }
    }

    fn backend(&self) -> Backend {
        match &self.0 {
            Packed::Int8(matrix) => matrix.backend(),
            Packed::Float(matrix) => matrix.backend(),
        }
    }
}

/// One vector a token, `[vocabulary, hidden]`.
#[derive(Debug, Clone)]
pub enum TokenTable {
    /// Signed bytes with one scale a row, left where they are in the container's own buffer.
    I8 {
        /// A buffer that holds the codes.
        bytes: Vec<u8>,
        /// Where in it they start.
        start: usize,
        /// f32[vocabulary].
        scales: Vec<f32>,
    },
    /// Product-quantized codes, left where they are in the container's own buffer.
    Product {
        /// A buffer that holds the codes.
        bytes: Vec<u8>,
        /// Where in it they start.
        start: usize,
        /// Codes of a token: a divisor of `hidden`.
        codes: usize,
        /// f32[codes, 256, hidden / codes].
        codebooks: Vec<f32>,
    },
    /// As they are.
    F32(Vec<f32>),
}

impl TokenTable {
    /// `to[c] = vector of token id [c] + to[c]`. An id beyond the table adds nothing; [`Weights::new`] and the forward check both.
    pub(super) fn add_row(&self, id: usize, to: &mut [f32]) {
        match self {
            Self::I8 { bytes, start, scales } => {
                let codes = bytes.get(start + id * to.len()..).unwrap_or(&[]);
                let scale = scales.get(id).copied().unwrap_or(0.0);
                for (to, code) in to.iter_mut().zip(sextant_kernels::as_i8(codes)) {
                    *to += f32::from(*code) * scale;
                }
            }
            Self::Product { bytes, start, codes, codebooks } => {
                let codes = bytes.get(start + id * codes..).and_then(|row| row.get(..*codes));
                product::add_row(codes.unwrap_or_default(), codebooks, to);
            }
            Self::F32(table) => {
                let row = table.get(id * to.len()..).unwrap_or(&[]);
                for (to, value) in to.iter_mut().zip(row) {
                    *to += value;
                }
            }
        }
    }
}

/// A layer norm's parameters, f32[hidden] each.
#[derive(Debug, Clone)]
pub struct Norm {
    /// The factor.
    pub gamma: Vec<f32>,
    /// What is added.
    pub beta: Vec<f32>,
}

/// One layer.
#[derive(Debug, Clone)]
pub struct Layer {
    /// Query, key and value as one product: `[3 * hidden, hidden]`.
    pub qkv: Linear,
    /// After attention: `[hidden, hidden]`.
    pub attention_output: Linear,
    /// After the first residual.
    pub attention_norm: Norm,
    /// Before the activation: `[intermediate, hidden]`.
    pub up: Linear,
    /// After it: `[hidden, intermediate]`.
    pub down: Linear,
    /// After the second residual.
    pub output_norm: Norm,
}

/// All weights, not yet checked against each other.
#[derive(Debug, Clone)]
pub struct Parts {
    /// `[vocabulary, hidden]`.
    pub tokens: TokenTable,
    /// f32[positions, hidden], the first segment's row already added to each.
    pub positions: Vec<f32>,
    /// After the sum of both.
    pub embedding_norm: Norm,
    /// In order.
    pub layers: Vec<Layer>,
}

/// Weights that fit together: what a forward needs.
#[derive(Debug, Clone)]
pub struct Weights {
    pub(super) parts: Parts,
    pub(super) backend: Backend,
    pub(super) hidden: usize,
    pub(super) heads: usize,
    pub(super) intermediate: usize,
    pub(super) vocabulary: usize,
    pub(super) positions: usize,
    pub(super) epsilon: f32,
    pub(super) activation: Activation,
}

impl Weights {
    /// Checks every length against `shape`.
    ///
    /// Errors: [`KernelError::Shape`] names what does not fit, [`KernelError::Backend`] says that layers are packed for
    /// different backends, [`KernelError::NotFinite`] that a table or a norm holds an infinity or NaN.
    pub fn new(shape: &config::Shape, parts: Parts) -> Result<Self, KernelError> {
        let (hidden, wide) = (shape.hidden, shape.intermediate);
        require("heads", shape.heads * hidden.checked_div(shape.heads).unwrap_or(0), hidden)?;
        require("hidden", hidden.max(1), hidden)?;
        require("layers", shape.layers, parts.layers.len())?;
        require("positions", shape.positions.saturating_mul(hidden), parts.positions.len())?;
        finite("positions", &parts.positions)?;
        let table = shape.vocabulary.saturating_mul(hidden);
        match &parts.tokens {
            TokenTable::I8 { bytes, start, scales } => {
                let found = bytes.len().saturating_sub(*start).min(table);
                require("token codes", table, found)?;
                require("token scales", shape.vocabulary, scales.len())?;
                finite("token scales", scales)?;
            }
            TokenTable::Product { bytes, start, codes, codebooks } => {
                let (count, length) = (*codes, hidden.checked_div(*codes).unwrap_or(0));
                require("channels of a token's codes", hidden, count * length)?;
                let table = shape.vocabulary.saturating_mul(count);
                require("token codes", table, bytes.len().saturating_sub(*start).min(table))?;
                require("token codebooks", hidden * product::ENTRIES, codebooks.len())?;
                finite("token codebooks", codebooks)?;
            }
            TokenTable::F32(values) => {
                require("token table", table, values.len())?;
                finite("token table", values)?;
            }
        }
        norm("embedding norm", hidden, &parts.embedding_norm)?;
        let backend = parts.layers.first().map_or_else(Backend::best, |l| l.qkv.backend());
        for layer in &parts.layers {
            linear("query, key and value", backend, [3 * hidden, hidden], &layer.qkv)?;
            linear("attention output", backend, [hidden, hidden], &layer.attention_output)?;
            norm("attention norm", hidden, &layer.attention_norm)?;
            linear("feed-forward up", backend, [wide, hidden], &layer.up)?;
            linear("feed-forward down", backend, [hidden, wide], &layer.down)?;
            norm("output norm", hidden, &layer.output_norm)?;
        }
        Ok(Self {
            parts,
            backend,
            hidden,
            heads: shape.heads,
            intermediate: wide,
            vocabulary: shape.vocabulary,
            positions: shape.positions,
            epsilon: shape.layer_norm_epsilon,
            activation: match shape.activation {
                config::Activation::Gelu => Activation::Gelu,
                config::Activation::GeluTanh => Activation::GeluTanh,
                config::Activation::Relu => Activation::Relu,
            },
        })
    }

    /// The instruction set that the forward uses.
    #[must_use]
    pub fn backend(&self) -> Backend {
        self.backend
    }

    /// Dimensions of a text's vector.
    #[must_use]
    pub fn hidden(&self) -> usize {
        self.hidden
    }
}

fn require(what: &'static str, expected: usize, found: usize) -> Result<(), KernelError> {
    if expected == found { Ok(()) } else { Err(KernelError::Shape { what, expected, found }) }
}

fn finite(what: &'static str, values: &[f32]) -> Result<(), KernelError> {
    match values.iter().position(|v| !v.is_finite()) {
        None => Ok(()),
        Some(index) => Err(KernelError::NotFinite { what, index }),
    }
}

fn norm(what: &'static str, hidden: usize, norm: &Norm) -> Result<(), KernelError> {
    require(what, hidden, norm.gamma.len())?;
    require(what, hidden, norm.beta.len())?;
    finite(what, &norm.gamma)?;
    finite(what, &norm.beta)
}

fn linear(
    what: &'static str,
    backend: Backend,
    [outputs, inputs]: [usize; 2],
    linear: &Linear,
) -> Result<(), KernelError> {
    require(what, outputs, linear.outputs())?;
    require(what, inputs, linear.inputs())?;
    let (expected, found) = (backend.name(), linear.backend().name());
    if expected == found { Ok(()) } else { Err(KernelError::Backend { what, expected, found }) }
}
