//! The one who has the container.

use std::borrow::Cow;

use super::model::{Linear, Model, Table};
use super::part::{self, Part, Piece};
use crate::config::Coding;
use crate::container::{Container, Table as Stored};
use crate::error::EncoderError;
use crate::layout;
use crate::unpack;

/// A container that is handed over part by part.
#[derive(Debug)]
pub struct Lender {
    container: Container,
    model: Model,
    parts: Vec<Part>,
    next: usize,
}

impl Lender {
    /// Opens a container and checks its description and the shapes of its tensors; numbers are checked as they are handed over.
    /// `file`: for messages.
    ///
    /// Errors as in [`crate::Encoder::open`].
    pub fn open(file: &str, container: Vec<u8>) -> Result<Self, EncoderError> {
        let container = Container::open(file, container)?;
        let runs = match container.description.weights.tokens {
            Coding::Product => match container.table(layout::TOKENS)? {
                Stored::Product { bytes, .. } => bytes,
                Stored::F32(_) | Stored::Int8 { .. } => 0,
            },
            _ => 0,
        };
        let model = Model::new(&container.description, runs);
        Ok(Self { container, model, parts: part::parts(&model), next: 0 })
    }

    /// What the parts make up.
    #[must_use]
    pub fn model(&self) -> &Model {
        &self.model
    }

    /// The next part, in the order of [`part::parts`]; `None` after the last.
    pub fn next_part(&mut self) -> Result<Option<Cow<'_, [u8]>>, EncoderError> {
        let Some(part) = self.parts.get(self.next).copied() else { return Ok(None) };
        self.next += 1;
        self.bytes(part).map(Some)
    }

    fn bytes(&self, part: Part) -> Result<Cow<'_, [u8]>, EncoderError> {
        let container = &self.container;
        let name = part.tensor();
        let stored = |name: &str| container.stored(name).map(Cow::Borrowed);
        let floats = |values: Vec<f32>| {
            Ok(Cow::Owned(values.iter().flat_map(|value| value.to_le_bytes()).collect()))
        };
        match part {
            Part::Tokens if self.model.table == Table::F32 => floats(container.plain(&name)?),
            Part::Tokens => stored(&name),
            Part::TokensRest if self.model.table == Table::Int8 => floats(container.scales(&name)?),
            Part::TokensRest => {
                let codebooks = layout::codebooks(&name);
                container.plain(&codebooks)?;
                stored(&codebooks)
            }
            Part::Positions => {
                let mut rows = unpack::positions(container)?;
                rows.truncate(self.model.positions * self.model.hidden);
                floats(rows)
            }
            Part::Gamma(_) | Part::Beta(_) => floats(container.plain(&name)?),
            Part::Matrix { piece, .. } => match piece {
                Piece::Codes if self.model.linear == Linear::F32 => floats(container.plain(&name)?),
                Piece::Codes => stored(&name),
                Piece::Lows => stored(&layout::lows(&name)),
                Piece::Spans => stored(&layout::spans(&name)),
                Piece::Scales => floats(container.scales(&name)?),
                Piece::Bias => floats(container.plain(&name)?),
            },
        }
    }
}
