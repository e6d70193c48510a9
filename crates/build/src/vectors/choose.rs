//! The choice of a plan.

use super::VectorOptions;
use super::plan::{Axes, Plan};
use super::recall::HeldOut;
use crate::error::BuildError;
use sextant_index::vectors::{Bits, Code};

/// The plan that `options` ask for, completed by what fits this collection.
pub(super) fn choose(
    _rows: &[f32],
    width: usize,
    options: &VectorOptions,
    _held_out: &HeldOut,
) -> Result<Plan, BuildError> {
    let code = options.code.unwrap_or(Code::Levels(Bits::Two));
    let dimensions = options.dimensions.unwrap_or(width as u32).min(width as u32);
    let axes = options.axes.unwrap_or(Axes::Random);
    Ok(Plan { code, dimensions, axes })
}
