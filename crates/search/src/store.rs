//! Shards at hand: fetched once, opened, checked against the manifest, kept. One that failed is not
//! kept, so the next search tries it again.

use crate::error::SearchError;
use crate::join::join;
use crate::shards::Shards;
use sextant_core::error::BundleError;
use sextant_core::manifest::{
    self, ClustersEntry, CodesEntry, GraphEntry, Manifest, RangeEntry, ShardEntry, SketchEntry,
    TokensEntry, VectorsEntry,
};
use sextant_index::filters::FiltersShard;
use sextant_index::texts::Texts;
use sextant_index::tokens::Rows;
use sextant_index::vectors::clusters::centroid_planes;
use sextant_index::vectors::{Basis, Clusters, Code, Codes, Graph, Sketching, Spec, fault, sketch};
use sextant_index::words::{Positions, Rest, WordsShard};
use std::cell::RefCell;
use std::rc::Rc;

/// Where an opened shard is kept.
type Slot<T> = RefCell<Option<Rc<T>>>;

/// Which codes of the passages.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Set {
    /// Those that are scanned.
    Scanned,
    /// The finer ones.
    Fine,
}

impl Set {
    /// Its entry in the manifest.
    pub fn entry(self, vectors: &VectorsEntry) -> Option<&CodesEntry> {
        match self {
            Self::Scanned => Some(&vectors.codes),
            Self::Fine => vectors.rescore.as_ref(),
        }
    }
}

/// A bundle's shards.
pub struct Store<S> {
    pub shards: S,
    pub manifest: Manifest,
    words: Vec<Slot<WordsShard>>,
    positions: Vec<Slot<Positions>>,
    rests: Vec<Slot<Rest>>,
    basis: Slot<Basis>,
    clusters: Slot<Clusters>,
    centroids: Slot<Codes>,
    graph: Slot<Graph>,
    rows: Vec<Slot<Rows>>,
    codes: [Vec<Slot<Codes>>; 2],
    texts: Vec<Slot<Texts>>,
    filters: Vec<Slot<FiltersShard>>,
}

fn slots<T>(count: usize) -> Vec<Slot<T>> {
    (0..count).map(|_| RefCell::new(None)).collect()
}

impl<S: Shards> Store<S> {
    /// `manifest` is checked.
    pub fn new(shards: S, manifest: Manifest) -> Self {
        let tokens = manifest.vectors.as_ref().and_then(|vectors| vectors.tokens.as_ref());
        Self {
            words: slots(manifest.words.shards.len()),
            positions: slots(manifest.words.shards.len()),
            rests: slots(manifest.words.shards.len()),
            basis: RefCell::new(None),
            clusters: RefCell::new(None),
            centroids: RefCell::new(None),
            graph: RefCell::new(None),
            rows: slots(tokens.map_or(0, |tokens| tokens.shards().count())),
            codes: [Set::Scanned, Set::Fine].map(|set| {
                let entry = manifest.vectors.as_ref().and_then(|vectors| set.entry(vectors));
                slots(entry.map_or(0, |entry| entry.shards.len()))
            }),
            texts: slots(manifest.texts.len()),
            filters: slots(manifest.filters.len()),
            shards,
            manifest,
        }
    }

    pub async fn words(&self, shard: usize) -> Result<Rc<WordsShard>, SearchError> {
        let entry = self.manifest.words.shards.get(shard);
        let file = entry.map_or("", |entry| &entry.file);
        self.load(self.words.get(shard), file, |bytes| WordsShard::open(bytes, file)).await
    }

    /// The positions beside words shard `shard`, which has `terms` terms.
    pub async fn positions(&self, shard: usize, terms: u32) -> Result<Rc<Positions>, SearchError> {
        let entry = self.manifest.words.shards.get(shard);
        let file = entry.map_or("", |entry| &entry.positions.file);
        let slot = self.positions.get(shard);
        self.load(slot, file, |bytes| Positions::open(bytes, file, terms)).await
    }

