//! A small bundle in memory, and shards that fail on demand. For tests.

use crate::shards::{FetchError, Shards};
use sextant_core::directory::Directory;
use sextant_core::manifest::{
    ClustersEntry, CodesEntry, FiltersEntry, Manifest, PlaneEntry, RangeEntry, ShardEntry,
    TokensBlockEntry, TokensEntry, VectorsEntry, WordsEntry, WordsShardEntry,
};
use sextant_core::passage::{PageId, Passage, PassageId};
use sextant_index::filters::{FiltersWriter, Role};
use sextant_index::texts::{PageRecord, TextsWriter};
use sextant_index::tokens::{self, WordRow};
use sextant_index::vectors::{Bits, Clusters, Code, Coder, Spec, runs, unit_vector};
use sextant_index::words::WordsWriter;
use sextant_text::analysis::Analyzer;
use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::future::{Future, poll_fn};
use std::pin::{Pin, pin};
use std::rc::Rc;
use std::task::{Context, Poll, Waker};

/// A passage of the fixture: page, heading (also its anchor), text, direction in the plane.
pub type Line<'a> = (u32, &'a str, &'a str, [f32; 2]);
/// A page's value of a key of metadata; a key that starts with `^` is for sorting.
pub type Fact<'a> = (u32, &'a str, &'a str);

/// Three pages; page 0 has three passages, of which two share a heading.
pub const LINES: &[Line<'static>] = &[
    (0, "Install", "Run the installer and follow the steps on the screen.", [1.0, 0.1]),
    (0, "Install", "The installer needs an exclusive lock or it stops.", [0.8, 0.6]),
    (0, "Remove", "The uninstaller takes everything away again.", [0.7, 0.7]),
    (1, "Iterators", "An iterator yields items; call next for another number.", [0.0, 1.0]),
    (2, "Bits", "The exclusive or of two numbers is in Vec::with_capacity.", [-1.0, 0.2]),
];

thread_local! {
    /// How often futures were polled by the functions below.
    static POLLS: Cell<u32> = const { Cell::new(0) };
}

/// Files in memory, which come when the future that waits for them is polled again. Those named in `broken` cannot be
/// fetched; `fetched` logs every request.
#[derive(Clone, Default)]
pub struct Memory {
    pub files: Rc<RefCell<BTreeMap<String, Vec<u8>>>>,
    pub broken: Rc<RefCell<Vec<String>>>,
    pub fetched: Rc<RefCell<Vec<String>>>,
    clock: Rc<RefCell<f64>>,
}

impl Shards for Memory {
    async fn fetch(&self, file: &str) -> Result<Vec<u8>, FetchError> {
        self.fetched.borrow_mut().push(file.to_owned());
        let asked = POLLS.get();
        poll_fn(|_| if POLLS.get() > asked { Poll::Ready(()) } else { Poll::Pending }).await;
        if self.broken.borrow().iter().any(|broken| broken == file) {
            return Err(FetchError::new("404"));
        }
        self.files.borrow().get(file).cloned().ok_or_else(|| FetchError::new("no such file"))
    }

    fn now_ms(&self) -> f64 {
        *self.clock.borrow_mut() += 1.0;
        *self.clock.borrow()
    }
}

