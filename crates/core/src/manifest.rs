//! What a bundle is made of, in two parts: `manifest.json`, the one mutable file that counts, which any tool can
//! read and which names the head ([`Front`]); and the head ([`crate::head`]), a shard, with every other file and
//! what was built how ([`Manifest`]).

use crate::directory::Directory;
use crate::error::{BundleError, BundleFault};
use crate::place::Place;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Name of the manifest in its bundle.
pub const FILE: &str = "manifest.json";
/// Name of the copy of the newest head in its bundle, which a reader asks for together with the manifest. Only the manifest says
/// whether it is the right one, so the two need not change at once.
pub const HEAD: &str = "head.sxt";
/// Oldest format that is read.
pub const OLDEST: u16 = 3;
/// The format that is written, and the newest that is read. 1 and 2, which were never released, had all
/// tables of shards in `manifest.json`.
pub const NEWEST: u16 = 3;

/// `manifest.json`: what a page can say before anything else is there, the encoder, and where the head is.
/// In the browser it is parsed by the browser; natively by the caller, who calls [`Front::check`] before
/// use. Paths are relative to the bundle's directory, with `/`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Front {
    /// The bundle's format, [`OLDEST`]`..=`[`NEWEST`].
    pub format: u16,
    /// What wrote it: `sextant 0.1.0`.
    pub generator: String,
    /// Number of pages.
    pub pages: u32,
    /// Number of passages.
    pub passages: u32,
    /// Pages a language tag, `und` where a page names none.
    pub languages: BTreeMap<String, u32>,
    /// That of the words, as [`WordsEntry::language`].
    pub language: String,
    /// The encoder that made the vectors; absent in a bundle of words only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub encoder: Option<EncoderEntry>,
    /// The head.
    pub head: ShardEntry,
}

impl Front {
    /// Checks that the format is read and that no path leaves the bundle.
    ///
    /// # Errors
    /// `Version` or `Content` of [`BundleError`].
    pub fn check(&self) -> Result<(), BundleError> {
        if !(OLDEST..=NEWEST).contains(&self.format) {
            let (file, found) = (FILE.into(), self.format);
            return Err(BundleFault::Version { file, found, oldest: OLDEST, newest: NEWEST }.into());
        }
        self.files().try_for_each(|(file, _)| check_path(file))
    }

    /// The head and the encoder's parts, with their bytes.
    pub fn files(&self) -> impl Iterator<Item = (&str, u64)> {
        let parts = self.encoder.iter().flat_map(|encoder| &encoder.parts);
        std::iter::once(&self.head).chain(parts).map(ShardEntry::file)
    }
}

/// All that a search needs to know, as the head has it. Paths are relative to the bundle's directory.
#[derive(Clone, Debug, PartialEq)]
pub struct Manifest {
    /// Number of pages.
    pub pages: u32,
    /// Number of passages.
    pub passages: u32,
    /// The vectors; absent in a bundle of words only.
    pub vectors: Option<VectorsEntry>,
    /// The keyword index.
    pub words: WordsEntry,
    /// The pages of the passages.
    pub directory: Directory,
    /// Texts, in the order of passages.
    pub texts: Vec<RangeEntry>,
    /// What can be filtered, counted and sorted by; empty where no page has metadata for it.
    pub filters: Vec<FiltersEntry>,
}

/// Where a shard lies. Here as in all other entries, `file` is the path of a file in the bundle, or of one that several
/// shards share with the bytes of it that are this one's ([`crate::place`]); `bytes` are the shard's.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ShardEntry {
    /// Path in the bundle.
    pub file: String,
    /// Bytes of the shard as it lies there.
    pub bytes: u64,
}

/// A shard of consecutive passages.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RangeEntry {
    /// Path in the bundle.
    pub file: String,
    /// Bytes of the shard as it lies there.
    pub bytes: u64,
    /// First passage.
    pub start: u32,
    /// Number of passages, at least 1.
    pub count: u32,
}

/// Some keys of metadata, with the pages that have each of their values.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FiltersEntry {
    /// Names of the keys, ascending. A key that sorts by other values than it filters by is there twice.
    pub keys: Vec<String>,
    /// Path in the bundle.
    pub file: String,
    /// Bytes of the shard as it lies there.
    pub bytes: u64,
}