    /// The rest of the postings beside words shard `shard`, of which `terms` have one.
    pub async fn rest(&self, shard: usize, terms: u32) -> Result<Rc<Rest>, SearchError> {
        let entry = self.manifest.words.shards.get(shard).and_then(|entry| entry.rest.as_ref());
        let file = entry.map_or("", |entry| &entry.file);
        self.load(self.rests.get(shard), file, |bytes| Rest::open(bytes, file, terms)).await
    }

    /// The basis of the scanned codes; none where they need none.
    pub async fn basis(&self) -> Result<Option<Rc<Basis>>, SearchError> {
        let Some(vectors) = &self.manifest.vectors else { return Ok(None) };
        let Some(ShardEntry { file, .. }) = &vectors.basis else { return Ok(None) };
        let open = |bytes: Vec<u8>| Basis::open(&bytes, file, vectors.dimensions);
        self.load(Some(&self.basis), file, open).await.map(Some)
    }

    /// The clusters of `entry` with their centroids.
    pub async fn clusters(
        &self,
        vectors: &VectorsEntry,
        entry: &ClustersEntry,
    ) -> Result<(Rc<Clusters>, Rc<Codes>), SearchError> {
        let (starts, centroids) = (&entry.starts.file, &entry.centroids.file);
        let passages = self.manifest.passages;
        let open = |bytes: Vec<u8>| {
            let clusters = Clusters::open(&bytes, starts, passages)?;
            require(starts, clusters.len() == entry.count as usize, || {
                format!("{} clusters, the manifest says {}", clusters.len(), entry.count)
            })?;
            Ok(clusters)
        };
        let planes = centroid_planes(&planes(&self.manifest, &vectors.codes)?);
        let clusters = self.load(Some(&self.clusters), starts, open);
        let open = |bytes| Codes::open(bytes, centroids, &planes, entry.count);
        let centroids = self.load(Some(&self.centroids), centroids, open);
        let (clusters, centroids) = join(clusters, centroids).await;
        Ok((clusters?, centroids?))
    }

    /// The rows of `dimensions` values in shard `shard` of `entry`.
    pub async fn rows(
        &self,
        entry: &TokensEntry,
        shard: usize,
        dimensions: u32,
    ) -> Result<Rc<Rows>, SearchError> {
        let file = entry.shard(shard).map_or("", |block| &block.file);
        let slot = self.rows.get(shard);
        self.load(slot, file, |bytes| Rows::open(bytes, file, dimensions)).await
    }

    /// The graph of `entry`.
    pub async fn graph(&self, entry: &GraphEntry) -> Result<Rc<Graph>, SearchError> {
        let file = &entry.file;
        let open = |bytes| Graph::open(bytes, file, self.manifest.passages);
        self.load(Some(&self.graph), file, open).await
    }

    pub async fn codes(&self, set: Set, shard: usize) -> Result<Rc<Codes>, SearchError> {
        let entry = self.manifest.vectors.as_ref().and_then(|vectors| set.entry(vectors));
        let range = entry.and_then(|entry| entry.shards.get(shard));
        let (file, count) = range.map_or(("", 0), |range| (range.file.as_str(), range.count));
        let planes = entry.map_or(Ok(vec![]), |entry| planes(&self.manifest, entry))?;
        let sketching = entry.map_or(Ok(None), |entry| sketching(&planes, entry))?;
        let open = |bytes| {
            let codes = Codes::open(bytes, file, &planes, count)?;
            Ok(match sketching {
                Some(Sketching { dimensions, .. }) => codes.with_sketches(dimensions),
                None => codes,
            })
        };
        let [scanned, fine] = &self.codes;
        let slots = if set == Set::Scanned { scanned } else { fine };
        self.load(slots.get(shard), file, open).await
    }

