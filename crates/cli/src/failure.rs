//! What a failed command says: what went wrong, and the way out on a line of its own.

use std::fmt;
use std::io::{self, Write};
use std::process::ExitCode;

/// Exit code of a command that failed: input, damage, a file that cannot be read or written.
pub const FAILED: u8 = 1;
/// Exit code of a command line or configuration that makes no sense (as `clap` gives it).
pub const USAGE: u8 = 2;
/// Exit code of a build that is complete but for broken pages, under `--strict`.
pub const BROKEN_PAGES: u8 = 3;

/// A failure with a way out. Goes through `anyhow` as an error or as context.
#[derive(Debug, Clone)]
pub struct Failure {
    what: String,
    hint: Option<String>,
    code: u8,
}

impl Failure {
    /// What went wrong, in one line.
    pub fn new(what: impl Into<String>) -> Self {
        Self { what: what.into(), hint: None, code: FAILED }
    }

    /// The way out, in one line.
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// Another exit code than [`FAILED`].
    pub fn code(mut self, code: u8) -> Self {
        self.code = code;
        self
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.what)
    }
}

impl std::error::Error for Failure {}

/// Writes `error` to stderr as `error: …` and `hint: …` lines, and gives the exit code.
///
/// A closed pipe is no failure: whoever read has what they wanted.
pub fn report(error: &anyhow::Error) -> ExitCode {
    if error.chain().any(is_closed_pipe) {
        return ExitCode::SUCCESS;
    }
    let mut code = FAILED;
    let mut hint = None;
    let mut lines: Vec<String> = Vec::new();
    for cause in error.chain() {
        if let Some(failure) = cause.downcast_ref::<Failure>() {
            code = failure.code;
            hint = failure.hint.clone().or(hint);
        }
        // A cause that its parent has quoted already is not said twice.
        let text = cause.to_string();
        if lines.last().is_none_or(|last| !last.contains(&text)) {
            lines.push(text);
        }
    }
    // Context that `anyhow` holds around an error hides its type from the chain.
    if let Some(failure) = error.downcast_ref::<Failure>() {
        code = failure.code;
        hint = failure.hint.clone().or(hint);
    }
    let mut stderr = io::stderr().lock();
    // Nobody can be told when stderr is closed.
    let _ = writeln!(stderr, "error: {}", lines.join(": "));
    if let Some(hint) = hint {
        let _ = writeln!(stderr, "hint: {hint}");
    }
    ExitCode::from(code)
}

fn is_closed_pipe(cause: &(dyn std::error::Error + 'static)) -> bool {
    cause.downcast_ref::<io::Error>().is_some_and(|error| error.kind() == io::ErrorKind::BrokenPipe)
}