/// Builds the bundle of `lines`: words shards of about 100 bytes with all postings, texts and planes of two passages.
pub fn bundle(lines: &[Line<'_>]) -> (Memory, Manifest) {
    bundle_with(lines, &[])
}

/// The same with metadata, each key in a shard of its own.
pub fn bundle_with(lines: &[Line<'_>], facts: &[Fact<'_>]) -> (Memory, Manifest) {
    bundle_of(lines, facts, u32::MAX)
}

/// The same with `most` postings of a term in its words shard.
pub fn bundle_of(lines: &[Line<'_>], facts: &[Fact<'_>], most: u32) -> (Memory, Manifest) {
    let memory = Memory::default();
    let put = |room: &str, number: usize, bytes: Vec<u8>| -> String {
        let file = format!("{room}/{number}.sxt");
        memory.files.borrow_mut().insert(file.clone(), bytes);
        file
    };
    let analyzer = Analyzer::new("en");
    let mut words = WordsWriter::default();
    let (mut texts, mut vectors) = (TextsWriter::new(150), vec![]);
    for (n, (page, heading, text, vector)) in lines.iter().enumerate() {
        let id = PassageId(n as u32);
        let (title, trail) = (format!("Page {page}"), vec![(*heading).to_owned()]);
        words.add(&analyzer, id, &title, &trail, text).unwrap();
        let anchor = Some(heading.to_lowercase());
        let passage = Passage { page: PageId(*page), trail, anchor, text: (*text).to_owned() };
        let record = PageRecord { url: format!("/{page}"), title, ..PageRecord::default() };
        texts.add(id, &passage, &record).unwrap();
        vectors.extend_from_slice(vector);
    }
    let directory = Directory::of(lines.iter().map(|(page, ..)| PageId(*page))).unwrap();
    let output = words.finish(|_| 8, most);
    let shards = output.parts.into_iter().enumerate().map(|(n, part)| WordsShardEntry {
        first: part.first,
        file: put("words", n, part.words),
        bytes: 1,
        positions: ShardEntry { file: put("positions", n, part.positions), bytes: 1 },
        rest: part.rest.map(|rest| ShardEntry { file: put("rest", n, rest), bytes: 1 }),
    });
    let shards: Vec<WordsShardEntry> = shards.collect();
    let pages = lines.iter().map(|(page, ..)| page + 1).max().unwrap_or(0);
    let mut filters = FiltersWriter::default();
    for (page, key, value) in facts {
        let role = if key.starts_with('^') { Role::Sort } else { Role::Filter };
        filters.add(PageId(*page), key.trim_start_matches('^'), role, value);
    }
    let filters = filters.finish(pages, 1).into_iter().enumerate().map(|(n, part)| FiltersEntry {
        keys: part.keys,
        file: put("filters", n, part.file),
        bytes: 1,
    });
    let range = |file, start, count| RangeEntry { file, bytes: 1, start, count };
    let texts = texts.finish().into_iter().enumerate();
    let texts = texts.map(|(n, part)| range(put("texts", n, part.file), part.start, part.count));
    let coder = Coder::new(2, vec![Spec::new(Code::Int8, 0, 2)], None, &[]).unwrap();
    let planes = coder.shards(&vectors, 12, None).unwrap().into_iter().enumerate();
    let planes = planes.map(|(n, part)| range(put("planes", n, part.file), part.start, part.count));
    let manifest = Manifest {
        pages,
        passages: lines.len() as u32,
        vectors: Some(VectorsEntry {
            of: 2,
            dimensions: 2,
            basis: None,
            codes: CodesEntry {
                sketch: None,
                planes: vec![PlaneEntry { code: "int8".into(), from: 0, to: 2, keep: 0 }],
                shards: planes.collect(),
            },
            rescore: None,
            clusters: None,
            graph: None,
            tokens: None,
            plans: None,
        }),
        words: WordsEntry {
            language: "en".into(),
            terms: output.terms,
            length: output.length,
            shards,
        },
        directory,
        texts: texts.collect(),
        filters: filters.collect(),
    };
    (memory, manifest)
}

/// The bundle of `lines` with its codes in clusters: each shard of them is one.
pub fn bundle_in_clusters(lines: &[Line<'_>]) -> (Memory, Manifest) {
    let (memory, mut manifest) = bundle(lines);
    let vectors: Vec<f32> =
        lines.iter().flat_map(|(.., vector)| unit_vector(vector, 0).unwrap()).collect();
    let entry = manifest.vectors.as_mut().unwrap();
    let starts: Vec<u32> = entry.codes.shards.iter().map(|shard| shard.start).collect();
    let (directions, lengths) = runs::means(&vectors, 2, &starts);
    let clusters = Clusters::new(&starts, &lengths, lines.len() as u32, 2.0).unwrap();
    let coder = Coder::new(2, vec![Spec::new(Code::Int8, 0, 2)], None, &[]).unwrap();
    let centroids = coder.shards(&directions, usize::MAX, None).unwrap().remove(0);
    let put = |file: &str, bytes: Vec<u8>| {
        memory.files.borrow_mut().insert(file.to_owned(), bytes);
        ShardEntry { file: file.to_owned(), bytes: 1 }
    };
    entry.clusters = Some(ClustersEntry {
        count: starts.len() as u32,
        starts: put("clusters/0.sxt", clusters.write()),
        centroids: put("clusters/1.sxt", centroids.file),
    });
    (memory, manifest)
}

/// Gives the bundle rows of words, ascending: two blocks of frequent words and one of rare words, in `tokens/0.sxt` to
/// `tokens/2.sxt`.
pub fn in_blocks(
    memory: &Memory,
    manifest: &mut Manifest,
    [first, second, rare]: [&[(&str, [f32; 2])]; 3],
) {
    let put = |number: usize, rows: &[(&str, [f32; 2])]| {
        let row = |(word, values): &(&str, [f32; 2])| WordRow {
            word: (*word).to_owned(),
            values: values.to_vec(),
            offset: 0.0,
        };
        let rows: Vec<WordRow> = rows.iter().map(row).collect();
        let file = format!("tokens/{number}.sxt");
        let shard = tokens::write(&rows, 2, Bits::Four, 1.0);
        memory.files.borrow_mut().insert(file.clone(), shard);
        let first = rows.first().map_or("", |row| &row.word).to_owned();
        TokensBlockEntry { first, file, bytes: 1 }
    };
    let (often, rare) = (vec![put(0, first), put(1, second)], vec![put(2, rare)]);
    manifest.vectors.as_mut().unwrap().tokens = Some(TokensEntry { often, rare });
}

/// Runs `future`, and gives what `memory` was asked for meanwhile: files that were asked for together, ascending.
pub fn in_rounds(memory: &Memory, future: impl Future) -> Vec<Vec<String>> {
    let mut future = pin!(future);
    let mut rounds = vec![];
    memory.fetched.borrow_mut().clear();
    loop {
        let polled = poll(future.as_mut());
        let mut asked = std::mem::take(&mut *memory.fetched.borrow_mut());
        asked.sort();
        if !asked.is_empty() {
            rounds.push(asked);
        }
        if polled.is_ready() {
            return rounds;
        }
    }
}

/// Runs a future that needs no waking.
pub fn now<T>(future: impl Future<Output = T>) -> T {
    let mut future = pin!(future);
    loop {
        if let Poll::Ready(value) = poll(future.as_mut()) {
            return value;
        }
    }
}

fn poll<T>(future: Pin<&mut impl Future<Output = T>>) -> Poll<T> {
    POLLS.set(POLLS.get() + 1);
    future.poll(&mut Context::from_waker(Waker::noop()))
}
