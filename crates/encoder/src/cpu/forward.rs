//! From token ids to unit vectors.

use sextant_kernels::gemm::{Finish, float, int8};
use sextant_kernels::{Backend, KernelError, attention, layer_norm};

use super::weights::{Layer, Linear, Norm, Packed, Weights};
use crate::config::Pooling;

/// Rows that go through the layers together, unless one text alone is longer: enough for each weight to be used often while it is
/// in the cache, few enough for the activations to stay there too.
const BATCH_ROWS: usize = 256;
/// Rows that go through the feed-forward pair together: their intermediate values stay in the second-level cache.
const BLOCK_ROWS: usize = 48;

/// Working memory of a forward, kept from one call to the next. It grows to the longest input and never shrinks.
#[derive(Debug, Default)]
pub struct Scratch {
    /// f32[rows, hidden], the residual stream.
    x: Vec<f32>,
    /// f32[rows, 3 * hidden].
    qkv: Vec<f32>,
    /// f32[rows, hidden], what attention gives.
    mixed: Vec<f32>,
    /// f32[BLOCK_ROWS, intermediate].
    wide: Vec<f32>,
    attention: attention::Scratch,
    products: Option<Products>,
}

/// Packed activations, one kind a precision.
#[derive(Debug)]
struct Products {
    backend: Backend,
    int8: int8::Rows,
    float: float::Rows,
}

impl Products {
    /// `out = finish(x * weights + bias)`.
    fn multiply(
        &mut self,
        linear: &Linear,
        x: &[f32],
        finish: Finish,
        out: &mut [f32],
    ) -> Result<(), KernelError> {
        match &linear.0 {
            Packed::Int8(matrix) => {
                self.int8.quantize(matrix.inputs(), x)?;
                matrix.multiply(&self.int8, finish, out)
            }
            Packed::Float(matrix) => {
                self.float.pack(matrix.inputs(), x)?;
                matrix.multiply(&self.float, finish, out)
            }
        }
    }
}

/// The unit vector of one text.
///
/// `ids`: at least one token, `[CLS]` and `[SEP]` included. `out`: f32[hidden], length 1 within 1e-6 (all zero if the pooled vector is zero).
/// Allocates only when the text is longer than any before.
/// Errors: [`KernelError::Shape`] for no ids or an `out` of another length, [`KernelError::Range`] for an id beyond the vocabulary or
/// more ids than positions.
pub fn forward(
    weights: &Weights,
    pooling: Pooling,
    ids: &[u32],
    scratch: &mut Scratch,
    out: &mut [f32],
) -> Result<(), KernelError> {
    forward_batch(weights, pooling, &[ids], scratch, out)
}

/// The unit vectors of several texts of any lengths; `out`: f32[texts, hidden]. A text's vector does not depend on its
/// neighbours. Errors as in [`forward`]; nothing is written then.
pub fn forward_batch(
    weights: &Weights,
    pooling: Pooling,
    texts: &[&[u32]],
    scratch: &mut Scratch,
    out: &mut [f32],
) -> Result<(), KernelError> {
    let hidden = weights.hidden;
    let expected = texts.len() * hidden;
    if out.len() != expected {
        return Err(KernelError::Shape { what: "out", expected, found: out.len() });
    }
    for ids in texts {
        check(weights, ids)?;
    }
    let mut first = 0;
    while first < texts.len() {
        let mut rows = texts[first].len();
        let mut end = first + 1;
        while end < texts.len() && rows + texts[end].len() <= BATCH_ROWS {
            rows += texts[end].len();
            end += 1;
        }
        let out = &mut out[first * hidden..end * hidden];
        run(weights, pooling, &texts[first..end], rows, scratch, out)?;
        first = end;
    }
    Ok(())
}

fn check(weights: &Weights, ids: &[u32]) -> Result<(), KernelError> {
    if ids.is_empty() {
        return Err(KernelError::Shape { what: "ids", expected: 1, found: 0 });
    }
    if ids.len() > weights.positions {
        let (limit, found) = (weights.positions, ids.len());
        return Err(KernelError::Range { what: "tokens of a text", limit, found });
    }
    match ids.iter().find(|id| **id as usize >= weights.vocabulary) {
        None => Ok(()),
        Some(id) => {
            let limit = weights.vocabulary.saturating_sub(1);
            Err(KernelError::Range { what: "token id", limit, found: *id as usize })
        }
    }
}

