//! All calibration tokens on their way through the layers, stage by stage, in f32.
//!
//! The forward of `sextant_encoder::cpu`, turned inside out: there a text goes through all layers, here all texts go
//! through one matrix, so that the next one's inputs are known before it is quantized.

use rayon::prelude::*;
use sextant_encoder::config::{self, Shape};
use sextant_kernels::gemm::Finish;
use sextant_kernels::gemm::float::{Matrix, Plain, Rows};
use sextant_kernels::{Activation, Backend, KernelError, attention, layer_norm};

/// Rows that go through a matrix together.
const BLOCK: usize = 256;

/// The residual stream of all texts, one below the other.
pub(crate) struct Stream {
    backend: Backend,
    shape: Shape,
    /// Tokens of each text.
    lengths: Vec<usize>,
    /// f32[tokens, hidden].
    pub(crate) x: Vec<f32>,
}

/// A matrix with its bias, f32[outputs, inputs] and f32[outputs].
#[derive(Clone, Copy)]
pub(crate) struct Linear<'a> {
    pub(crate) weights: &'a [f32],
    pub(crate) bias: &'a [f32],
}

/// A layer norm's factor and what is added, f32[hidden] each.
#[derive(Clone, Copy)]
pub(crate) struct Norm<'a> {
    pub(crate) gamma: &'a [f32],
    pub(crate) beta: &'a [f32],
}

/// What a token starts from.
#[derive(Clone, Copy)]
pub(crate) struct Embeddings<'a> {
    /// f32[vocabulary, hidden].
    pub(crate) tokens: &'a [f32],
    /// f32[positions, hidden].
    pub(crate) positions: &'a [f32],
    /// f32[hidden].
    pub(crate) segment: &'a [f32],
    pub(crate) norm: Norm<'a>,
}

impl Stream {
    /// The sums of token, position and segment, normed. `texts`: ids below the vocabulary, no more than positions.
    pub(crate) fn start(
        shape: &Shape,
        texts: &[Vec<u32>],
        from: Embeddings<'_>,
    ) -> Result<Self, KernelError> {
        let hidden = shape.hidden;
        let row = |table: &'_ [f32], at: usize| at * hidden..(at + 1) * hidden.min(table.len());
        let mut x = Vec::new();
        for (position, id) in texts.iter().flat_map(|ids| ids.iter().enumerate()) {
            let token = from.tokens.get(row(from.tokens, *id as usize)).unwrap_or_default();
            let place = from.positions.get(row(from.positions, position)).unwrap_or_default();
            let sums = token.iter().zip(place).zip(from.segment);
            x.extend(sums.map(|((token, place), segment)| token + (place + segment)));
        }
        let lengths: Vec<usize> = texts.iter().map(Vec::len).collect();
        let expected = lengths.iter().sum::<usize>() * hidden;
        if x.len() != expected {
            return Err(KernelError::Shape { what: "embeddings", expected, found: x.len() });
        }
        let mut stream = Self { backend: Backend::best(), shape: shape.clone(), lengths, x };
        stream.norm(from.norm)?;
        Ok(stream)
    }

    pub(crate) fn backend(&self) -> Backend {
        self.backend
    }

    /// Tokens of all texts.
    pub(crate) fn tokens(&self) -> usize {
        self.lengths.iter().sum()
    }

    /// What the texts' tokens give each other, f32[tokens, hidden], by the layer's query, key and value.
    pub(crate) fn attend(&self, qkv: [Linear<'_>; 3]) -> Result<Vec<f32>, KernelError> {
        let hidden = self.shape.hidden;
        let matrix = self.matrix(hidden, &qkv)?;
        let mut mixed = vec![0.0; self.x.len()];
        let (mut inputs, mut outputs) = (self.x.as_slice(), mixed.as_mut_slice());
        let mut texts = Vec::with_capacity(self.lengths.len());
        for length in &self.lengths {
            let (x, later) = inputs.split_at(length * hidden);
            let (out, rest) = outputs.split_at_mut(length * hidden);
            texts.push((x, out));
            (inputs, outputs) = (later, rest);
        }
        texts.into_par_iter().try_for_each_init(
            || (Rows::new(self.backend), attention::Scratch::default(), Vec::new()),
            |(rows, scratch, qkv), (x, out)| {
                rows.pack(hidden, x)?;
                qkv.resize(x.len() * 3, 0.0);
                matrix.multiply(rows, Finish::Store, qkv)?;
                attention::attend(self.backend, qkv, hidden, self.shape.heads, scratch, out)
            },
        )?;
        Ok(mixed)
    }

    /// `x = norm(x + linear(inputs))`.
    pub(crate) fn add(
        &mut self,
        inputs: &[f32],
        linear: Linear<'_>,
        norm: Norm<'_>,
    ) -> Result<(), KernelError> {
        let width = inputs.len() / self.tokens().max(1);
        let matrix = self.matrix(width, &[linear])?;
        let hidden = self.shape.hidden;
        blocks(self.backend, inputs, width, &mut self.x, hidden, &matrix, Finish::Accumulate)?;
        self.norm(norm)
    }

    /// `activation(linear(x))`, f32[tokens, intermediate].
    pub(crate) fn widen(&self, linear: Linear<'_>) -> Result<Vec<f32>, KernelError> {
        let matrix = self.matrix(self.shape.hidden, &[linear])?;
        let mut wide = vec![0.0; self.tokens() * self.shape.intermediate];
        let finish = Finish::Activate(match self.shape.activation {
            config::Activation::Gelu => Activation::Gelu,
            config::Activation::GeluTanh => Activation::GeluTanh,
            config::Activation::Relu => Activation::Relu,
        });
        let (hidden, width) = (self.shape.hidden, self.shape.intermediate);
        blocks(self.backend, &self.x, hidden, &mut wide, width, &matrix, finish)?;
        Ok(wide)
    }

    fn matrix(&self, inputs: usize, parts: &[Linear<'_>]) -> Result<Matrix, KernelError> {
        let parts: Vec<Plain<'_>> =
            parts.iter().map(|part| Plain { weights: part.weights, bias: part.bias }).collect();
        Matrix::new(self.backend, inputs, &parts)
    }

    fn norm(&mut self, norm: Norm<'_>) -> Result<(), KernelError> {
        layer_norm(self.backend, &mut self.x, norm.gamma, norm.beta, self.shape.layer_norm_epsilon)
    }
}

/// `out = finish(x * matrix)`, block by block on all threads.
fn blocks(
    backend: Backend,
    x: &[f32],
    inputs: usize,
    out: &mut [f32],
    outputs: usize,
    matrix: &Matrix,
    finish: Finish,
) -> Result<(), KernelError> {
    let x = x.par_chunks(BLOCK * inputs.max(1));
    let out = out.par_chunks_mut(BLOCK * outputs.max(1));
    x.zip(out).try_for_each_init(
        || Rows::new(backend),
        |rows, (x, out)| {
            rows.pack(inputs, x)?;
            matrix.multiply(rows, finish, out)
        },
    )
}