    /// Scanned codes that an earlier search fetched.
    pub fn kept_codes(&self, shard: usize) -> Option<Rc<Codes>> {
        let [scanned, _] = &self.codes;
        scanned.get(shard)?.borrow().clone()
    }

    /// Drops what [`Store::kept_codes`] gives.
    pub fn drop_codes(&self) {
        let [scanned, _] = &self.codes;
        scanned.iter().for_each(|slot| *slot.borrow_mut() = None);
    }

    pub async fn texts(&self, shard: usize) -> Result<Rc<Texts>, SearchError> {
        let range = self.manifest.texts.get(shard);
        let file = range.map_or("", |range| &range.file);
        self.load(self.texts.get(shard), file, |bytes| {
            let texts = Texts::open(&bytes, file)?;
            let fits =
                |range: &RangeEntry| (texts.start(), texts.count()) == (range.start, range.count);
            require(file, range.is_some_and(fits), || {
                format!("{} passages from {}, not as in the manifest", texts.count(), texts.start())
            })?;
            Ok(texts)
        })
        .await
    }

    pub async fn filters(&self, shard: usize) -> Result<Rc<FiltersShard>, SearchError> {
        let entry = self.manifest.filters.get(shard);
        let (file, pages) = (entry.map_or("", |entry| &entry.file), self.manifest.pages);
        let open = |bytes: Vec<u8>| FiltersShard::open(&bytes, file, pages);
        self.load(self.filters.get(shard), file, open).await
    }

    async fn load<T>(
        &self,
        slot: Option<&Slot<T>>,
        file: &str,
        open: impl FnOnce(Vec<u8>) -> Result<T, BundleError>,
    ) -> Result<Rc<T>, SearchError> {
        let kept = slot.and_then(|slot| slot.borrow().clone());
        if let Some(kept) = kept {
            return Ok(kept);
        }
        let bytes = self.shards.fetch(file).await;
        let bytes = bytes
            .map_err(|error| SearchError::Fetch { file: file.into(), reason: error.reason })?;
        let opened = Rc::new(open(bytes)?);
        if let Some(slot) = slot {
            *slot.borrow_mut() = Some(Rc::clone(&opened));
        }
        Ok(opened)
    }
}

/// The planes of `entry`, checked.
///
/// # Errors
/// `Content` of [`BundleError`] for codes that this build does not read, or planes that make no shard.
pub fn planes(manifest: &Manifest, entry: &CodesEntry) -> Result<Vec<Spec>, BundleError> {
    let fault_of = |what: String| BundleError::content(manifest::FILE, what);
    let mut planes = Vec::with_capacity(entry.planes.len());
    for plane in &entry.planes {
        let code = Code::named(&plane.code).ok_or_else(|| {
            let names = Code::ALL.map(Code::name).join(", ");
            fault_of(format!("vectors coded as \"{}\", this build reads {names}", plane.code))
        })?;
        planes.push(Spec::new(code, plane.from, plane.to));
    }
    let dimensions = manifest.vectors.as_ref().map_or(0, |vectors| vectors.dimensions);
    fault(&planes, dimensions).map_or(Ok(planes), |what| Err(fault_of(what)))
}

/// How sketches of `entry`, whose planes these are, are scanned, checked.
///
/// # Errors
/// `Content` of [`BundleError`] for sketches that cannot be made of these planes.
pub fn sketching(planes: &[Spec], entry: &CodesEntry) -> Result<Option<Sketching>, BundleError> {
    let Some(SketchEntry { dimensions, keep }) = entry.sketch else { return Ok(None) };
    let fault = sketch::fault(planes, dimensions);
    let sketching = Sketching { dimensions, keep };
    fault.map_or(Ok(Some(sketching)), |what| Err(BundleError::content(manifest::FILE, what)))
}

fn require(file: &str, holds: bool, what: impl FnOnce() -> String) -> Result<(), BundleError> {
    if holds { Ok(()) } else { Err(BundleError::content(file, what())) }
}
