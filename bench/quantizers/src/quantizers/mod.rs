//! The quantizers behind one trait. What ships is in `sextant_index`; what stands beside it here only
//! serves the comparison, and is plain code without kernels of its own.

mod exact;
mod float8;
mod kmeans;
mod ours;
mod product;
mod residual;

pub use exact::Exact;

use crate::error::Error;
use crate::measure::best;
use float8::Float8;
use ours::Ours;
use product::Product;
use residual::Residual;
use sextant_build::Axes;
use sextant_index::vectors::{Bits, Code, Scored};

/// A way to code vectors and to score the codes with a query that is not coded.
pub trait Quantizer {
    /// Its name in the table.
    fn name(&self) -> String;

    /// Bytes of a vector.
    fn bytes(&self) -> usize;

    /// Bytes that all vectors share: codebooks, axes.
    fn shared_bytes(&self) -> usize {
        0
    }

    /// Learns what it needs from `rows` and codes them, in place of what was coded before. `rows`:
    /// f32[any, dimensions], row by row, unit vectors.
    ///
    /// # Errors
    /// Vectors that it cannot code.
    fn encode(&mut self, rows: &[f32]) -> Result<(), Error>;

    /// The cosine of each coded vector with `query`, a unit vector, up to what the codes lose.
    ///
    /// # Errors
    /// A query of other dimensions.
    fn scores(&self, query: &[f32]) -> Result<Vec<f32>, Error>;

    /// The `count` nearest, best first.
    ///
    /// # Errors
    /// As [`Quantizer::scores`].
    fn nearest(&self, query: &[f32], count: usize) -> Result<Vec<Scored>, Error> {
        Ok(best(&self.scores(query)?, count))
    }
}

/// All of them for vectors of `width` dimensions, in the order of the table.
///
/// # Errors
/// Dimensions that do not divide as a quantizer needs it.
pub fn all(width: usize) -> Result<Vec<Box<dyn Quantizer>>, Error> {
    let whole = width as u32;
    let random = |bits| Ours::new(width, Code::Levels(bits), whole, Axes::Random);
    let half = whole.div_ceil(2);
    Ok(vec![
        Box::new(Exact::new(width)),
        Box::new(Ours::new(width, Code::Int8, whole, Axes::Random)),
        Box::new(Float8::new(width)),
        Box::new(random(Bits::Four)),
        Box::new(Residual::new(width, 3)),
        Box::new(random(Bits::Two)),
        Box::new(Ours::new(width, Code::Levels(Bits::Four), half, Axes::Principal)),
        Box::new(Residual::new(width, 2)),
        Box::new(Product::new(width, 96)?),
        Box::new(random(Bits::One)),
        Box::new(Product::new(width, 48)?),
    ])
}

/// That `query` has `width` dimensions.
fn require_width(query: &[f32], width: usize) -> Result<(), Error> {
    let found = query.len();
    match found == width {
        true => Ok(()),
        false => {
            let error = sextant_index::IndexError::Dimensions { row: 0, expected: width, found };
            Err(error.into())
        }
    }
}

#[cfg(test)]
pub mod testing;
