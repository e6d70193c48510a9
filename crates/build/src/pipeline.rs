//! The build itself, stage by stage: split, encode, vectors, words, texts, the encoder's files, and the
//! manifest last.

use crate::cache::VectorCache;
use crate::chunk::ChunkOptions;
use crate::corpus::Corpus;
use crate::encode::{self, Encoded};
use crate::encoder::{EncoderName, PassageEncoder};
use crate::error::BuildError;
use crate::files::{self, FileBudget};
use crate::filters;
use crate::progress::{Progress, Stage};
use crate::ready::{self, ReadyVectors};
use crate::report::Report;
use crate::rows::word_rows;
use crate::sink::Sink;
use crate::store::Store;
use crate::vectors::{VectorIndex, VectorOptions};
use sextant_core::manifest::{
    self, EncoderEntry, Front, Manifest, RangeEntry, ShardEntry, WordsEntry, WordsShardEntry,
};
use sextant_core::{
    BundleError, Directory, Document, Kind, PageId, Passage, PassageId, frame, head,
};
use sextant_encoder::TokenTable;
use sextant_index::texts::{self, PageRecord, TextsWriter};
use sextant_index::words::{self, WordsWriter};
use sextant_text::analysis::Analyzer;
use sextant_text::stem::Languages;
use std::borrow::Cow;

/// Bytes of the encoder's container a file: below the 24 MiB that some hosts take, and small enough
/// that a broken download is resumed without much loss.
const ENCODER_PART_BYTES: usize = 4 << 20;
/// The language of words where neither the options nor any page names one.
const FALLBACK_LANGUAGE: &str = "en";

/// Words shards that a question fetches.
const WORDS_ASKED: f64 = 4.0;
/// Bytes that the head takes to name a words shard: its first term, its length and that of its positions.
const WORDS_NAMED: f64 = 6.0;
/// Shards of texts that ten results lie in.
const TEXTS_ASKED: f64 = 12.0;
/// Bytes that the head takes to name one: its length and its number of passages.
const TEXTS_NAMED: f64 = 2.2;
/// What compression leaves of texts.
const TEXTS_STORED: f64 = 0.45;

/// How documents become passages.
#[derive(Clone, Debug)]
pub enum Chunking {
    /// Heading-bounded passages.
    Passages(ChunkOptions),
    /// Each document is one passage: title and text, headings inside. For evaluation on collections
    /// whose documents are judged whole.
    Whole,
}

impl Default for Chunking {
    fn default() -> Self {
        Self::Passages(ChunkOptions::default())
    }
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
    /// Stemmers and stop words of languages that are not linked here. Default: none.
    pub languages: Option<Languages>,
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
            chunking: Chunking::default(),
            language: None,
            languages: None,
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
    let documents = documents.iter().map(Cow::Borrowed);
    let prepared = Prepared::new(documents, &options.chunking, progress)?;
    let Some(encoder) = encoder else { return prepared.store(None, options, sink, progress) };
    let texts = prepared.texts();
    let encoded = match options.ready {
        Some(ready) => ready::collect(prepared.corpus.wanted(&texts), ready, encoder, progress)?,
        None => encode::encode(&texts, encoder, cache, options.batch, progress)?,
    };
    drop(texts);
    prepared.store(Some((EncoderName::of(encoder), encoded)), options, sink, progress)
}

/// A build between its two halves, for who encodes in a way of their own: documents cut into passages, which wait for
/// their vectors. [`build`] is both halves with an encoder that answers at once.
pub struct Prepared<'a> {
    corpus: Corpus<'a>,
    /// Documents that were given.
    given: usize,
}

impl<'a> Prepared<'a> {
    /// Cuts `documents` into passages.
    ///
    /// # Errors
    /// [`BuildError::Empty`], [`BuildError::TooMany`].
    pub fn new(
        documents: impl ExactSizeIterator<Item = Cow<'a, Document>>,
        chunking: &Chunking,
        progress: &mut dyn Progress,
    ) -> Result<Self, BuildError> {
        let given = documents.len();
        Ok(Self { corpus: Corpus::split(documents, chunking, progress)?, given })
    }

    /// What the encoder reads, a text a passage.
    #[must_use]
    pub fn texts(&self) -> Vec<String> {
        self.corpus.encoded_texts()
    }

    /// The language of words where the options name none.
    #[must_use]
    pub fn language(&self) -> String {
        self.corpus.main_language().unwrap_or_else(|| FALLBACK_LANGUAGE.to_owned())
    }

