//! The `search` module: a head and a way to fetch in, an index out, questions to answers.

use crate::borrowed::languages;
use crate::fault::{bundle_fault, fault};
use crate::{answer, asked};
use js_sys::{Error, Promise, Uint8Array};
use sextant_core::{Manifest, head};
use sextant_search::{FetchError, Index, SearchError, Shards};
use std::cell::RefCell;
use std::rc::Rc;
use wasm_bindgen::prelude::wasm_bindgen;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;

#[wasm_bindgen(typescript_custom_section)]
const TYPES: &str = r#"
/** What an index asks of its surroundings. */
export interface Host {
  /** The inflated bytes of a file that the manifest names. */
  readonly fetch: (file: string) => Promise<Uint8Array>;
}
"#;

#[wasm_bindgen]
extern "C" {
    /// What JavaScript passes as the index's surroundings.
    #[wasm_bindgen(typescript_type = "Host")]
    pub type Host;

    #[wasm_bindgen(method, catch)]
    fn fetch(this: &Host, file: &str) -> Result<Promise, JsValue>;

    #[wasm_bindgen(js_namespace = performance)]
    fn now() -> f64;
}

/// An open bundle.
#[wasm_bindgen]
pub struct SearchIndex {
    index: Index<Fetched>,
    rejections: Rejections,
}

#[wasm_bindgen]
impl SearchIndex {
    /// Checks the head and opens the bundle.
    ///
    /// @param file The head's name.
    /// @param bytes The head, inflated.
    /// @throws `bundle/…` as `{ code, message, file }`.
    pub fn open(file: &str, bytes: &[u8], host: Host) -> Result<SearchIndex, JsValue> {
        let manifest = read_head(file, bytes)?;
        let rejections = Rejections::default();
        let shards = Fetched { host, rejections: Rc::clone(&rejections) };
        match Index::open_with(shards, manifest, languages().as_ref()) {
            Ok(index) => Ok(Self { index, rejections }),
            Err(error) => Err(search_fault(&error, &rejections)),
        }
    }

    /// The names of all shards, the encoder's and the head itself left out.
    pub fn files(&self) -> Vec<String> {
        names(self.index.manifest())
    }

    /// The bytes of each of {@link files} as it lies on the server.
    pub fn sizes(&self) -> Vec<f64> {
        self.index.manifest().files().map(|(_, bytes)| bytes as f64).collect()
    }

    /// The keys of metadata that can be filtered by or sorted by; one may come twice.
    #[wasm_bindgen(js_name = filterKeys)]
    pub fn filter_keys(&self) -> Vec<String> {
        let keys = self.index.manifest().filters.iter().flat_map(|entry| &entry.keys);
        keys.cloned().collect()
    }

    /// Whether questions without a vector are answered by meaning all the same.
    #[wasm_bindgen(js_name = looksUp)]
    pub fn looks_up(&self) -> bool {
        self.index.looks_up()
    }

    /// Fetches what the first question will need whatever it is, as far as it can be had.
    pub async fn preload(&self) {
        self.index.preload().await;
    }

    /// Answers a question. Several may be in flight at once.
    ///
    /// @param query Fields of `search::Query` in camel case; all but `text` have defaults.
    /// @param vector The question's, from the encoder that the manifest names.
    /// @returns `search::Response` in camel case.
    /// @throws `bundle/…` or `query/options` as `{ code, message, file? }`, or what `host.fetch` rejected with.
    #[wasm_bindgen(unchecked_return_type = "unknown")]
    pub async fn search(
        &self,
        #[wasm_bindgen(unchecked_param_type = "object")] query: JsValue,
        vector: Option<Vec<f32>>,
    ) -> Result<JsValue, JsValue> {
        let query = asked::query(&query)?;
        let found = self.index.search(&query, vector.as_deref()).await;
        found
            .map(|found| answer::response(&found))
            .map_err(|error| search_fault(&error, &self.rejections))
    }
}

/// The names of all shards that the head `bytes` of the file `file` names, the encoder's left out.
///
/// @throws `bundle/…` as `{ code, message, file }`.
#[wasm_bindgen(js_name = filesOf)]
pub fn files_of(file: &str, bytes: &[u8]) -> Result<Vec<String>, JsValue> {
    read_head(file, bytes).map(|manifest| names(&manifest))
}

fn read_head(file: &str, bytes: &[u8]) -> Result<Manifest, JsValue> {
    head::read(bytes, file).map_err(|error| bundle_fault(&error))
}

fn names(manifest: &Manifest) -> Vec<String> {
    manifest.files().map(|(file, _)| file.to_owned()).collect()
}

/// What `host.fetch` last rejected with, by file: handed on as it is, so that whoever aborted or failed
/// meets an error of its own.
type Rejections = Rc<RefCell<Vec<(String, JsValue)>>>;

/// Shards through JavaScript.
struct Fetched {
    host: Host,
    rejections: Rejections,
}

impl Shards for Fetched {
    async fn fetch(&self, file: &str) -> Result<Vec<u8>, FetchError> {
        let fetched = match self.host.fetch(file) {
            Ok(promise) => JsFuture::from(promise).await,
            Err(thrown) => Err(thrown),
        };
        match fetched.and_then(|value| value.dyn_into::<Uint8Array>()) {
            Ok(bytes) => Ok(bytes.to_vec()),
            Err(rejection) => {
                let reason = reason_of(&rejection);
                let mut rejections = self.rejections.borrow_mut();
                rejections.retain(|(known, _)| known != file);
                rejections.push((file.to_owned(), rejection));
                Err(FetchError::new(reason))
            }
        }
    }

    fn now_ms(&self) -> f64 {
        now()
    }
}

fn reason_of(rejection: &JsValue) -> String {
    let message = rejection.dyn_ref::<Error>().map(|error| String::from(error.message()));
    message.or_else(|| rejection.as_string()).unwrap_or_else(|| "not a Uint8Array".to_owned())
}

fn search_fault(error: &SearchError, rejections: &Rejections) -> JsValue {
    let rejection = match error {
        SearchError::Fetch { file, .. } => {
            let mut rejections = rejections.borrow_mut();
            let at = rejections.iter().position(|(known, _)| known == file);
            at.map(|at| rejections.swap_remove(at).1)
        }
        SearchError::Bundle(_) | SearchError::Filter(_) => None,
    };
    rejection.unwrap_or_else(|| fault(error.code(), &error.to_string(), error.file()))
}
