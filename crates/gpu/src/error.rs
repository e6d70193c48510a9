//! What can go wrong on a GPU: one enum, a stable code each. Whoever asked goes on with the CPU.

use thiserror::Error;

/// Why the GPU gave no result. None of it is the caller's data: the same work can be done on the CPU.
#[derive(Debug, Error, Clone, PartialEq, Eq)]
pub enum GpuError {
    /// There is no adapter, or it gives no device.
    #[error("no GPU to compute on ({what})")]
    Absent {
        /// What the system said.
        what: String,
    },
    /// The device lacks what this work needs, or the work is of a shape that the shaders do not have.
    #[error("the GPU cannot do this: {what} {needed} is needed, and {found} is there")]
    Unsupported {
        /// The limit or the shape.
        what: &'static str,
        /// What is there.
        found: u64,
        /// What is needed.
        needed: u64,
    },
    /// The device has no memory left for a buffer.
    #[error("the GPU has no memory for this ({what})")]
    Memory {
        /// What the driver said.
        what: String,
    },
    /// The device is gone: reset, taken away, or destroyed.
    #[error("the GPU was lost ({what})")]
    Lost {
        /// What the driver said.
        what: String,
    },
    /// The queue did not finish in time.
    #[error("the GPU did not answer in {seconds} s")]
    Timeout {
        /// How long it was waited for.
        seconds: u64,
    },
    /// The driver refused a shader or a command, or what came back is no result.
    #[error("the GPU is wrong ({what})")]
    Wrong {
        /// What the driver said, or what came back.
        what: String,
    },
    /// Lengths that do not belong together.
    #[error("{what} has length {found}, expected {expected}")]
    Shape {
        /// What has the wrong length.
        what: &'static str,
        /// The length it should have, or the bound it should keep.
        expected: usize,
        /// The length it has.
        found: usize,
    },
}

impl GpuError {
    /// A stable name for the kind of fault, the same in JavaScript.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Absent { .. } => "gpu/absent",
            Self::Unsupported { .. } => "gpu/unsupported",
            Self::Memory { .. } => "gpu/memory",
            Self::Lost { .. } => "gpu/lost",
            Self::Timeout { .. } => "gpu/timeout",
            Self::Wrong { .. } => "gpu/wrong",
            Self::Shape { .. } => "gpu/shape",
        }
    }
}

/// [`GpuError::Shape`] unless `found` is `expected`.
pub(crate) fn require_len(
    what: &'static str,
    expected: usize,
    found: usize,
) -> Result<(), GpuError> {
    if expected == found { Ok(()) } else { Err(GpuError::Shape { what, expected, found }) }
}
