//! The basis that codes of a few bits are written in: vectors are centred and turned so that all
//! dimensions of a plane carry about as much, which is what few levels a dimension need.
//!
//! Two turns: a [`Seeded`] random one, which costs eight bytes in the bundle, and the corpus' own
//! [`Principal`] axes, the most telling first, which make any encoder's vectors truncatable.

mod principal;
mod seeded;

pub use principal::Principal;
pub use seeded::Seeded;

use super::MAX_DIMENSIONS;
use sextant_core::error::BundleError;
use sextant_core::frame::{self, Kind};
use sextant_core::half::{from_half, to_half};
use sextant_core::wire::Reader;

/// Where a basis starts and how it turns.
#[derive(Clone, Debug, PartialEq)]
pub struct Basis {
    /// Subtracted before the turn: the mean of the corpus, or zeros.
    mean: Vec<f32>,
    turn: Turn,
}

/// How vectors are turned. Lengths and angles stay as they are, up to what truncation leaves out.
#[derive(Clone, Debug, PartialEq)]
pub enum Turn {
    /// By a seeded random rotation: as many dimensions as before.
    Seeded(Seeded),
    /// Onto the corpus' principal axes, the first ones of them.
    Principal(Principal),
}

const SEEDED: u32 = 0;
const PRINCIPAL: u32 = 1;

impl Basis {
    /// A basis whose origin is `mean`, of the length that `turn` takes. The mean is kept in half
    /// precision.
    #[must_use]
    pub fn new(mean: &[f32], turn: Turn) -> Self {
        let mut mean: Vec<f32> = mean.iter().map(|m| from_half(to_half(*m))).collect();
        mean.resize(turn.inputs(), 0.0);
        Self { mean, turn }
    }

    /// Dimensions of the vectors that come in.
    #[must_use]
    pub fn inputs(&self) -> usize {
        self.turn.inputs()
    }

    /// Dimensions of the vectors that are coded, at most [`Basis::inputs`].
    #[must_use]
    pub fn outputs(&self) -> usize {
        match &self.turn {
            Turn::Seeded(seeded) => seeded.dimensions(),
            Turn::Principal(principal) => principal.outputs(),
        }
    }

    /// `vector` minus the mean, turned: what a passage's codes approximate.
    /// `vector`: f32[[`Basis::inputs`]]; gives f32[[`Basis::outputs`]].
    #[must_use]
    pub fn centred(&self, vector: &[f32]) -> Vec<f32> {
        let centred: Vec<f32> = vector.iter().zip(&self.mean).map(|(v, m)| v - m).collect();
        self.turned(&centred)
    }

    /// `vector` turned: what a query is scored with.
    #[must_use]
    pub fn turned(&self, vector: &[f32]) -> Vec<f32> {
        match &self.turn {
            Turn::Seeded(seeded) => seeded.apply(vector),
            Turn::Principal(principal) => principal.apply(vector),
        }
    }

    /// The vector whose centred coordinates are `values`, up to what lies outside of the axes:
    /// f32[[`Basis::inputs`]]. Missing values count as 0.
    #[must_use]
    pub fn restored(&self, values: &[f32]) -> Vec<f32> {
        let turned = match &self.turn {
            Turn::Seeded(seeded) => seeded.undo(values),
            Turn::Principal(principal) => principal.undo(values),
        };
        turned.iter().zip(&self.mean).map(|(v, m)| v + m).collect()
    }

    /// What the mean alone adds to every passage's score: `query * mean`.
    #[must_use]
    pub fn offset(&self, query: &[f32]) -> f32 {
        query.iter().zip(&self.mean).map(|(q, m)| q * m).sum()
    }

    /// The framed shard.
    #[must_use]
    pub fn write(&self) -> Vec<u8> {
        let mut body = Vec::new();
        let (kind, outputs) = match &self.turn {
            Turn::Seeded(_) => (SEEDED, self.inputs()),
            Turn::Principal(principal) => (PRINCIPAL, principal.outputs()),
        };
        for number in [kind, self.inputs() as u32, outputs as u32] {
            body.extend_from_slice(&number.to_le_bytes());
        }
        for mean in &self.mean {
            body.extend_from_slice(&to_half(*mean).to_le_bytes());
        }
        match &self.turn {
            Turn::Seeded(seeded) => body.extend_from_slice(&seeded.seed().to_le_bytes()),
            Turn::Principal(principal) => principal.write(&mut body),
        }
        frame::write(Kind::Basis, &body)
    }

    /// Reads a basis for vectors of `inputs` dimensions, as the manifest says. `file` is the inflated
    /// file, `name` its name for messages.
    ///
    /// # Errors
    /// [`BundleError`]: the frame, or a content that contradicts itself or the manifest.
    //
    // body: turn     u32      0: seeded, 1: principal axes
    //       inputs   u32      1..=8192
    //       outputs  u32      1..=inputs
    //       mean     f16 each of inputs, finite
    //       seeded:    seed u64
    //       principal: scales f32 each of outputs, then codes i8[outputs, inputs]
    pub fn open(file: &[u8], name: &str, inputs: u32) -> Result<Self, BundleError> {
        let mut reader = Reader::new(frame::open(file, Kind::Basis, name)?);
        let (kind, found, outputs) = (reader.u32()?, reader.u32()?, reader.u32()?);
        if found != inputs || !(1..=MAX_DIMENSIONS).contains(&inputs) {
            let what = format!("a basis of {found} dimensions, the manifest says {inputs}");
            return Err(reader.fault(what));
        }
        if !(1..=inputs).contains(&outputs) {
            return Err(reader.fault(format!("{outputs} axes of {inputs} dimensions")));
        }
        let mut mean = Vec::with_capacity(inputs as usize);
        for _ in 0..inputs {
            let value = from_half(u16::from_le_bytes(reader.array()?));
            if !value.is_finite() {
                return Err(reader.fault("a mean that is not finite"));
            }
            mean.push(value);
        }
        let turn = match kind {
            SEEDED if outputs == inputs => {
                let seed = u64::from_le_bytes(reader.array()?);
                Turn::Seeded(Seeded::new(inputs as usize, seed))
            }
            PRINCIPAL => {
                Turn::Principal(Principal::read(&mut reader, inputs as usize, outputs as usize)?)
            }
            other => {
                return Err(reader.fault(format!("a turn of kind {other} onto {outputs} axes")));
            }
        };
        reader.end()?;
        Ok(Self { mean, turn })
    }
}

impl Turn {
    fn inputs(&self) -> usize {
        match self {
            Self::Seeded(seeded) => seeded.dimensions(),
            Self::Principal(principal) => principal.inputs(),
        }
    }
}

#[cfg(test)]
mod tests;