/// The encoder that a bundle's vectors belong to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EncoderEntry {
    /// `all-MiniLM-L6-v2`.
    pub name: String,
    /// Of its weights and tokenizer, before quantization: 32 hexadecimal digits.
    pub fingerprint: String,
    /// Length of its vectors.
    pub dimensions: u32,
    /// Bytes of the container that the parts make up.
    pub bytes: u64,
    /// Parts of the container, in order.
    pub parts: Vec<ShardEntry>,
}

/// The vectors of all passages.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VectorsEntry {
    /// Length of the encoder's vectors.
    pub of: u32,
    /// How many of these dimensions were coded: all, or a Matryoshka prefix.
    pub dimensions: u32,
    /// The basis of codes of levels; absent where there are none.
    pub basis: Option<ShardEntry>,
    /// What is scanned.
    pub codes: CodesEntry,
    /// Finer codes that rescore the best of it, fetched for what they rescore.
    pub rescore: Option<CodesEntry>,
    /// The inverted file; absent where everything is scanned.
    pub clusters: Option<ClustersEntry>,
    /// A graph of neighbours to search what is scanned along; absent where it is scanned.
    pub graph: Option<GraphEntry>,
    /// Rows of words for questions without an encoder; absent where there are none.
    pub tokens: Option<TokensEntry>,
    /// The plans that the build weighed, as JSON: for people, no search reads it.
    pub plans: Option<ShardEntry>,
}

/// Rows of words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TokensEntry {
    /// Words that questions often have, in the order of their first words.
    pub often: Vec<TokensBlockEntry>,
    /// All others, in that order: words that are in no block of [`TokensEntry::often`].
    pub rare: Vec<TokensBlockEntry>,
}

impl TokensEntry {
    /// Shard `at`: the blocks of frequent words, behind them the others.
    #[must_use]
    pub fn shard(&self, at: usize) -> Option<&TokensBlockEntry> {
        self.often.get(at).or_else(|| self.rare.get(at.checked_sub(self.often.len())?))
    }

    /// All of them.
    pub fn shards(&self) -> impl Iterator<Item = &TokensBlockEntry> {
        self.often.iter().chain(&self.rare)
    }
}

/// Rows of consecutive words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TokensBlockEntry {
    /// Where its words begin: at or before the first, behind those of the block before.
    pub first: String,
    /// Path in the bundle.
    pub file: String,
    /// Bytes of the shard as it lies there.
    pub bytes: u64,
}

/// The clusters of passages that lie together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClustersEntry {
    /// Number of clusters.
    pub count: u32,
    /// Where each begins.
    pub starts: ShardEntry,
    /// Their centroids, coded as the passages are.
    pub centroids: ShardEntry,
}

/// The neighbours of passages.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GraphEntry {
    /// Path in the bundle.
    pub file: String,
    /// Bytes of the shard as it lies there.
    pub bytes: u64,
    /// How many of the nearest passages a search follows, at least.
    pub beam: u32,
}

/// Codes of all passages in the same planes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CodesEntry {
    /// The planes of each shard, in the order of the cascade.
    pub planes: Vec<PlaneEntry>,
    /// What is made of the planes to be scanned in front of them; absent where the first is scanned.
    pub sketch: Option<SketchEntry>,
    /// The shards, in the order of passages.
    pub shards: Vec<RangeEntry>,
}

/// The signs of a passage's first values, which a reader makes of its codes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SketchEntry {
    /// How many first dimensions.
    pub dimensions: u32,
    /// How many passages go on to the planes.
    pub keep: u32,
}

/// A plane of codes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlaneEntry {
    /// How a value is coded: `float32`, `int8`, `4bit`, `2bit` or `1bit`.
    pub code: String,
    /// The first dimension.
    pub from: u32,
    /// The one behind the last.
    pub to: u32,
    /// How many passages go on behind this plane: to the next one, or to what rescores. 0: all that are
    /// asked for, and nothing rescores.
    pub keep: u32,
}

/// The keyword index: shards of consecutive terms.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WordsEntry {
    /// Language of the analyser, as of [`Manifest::languages`], or `und` for none.
    pub language: String,
    /// Number of terms.
    pub terms: u32,
    /// Sum of all passages' lengths in terms, for the average.
    pub length: u64,
    /// Shards in the order of their first terms.
    pub shards: Vec<WordsShardEntry>,
}

/// A run of the lexicon with its postings, and the positions beside it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WordsShardEntry {
    /// Where its terms begin: at or before the first, behind those of the shard before.
    pub first: String,
    /// Path of the words shard in the bundle.
    pub file: String,
    /// Its bytes as it lies there.
    pub bytes: u64,
    /// The positions of the same terms, fetched for quoted phrases only.
    pub positions: ShardEntry,
    /// The postings of frequent terms that are not in the words shard, fetched where every passage matters.
    pub rest: Option<ShardEntry>,
}

