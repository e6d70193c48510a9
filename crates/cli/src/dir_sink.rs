//! A bundle on disk: files are written beside their place and renamed into it, and what an earlier
//! build left is removed after the new manifest stands.

use crate::bundle::read_inflated;
use anyhow::{Context, Result};
use sextant_build::Sink;
use sextant_core::head;
use sextant_core::manifest::{self, Front, Manifest};
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
        let earlier = earlier(directory).unwrap_or_default();
        Ok(Self { directory: directory.to_path_buf(), earlier, put: BTreeSet::new() })
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

/// The shards that the bundle in `directory` names, as far as its manifest and its head can be read.
fn earlier(directory: &Path) -> Option<BTreeSet<String>> {
    let front = fs::read(directory.join(manifest::FILE)).ok()?;
    let front: Front = serde_json::from_slice(&front).ok()?;
    let mut names: BTreeSet<String> = front.files().map(|(file, _)| file.to_owned()).collect();
    let head = &front.head.file;
    let manifest = is_shard_name(head).then(|| read_inflated(&directory.join(head)).ok()).flatten();
    let manifest = manifest.and_then(|bytes| head::read(&bytes, head).ok());
    names.extend(manifest.iter().flat_map(Manifest::files).map(|(file, _)| file.to_owned()));
    names.retain(|name| is_shard_name(name));
    Some(names)
}

/// `words/0123456789ab.sxt`: nothing else is ever removed.
fn is_shard_name(text: &str) -> bool {
    let mut parts = Path::new(text).components();
    let (Some(Component::Normal(room)), Some(Component::Normal(file)), None) =
        (parts.next(), parts.next(), parts.next())
    else {
        return false;
    };
    let stem = file.to_str().and_then(|file| file.strip_suffix(".sxt")).unwrap_or_default();
    let is_room = room.to_str().is_some_and(|room| !room.starts_with('.'));
    is_room && stem.len() == 2 * head::HASH_BYTES && stem.bytes().all(|b| b.is_ascii_hexdigit())
}

#[cfg(test)]
mod tests {
    use super::*;
    use sextant_core::manifest::{FiltersEntry, RangeEntry, ShardEntry, WordsEntry};
    use sextant_core::{Directory, PageId};
    use std::collections::BTreeMap;

    const OLD: &str = "words/0123456789ab.sxt";
    const HEAD: &str = "head/0123456789ab.sxt";
    const NEW: &str = "words/aaaaaaaaaaaa.sxt";

    #[test]
    fn what_the_earlier_manifest_and_its_head_named_is_removed_and_nothing_else() {
        let directory = tempfile::tempdir().unwrap();
        let at = |name: &str| directory.path().join(name);
        let shard = |file: &str| ShardEntry { file: file.to_owned(), bytes: 1 };
        let filters = |file: &str| FiltersEntry { keys: vec![], file: file.to_owned(), bytes: 1 };
        let manifest = Manifest {
            pages: 1,
            passages: 1,
            vectors: None,
            words: WordsEntry { language: "en".into(), terms: 0, length: 0, shards: vec![] },
            directory: Directory::of([PageId(0)]).unwrap(),
            texts: vec![RangeEntry { file: OLD.to_owned(), bytes: 1, start: 0, count: 1 }],
            filters: vec![filters("keep.html"), filters("words/mine.txt")],
        };
        fs::create_dir_all(at("words")).unwrap();
        fs::create_dir_all(at("head")).unwrap();
        for name in [OLD, "words/mine.txt", "keep.html"] {
            fs::write(at(name), "x").unwrap();
        }
        fs::write(at(HEAD), head::write(&manifest).unwrap()).unwrap();
        let front = Front {
            format: manifest::NEWEST,
            generator: "test".into(),
            pages: 0,
            passages: 0,
            languages: BTreeMap::new(),
            language: "en".into(),
            encoder: None,
            head: shard(HEAD),
        };
        fs::write(at(manifest::FILE), serde_json::to_vec(&front).unwrap()).unwrap();
        let mut sink = DirSink::open(directory.path()).unwrap();
        sink.put(NEW, b"y").unwrap();
        assert!(at(OLD).exists(), "until the new manifest stands");
        assert_eq!(sink.remove_stale().unwrap(), 2);
        assert!(!at(OLD).exists() && !at(HEAD).exists());
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
            "../0123456789ab.sxt",
            "/etc/0123456789ab.sxt",
            "words/a/b.sxt",
            "words/x.sxt",
            "0123456789ab.sxt",
        ] {
            assert!(!is_shard_name(name), "{name}");
        }
    }
}
