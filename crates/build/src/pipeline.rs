//! The build itself, stage by stage: split, encode, vectors, words, texts, the encoder's files, and the
//! manifest last.

use crate::cache::VectorCache;
use crate::chunk::{self, ChunkOptions};
use crate::encode::{self, Encoded};
use crate::encoder::PassageEncoder;
use crate::error::BuildError;
use crate::files::{self, FileBudget};
use crate::filters;
use crate::progress::{Progress, Stage};
use crate::ready::{self, ReadyVectors};
use crate::report::Report;
use crate::rows::{SitePassage, word_rows};
use crate::sink::Sink;
use crate::store::Store;
use crate::vectors::{VectorIndex, VectorOptions};
use sextant_core::manifest::{
    self, EncoderEntry, Front, Manifest, RangeEntry, ShardEntry, WordsEntry, WordsShardEntry,
};
use sextant_core::{
    Block, BundleError, Directory, Document, Kind, PageId, Passage, PassageId, frame, head,
};
use sextant_encoder::TokenTable;
use sextant_index::texts::{self, PageRecord, TextsWriter};
use sextant_index::words::{self, WordsWriter};
use sextant_text::analysis::Analyzer;
use std::collections::BTreeMap;

/// Bytes of the encoder's container a file: below the 24 MiB that some hosts take, and small enough
/// that a broken download is resumed without much loss.
const ENCODER_PART_BYTES: usize = 4 << 20;
/// The language of words where neither the options nor any page names one.
const FALLBACK_LANGUAGE: &str = "en";

/// How documents become passages.
#[derive(Clone, Debug)]
pub enum Chunking {
    /// Heading-bounded passages.
    Passages(ChunkOptions),
    /// Each document is one passage: title and text, headings inside. For evaluation on collections
    /// whose documents are judged whole.
    Whole,
}

/// The encoder's own files in the bundle.
#[derive(Clone, Debug)]
pub struct EncoderFiles<'a> {
    /// The container.
    pub container: &'a [u8],
    /// The directory in the manifest: `encoder`, or `../encoder` for one that several bundles share.
    pub directory: String,
}

/// How to build.
#[derive(Clone, Debug)]
pub struct Options<'a> {
    /// How documents become passages.
    pub chunking: Chunking,
    /// Language that words are analysed in, BCP 47. Default: the one that most pages name, else English.
    pub language: Option<String>,
    /// Keys of metadata that can be filtered and sorted by, besides those that authors mark; `!key`
    /// leaves one out. Default, and where only exclusions are given: what groups pages or orders them.
    pub filters: Vec<String>,
    /// Files of the encoder to put into the bundle. Default: none, so that only a host that serves them
    /// elsewhere, or a native caller, can search by meaning.
    pub encoder_files: Option<EncoderFiles<'a>>,
    /// Predicts the encoder's vectors of questions from their words, so that readers without the encoder can
    /// search by meaning; one that predicts another encoder is left out. Default: none.
    pub table: Option<&'a TokenTable>,
    /// How vectors are coded and searched.
    pub codes: VectorOptions,
    /// Vectors of all passages, made by the encoder before the build, which then encodes nothing. Default: none.
    pub ready: Option<&'a dyn ReadyVectors>,
    /// Passages that the encoder is given at a call, at least 1. It decides speed, not the result.
    pub batch: usize,
    /// Name and version of the program, for the manifest.
    pub generator: String,
}

impl Default for Options<'_> {
    fn default() -> Self {
        Self {
            chunking: Chunking::Passages(ChunkOptions::default()),
            language: None,
            filters: Vec::new(),
            encoder_files: None,
            table: None,
            codes: VectorOptions::default(),
            ready: None,
            batch: encode::BATCH,
            generator: concat!("sextant ", env!("CARGO_PKG_VERSION")).to_owned(),
        }
    }
}