impl Manifest {
    /// Checks what can be known before any other shard is read: order, coverage, and that no path leaves
    /// the bundle.
    ///
    /// # Errors
    /// `Content` of [`BundleError`].
    pub fn check(&self) -> Result<(), BundleError> {
        let fault = |what: String| Err(BundleError::content(FILE, what));
        self.files().try_for_each(|(file, _)| check_path(file))?;
        let there = (self.directory.pages(), self.directory.passages());
        if there != (self.pages, self.passages) {
            let (pages, passages) = there;
            return fault(format!(
                "a directory of {pages} pages and {passages} passages, not {} and {}",
                self.pages, self.passages
            ));
        }
        check_coverage("texts", &self.texts, self.passages)?;
        if let Some(vectors) = &self.vectors {
            if !(1..=vectors.of).contains(&vectors.dimensions) {
                let VectorsEntry { dimensions, of, .. } = vectors;
                return fault(format!(
                    "vectors of {dimensions} dimensions from an encoder of {of}"
                ));
            }
            for codes in vectors.sets() {
                check_coverage("vectors", &codes.shards, self.passages)?;
            }
        }
        if !self.words.shards.is_sorted_by(|a, b| a.first < b.first) {
            return fault("words shards out of order".into());
        }
        let ascending = |blocks: &[TokensBlockEntry]| blocks.is_sorted_by(|a, b| a.first < b.first);
        for tokens in self.vectors.iter().flat_map(|vectors| &vectors.tokens) {
            if !(ascending(&tokens.often) && ascending(&tokens.rare)) {
                return fault("blocks of rows out of order".into());
            }
        }
        Ok(())
    }

    /// Every file that the manifest names, with its bytes, which may be several shards.
    //
    // A list that is filled, since each link of a chain of iterators is code of its own: 5 KB of the search module.
    pub fn files(&self) -> impl Iterator<Item = (&str, u64)> {
        let mut files = Files::default();
        let words = &self.words.shards;
        words.iter().for_each(|shard| files.add(&shard.file, shard.bytes));
        words.iter().for_each(|shard| files.add(&shard.positions.file, shard.positions.bytes));
        words
            .iter()
            .flat_map(|shard| &shard.rest)
            .for_each(|rest| files.add(&rest.file, rest.bytes));
        self.filters.iter().for_each(|shard| files.add(&shard.file, shard.bytes));
        if let Some(vectors) = &self.vectors {
            vectors.single().for_each(|shard| files.add(&shard.file, shard.bytes));
            vectors.graph.iter().for_each(|graph| files.add(&graph.file, graph.bytes));
            if let Some(tokens) = &vectors.tokens {
                tokens.shards().for_each(|block| files.add(&block.file, block.bytes));
            }
            for shard in vectors.sets().flat_map(|codes| &codes.shards) {
                files.add(&shard.file, shard.bytes);
            }
        }
        self.texts.iter().for_each(|shard| files.add(&shard.file, shard.bytes));
        files.list.into_iter()
    }
}

/// Files, each named once, of shards that are given in the order in which they lie.
#[derive(Default)]
struct Files<'a> {
    list: Vec<(&'a str, u64)>,
}

impl<'a> Files<'a> {
    fn add(&mut self, shard: &'a str, bytes: u64) {
        let place = Place::of(shard);
        match (self.list.last_mut(), place.bytes) {
            (Some((path, all)), Some(range)) if *path == place.path && range.start > 0 => {
                *all = range.end;
            }
            _ => self.list.push((place.path, bytes)),
        }
    }
}

impl ShardEntry {
    fn file(&self) -> (&str, u64) {
        (&self.file, self.bytes)
    }
}

impl VectorsEntry {
    /// How many dimensions or axes the scanned codes have.
    #[must_use]
    pub fn axes(&self) -> u32 {
        self.codes.planes.last().map_or(0, |plane| plane.to)
    }

    /// All codes, those that are scanned first.
    pub fn sets(&self) -> impl Iterator<Item = &CodesEntry> {
        std::iter::once(&self.codes).chain(&self.rescore)
    }

