//! Reads sentence encoders of the BERT family from the files they are published in. Native only.
//!
//! Everything is read from configuration or graph; no encoder is known by its name. What the files
//! leave open is asked for ([`EncoderError::Unsaid`]), because a wrong guess gives wrong vectors silently.

mod container;
mod hugging_face;
mod onnx;
mod pipeline;
mod protobuf;
mod source;
mod tokenizer;
mod weights;
mod write;

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::config::Pooling;
use crate::error::EncoderError;

pub use container::{decode, read_container, sizes};
pub use hugging_face::read_hugging_face;
pub use onnx::read_onnx;
pub use source::Source;
pub use write::{Precision, Small, write, write_small};

/// What the caller says instead of the files, or where they are silent. Each is `None` by default.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Options {
    /// The encoder's name; else that of the directory or file.
    pub name: Option<String>,
    /// From token vectors to one vector; else `1_Pooling/config.json` says it, and nothing else does.
    pub pooling: Option<Pooling>,
    /// Put in front of queries; else the prompt `query` of `config_sentence_transformers.json`, else nothing.
    pub query_prefix: Option<String>,
    /// Put in front of passages; else the prompt `passage`, `document` or `corpus`, else nothing.
    pub passage_prefix: Option<String>,
    /// The longest text in tokens, `[CLS]` and `[SEP]` included; else `max_seq_length` of
    /// `sentence_bert_config.json`, else as long as there are positions.
    pub max_tokens: Option<usize>,
}

/// Reads the encoder at `path`: a directory of the Hugging Face layout, or an ONNX file with its tokenizer beside it.
pub fn read(path: &Path, options: &Options) -> Result<Source, EncoderError> {
    if path.is_dir() {
        read_hugging_face(path, options)
    } else if path.extension().is_some_and(|extension| extension == "onnx") {
        read_onnx(path, options)
    } else {
        let what = if path.exists() {
            "neither a directory nor an .onnx file"
        } else {
            "there is no such file"
        };
        Err(EncoderError::Read {
            file: shown(path),
            what: what.to_owned(),
            remedy: "name a directory with config.json, tokenizer.json and model.safetensors, or an .onnx file"
                .to_owned(),
        })
    }
}

/// A path as messages show it.
fn shown(path: &Path) -> String {
    path.display().to_string()
}

/// The bytes of a file that must be there; `role` says what for.
fn read_file(path: &Path, role: &str) -> Result<Vec<u8>, EncoderError> {
    fs::read(path).map_err(|error| EncoderError::Read {
        file: shown(path),
        what: error.to_string(),
        remedy: format!("an encoder needs it for {role}"),
    })
}

/// A JSON file that must be there.
fn read_json(path: &Path, role: &str) -> Result<Value, EncoderError> {
    parse_json(path, &read_file(path, role)?)
}

/// A JSON file that may be absent.
fn read_json_if_there(path: &Path, role: &str) -> Result<Option<Value>, EncoderError> {
    if path.exists() { read_json(path, role).map(Some) } else { Ok(None) }
}

fn parse_json(path: &Path, bytes: &[u8]) -> Result<Value, EncoderError> {
    serde_json::from_slice(bytes)
        .map_err(|error| malformed(path, format!("it is not JSON: {error}")))
}

fn malformed(path: &Path, what: impl Into<String>) -> EncoderError {
    EncoderError::Malformed { file: shown(path), what: what.into() }
}

fn unsupported(path: &Path, what: impl Into<String>, remedy: &str) -> EncoderError {
    EncoderError::Unsupported { file: shown(path), what: what.into(), remedy: remedy.to_owned() }
}

/// The name that a directory or file gives its encoder.
fn name_from(path: &Path) -> String {
    let path = path.canonicalize().unwrap_or_else(|_| PathBuf::from(path));
    let name = if path.is_dir() { path.file_name() } else { path.file_stem() };
    name.map_or_else(|| "encoder".to_owned(), |name| name.to_string_lossy().into_owned())
}
