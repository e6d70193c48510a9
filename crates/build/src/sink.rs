//! Where a build puts its files: a trait, and the sink that keeps them in memory.

use sextant_core::Place;
use std::collections::BTreeMap;
use std::io;

/// Takes the files of a bundle as they are made.
///
/// Every shard comes before the manifest that names it, and the manifest comes last: a sink that
/// keeps that order never shows a manifest whose files are missing.
pub trait Sink {
    /// Stores `bytes` under `path`: relative, with `/`, as it stands in the manifest. The same path
    /// may come twice in a build; it then has the same bytes.
    ///
    /// # Errors
    /// Whatever the place gives; the build ends with it.
    fn put(&mut self, path: &str, bytes: &[u8]) -> io::Result<()>;
}

/// A bundle in memory, by path. For tests, for evaluation and for a page that indexes its own files.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MemorySink {
    /// Files by path.
    pub files: BTreeMap<String, Vec<u8>>,
}

impl MemorySink {
    /// The shard `name` as it is stored, cut out of its file where it shares one.
    #[must_use]
    pub fn shard(&self, name: &str) -> Option<&[u8]> {
        let place = Place::of(name);
        place.cut(self.files.get(place.path)?)
    }
}

impl Sink for MemorySink {
    fn put(&mut self, path: &str, bytes: &[u8]) -> io::Result<()> {
        self.files.insert(path.to_owned(), bytes.to_vec());
        Ok(())
    }
}
