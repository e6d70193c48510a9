//! A bundle on disk: files are written beside their place and renamed into it, and what an earlier
//! build left is removed after the new manifest stands.

use anyhow::{Context, Result};
use sextant_build::Sink;
use sextant_core::manifest;
use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Component, Path, PathBuf};

/// Writes the files of a bundle into a directory.
pub struct DirSink {
    directory: PathBuf,
    /// Shards that the manifest of the build before named.
    earlier: BTreeSet<String>,
    put: BTreeSet<String>,
}

impl DirSink {
    /// Prepares `directory`, making it where it is missing.
    ///
    /// # Errors
    /// When it cannot be made, or is a file.
    pub fn open(directory: &Path) -> Result<Self> {
        fs::create_dir_all(directory)
            .with_context(|| format!("{}: cannot be made", directory.display()))?;
        let earlier = fs::read(directory.join(manifest::FILE)).unwrap_or_default();
        // Also of a manifest of another format: what it names is ours, whatever else it says.
        let earlier = serde_json::from_slice(&earlier).unwrap_or(serde_json::Value::Null);
        let mut names = BTreeSet::new();
        shard_names(&earlier, &mut names);
        Ok(Self { directory: directory.to_path_buf(), earlier: names, put: BTreeSet::new() })
    }

    /// Removes the shards of the build before that this one did not make. Returns how many.
    ///
    /// # Errors
    /// When a file that is there cannot be removed.
    pub fn remove_stale(&mut self) -> Result<usize> {
        let mut removed = 0;
        for name in self.earlier.difference(&self.put) {
            let path = self.directory.join(name);
            match fs::remove_file(&path) {
                Ok(()) => removed += 1,
                Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                Err(error) => {
                    return Err(error).context(format!("{}: cannot be removed", path.display()));
                }
            }
        }
        for room in self.earlier.iter().filter_map(|name| name.split('/').next()) {
            // Fails where something is left in it, and then it stays.
            let _ = fs::remove_dir(self.directory.join(room));
        }
        Ok(removed)
    }
}

impl Sink for DirSink {
    fn put(&mut self, path: &str, bytes: &[u8]) -> io::Result<()> {
        let target = self.directory.join(path);
        self.put.insert(path.to_owned());
        write_atomically(&target, bytes)
    }
}

/// Writes `bytes` to `target` so that a reader sees the old file or the new one, never a part. A file
/// that has these bytes already is left as it is.
///
/// # Errors
/// When the directory cannot be made or the file cannot be written.
pub fn write_atomically(target: &Path, bytes: &[u8]) -> io::Result<()> {
    let same_length = fs::metadata(target).is_ok_and(|found| found.len() == bytes.len() as u64);
    if same_length && fs::read(target).is_ok_and(|found| found == bytes) {
        return Ok(());
    }
    let parent = target.parent().filter(|parent| !parent.as_os_str().is_empty());
    let parent = parent.unwrap_or(Path::new("."));
    fs::create_dir_all(parent)?;
    let name = target.file_name().unwrap_or_default().to_string_lossy();
    let beside = parent.join(format!(".{name}.{}.partial", std::process::id()));
    let written = File::create(&beside)
        .and_then(|mut file| file.write_all(bytes))
        .and_then(|()| fs::rename(&beside, target));
    if written.is_err() {
        // The first error is the one to tell.
        let _ = fs::remove_file(&beside);
    }
    written
}

/// Every string in `value` that is the path of one of our shards inside the bundle.
fn shard_names(value: &serde_json::Value, names: &mut BTreeSet<String>) {
    match value {
        serde_json::Value::String(text) if is_shard_name(text) => {
            names.insert(text.clone());
        }
        serde_json::Value::Array(items) => items.iter().for_each(|item| shard_names(item, names)),
        serde_json::Value::Object(map) => map.values().for_each(|item| shard_names(item, names)),
        _ => {}
    }
}

/// `words/0123456789abcdef0123.sxt`: nothing else is ever removed.
fn is_shard_name(text: &str) -> bool {
    let mut parts = Path::new(text).components();
    let (Some(Component::Normal(room)), Some(Component::Normal(file)), None) =
        (parts.next(), parts.next(), parts.next())
    else {
        return false;
    };
    let stem = file.to_str().and_then(|file| file.strip_suffix(".sxt")).unwrap_or_default();
    let is_room = room.to_str().is_some_and(|room| !room.starts_with('.'));
    is_room && stem.len() == 20 && stem.bytes().all(|b| b.is_ascii_hexdigit())
}

#[cfg(test)]
mod tests {
    use super::*;

    const OLD: &str = "words/0123456789abcdef0123.sxt";
    const NEW: &str = "words/aaaaaaaaaaaaaaaaaaaa.sxt";

    #[test]
    fn what_the_earlier_manifest_named_is_removed_and_nothing_else() {
        let directory = tempfile::tempdir().unwrap();
        let at = |name: &str| directory.path().join(name);
        fs::create_dir_all(at("words")).unwrap();
        for name in [OLD, "words/mine.txt", "keep.html"] {
            fs::write(at(name), "x").unwrap();
        }
        let text = format!(
            r#"{{"a": [{{"file": "{OLD}"}}, "keep.html", "../words/0123456789abcdef0123.sxt"]}}"#
        );
        fs::write(at(manifest::FILE), text).unwrap();
        let mut sink = DirSink::open(directory.path()).unwrap();
        sink.put(NEW, b"y").unwrap();
        assert!(at(OLD).exists(), "until the new manifest stands");
        assert_eq!(sink.remove_stale().unwrap(), 1);
        assert!(!at(OLD).exists());
        assert!(at(NEW).exists() && at("words/mine.txt").exists() && at("keep.html").exists());
    }

    #[test]
    fn a_damaged_file_is_replaced_and_no_partial_file_stays() {
        let directory = tempfile::tempdir().unwrap();
        let target = directory.path().join(NEW);
        write_atomically(&target, b"good").unwrap();
        fs::write(&target, b"goox").unwrap();
        write_atomically(&target, b"good").unwrap();
        assert_eq!(fs::read(&target).unwrap(), b"good");
        assert_eq!(fs::read_dir(target.parent().unwrap()).unwrap().count(), 1);
    }

    #[test]
    fn only_names_that_a_build_gives_are_ours() {
        assert!(is_shard_name(OLD));
        for name in [
            "../0123456789abcdef0123.sxt",
            "/etc/0123456789abcdef0123.sxt",
            "words/a/b.sxt",
            "words/x.sxt",
            "0123456789abcdef0123.sxt",
        ] {
            assert!(!is_shard_name(name), "{name}");
        }
    }
}
