//! `cargo xtask tidy`: the rules of the house that neither compiler nor linter knows.
//!
//! Each rule is a function from a file's name and text to faults; `ARCHITECTURE.md` names the rules
//! that enforce its invariants. The files looked at are those that git tracks or would track.

mod arrows;
mod rust;
mod text;

use crate::error::XtaskError;
use crate::repo::Repo;
use std::fs;
use std::process::Command;

/// What is wrong, on which line of a file (counted from 1; 0 for the file as a whole).
#[derive(Debug, PartialEq, Eq)]
pub struct Fault {
    line: usize,
    what: String,
}

impl Fault {
    fn at(line: usize, what: impl Into<String>) -> Self {
        Self { line, what: what.into() }
    }

    fn whole(what: impl Into<String>) -> Self {
        Self::at(0, what)
    }
}

/// A rule: the file's name relative to the root, and its text.
type Rule = fn(&str, &str) -> Vec<Fault>;

const RULES: &[Rule] = &[
    arrows::point_down,
    rust::header,
    rust::unsafe_only_in_kernels,
    rust::no_outside_world,
    rust::no_browser_below_wasm,
    text::no_machine_paths,
    text::no_download_addresses,
    text::invariants_are_enforced,
];

/// Lines of a source file beyond which it is named in the output: it probably has two subjects.
const LONG: usize = 600;

/// Applies every rule to every file.
pub fn check(repo: &Repo) -> Result<(), XtaskError> {
    let mut faults = 0;
    let mut files = 0;
    for name in listed(repo)? {
        let path = repo.at(&name);
        // Listed and gone: deleted in the working tree, not committed yet.
        let Ok(bytes) = fs::read(&path) else { continue };
        let Ok(text) = String::from_utf8(bytes) else { continue };
        files += 1;
        for Fault { line, what } in RULES.iter().flat_map(|rule| rule(&name, &text)) {
            faults += 1;
            eprintln!("tidy: {name}:{line}: {what}");
        }
        let lines = text.lines().count();
        let source = [".rs", ".ts", ".mjs", ".js"].iter().any(|end| name.ends_with(end));
        if source && lines > LONG {
            println!("tidy: {name}: {lines} lines; has it one subject?");
        }
    }
    println!("tidy: {} rules over {files} files, {faults} fault(s)", RULES.len());
    if faults > 0 { Err(XtaskError::Faults { check: "tidy", faults }) } else { Ok(()) }
}

/// Names of the files that git tracks, or would if asked to add everything.
fn listed(repo: &Repo) -> Result<Vec<String>, XtaskError> {
    let output = Command::new("git")
        .current_dir(&repo.root)
        .args(["ls-files", "-z", "--cached", "--others", "--exclude-standard"])
        .output()
        .map_err(|source| XtaskError::Start {
            program: "git".into(),
            source,
            remedy: "install git",
        })?;
    if !output.status.success() {
        return Err(XtaskError::Failed { program: "git ls-files".into(), status: output.status });
    }
    let names = String::from_utf8_lossy(&output.stdout);
    Ok(names.split('\0').filter(|name| !name.is_empty()).map(str::to_owned).collect())
}
