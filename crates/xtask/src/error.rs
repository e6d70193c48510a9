//! What can go wrong in a build step, each with the way out.

use std::path::PathBuf;
use thiserror::Error;

/// Why a command of xtask failed.
#[derive(Debug, Error)]
pub enum XtaskError {
    /// No command, or an unknown one: the help says which there are.
    #[error("unknown command")]
    Usage,
    /// A file or directory that could not be read or written.
    #[error("{}: {source}", path.display())]
    Io {
        /// What was read or written.
        path: PathBuf,
        /// Why it failed.
        source: std::io::Error,
    },
    /// A program that could not be started.
    #[error("cannot start {program}: {source}; {remedy}")]
    Start {
        /// Its name.
        program: String,
        /// Why it did not start.
        source: std::io::Error,
        /// How to get it.
        remedy: &'static str,
    },
    /// A program that ended with an error; its own output says which.
    #[error("{program} failed ({status})")]
    Failed {
        /// Its name and what it was for.
        program: String,
        /// Its exit status.
        status: std::process::ExitStatus,
    },
    /// The glue between wasm and JavaScript could not be generated.
    #[error("wasm-bindgen, module {module}: {what}")]
    Bindgen {
        /// The module.
        module: &'static str,
        /// wasm-bindgen's own words.
        what: String,
    },
    /// A file that is not the wasm, JSON or text it should be.
    #[error("{}: {what}", path.display())]
    Content {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        what: String,
    },
    /// Something that must have been built before is not there.
    #[error("{} is missing; run `{command}` first", path.display())]
    Missing {
        /// What is not there.
        path: PathBuf,
        /// What makes it.
        command: &'static str,
    },
    /// A check that found faults; each was printed on a line of its own.
    #[error("{check}: {faults} fault(s)")]
    Faults {
        /// The check.
        check: &'static str,
        /// How many were found.
        faults: usize,
    },
}

impl XtaskError {
    /// An [`XtaskError::Io`] about `path`, for `map_err`.
    pub fn io(path: impl Into<PathBuf>) -> impl FnOnce(std::io::Error) -> Self {
        let path = path.into();
        move |source| Self::Io { path, source }
    }
}
