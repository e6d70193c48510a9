//! What travels inside the binary, and how to do without: the browser engine and the default encoder in both its forms, with its token table.

use crate::failure::Failure;
use anyhow::{Context, Result};
use std::borrow::Cow;
use std::fs;
use std::path::Path;

mod generated {
    include!(concat!(env!("OUT_DIR"), "/carried.rs"));
}

/// A file of the browser engine: its name in `engine/`, and its bytes.
pub type EngineFile = (String, Cow<'static, [u8]>);

/// The files of the browser engine: of `directory` where one is given, else the binary's own.
///
/// # Errors
/// When the directory cannot be read or is empty, or the binary was compiled without an engine.
pub fn engine(directory: Option<&Path>) -> Result<Vec<EngineFile>> {
    let Some(directory) = directory else {
        if generated::ENGINE.is_empty() {
            return Err(Failure::new("this `sextant` was built without the browser engine")
                .hint("run `npm run build` and compile again, pass --engine DIR, or --no-engine for a bundle without it")
                .into());
        }
        let own =
            generated::ENGINE.iter().map(|(name, bytes)| ((*name).to_owned(), (*bytes).into()));
        return Ok(own.collect());
    };
    let fault = || format!("engine directory {}", directory.display());
    const REMEDY: &str = "`npm run build` writes the browser engine to dist/engine";
    let mut files = Vec::new();
    let entries = fs::read_dir(directory)
        .map_err(|error| Failure::new(format!("{}: {error}", fault())).hint(REMEDY))?;
    for entry in entries {
        let path = entry.with_context(fault)?.path();
        let name = path.file_name().map(|name| name.to_string_lossy().into_owned());
        let name = name.filter(|name| !name.starts_with('.') && path.is_file());
        if let Some(name) = name {
            let bytes = fs::read(&path).with_context(|| path.display().to_string())?;
            files.push((name, bytes.into()));
        }
    }
    files.sort();
    if files.is_empty() {
        let what = format!("{}: no files of the browser engine in it", fault());
        return Err(Failure::new(what).hint(REMEDY).into());
    }
    Ok(files)
}

/// An encoder's container, and what messages call it.
#[derive(Clone)]
pub struct Container {
    /// Its file, or that it came with the command.
    pub file: String,
    /// All of it.
    pub bytes: Vec<u8>,
}

/// The container of the encoder for passages: of `file` where one is given, else the binary's own.
///
/// # Errors
/// When the file cannot be read, or the binary was compiled without an encoder.
pub fn encoder(file: Option<&Path>) -> Result<Container> {
    if let Some(file) = file {
        return read(file, "--encoder");
    }
    own(generated::ENCODER, "the default encoder").ok_or_else(|| {
        Failure::new("this `sextant` was built without the default encoder")
            .hint("pass --encoder FILE (`sextant model import DIR -o FILE` makes one), or --words-only for a bundle without meaning")
            .into()
    })
}

/// The container of the encoder for questions: of `file` where one is given, else that for passages where one was
/// chosen, else the small form in the binary.
///
/// # Errors
/// As of [`encoder`].
pub fn query_encoder(file: Option<&Path>, passages: Option<&Path>) -> Result<Container> {
    if let Some(file) = file {
        return read(file, "--query-encoder");
    }
    match own(generated::QUERY_ENCODER, "the default encoder's small form") {
        Some(container) if passages.is_none() => Ok(container),
        _ => encoder(passages),
    }
}

/// The token table: of `file` where one is given, else the binary's own, which predicts the default encoder.
///
/// # Errors
/// When the file cannot be read, or the binary was compiled without a table.
pub fn table(file: Option<&Path>) -> Result<Container> {
    if let Some(file) = file {
        let bytes = fs::read(file).map_err(|error| {
            Failure::new(format!("table {}: {error}", file.display())).hint(
                "make one with `sextant model fit-table`, or leave --table out for the default",
            )
        })?;
        return Ok(Container { file: file.display().to_string(), bytes });
    }
    own(generated::TABLE, "the default encoder's token table").ok_or_else(|| {
        Failure::new("this `sextant` was built without a token table")
            .hint("pass --table FILE; `sextant model fit-table` makes one")
            .into()
    })
}

fn own(bytes: Option<&'static [u8]>, name: &str) -> Option<Container> {
    bytes.map(|bytes| Container { file: name.to_owned(), bytes: bytes.to_vec() })
}

fn read(file: &Path, flag: &str) -> Result<Container> {
    let bytes = fs::read(file).map_err(|error| {
        let hint = format!(
            "make one with `sextant model import DIR -o FILE`, or leave {flag} out for the default"
        );
        Failure::new(format!("encoder {}: {error}", file.display())).hint(hint)
    })?;
    Ok(Container { file: file.display().to_string(), bytes })
}
