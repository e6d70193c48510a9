//! Where things are in the repository, and the files in it.

use crate::error::XtaskError;
use std::fs;
use std::path::{Path, PathBuf};

/// The repository that xtask was compiled in.
pub struct Repo {
    /// Its root directory.
    pub root: PathBuf,
}

impl Repo {
    /// The repository around this crate; a moved checkout is found through the working directory.
    pub fn find() -> Result<Self, XtaskError> {
        let here = std::env::current_dir().map_err(XtaskError::io("."))?;
        let root = here.ancestors().find(|dir| dir.join("crates/xtask/Cargo.toml").is_file());
        let root = root.ok_or(XtaskError::Missing {
            path: here.join("crates/xtask"),
            command: "cd <the repository>",
        })?;
        Ok(Self { root: root.to_path_buf() })
    }

    /// `path`, which is relative to the root.
    pub fn at(&self, path: &str) -> PathBuf {
        self.root.join(path)
    }

    /// Cargo's target directory for this repository.
    pub fn target_dir(&self) -> PathBuf {
        std::env::var_os("CARGO_TARGET_DIR")
            .map_or_else(|| self.at("target"), |dir| self.root.join(dir))
    }

    /// `path` as it is written in messages and budgets: relative to the root, with `/`.
    pub fn name(&self, path: &Path) -> String {
        let relative = path.strip_prefix(&self.root).unwrap_or(path);
        relative.to_string_lossy().replace('\\', "/")
    }
}

/// Every file below `dir`, sorted, without descending into a directory that `skip` names.
pub fn files_below(dir: &Path, skip: &[&str]) -> Result<Vec<PathBuf>, XtaskError> {
    let mut files = Vec::new();
    let mut waiting = vec![dir.to_path_buf()];
    while let Some(dir) = waiting.pop() {
        for entry in fs::read_dir(&dir).map_err(XtaskError::io(&dir))? {
            let path = entry.map_err(XtaskError::io(&dir))?.path();
            let name = path.file_name().map(|name| name.to_string_lossy().into_owned());
            if skip.iter().any(|skip| name.as_deref() == Some(*skip)) {
                continue;
            }
            if path.is_dir() {
                waiting.push(path);
            } else {
                files.push(path);
            }
        }
    }
    files.sort();
    Ok(files)
}
