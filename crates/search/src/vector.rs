//! The vector stage: the cosine of the question and every passage.

use sextant_index::IndexError;
use sextant_index::vectors::Codes;
use std::rc::Rc;

/// A plane, if it could be had, with the number of its rows.
pub type PlaneSlot = (u32, Option<Rc<Box<dyn Codes>>>);

/// Cosines by passage, `-1..=1`; NaN where the plane is missing.
///
/// `planes`: all, in the order of passages.
///
/// # Errors
/// [`IndexError`] for a query of other dimensions, or without a direction.
pub fn cosines(planes: &[PlaneSlot], query: &[f32]) -> Result<Vec<f32>, IndexError> {
    let mut out = vec![];
    for (rows, plane) in planes {
        let end = out.len() + *rows as usize;
        if let Some(plane) = plane {
            plane.scan(query, &mut out)?;
        }
        out.resize(end, f32::NAN);
    }
    Ok(out)
}
