//! The `build` module: a page's own documents in, the files of a bundle out. Vectors come from outside in between, since
//! whoever makes them may have to wait.

use crate::borrowed::languages;
use crate::fault::fault;
use crate::fields::Fields;
use js_sys::{Function, Map, Uint8Array};
use sextant_build::{BuildError, Chunking, EncoderName, Options, Prepared, Sink, Stage};
use sextant_core::Document;
use sextant_source::jsonl;
use std::borrow::Cow;
use std::io;
use wasm_bindgen::JsValue;
use wasm_bindgen::prelude::wasm_bindgen;

/// What messages call the documents; the number behind it is the document's, from 1.
const DOCUMENTS: &str = "documents";

/// Collects documents.
#[wasm_bindgen]
#[derive(Default)]
pub struct IndexBuilder {
    documents: Vec<Document>,
}

#[wasm_bindgen]
impl IndexBuilder {
    /// No documents yet.
    #[wasm_bindgen(constructor)]
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes the next document.
    ///
    /// @param record A line of a JSON Lines file, as `sextant build` reads it.
    /// @throws `source/json` or `source/field`; the message names the document by its number.
    pub fn add(&mut self, record: &str) -> Result<(), JsValue> {
        let document = jsonl::record(record, DOCUMENTS, self.documents.len() + 1);
        let document = document.map_err(|error| fault(error.code(), &error.to_string(), None))?;
        self.documents.push(document);
        Ok(())
    }

    /// Cuts the documents into passages. The builder is used up.
    ///
    /// @param told Called with a stage's name, what is done of it and what there is to do.
    /// @throws `build/…`
    pub fn prepare(
        self,
        #[wasm_bindgen(unchecked_param_type = "Told")] told: Function,
    ) -> Result<PreparedIndex, JsValue> {
        let documents = self.documents.into_iter().map(Cow::Owned);
        let prepared = Prepared::new(documents, &Chunking::default(), &mut Progress::new(told));
        prepared.map(|prepared| PreparedIndex { prepared }).map_err(|error| build_fault(&error))
    }
}

/// Passages that wait for their vectors.
#[wasm_bindgen]
pub struct PreparedIndex {
    prepared: Prepared<'static>,
}

#[wasm_bindgen]
impl PreparedIndex {
    /// What the encoder reads, a text a passage.
    #[must_use]
    pub fn texts(&self) -> Vec<String> {
        self.prepared.texts()
    }

    /// The language of words where nobody names one, a BCP 47 tag: ask {@link isElsewhere} of it.
    #[must_use]
    pub fn language(&self) -> String {
        self.prepared.language()
    }

    /// Builds the bundle. What was prepared is used up.
    ///
    /// @param options `language`, `filters`: of the build. `name`, `fingerprint`, `dimensions`: of the encoder.
    /// @param vectors f32[texts, dimensions] in the order of {@link texts}; none for a bundle of words alone.
    /// @param told As for {@link IndexBuilder.prepare}.
    /// @returns The files by their paths in the bundle, inflated.
    /// @throws `build/…` or `query/options`
    #[wasm_bindgen(unchecked_return_type = "Map<string, Uint8Array<ArrayBuffer>>")]
    pub fn finish(
        self,
        #[wasm_bindgen(unchecked_param_type = "object")] options: JsValue,
        vectors: Option<Vec<f32>>,
        #[wasm_bindgen(unchecked_param_type = "Told")] told: Function,
    ) -> Result<JsValue, JsValue> {
        let fields = Fields(&options);
        let [name, fingerprint] = [
            fields.text("name")?.unwrap_or_default(),
            fields.text("fingerprint")?.unwrap_or_default(),
        ];
        let encoder = EncoderName {
            name: &name,
            fingerprint: &fingerprint,
            dimensions: fields.count("dimensions")?.unwrap_or_default(),
        };
        let options = Options {
            language: fields.text("language")?,
            languages: languages(),
            filters: fields.texts("filters")?.unwrap_or_default(),
            ..Options::default()
        };
        let mut files = Files(Map::new());
        let vectors = vectors.map(|vectors| (encoder, vectors));
        let built = self.prepared.finish(vectors, &options, &mut files, &mut Progress::new(told));
        built.map(|_| files.0.into()).map_err(|error| build_fault(&error))
    }
}

#[wasm_bindgen(typescript_custom_section)]
const TYPES: &str = r#"
/** Hears how far a build is: the stage's name, what is done of it, and what there is to do. */
export type Told = (stage: string, done: number, total: number) => void;
"#;

/// Files as JavaScript takes them: none stays in the module's memory.
struct Files(Map);

impl Sink for Files {
    fn put(&mut self, path: &str, bytes: &[u8]) -> io::Result<()> {
        self.0.set(&path.into(), &Uint8Array::from(bytes));
        Ok(())
    }
}

/// Tells JavaScript.
struct Progress {
    told: Function,
    stage: &'static str,
    done: u64,
    total: u64,
}

impl Progress {
    fn new(told: Function) -> Self {
        Self { told, stage: "", done: 0, total: 0 }
    }

    fn tell(&self) {
        let [done, total] = [self.done, self.total].map(|count| count as f64);
        // A listener that throws does not end a build.
        self.told.call3(&JsValue::NULL, &self.stage.into(), &done.into(), &total.into()).ok();
    }
}

impl sextant_build::Progress for Progress {
    fn start(&mut self, stage: Stage, total: u64) {
        (self.stage, self.done, self.total) = (stage.name(), 0, total);
        self.tell();
    }

    fn advance(&mut self, count: u64) {
        self.done += count;
        self.tell();
    }
}

fn build_fault(error: &BuildError) -> JsValue {
    fault(error.code(), &error.to_string(), None)
}
