use super::*;
use crate::chunk::ChunkOptions;
use flate2::read::GzDecoder;
use sextant_core::head;
use sextant_core::manifest::{self, Front, Manifest};
use sextant_core::{Block, Document, Kind, Section, frame};
use sextant_encoder::EncoderError;
use sextant_index::texts::Texts;
use std::borrow::Cow;
use std::collections::HashMap;
use std::io::{self, Read};

/// Four numbers out of a text's bytes.
struct Bytes;

impl PassageEncoder for Bytes {
    fn name(&self) -> &str {
        "bytes"
    }
    fn fingerprint(&self) -> &str {
        "0123456789abcdef0123456789abcdef"
    }
    fn identity(&self) -> &str {
        "bytes/1"
    }
    fn dimensions(&self) -> usize {
        4
    }
    fn encode(&self, texts: &[&str]) -> Result<Vec<f32>, EncoderError> {
        let vector = |text: &&str| {
            let mut sums = [1.0f32; 4];
            text.bytes()
                .zip((0..4).cycle())
                .for_each(|(byte, at): (u8, usize)| sums[at] += f32::from(byte));
            sums
        };
        Ok(texts.iter().flat_map(vector).collect())
    }
}

#[derive(Default)]
struct Kept(HashMap<VectorKey, Vec<f32>>);

impl VectorCache for Kept {
    fn get(&mut self, key: &VectorKey) -> Option<Vec<f32>> {
        self.0.get(key).cloned()
    }
    fn put(&mut self, batch: &[(VectorKey, &[f32])]) {
        self.0.extend(batch.iter().map(|(key, vector)| (*key, vector.to_vec())));
    }
}

fn page(name: &str, language: Option<&str>, text: &str) -> Document {
    let section = |level, heading: &str, text: &str| Section {
        level,
        heading: heading.to_owned(),
        anchor: Some(heading.to_lowercase()),
        blocks: vec![Block::Prose(text.to_owned())],
    };
    Document {
        id: name.to_owned(),
        url: format!("/{name}.html"),
        title: name.to_owned(),
        language: language.map(Into::into),
        sections: vec![section(1, name, text), section(2, "More", &format!("More of {text}"))],
        ..Document::default()
    }
}

fn site() -> Vec<Document> {
    (0..40)
        .map(|n| page(&format!("Page{n}"), Some("en"), &"Some words about it. ".repeat(n + 1)))
        .collect()
}

fn built(documents: &[Document], options: &Options<'_>) -> (Report, MemorySink) {
    let mut sink = MemorySink::default();
    let report = build(documents, Some(&Bytes), &mut NoCache, options, &mut sink, &mut ()).unwrap();
    (report, sink)
}

fn front_of(sink: &MemorySink) -> Front {
    serde_json::from_slice(&sink.files[manifest::FILE]).unwrap()
}

fn manifest_of(sink: &MemorySink) -> Manifest {
    let file = front_of(sink).head.file;
    head::read(&inflated(&sink.files[&file]), &file).unwrap()
}

pub(crate) fn inflated(stored: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::new();
    match stored.starts_with(&[0x1f, 0x8b]) {
        true => GzDecoder::new(stored).read_to_end(&mut bytes).map(|_| ()).unwrap(),
        false => bytes.extend_from_slice(stored),
    }
    bytes
}

#[test]
fn the_manifest_names_every_file_and_each_is_what_it_says() {
    let (report, sink) = built(&site(), &Options::default());
    let (front, manifest) = (front_of(&sink), manifest_of(&sink));
    assert_eq!((front.check(), manifest.check()), (Ok(()), Ok(())));
    assert_eq!((front.pages, manifest.pages, report.pages), (40, 40, 40));
    assert!(report.manifest_bytes < 1000, "whatever the number of shards");
    let named: Vec<&str> = front.files().chain(manifest.files()).map(|(file, _)| file).collect();
    // Beside itself and the copy of the head, which is found before it is read.
    assert_eq!(named.len() + 2, sink.files.len(), "and no file that it does not name");
    assert_eq!(sink.files[manifest::HEAD], sink.files[&front.head.file]);
    for file in &named {
        let stored = &sink.files[*file];
        let name = file.rsplit('/').next().and_then(|name| name.split_once('.'));
        assert_eq!(name.map(|(stem, _)| stem), Some(content_name(stored).as_str()), "{file}");
    }
    let first = Texts::open(&inflated(sink.shard(&manifest.texts[0].file).unwrap()), "x").unwrap();
    assert!(manifest.texts.len() > 1 && manifest.texts[0].file.contains('#'), "they share a file");
    let (passage, record) = first.get(sextant_core::PassageId(0)).unwrap();
    assert_eq!((record.url.as_str(), passage.page.0), ("/Page0.html", 0));
    let stored: u64 = report.parts.values().map(|part| part.stored).sum();
    let all: usize = sink.files.values().map(Vec::len).sum();
    assert_eq!(stored + report.manifest_bytes, all as u64);
}

