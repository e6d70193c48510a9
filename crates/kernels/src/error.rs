//! What can be wrong with the arguments of a kernel.

use thiserror::Error;

/// Why a kernel refuses its arguments. Nothing was written when one of these comes back.
#[derive(Debug, Error, Clone, Copy, PartialEq, Eq)]
pub enum KernelError {
    /// A slice whose length does not follow from the other arguments.
    #[error(
        "{what}: {found} values where {expected} were expected; the shapes do not belong together"
    )]
    Shape {
        /// The argument, in the words of the function's documentation.
        what: &'static str,
        /// Values that the other arguments call for.
        expected: usize,
        /// Values there are.
        found: usize,
    },
    /// A number above what the arithmetic or the model allows.
    #[error("{what}: {found}, but at most {limit} is possible; shorten the input")]
    Range {
        /// The argument, in the words of the function's documentation.
        what: &'static str,
        /// The largest value that is legal.
        limit: usize,
        /// The value that came.
        found: usize,
    },
    /// A weight, scale or bias that is infinite or not a number.
    #[error("{what}: value {index} is not finite; the file is damaged, fetch or import it again")]
    NotFinite {
        /// The argument, in the words of the function's documentation.
        what: &'static str,
        /// Where the first such value stands.
        index: usize,
    },
    /// Operands that were packed for two different instruction sets.
    #[error(
        "{what}: packed for {found}, but the weights are packed for {expected}; use one backend for both"
    )]
    Backend {
        /// The argument, in the words of the function's documentation.
        what: &'static str,
        /// Name of the weights' backend.
        expected: &'static str,
        /// Name of the other operand's backend.
        found: &'static str,
    },
}

/// Errors with the numbers unless `found == expected`.
pub(crate) fn require_len(
    what: &'static str,
    expected: usize,
    found: usize,
) -> Result<(), KernelError> {
    if expected == found { Ok(()) } else { Err(KernelError::Shape { what, expected, found }) }
}

/// Errors with the first offender's place unless all values are finite.
pub(crate) fn require_finite(what: &'static str, values: &[f32]) -> Result<(), KernelError> {
    match values.iter().position(|v| !v.is_finite()) {
        None => Ok(()),
        Some(index) => Err(KernelError::NotFinite { what, index }),
    }
}
