//! A file that is written beside its place and put there when it is whole.

use anyhow::{Context, Result};
use std::fs::{self, File};
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};

/// A file on its way. Dropped before [`PartialFile::finish`], it is removed, and what was in its place
/// stays.
pub struct PartialFile {
    /// `None` once it is finished.
    file: Option<BufWriter<File>>,
    beside: PathBuf,
    target: PathBuf,
}

impl PartialFile {
    /// Begins the file that will be `target`. Its directory is made where it is missing.
    ///
    /// # Errors
    /// When it cannot be made.
    pub fn new(target: &Path) -> Result<Self> {
        let fault = || format!("{}: cannot be written", target.display());
        let parent = target.parent().filter(|parent| !parent.as_os_str().is_empty());
        let parent = parent.unwrap_or(Path::new("."));
        fs::create_dir_all(parent).with_context(fault)?;
        let name = target.file_name().unwrap_or_default().to_string_lossy();
        let beside = parent.join(format!(".{name}.{}.partial", std::process::id()));
        let file = File::create(&beside).with_context(fault)?;
        Ok(Self { file: Some(BufWriter::new(file)), beside, target: target.to_path_buf() })
    }

    /// Puts the file into its place.
    ///
    /// # Errors
    /// When its last bytes cannot be written, or it cannot be moved.
    pub fn finish(mut self) -> Result<()> {
        let fault = || format!("{}: cannot be written", self.target.display());
        if let Some(file) = &mut self.file {
            file.flush().with_context(fault)?;
        }
        fs::rename(&self.beside, &self.target).with_context(fault)?;
        self.file = None;
        Ok(())
    }
}

impl Write for PartialFile {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.file.as_mut().map_or(Ok(0), |file| file.write(bytes))
    }

    fn flush(&mut self) -> std::io::Result<()> {
        self.file.as_mut().map_or(Ok(()), Write::flush)
    }
}

impl Drop for PartialFile {
    fn drop(&mut self) {
        if self.file.take().is_some() {
            // It is in nobody's way if it stays.
            let _ = fs::remove_file(&self.beside);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_there_stays_until_the_new_file_is_whole() {
        let directory = tempfile::tempdir().unwrap();
        let target = directory.path().join("a/file");
        let mut first = PartialFile::new(&target).unwrap();
        first.write_all(b"first").unwrap();
        assert!(!target.exists());
        first.finish().unwrap();
        let mut second = PartialFile::new(&target).unwrap();
        second.write_all(b"sec").unwrap();
        drop(second);
        assert_eq!(fs::read(&target).unwrap(), b"first");
        let mut third = PartialFile::new(&target).unwrap();
        third.write_all(b"third").unwrap();
        third.finish().unwrap();
        assert_eq!(fs::read(&target).unwrap(), b"third");
        assert_eq!(fs::read_dir(directory.path().join("a")).unwrap().count(), 1, "nothing beside");
    }
}
