//! What a forward works in: buffers for so many tokens, and every kernel bound to them.

use std::sync::Arc;

use sextant_gpu::ops::linear::{self, Linear};
use sextant_gpu::ops::pool;
use sextant_gpu::{Bound, Buffer, Gpu, GpuError, Use};

use super::forward::Kernels;
use super::loader::Weights;
use crate::lend::Model;

/// The fewest tokens that room is made for.
const FEWEST_TOKENS: usize = 64;

/// A product bound for either size of batch.
#[derive(Debug)]
pub(super) struct Sized<T> {
    pub(super) small: T,
    pub(super) large: T,
}

/// The steps of a layer, in their order.
#[derive(Debug)]
pub(super) struct LayerSteps {
    pub(super) qkv: Sized<Bound>,
    pub(super) attention: Bound,
    pub(super) attention_output: Sized<Bound>,
    pub(super) up: Sized<Bound>,
    pub(super) down: Sized<Bound>,
}

/// Buffers for `tokens` tokens, and the steps over them.
#[derive(Debug)]
pub(super) struct Room {
    pub(super) tokens: usize,
    /// `{rows}`.
    pub(super) batch: Buffer,
    /// u32[tokens, 2]: id and position.
    pub(super) ids: Buffer,
    /// u32[texts + 1].
    pub(super) starts: Buffer,
    /// u32[blocks, 4].
    pub(super) blocks: Buffer,
    /// f32[texts, hidden].
    pub(super) out: Buffer,
    pub(super) readback: Buffer,
    pub(super) embed: Bound,
    pub(super) layers: Vec<LayerSteps>,
    pub(super) pool: Bound,
    /// Kept alive for the steps.
    _streams: [Buffer; 5],
}

impl Room {
    /// Room for at least `tokens` tokens, which are as many texts at most.
    pub(super) fn new(
        gpu: &Arc<Gpu>,
        model: &Model,
        weights: &Weights,
        kernels: &Kernels,
        tokens: usize,
    ) -> Result<Self, GpuError> {
        let tokens = tokens.max(FEWEST_TOKENS).next_power_of_two();
        let rows = |label, columns: usize| {
            Buffer::new(gpu, label, Use::Storage, tokens.saturating_mul(columns).saturating_mul(4))
        };
        let hidden = model.hidden;
        // Of the residual stream there are two, since a product does not read what it writes.
        let (x, middle) = (rows("x", hidden)?, rows("middle", hidden)?);
        let mixed = rows("mixed", hidden)?;
        let wide = rows("wide", model.intermediate.max(3 * hidden))?;
        let stats = rows("stats", 2)?;
        let batch = Buffer::new(gpu, "batch", Use::Uniform, 16)?;
        let (ids, blocks) = (rows("ids", 2)?, rows("blocks", 4)?);
        let starts = Buffer::new(gpu, "starts", Use::Storage, (tokens + 1) * 4)?;
        let out = rows("out", hidden)?;
        let readback = Buffer::new(gpu, "readback", Use::Readback, tokens * hidden * 4)?;

        let embed = kernels.embed.bind(gpu, &ids, &weights.tokens, &weights.positions, &x)?;
        let mut layers = Vec::with_capacity(model.layers);
        let norms = weights.norms.windows(3).step_by(2);
        for (products, norms) in weights.layers.iter().zip(norms) {
            let [before, between, _] = norms else { continue };
            let bind = |kernel: &Sized<Linear>, number: usize, x, norm, residual, y| {
                let shape = kernels.matrices.get(number).zip(products.get(number));
                let what = "products of a layer";
                let (matrix, weights) =
                    shape.ok_or(GpuError::Shape { what, expected: 4, found: number })?;
                let operands = linear::Operands {
                    batch: &batch,
                    matrix,
                    x,
                    weights,
                    norm,
                    residual,
                    stats: &stats,
                    y,
                };
                Ok::<_, GpuError>(Sized {
                    small: kernel.small.bind(gpu, operands)?,
                    large: kernel.large.bind(gpu, operands)?,
                })
            };
            layers.push(LayerSteps {
                qkv: bind(&kernels.normed, 0, &x, before, &x, &wide)?,
                attention: kernels.attention.bind(gpu, &wide, &blocks, &mixed)?,
                attention_output: bind(&kernels.added, 1, &mixed, before, &x, &middle)?,
                up: bind(&kernels.activated, 2, &middle, between, &middle, &wide)?,
                down: bind(&kernels.added, 3, &wide, between, &middle, &x)?,
            });
        }
        let what = "layer norms";
        let norm = weights.norms.last().ok_or(GpuError::Shape { what, expected: 1, found: 0 })?;
        let operands = pool::Operands { x: &x, norm, starts: &starts, stats: &stats, out: &out };
        let pool = kernels.pool.bind(gpu, operands)?;
        Ok(Self {
            tokens,
            batch,
            ids,
            starts,
            blocks,
            out,
            readback,
            embed,
            layers,
            pool,
            _streams: [x, middle, mixed, wide, stats],
        })
    }
}