/// All layers for texts that together have `rows` tokens.
fn run(
    weights: &Weights,
    pooling: Pooling,
    texts: &[&[u32]],
    rows: usize,
    scratch: &mut Scratch,
    out: &mut [f32],
) -> Result<(), KernelError> {
    let Weights { parts, backend, hidden, heads, .. } = weights;
    let (backend, hidden) = (*backend, *hidden);
    let Scratch { x, qkv, mixed, wide, attention, products } = scratch;
    let x = room(x, rows * hidden);
    let qkv = room(qkv, rows * 3 * hidden);
    let mixed = room(mixed, rows * hidden);
    let wide = room(wide, rows.min(BLOCK_ROWS) * weights.intermediate);
    if products.as_ref().is_some_and(|p| p.backend != backend) {
        *products = None;
    }
    let products = products.get_or_insert_with(|| Products {
        backend,
        int8: int8::Rows::new(backend),
        float: float::Rows::new(backend),
    });
    let normalize = |x: &mut [f32], norm: &Norm| {
        layer_norm(backend, x, &norm.gamma, &norm.beta, weights.epsilon)
    };

    let mut row = 0;
    for ids in texts {
        let x = &mut x[row * hidden..][..ids.len() * hidden];
        x.copy_from_slice(&parts.positions[..x.len()]);
        for (x, id) in x.chunks_exact_mut(hidden).zip(*ids) {
            parts.tokens.add_row(*id as usize, x);
        }
        row += ids.len();
    }
    normalize(x, &parts.embedding_norm)?;

    for layer in &parts.layers {
        products.multiply(&layer.qkv, x, Finish::Store, qkv)?;
        let mut row = 0;
        for ids in texts {
            let qkv = &qkv[row * 3 * hidden..][..ids.len() * 3 * hidden];
            let mixed = &mut mixed[row * hidden..][..ids.len() * hidden];
            attention::attend(backend, qkv, hidden, *heads, attention, mixed)?;
            row += ids.len();
        }
        products.multiply(&layer.attention_output, mixed, Finish::Accumulate, x)?;
        normalize(x, &layer.attention_norm)?;
        feed_forward(weights, layer, products, x, wide)?;
        normalize(x, &layer.output_norm)?;
    }

    let mut row = 0;
    for (ids, out) in texts.iter().zip(out.chunks_exact_mut(hidden)) {
        pool(pooling, &x[row * hidden..][..ids.len() * hidden], out);
        row += ids.len();
    }
    Ok(())
}

/// `x += down(activation(up(x)))`, a block of rows at a time.
fn feed_forward(
    weights: &Weights,
    layer: &Layer,
    products: &mut Products,
    x: &mut [f32],
    wide: &mut [f32],
) -> Result<(), KernelError> {
    let rows = x.len() / weights.hidden;
    let blocks = rows.div_ceil(BLOCK_ROWS);
    for b in 0..blocks {
        let (first, end) = (rows * b / blocks, rows * (b + 1) / blocks);
        let x = &mut x[first * weights.hidden..end * weights.hidden];
        let wide = &mut wide[..(end - first) * weights.intermediate];
        products.multiply(&layer.up, x, Finish::Activate(weights.activation), wide)?;
        products.multiply(&layer.down, wide, Finish::Accumulate, x)?;
    }
    Ok(())
}

/// The first `len` values of `buffer`, which grows if it must.
fn room(buffer: &mut Vec<f32>, len: usize) -> &mut [f32] {
    if buffer.len() < len {
        buffer.resize(len, 0.0);
    }
    &mut buffer[..len]
}

/// One vector out of a text's token vectors, with length 1.
fn pool(pooling: Pooling, x: &[f32], out: &mut [f32]) {
    out.fill(0.0);
    let rows = match pooling {
        Pooling::Mean => x.len(),
        Pooling::Cls => out.len(),
    };
    for x in x[..rows].chunks_exact(out.len()) {
        for (out, x) in out.iter_mut().zip(x) {
            *out += x;
        }
    }
    // The mean's divisor falls away with the norm.
    let squares: f64 = out.iter().map(|v| f64::from(*v) * f64::from(*v)).sum();
    let inverse = if squares > 0.0 { 1.0 / squares.sqrt() } else { 0.0 };
    for v in out {
        *v = (f64::from(*v) * inverse) as f32;
    }
}
