//! What can keep an encoder from being made small.

use sextant_encoder::EncoderError;
use sextant_kernels::KernelError;
use thiserror::Error;

/// Why an encoder cannot be quantized.
#[derive(Debug, Error, Clone, PartialEq)]
pub enum TrainError {
    /// A calibration text with too few passages.
    #[error(
        "the calibration text has {found} passages, at least {least} are needed; give a file with a passage a line"
    )]
    Calibration {
        /// Lines with text.
        found: usize,
        /// What is needed.
        least: usize,
    },
    /// A number of bytes a token that does not divide its vector.
    #[error(
        "{bytes} bytes a token do not divide vectors of {hidden} channels; {hidden} / 4 is a good choice"
    )]
    TokenBytes {
        /// What was asked for.
        bytes: usize,
        /// Channels of the encoder.
        hidden: usize,
    },
    /// Second moments without an inverse.
    #[error(
        "{matrix}: its inputs have no inverse second moments; raise the damping above {damping}"
    )]
    Singular {
        /// The matrix whose inputs they are.
        matrix: String,
        /// The damping there was.
        damping: f64,
    },
    /// The encoder itself.
    #[error(transparent)]
    Encoder(#[from] EncoderError),
    /// Shapes that do not belong together.
    #[error("the encoder's weights do not fit its shape: {0}")]
    Kernel(#[from] KernelError),
}