#[test]
fn batches_and_caches_do_not_change_a_byte_and_a_second_build_encodes_nothing() {
    let (first, sink) = built(&site(), &Options::default());
    assert!(first.encoded > 0);
    let mut cache = Kept::default();
    for batch in [1, 7, 1000] {
        let options = Options { batch, ..Options::default() };
        let mut again = MemorySink::default();
        let report =
            build(&site(), Some(&Bytes), &mut cache, &options, &mut again, &mut ()).unwrap();
        assert_eq!(again, sink, "batch {batch}");
        assert_eq!(report.encoded, if batch == 1 { first.encoded } else { 0 });
    }
}

#[test]
fn without_an_encoder_there_are_words_and_no_vectors() {
    let mut sink = MemorySink::default();
    let report =
        build(&site(), None, &mut NoCache, &Options::default(), &mut sink, &mut ()).unwrap();
    let manifest = manifest_of(&sink);
    assert_eq!((front_of(&sink).encoder, manifest.vectors, report.encoded), (None, None, 0));
    assert!(manifest.words.terms > 0);
}

#[test]
fn the_encoder_travels_in_parts_that_make_it_up_again() {
    let mut state = 1u32;
    let container: Vec<u8> = std::iter::repeat_with(|| {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 24) as u8
    })
    .take((4 << 20) + 5)
    .collect();
    let files = EncoderFiles { container: &container, directory: "../encoder".to_owned() };
    let options = Options { encoder_files: Some(files), ..Options::default() };
    let (_, sink) = built(&site(), &options);
    let entry = front_of(&sink).encoder.unwrap();
    assert_eq!((entry.bytes, entry.parts.len()), (container.len() as u64, 2));
    let mut back = Vec::new();
    for part in &entry.parts {
        assert!(part.file.starts_with("../encoder/"));
        let file = inflated(&sink.files[&part.file]);
        back.extend_from_slice(frame::open(&file, Kind::Encoder, &part.file).unwrap().bytes);
    }
    assert!(back == container);
}

#[test]
fn a_place_for_the_encoder_that_no_reader_takes_is_refused() {
    let files = EncoderFiles { container: b"x", directory: "../../etc".to_owned() };
    let options = Options { encoder_files: Some(files), ..Options::default() };
    let mut sink = MemorySink::default();
    let result = build(&site(), Some(&Bytes), &mut NoCache, &options, &mut sink, &mut ());
    assert!(matches!(result, Err(BuildError::Manifest(error)) if error.code() == "bundle/content"));
    assert!(!sink.files.contains_key(manifest::FILE));
}

#[test]
fn the_language_is_that_of_most_pages_unless_it_is_given() {
    let documents = [
        page("A", Some("de"), "x"),
        page("B", Some("de"), "y"),
        page("C", Some("en"), "z"),
        page("D", None, "w"),
    ];
    let (report, sink) = built(&documents, &Options::default());
    assert_eq!((report.language.as_str(), report.language_assumed), ("de", false));
    let languages = front_of(&sink).languages;
    assert_eq!(
        languages.into_iter().collect::<Vec<_>>(),
        [("de".into(), 2), ("en".into(), 1), ("und".into(), 1)]
    );
    let given = Options { language: Some("fr".to_owned()), ..Options::default() };
    assert_eq!(built(&documents, &given).0.language, "fr");
    let (none, _) = built(&[page("D", None, "w")], &Options::default());
    assert_eq!((none.language.as_str(), none.language_assumed), ("en", true));
}