    /// What there is once, beside the codes.
    pub fn single(&self) -> impl Iterator<Item = &ShardEntry> {
        let clusters =
            self.clusters.iter().flat_map(|clusters| [&clusters.starts, &clusters.centroids]);
        self.basis.iter().chain(clusters).chain(&self.plans)
    }
}

fn check_path(path: &str) -> Result<(), BundleError> {
    if is_inside(path) {
        return Ok(());
    }
    Err(BundleError::content(FILE, format!("path \"{path}\" leaves the bundle")))
}

/// Whether `path` is relative and stays inside; `..` is allowed only as a leading run in front of an
/// `encoder/` directory that several bundles of a host share.
fn is_inside(path: &str) -> bool {
    let mut parts = path.split('/').skip_while(|part| *part == "..").peekable();
    let shared = path.starts_with("..");
    if shared && parts.peek() != Some(&"encoder") {
        return false;
    }
    let plain = |part: &str| {
        !part.is_empty()
            && part != "."
            && part != ".."
            && part.bytes().all(|b| b.is_ascii_alphanumeric() || b"._-".contains(&b))
    };
    parts.peek().is_some() && parts.all(plain)
}

fn check_coverage(what: &str, ranges: &[RangeEntry], passages: u32) -> Result<(), BundleError> {
    let mut next = 0u32;
    for range in ranges {
        let end = range.start.checked_add(range.count);
        match end {
            Some(end) if range.start == next && range.count > 0 => next = end,
            _ => {
                return Err(BundleError::content(
                    FILE,
                    format!(
                        "{what}: shard {} starts at {}, not at {next}",
                        range.file, range.start
                    ),
                ));
            }
        }
    }
    if next != passages {
        let what = format!("{what}: shards cover {next} passages of {passages}");
        return Err(BundleError::content(FILE, what));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::passage::PageId;

    fn manifest() -> Manifest {
        let range =
            |file: &str, start, count| RangeEntry { file: file.into(), bytes: 1, start, count };
        Manifest {
            pages: 1,
            passages: 5,
            vectors: None,
            words: WordsEntry { language: "en".into(), terms: 0, length: 0, shards: vec![] },
            directory: Directory::of([PageId(0); 5]).unwrap(),
            texts: vec![range("passages/a.sxt", 0, 3), range("passages/b.sxt", 3, 2)],
            filters: vec![],
        }
    }

    fn front() -> Front {
        Front {
            format: NEWEST,
            generator: "test".into(),
            pages: 1,
            passages: 5,
            languages: BTreeMap::new(),
            language: "en".into(),
            encoder: None,
            head: ShardEntry { file: "head/a.sxt".into(), bytes: 1 },
        }
    }

    #[test]
    fn a_sound_manifest_passes() {
        assert_eq!(manifest().check(), Ok(()));
    }

    #[test]
    fn a_gap_an_overlap_and_a_missing_tail_are_refused() {
        for (index, start, count) in [(1, 4, 1), (1, 2, 3), (1, 3, 1), (0, 0, 0), (1, 3, u32::MAX)]
        {
            let mut manifest = manifest();
            manifest.texts[index].start = start;
            manifest.texts[index].count = count;
            assert!(
                matches!(manifest.check(), Err(error) if error.code() == "bundle/content"),
                "{start} {count}"
            );
        }
    }

    #[test]
    fn a_path_that_leaves_the_bundle_is_refused() {
        for path in [
            "../x",
            "/etc/passwd",
            "a//b",
            "a/../b",
            "https://x",
            "",
            "..",
            "a b",
            "../../encoder/..",
        ] {
            let mut manifest = manifest();
            manifest.texts[0].file = path.into();
            assert!(
                matches!(manifest.check(), Err(error) if error.code() == "bundle/content"),
                "{path}"
            );
        }
        let mut shared = manifest();
        shared.texts[0].file = "../../encoder/ab-1.sxt".into();
        assert_eq!(shared.check(), Ok(()));
    }

    #[test]
    fn another_format_says_what_to_run() {
        assert_eq!(front().check(), Ok(()));
        let error = Front { format: 99, ..front() }.check().unwrap_err();
        assert!(matches!(*error, BundleFault::Version { found: 99, .. }));
        assert!(error.to_string().contains("sextant build"));
    }

    #[test]
    fn a_head_outside_of_the_bundle_is_refused() {
        let head = ShardEntry { file: "../head.sxt".into(), bytes: 1 };
        let error = Front { head, ..front() }.check().unwrap_err();
        assert!(matches!(*error, BundleFault::Content { .. }));
    }
}
