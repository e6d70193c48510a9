//! From token ids to unit vectors.

use std::sync::Arc;

use sextant_gpu::ops::attention::{self, Attention};
use sextant_gpu::ops::embed::Embed;
use sextant_gpu::ops::linear::{Activation, Arithmetic, Fused, Linear, Tile, Variant};
use sextant_gpu::ops::matrix::Coding;
use sextant_gpu::ops::pool::Pool;
use sextant_gpu::{Bound, Buffer, Counts, Gpu, GpuError, Run};

use super::loader::{Weights, layout_of, table_of};
use super::room::{Room, Sized};
use crate::config;
use crate::lend::{Model, Product};

/// Tokens that go through the layers together. More are several forwards: activations take 16 KB a token.
const MOST_TOKENS: usize = 4096;
/// With fewer workgroups than this, large tiles leave most of a GPU idle, and small ones are taken. A guess: no GPU was at hand
/// to measure it on.
const ENOUGH_GROUPS: u32 = 64;

/// Everything that is compiled, and the shapes of the products.
#[derive(Debug)]
pub(super) struct Kernels {
    pub(super) embed: Embed,
    pub(super) attention: Attention,
    pub(super) pool: Pool,
    /// The layer norm before, nothing behind: query, key and value.
    pub(super) normed: Sized<Linear>,
    /// The layer norm before, the activation behind: the first of the feed-forward pair.
    pub(super) activated: Sized<Linear>,
    /// The residual behind: what comes back to the stream.
    pub(super) added: Sized<Linear>,
    /// In the order of [`Product::ALL`].
    pub(super) matrices: Vec<Buffer>,
}

/// What a forward takes, and where it runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Status {
    /// Transformer layers.
    pub layers: usize,
    /// What the last forward took; zeros before the first.
    pub counts: Counts,
    /// Bytes of the device's memory that are held.
    pub bytes: u64,
    /// `single`, `half` or `integer`: see [`Arithmetic`].
    pub arithmetic: &'static str,
}

/// An encoder on a device. One forward runs at a time.
#[derive(Debug)]
pub struct GpuEncoder {
    gpu: Arc<Gpu>,
    model: Model,
    weights: Weights,
    kernels: Kernels,
    arithmetic: Arithmetic,
    room: Option<Room>,
    counts: Counts,
}

impl GpuEncoder {
    pub(super) fn new(gpu: Arc<Gpu>, model: Model, weights: Weights) -> Result<Self, GpuError> {
        let coding = layout_of(&model, Product::Qkv).coding;
        let arithmetic = Arithmetic::best(&gpu, coding);
        // Weights in floats ask for more digits than halves have.
        let half = coding != Coding::F32 && gpu.features().half;
        let large = Tile::largest(gpu.workgroup_bytes(), arithmetic);
        let linear = |fused| {
            let of = |tile| Linear::new(&gpu, Variant { coding, arithmetic, tile, fused });
            Sized { small: of(Tile::Small), large: of(large) }
        };
        let activation = match model.activation {
            config::Activation::Gelu => Activation::Gelu,
            config::Activation::GeluTanh => Activation::GeluTanh,
            config::Activation::Relu => Activation::Relu,
        };
        let matrix = |product| layout_of(&model, product).uniform(&gpu, model.epsilon);
        let kernels = Kernels {
            matrices: Product::ALL.into_iter().map(matrix).collect::<Result<_, GpuError>>()?,
            embed: Embed::new(&gpu, table_of(&model), model.vocabulary, model.hidden)?,
            attention: Attention::new(&gpu, model.hidden, model.heads, half)?,
            pool: Pool::new(&gpu, model.cls, model.hidden, model.epsilon)?,
            normed: linear(Fused::Norm(Activation::None)),
            activated: linear(Fused::Norm(activation)),
            added: linear(Fused::Residual),
        };
        let counts = Counts::default();
        Ok(Self { gpu, model, weights, kernels, arithmetic, room: None, counts })
    }

    /// Dimensions of a vector.
    #[must_use]
    pub fn dimensions(&self) -> usize {
        self.model.hidden
    }

    /// The device.
    #[must_use]
    pub fn gpu(&self) -> &Gpu {
        &self.gpu
    }

    /// What a forward takes.
    #[must_use]
    pub fn status(&self) -> Status {
        Status {
            layers: self.model.layers,
            counts: self.counts,
            bytes: self.gpu.bytes(),
            arithmetic: self.arithmetic.name(),
        }
    }

