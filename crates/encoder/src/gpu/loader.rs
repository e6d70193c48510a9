//! From parts to buffers on the device, one part at a time.

use std::sync::Arc;

use sextant_gpu::ops::embed;
use sextant_gpu::ops::matrix::{Coding, Layout};
use sextant_gpu::{Buffer, Gpu, GpuError, Use};

use super::forward::GpuEncoder;
use crate::lend::{self, Linear, Model, Part, Piece, Product, Table};

/// Weights on the device.
#[derive(Debug)]
pub(super) struct Weights {
    pub(super) tokens: Buffer,
    pub(super) positions: Buffer,
    /// Gamma and beta of each layer norm: that of the embeddings, then two a layer.
    pub(super) norms: Vec<Buffer>,
    /// The products of each layer.
    pub(super) layers: Vec<[Buffer; 4]>,
}

/// Takes the parts of an encoder in the order of [`lend::parts`].
#[derive(Debug)]
pub struct Loader {
    gpu: Arc<Gpu>,
    model: Model,
    parts: Vec<Part>,
    next: usize,
    weights: Weights,
}

/// Where a part goes.
struct Place<'a> {
    buffer: &'a Buffer,
    at: usize,
    bytes: usize,
}

impl Loader {
    /// Makes room for an encoder.
    ///
    /// Errors: [`GpuError::Memory`] where a buffer would be larger than the device has them.
    pub fn new(gpu: Arc<Gpu>, model: Model) -> Result<Self, GpuError> {
        let storage = |label, bytes| Buffer::new(&gpu, label, Use::Storage, bytes);
        let table = table_of(&model);
        let (rows, channels) = (model.vocabulary, model.hidden);
        let codes = table.codes(rows, channels).next_multiple_of(4);
        let norm = |_| storage("norm", 2 * channels * 4);
        let product = |product: Product| {
            let layout = layout_of(&model, product);
            storage("weights", layout.bytes())
        };
        let layer = |_| {
            let [qkv, attention_output, up, down] = Product::ALL;
            Ok([product(qkv)?, product(attention_output)?, product(up)?, product(down)?])
        };
        let weights = Weights {
            tokens: storage("tokens", codes + table.rest(rows, channels))?,
            positions: storage("positions", model.positions * channels * 4)?,
            norms: (0..=2 * model.layers).map(norm).collect::<Result<_, GpuError>>()?,
            layers: (0..model.layers).map(layer).collect::<Result<_, GpuError>>()?,
        };
        Ok(Self { parts: lend::parts(&model), gpu, model, next: 0, weights })
    }

    /// Puts the next part in its place.
    ///
    /// Errors: [`GpuError::Shape`] for a part of another length, or one too many.
    pub fn put(&mut self, bytes: &[u8]) -> Result<(), GpuError> {
        let count = self.parts.len();
        let surplus = GpuError::Shape { what: "parts", expected: count, found: count + 1 };
        let part = self.parts.get(self.next).ok_or_else(|| surplus.clone())?;
        let place = self.place(part).ok_or(surplus)?;
        if bytes.len() != place.bytes {
            let (expected, found) = (place.bytes, bytes.len());
            return Err(GpuError::Shape { what: "part of an encoder", expected, found });
        }
        place.buffer.write(place.at, bytes)?;
        self.next += 1;
        Ok(())
    }

    /// The encoder, once all parts are in their places. Shaders are compiled here.
    ///
    /// Errors: [`GpuError::Shape`] where parts are missing, [`GpuError::Unsupported`] for an architecture that the shaders do
    /// not have.
    pub fn finish(self) -> Result<GpuEncoder, GpuError> {
        let (expected, found) = (self.parts.len(), self.next);
        if expected != found {
            return Err(GpuError::Shape { what: "parts", expected, found });
        }
        GpuEncoder::new(self.gpu, self.model, self.weights)
    }

    fn place(&self, part: &Part) -> Option<Place<'_>> {
        let Self { model, weights, .. } = self;
        let row = model.hidden * 4;
        Some(match *part {
            Part::Tokens => {
                let bytes = table_of(model).codes(model.vocabulary, model.hidden);
                Place { buffer: &weights.tokens, at: 0, bytes }
            }
            Part::TokensRest => {
                let table = table_of(model);
                let at = table.codes(model.vocabulary, model.hidden).next_multiple_of(4);
                let bytes = table.rest(model.vocabulary, model.hidden);
                Place { buffer: &weights.tokens, at, bytes }
            }
            Part::Positions => {
                Place { buffer: &weights.positions, at: 0, bytes: model.positions * row }
            }
            Part::Gamma(number) => Place { buffer: weights.norms.get(number)?, at: 0, bytes: row },
            Part::Beta(number) => Place { buffer: weights.norms.get(number)?, at: row, bytes: row },
            Part::Matrix { layer, product, matrix, piece } => {
                let layout = layout_of(model, product);
                let [qkv, attention_output, up, down] = weights.layers.get(layer)?;
                let buffer = match product {
                    Product::Qkv => qkv,
                    Product::AttentionOutput => attention_output,
                    Product::Up => up,
                    Product::Down => down,
                };
                // A product of several matrices has as many rows of each.
                let rows = if product == Product::Qkv { model.hidden } else { layout.outputs };
                let (start, bytes): (usize, usize) = match piece {
                    Piece::Codes => (0, layout.codes(rows)),
                    Piece::Lows => (layout.lows(), layout.groups(rows)),
                    Piece::Spans => (layout.spans(), layout.groups(rows)),
                    Piece::Scales => (layout.scales(), rows * 4),
                    Piece::Bias => (layout.bias(), rows * 4),
                };
                Place { buffer, at: start + matrix * bytes, bytes }
            }
        })
    }
}

/// Where a product's parts lie.
pub(super) fn layout_of(model: &Model, product: Product) -> Layout {
    let [outputs, inputs] = product.shape(model);
    let coding = match model.linear {
        Linear::F32 => Coding::F32,
        Linear::Int8 => Coding::Int8,
        Linear::Int4 => Coding::Int4,
    };
    Layout { inputs, outputs, coding }
}

/// The table as the shader knows it.
pub(super) fn table_of(model: &Model) -> embed::Table {
    match model.table {
        Table::F32 => embed::Table::F32,
        Table::Int8 => embed::Table::Int8,
        Table::Product { runs } => embed::Table::Product { runs },
    }
}