/// Builds a bundle of `documents` into `sink`.
///
/// Pages are numbered in the order of `documents`, or where clusters are fetched on demand so that like ones
/// lie near each other; those without any text are left out. With no
/// `encoder` the bundle has words only. The result is a function of the documents, the encoder and the
/// options: the cache, the batch size and the number of threads do not change a byte.
///
/// # Errors
/// [`BuildError`]; nothing is said about what the sink got by then, except that it was no manifest.
pub fn build(
    documents: &[Document],
    encoder: Option<&dyn PassageEncoder>,
    cache: &mut dyn VectorCache,
    options: &Options<'_>,
    sink: &mut dyn Sink,
    progress: &mut dyn Progress,
) -> Result<Report, BuildError> {
    let mut corpus = Corpus::split(documents, &options.chunking, progress)?;
    let files = options.codes.files;
    let mut store = Store::new(sink);
    let mut encoded = Encoded::default();
    let (mut vectors, mut coded) = (None, None);
    if let Some(encoder) = encoder {
        let texts = corpus.encoded_texts();
        encoded = match options.ready {
            Some(ready) => ready::collect(corpus.wanted(&texts), ready, encoder, progress)?,
            None => encode::encode(&texts, encoder, cache, options.batch, progress)?,
        };
        let passages = corpus.passages.len() as u64;
        progress.start(Stage::Vectors, passages);
        let rows = std::mem::take(&mut encoded.vectors);
        let words = options.table.filter(|table| table.fingerprint() == encoder.fingerprint());
        let words = words.map(|table| word_rows(table, &corpus.site_passages(), &rows));
        let pages = corpus.page_lengths();
        let index = VectorIndex::build(rows, encoder.dimensions(), &pages, &options.codes)?;
        if let Some(order) = index.order() {
            corpus.arrange(order);
        }
        let of = number("dimensions", encoder.dimensions())?;
        let (entry, report) = (
            index.store(of, words.as_ref(), options.codes.files, &mut store)?,
            index.report().clone(),
        );
        progress.advance(passages);
        (vectors, coded) = (Some(entry), Some(report));
    }
    let language = options.language.clone().or_else(|| corpus.main_language());
    let assumed = language.is_none();
    let language = language.unwrap_or_else(|| FALLBACK_LANGUAGE.to_owned());
    let words = write_words(&corpus, &language, files, &mut store, progress)?;
    let texts = write_texts(&corpus, files, &mut store, progress)?;
    let (filters, found) = filters::write(&corpus.pages, &options.filters, &mut store)?;
    let encoder = match encoder {
        Some(encoder) => Some(write_encoder(encoder, options, &mut store, progress)?),
        None => None,
    };
    let directory = Directory::of(corpus.passages.iter().map(|passage| passage.page));
    let directory = directory.ok_or_else(|| BundleError::content("head", "pages in no order"))?;
    let manifest = Manifest {
        pages: corpus.pages.len() as u32,
        passages: corpus.passages.len() as u32,
        vectors,
        words,
        directory,
        texts,
        filters,
    };
    manifest.check()?;
    let head = store.head(&head::write(&manifest)?)?;
    let front = Front {
        format: manifest::NEWEST,
        generator: options.generator.clone(),
        pages: manifest.pages,
        passages: manifest.passages,
        languages: corpus.languages(),
        language: manifest.words.language.clone(),
        encoder,
        head,
    };
    front.check()?;
    let mut json = serde_json::to_vec(&front)?;
    json.push(b'\n');
    store.put(manifest::FILE, &json)?;
    progress.finish();
    Ok(Report {
        documents: documents.len(),
        document_of_page: corpus.documents,
        pages: manifest.pages,
        passages: manifest.passages,
        encoded: encoded.encoded,
        reused: encoded.reused,
        given: encoded.given,
        terms: manifest.words.terms,
        vectors: coded,
        language,
        language_assumed: assumed,
        filters: found,
        manifest_bytes: json.len() as u64,
        parts: store.parts,
    })
}

/// Pages and passages, numbered.
struct Corpus<'a> {
    pages: Vec<&'a Document>,
    /// The number of each page's document among those that were given.
    documents: Vec<u32>,
    passages: Vec<Passage>,
}

impl<'a> Corpus<'a> {
    fn split(
        documents: &'a [Document],
        chunking: &Chunking,
        progress: &mut dyn Progress,
    ) -> Result<Self, BuildError> {
        progress.start(Stage::Split, documents.len() as u64);
        let mut corpus = Self { pages: vec![], documents: vec![], passages: vec![] };
        for (number_given, document) in (0..).zip(documents) {
            let page = PageId(number("pages", corpus.pages.len())?);
            let mut passages = match chunking {
                Chunking::Passages(options) => chunk::passages(document, page, options),
                Chunking::Whole => whole(document, page),
            };
            progress.advance(1);
            if !passages.is_empty() {
                corpus.pages.push(document);
                corpus.documents.push(number_given);
                corpus.passages.append(&mut passages);
            }
        }
        number("passages", corpus.passages.len())?;
        if corpus.passages.is_empty() {
            return Err(BuildError::Empty { documents: documents.len() });
        }
        Ok(corpus)
    }