    /// The unit vectors of texts, f32[texts, `dimensions`].
    ///
    /// `ids`: the tokens of all texts, one text behind the other, `[CLS]` and `[SEP]` included. `starts`: where each begins,
    /// and where the last ends; the first is 0. Beyond 4,096 tokens it is several forwards.
    ///
    /// Errors: [`GpuError::Shape`] for starts that do not rise, a text without tokens or longer than there are positions,
    /// or an id beyond the vocabulary; else whatever the device does. After an error other than that the device is best
    /// given up.
    pub async fn encode(&mut self, ids: &[u32], starts: &[u32]) -> Result<Vec<f32>, GpuError> {
        self.check(ids, starts)?;
        let mut vectors = Vec::with_capacity(starts.len().saturating_sub(1) * self.model.hidden);
        let mut rest = starts;
        while let [first, _, ..] = rest {
            let fits = |end: &&u32| (**end - first) as usize <= MOST_TOKENS;
            // One text always goes: it is no longer than there are positions.
            let texts = rest.iter().skip(1).take_while(fits).count().max(1);
            let (batch, _) = rest.split_at(texts + 1);
            let tokens = ids.get(*first as usize..).unwrap_or_default();
            let starts: Vec<u32> = batch.iter().map(|start| start - first).collect();
            vectors.extend(self.forward(tokens, &starts).await?);
            rest = rest.get(texts..).unwrap_or_default();
        }
        Ok(vectors)
    }

    fn check(&self, ids: &[u32], starts: &[u32]) -> Result<(), GpuError> {
        let shape = |what, expected, found| Err(GpuError::Shape { what, expected, found });
        let (first, last) = (starts.first().copied(), starts.last().copied());
        if first != Some(0) {
            return shape("the first start", 0, first.map_or(usize::MAX, |first| first as usize));
        }
        if last != u32::try_from(ids.len()).ok() {
            return shape("the last start", ids.len(), last.unwrap_or(0) as usize);
        }
        for (start, end) in starts.iter().zip(starts.iter().skip(1)) {
            let tokens = end.checked_sub(*start).unwrap_or(0) as usize;
            if tokens == 0 || tokens > self.model.positions {
                return shape("a text's tokens, at most", self.model.positions, tokens);
            }
        }
        match ids.iter().find(|id| **id as usize >= self.model.vocabulary) {
            Some(id) => shape("a token id, below", self.model.vocabulary, *id as usize),
            None => Ok(()),
        }
    }

    /// One batch: `starts` from 0, `ids` at least as many as the last.
    async fn forward(&mut self, ids: &[u32], starts: &[u32]) -> Result<Vec<f32>, GpuError> {
        let rows = starts.last().copied().unwrap_or(0);
        let texts = starts.len().saturating_sub(1) as u32;
        let Self { gpu, model, weights, kernels, room, counts, .. } = self;
        let enough = match room.take() {
            Some(room) if room.tokens >= rows as usize => room,
            // What was too small is given back first.
            _ => Room::new(gpu, model, weights, kernels, rows as usize)?,
        };
        let room = room.insert(enough);

        let blocks = attention::blocks(starts);
        room.batch.write_words(0, &[rows])?;
        room.ids.write_words(0, &with_positions(ids, starts))?;
        room.starts.write_words(0, starts)?;
        room.blocks.write_words(0, &blocks)?;

        let mut run = Run::new(gpu, "forward");
        run.dispatch(&room.embed, [rows, 1]);
        let product =
            |run: &mut Run<'_>, kernel: &Sized<Linear>, product: Product, step: &Sized<Bound>| {
                let [outputs, _] = product.shape(model);
                let large = kernel.large.groups(rows, outputs as u32);
                if large[0] * large[1] >= ENOUGH_GROUPS {
                    run.dispatch(&step.large, large);
                } else {
                    run.dispatch(&step.small, kernel.small.groups(rows, outputs as u32));
                }
            };
        for layer in &room.layers {
            product(&mut run, &kernels.normed, Product::Qkv, &layer.qkv);
            run.dispatch(&layer.attention, [(blocks.len() / 4) as u32, model.heads as u32]);
            product(&mut run, &kernels.added, Product::AttentionOutput, &layer.attention_output);
            product(&mut run, &kernels.activated, Product::Up, &layer.up);
            product(&mut run, &kernels.added, Product::Down, &layer.down);
        }
        run.dispatch(&room.pool, [texts, 1]);
        let bytes = texts as usize * model.hidden * 4;
        let (vectors, taken) = run.finish(&room.out, &room.readback, bytes).await?;
        *counts = taken;
        let vectors = crate::coding::f32s(&vectors);
        match vectors.iter().all(|value| value.is_finite()) {
            true => Ok(vectors),
            false => Err(GpuError::Wrong { what: "vectors that are not finite".to_owned() }),
        }
    }
}

/// Each token's id with its place in its text, `[tokens, 2]`.
fn with_positions(ids: &[u32], starts: &[u32]) -> Vec<u32> {
    let texts = starts.iter().zip(starts.iter().skip(1));
    let texts = texts.filter_map(|(start, end)| ids.get(*start as usize..*end as usize));
    texts.flat_map(|ids| (0..).zip(ids).flat_map(|(position, id)| [*id, position])).collect()
}