#[test]
fn documents_without_text_are_no_pages_and_nothing_else_is_an_error() {
    let empty = Document { id: "empty".to_owned(), ..Document::default() };
    let (report, _) = built(&[empty.clone(), page("A", None, "x")], &Options::default());
    assert_eq!((report.documents, report.pages), (2, 1));
    let mut sink = MemorySink::default();
    let result = build(&[empty], None, &mut NoCache, &Options::default(), &mut sink, &mut ());
    assert!(matches!(result, Err(BuildError::Empty { documents: 1 })));
    assert!(sink.files.is_empty());
}

#[test]
fn whole_documents_are_one_passage_each() {
    let options = Options { chunking: Chunking::Whole, ..Options::default() };
    let (report, _) = built(&site(), &options);
    assert_eq!((report.pages, report.passages), (40, 40));
    let options =
        Options { chunking: Chunking::Passages(ChunkOptions::default()), ..Options::default() };
    assert!(built(&site(), &options).0.passages > 40);
}

#[test]
fn a_sink_that_fails_ends_the_build_with_the_name_of_the_file() {
    struct Full;
    impl Sink for Full {
        fn put(&mut self, _path: &str, _bytes: &[u8]) -> io::Result<()> {
            Err(io::ErrorKind::StorageFull.into())
        }
    }
    let result = build(&site(), None, &mut NoCache, &Options::default(), &mut Full, &mut ());
    let Err(BuildError::Sink { path, source }) = result else { panic!("no error") };
    assert!(path.starts_with("words/") && source.kind() == io::ErrorKind::StorageFull);
}

#[test]
fn stages_are_told_in_order_and_counted_to_the_end() {
    #[derive(Default)]
    struct Heard(Vec<(Stage, u64, u64)>);
    impl Progress for Heard {
        fn start(&mut self, stage: Stage, total: u64) {
            self.0.push((stage, total, 0));
        }
        fn advance(&mut self, count: u64) {
            self.0.last_mut().unwrap().2 += count;
        }
    }
    let mut heard = Heard::default();
    let mut sink = MemorySink::default();
    build(&site(), Some(&Bytes), &mut NoCache, &Options::default(), &mut sink, &mut heard).unwrap();
    let stages: Vec<Stage> = heard.0.iter().map(|(stage, ..)| *stage).collect();
    assert!(stages.is_sorted() && stages.contains(&Stage::Encode));
    assert!(heard.0.iter().all(|(_, total, done)| total == done), "{:?}", heard.0);
}

#[test]
fn in_two_halves_with_vectors_from_outside_a_build_is_the_same() {
    let (documents, options) = (site(), Options::default());
    let (whole, expected) = built(&documents, &options);
    let given = documents.clone().into_iter().map(Cow::Owned);
    let prepared = Prepared::new(given, &options.chunking, &mut ()).unwrap();
    assert_eq!(prepared.language(), "en");
    let texts = prepared.texts();
    let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
    let rows = Bytes.encode(&texts).unwrap();
    let name = EncoderName { name: Bytes.name(), fingerprint: Bytes.fingerprint(), dimensions: 4 };
    let mut sink = MemorySink::default();
    let report = prepared.finish(Some((name, rows)), &options, &mut sink, &mut ()).unwrap();
    assert_eq!(sink, expected);
    assert_eq!((report.given, report.pages), (texts.len(), whole.pages));
}

#[test]
fn vectors_from_outside_that_are_too_few_or_none_are_refused() {
    let name = EncoderName { name: "bytes", fingerprint: Bytes.fingerprint(), dimensions: 4 };
    let documents = site();
    let prepare = || {
        let given = documents.iter().map(Cow::Borrowed);
        Prepared::new(given, &Chunking::default(), &mut ()).unwrap()
    };
    let numbers = prepare().texts().len() * 4;
    for rows in [vec![], vec![1.0; 7], vec![f32::NAN; numbers], vec![0.0; numbers]] {
        let prepared = prepare();
        let (options, mut sink) = (Options::default(), MemorySink::default());
        let error = prepared.finish(Some((name, rows)), &options, &mut sink, &mut ()).unwrap_err();
        assert!(matches!(error, BuildError::Vector { .. }), "{error}");
        assert_eq!(error.code(), "build/vector");
        assert!(!sink.files.contains_key(manifest::FILE));
    }
}