    fn site_passages(&self) -> Vec<SitePassage<'_>> {
        let of = |passage| SitePassage {
            title: self.title_of(passage),
            trail: &passage.trail,
            text: &passage.text,
        };
        self.passages.iter().map(of).collect()
    }

    /// Passages of each page, in the order of pages: a page's passages are consecutive.
    fn page_lengths(&self) -> Vec<u32> {
        let mut lengths = vec![0u32; self.pages.len()];
        for passage in &self.passages {
            if let Some(length) = lengths.get_mut(passage.page.0 as usize) {
                *length += 1;
            }
        }
        lengths
    }

    /// Numbers passage `order[n]` as passage `n`, and pages in the order of their first passages.
    fn arrange(&mut self, order: &[u32]) {
        let mut passages: Vec<Option<Passage>> =
            std::mem::take(&mut self.passages).into_iter().map(Some).collect();
        let moved = order.iter().filter_map(|row| passages.get_mut(*row as usize)?.take());
        let mut pages: Vec<u32> = Vec::with_capacity(self.pages.len());
        let mut numbers: Vec<Option<PageId>> = vec![None; self.pages.len()];
        let renumbered = moved.map(|mut passage| {
            let old = passage.page.0;
            if let Some(number) = numbers.get_mut(old as usize) {
                passage.page = *number.get_or_insert_with(|| {
                    pages.push(old);
                    PageId(pages.len() as u32 - 1)
                });
            }
            passage
        });
        self.passages = renumbered.collect();
        self.pages = moved_to(&self.pages, &pages);
        self.documents = moved_to(&self.documents, &pages);
    }

    /// The page of a passage, which [`Corpus::split`] numbered.
    fn page_of(&self, passage: &Passage) -> Result<&'a Document, BuildError> {
        let page = self.pages.get(passage.page.0 as usize).copied();
        page.ok_or(BuildError::TooMany {
            what: "pages",
            count: passage.page.0 as usize,
            most: u32::MAX,
        })
    }

    fn title_of(&self, passage: &Passage) -> &'a str {
        self.pages.get(passage.page.0 as usize).map_or("", |page| &page.title)
    }

    fn encoded_texts(&self) -> Vec<String> {
        self.passages.iter().map(|passage| passage.encoded_text(self.title_of(passage))).collect()
    }

    /// Passages by their page's id and their text, of which `texts` has one a passage.
    fn wanted<'t>(
        &'t self,
        texts: &'t [String],
    ) -> impl ExactSizeIterator<Item = ready::Wanted<'t>> {
        self.passages.iter().zip(texts).map(|(passage, text)| {
            let page = self.pages.get(passage.page.0 as usize);
            (page.map_or("", |page| page.id.as_str()), text.as_str())
        })
    }

    /// Pages a language tag, `und` where a page names none.
    fn languages(&self) -> BTreeMap<String, u32> {
        let mut languages = BTreeMap::new();
        for page in &self.pages {
            let language = page.language.clone().unwrap_or_else(|| "und".to_owned());
            *languages.entry(language).or_insert(0) += 1;
        }
        languages
    }

    /// The tag that most pages name; of two as frequent, the first by alphabet.
    fn main_language(&self) -> Option<String> {
        let named = self.languages().into_iter().filter(|(language, _)| language != "und");
        let best = named.max_by(|a, b| a.1.cmp(&b.1).then_with(|| b.0.cmp(&a.0)));
        best.map(|(language, _)| language)
    }
}

/// Entry `order[n]` as entry `n`.
fn moved_to<T: Copy>(entries: &[T], order: &[u32]) -> Vec<T> {
    order.iter().filter_map(|old| entries.get(*old as usize).copied()).collect()
}

/// The document's title, headings and text in one passage; the title is put in front as always.
fn whole(document: &Document, page: PageId) -> Vec<Passage> {
    let mut lines: Vec<&str> = Vec::new();
    for section in &document.sections {
        if section.heading != document.title {
            lines.push(&section.heading);
        }
        lines.extend(section.blocks.iter().map(Block::text));
    }
    lines.retain(|line| !line.trim().is_empty());
    if lines.is_empty() {
        lines.push(document.title.trim());
    }
    let text = lines.join("\n");
    if text.is_empty() {
        return Vec::new();
    }
    vec![Passage { page, trail: Vec::new(), anchor: None, text }]
}