    /// Builds the bundle into `sink`. `vectors`: who made them, and f32[passages, dimensions] in the order of
    /// [`Prepared::texts`]; without them the bundle has words only. Cache, batch and ready vectors of the options are not
    /// used.
    ///
    /// # Errors
    /// [`BuildError`]; nothing is said about what the sink got by then, except that it was no manifest.
    pub fn finish(
        self,
        vectors: Option<(EncoderName<'_>, Vec<f32>)>,
        options: &Options<'_>,
        sink: &mut dyn Sink,
        progress: &mut dyn Progress,
    ) -> Result<Report, BuildError> {
        let made = match vectors {
            Some((encoder, vectors)) => {
                let texts = self.texts();
                let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
                encode::check(&vectors, &texts, encoder)?;
                Some((encoder, Encoded { given: texts.len(), vectors, ..Encoded::default() }))
            }
            None => None,
        };
        self.store(made, options, sink, progress)
    }

    /// The second half.
    fn store(
        self,
        made: Option<(EncoderName<'_>, Encoded)>,
        options: &Options<'_>,
        sink: &mut dyn Sink,
        progress: &mut dyn Progress,
    ) -> Result<Report, BuildError> {
        let Self { mut corpus, given } = self;
        let files = options.codes.files;
        let mut store = Store::new(sink);
        let (encoder, mut encoded) = made.unzip();
        let (mut vectors, mut coded) = (None, None);
        if let (Some(encoder), Some(encoded)) = (encoder, &mut encoded) {
            let passages = corpus.passages.len() as u64;
            progress.start(Stage::Vectors, passages);
            let rows = std::mem::take(&mut encoded.vectors);
            let words = options.table.filter(|table| table.fingerprint() == encoder.fingerprint);
            let words = words.map(|table| word_rows(table, &corpus.site_passages(), &rows));
            let pages = corpus.page_lengths();
            let index = VectorIndex::build(rows, encoder.dimensions, &pages, &options.codes)?;
            if let Some(order) = index.order() {
                corpus.arrange(order);
            }
            let of = number("dimensions", encoder.dimensions)?;
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
        let analyzer = Analyzer::borrowing(&language, options.languages.as_ref());
        let words = write_words(&corpus, &language, &analyzer, files, &mut store, progress)?;
        let texts = write_texts(&corpus, files, &mut store, progress)?;
        let pages: Vec<&Document> = corpus.pages.iter().map(Cow::as_ref).collect();
        let (filters, found) = filters::write(&pages, &options.filters, &mut store)?;
        let encoder = match encoder {
            Some(encoder) => Some(write_encoder(encoder, options, &mut store, progress)?),
            None => None,
        };
        let directory = Directory::of(corpus.passages.iter().map(|passage| passage.page));
        let directory =
            directory.ok_or_else(|| BundleError::content("head", "pages in no order"))?;
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
        let Encoded { encoded, reused, given: with, .. } = encoded.unwrap_or_default();
        Ok(Report {
            documents: given,
            document_of_page: corpus.documents,
            pages: manifest.pages,
            passages: manifest.passages,
            encoded,
            reused,
            given: with,
            terms: manifest.words.terms,
            vectors: coded,
            language,
            language_assumed: assumed,
            filters: found,
            manifest_bytes: json.len() as u64,
            parts: store.parts,
        })
    }
}

pub(crate) fn number(what: &'static str, count: usize) -> Result<u32, BuildError> {
    u32::try_from(count).map_err(|_| BuildError::TooMany { what, count, most: u32::MAX })
}

fn write_words(
    corpus: &Corpus<'_>,
    language: &str,
    analyzer: &Analyzer,
    files: FileBudget,
    store: &mut Store<'_>,
    progress: &mut dyn Progress,
) -> Result<WordsEntry, BuildError> {
    progress.start(Stage::Words, corpus.passages.len() as u64);
    let mut writer = WordsWriter::default();
    for (id, passage) in (0..).map(PassageId).zip(&corpus.passages) {
        let title = corpus.title_of(passage);
        writer.add(analyzer, id, title, &passage.trail, &passage.text)?;
        progress.advance(1);
    }
    let shards =
        |total| files::shards(total, WORDS_ASKED, WORDS_NAMED).min(total / words::SHARD_BYTES);
    let output = writer.finish(shards, words::MOST_POSTINGS);
    let (mut firsts, mut words, mut positions, mut rests) = (vec![], vec![], vec![], vec![]);
    for part in output.parts {
        firsts.push((part.first, part.rest.is_some()));
        words.push(part.words);
        positions.push(part.positions);
        rests.extend(part.rest);
    }
    let words = store.shards("words", words, files.words)?.into_iter();
    let positions = store.shards("positions", positions, files.words)?.into_iter();
    let mut rests = store.shards("postings", rests, files.words)?.into_iter();
    let shards = firsts.into_iter().zip(words.zip(positions));
    let shards = shards.map(|((first, has_rest), (ShardEntry { file, bytes }, positions))| {
        let rest = if has_rest { rests.next() } else { None };
        WordsShardEntry { first, file, bytes, positions, rest }
    });
    let shards = shards.collect();
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
    let total: usize = corpus.passages.iter().map(Passage::bytes).sum();
    let shards = files::shards((total as f64 * TEXTS_STORED) as usize, TEXTS_ASKED, TEXTS_NAMED);
    let mut writer = TextsWriter::new(texts::SHARD_BYTES.max(total / shards.max(1)));
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
    let parts = writer.finish();
    // They come last and may have what others left.
    let left = files.all.saturating_sub(store.files());
    let places =
        store.shards("passages", parts.iter().map(|part| &part.file), files.texts.max(left))?;
    Ok(places
        .into_iter()
        .zip(&parts)
        .map(|(place, part)| range(place, part.start, part.count))
        .collect())
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
    encoder: EncoderName<'_>,
    options: &Options<'_>,
    store: &mut Store<'_>,
    progress: &mut dyn Progress,
) -> Result<EncoderEntry, BuildError> {
    let mut entry = EncoderEntry {
        name: encoder.name.to_owned(),
        fingerprint: encoder.fingerprint.to_owned(),
        dimensions: number("dimensions", encoder.dimensions)?,
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