fn number(what: &'static str, count: usize) -> Result<u32, BuildError> {
    u32::try_from(count).map_err(|_| BuildError::TooMany { what, count, most: u32::MAX })
}

fn write_words(
    corpus: &Corpus<'_>,
    language: &str,
    files: FileBudget,
    store: &mut Store<'_>,
    progress: &mut dyn Progress,
) -> Result<WordsEntry, BuildError> {
    progress.start(Stage::Words, corpus.passages.len() as u64);
    let analyzer = Analyzer::new(language);
    let mut writer = WordsWriter::default();
    for (id, passage) in (0..).map(PassageId).zip(&corpus.passages) {
        let title = corpus.title_of(passage);
        writer.add(&analyzer, id, title, &passage.trail, &passage.text)?;
        progress.advance(1);
    }
    let output = writer.finish(
        |total| total.div_ceil(files::shard_bytes(total, words::SHARD_BYTES, files.words)),
        words::MOST_POSTINGS,
    );
    let mut shards = Vec::with_capacity(output.parts.len());
    for part in output.parts {
        let ShardEntry { file, bytes } = store.shard("words", &part.words)?;
        let positions = store.shard("positions", &part.positions)?;
        let rest = part.rest.map(|rest| store.shard("postings", &rest)).transpose()?;
        shards.push(WordsShardEntry { first: part.first, file, bytes, positions, rest });
    }
    let (terms, length) = (output.terms, output.length);
    Ok(WordsEntry { language: language.to_owned(), terms, length, shards })
}

fn write_texts(
    corpus: &Corpus<'_>,
    files: FileBudget,
    store: &mut Store<'_>,
    progress: &mut dyn Progress,
) -> Result<Vec<RangeEntry>, BuildError> {
    progress.start(Stage::Texts, corpus.passages.len() as u64);
    // They come last and may have what others left: ten results lie in as many of them.
    let left = files.all.saturating_sub(store.files());
    let mut writer = TextsWriter::new(files::shard_bytes(
        corpus.passages.iter().map(Passage::bytes).sum(),
        texts::SHARD_BYTES,
        files.texts.max(left),
    ));
    let mut current: Option<(PageId, PageRecord)> = None;
    for (id, passage) in (0..).map(PassageId).zip(&corpus.passages) {
        let record = match current.take().filter(|(page, _)| *page == passage.page) {
            Some((_, record)) => record,
            None => page_record(corpus.page_of(passage)?),
        };
        writer.add(id, passage, &record)?;
        current = Some((passage.page, record));
        progress.advance(1);
    }
    let mut shards = Vec::new();
    for part in writer.finish() {
        let entry = store.shard("passages", &part.file)?;
        shards.push(range(entry, part.start, part.count));
    }
    Ok(shards)
}

fn page_record(page: &Document) -> PageRecord {
    PageRecord {
        url: page.url.clone(),
        title: page.title.clone(),
        language: page.language.clone().unwrap_or_default(),
        meta: page.meta.clone(),
    }
}

fn write_encoder(
    encoder: &dyn PassageEncoder,
    options: &Options<'_>,
    store: &mut Store<'_>,
    progress: &mut dyn Progress,
) -> Result<EncoderEntry, BuildError> {
    let mut entry = EncoderEntry {
        name: encoder.name().to_owned(),
        fingerprint: encoder.fingerprint().to_owned(),
        dimensions: number("dimensions", encoder.dimensions())?,
        bytes: 0,
        parts: Vec::new(),
    };
    if let Some(files) = &options.encoder_files {
        entry.bytes = files.container.len() as u64;
        progress.start(Stage::Encoder, entry.bytes.div_ceil(ENCODER_PART_BYTES as u64));
        for part in files.container.chunks(ENCODER_PART_BYTES) {
            entry.parts.push(store.shard(&files.directory, &frame::write(Kind::Encoder, part))?);
            progress.advance(1);
        }
    }
    Ok(entry)
}

fn range(entry: ShardEntry, start: u32, count: u32) -> RangeEntry {
    RangeEntry { file: entry.file, bytes: entry.bytes, start, count }
}
