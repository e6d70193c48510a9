//! What each part of a small form takes and loses: bytes of the file, and how far vectors turn when that part alone is small.

use sextant_encoder::import::{self, Precision, Source};
use sextant_encoder::layout::{self, linear};
use sextant_encoder::{Encoder, Scratch};

use crate::Quantized;
use crate::error::TrainError;

/// A part of the container.
#[derive(Clone, Debug, PartialEq)]
pub struct Part {
    /// What it is.
    pub name: &'static str,
    /// Its bytes in the file.
    pub bytes: usize,
    /// What it alone does to vectors; `None` for what vectors do not depend on.
    pub loss: Option<Loss>,
}

/// How far the vectors of passages turn: 1 - cosine, `0..=2`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Loss {
    /// Over the passages.
    pub mean: f64,
    /// Of the passage that turns farthest.
    pub worst: f64,
}

/// Bytes and losses of all parts.
#[derive(Clone, Debug, PartialEq)]
pub struct Report {
    /// In the order of the forward, then the rest.
    pub parts: Vec<Part>,
    /// All of them together, as readers run it.
    pub all: Part,
    /// Passages that were measured; none of them was calibrated on.
    pub passages: usize,
}

const PARTS: [&str; 7] = [
    "token table",
    "position table",
    "attention",
    "feed-forward",
    "biases and layer norms",
    "vocabulary",
    "description",
];

/// Which of [`PARTS`] a tensor belongs to.
fn part_of(tensor: &str) -> &'static str {
    let [tokens, positions, attention, feed_forward, plain, vocabulary, description] = PARTS;
    let is_matrix = tensor.contains(".weight") && !tensor.contains("LayerNorm");
    match tensor {
        "header" => description,
        _ if tensor.starts_with("tokenizer.") => vocabulary,
        _ if tensor.starts_with(layout::TOKENS) => tokens,
        _ if tensor.starts_with(layout::POSITIONS) => positions,
        _ if tensor.starts_with("embeddings.") || !is_matrix => plain,
        _ if [linear::QUERY, linear::KEY, linear::VALUE, linear::ATTENTION_OUTPUT]
            .iter()
            .any(|name| tensor.contains(name)) =>
        {
            attention
        }
        _ => feed_forward,
    }
}

/// Measures `quantized` on its held-out passages. Cost: seven encodings of them.
///
/// Errors: [`TrainError::Encoder`].
pub fn report(quantized: &Quantized) -> Result<Report, TrainError> {
    let Quantized { source, container, held_out, .. } = quantized;
    let texts: Vec<&str> = held_out.iter().map(String::as_str).collect();
    let exact = open(source)?.encode_passages(&texts);
    let small = import::decode(source.name(), container.clone())?;
    let sizes = import::sizes(source.name(), container)?;
    let mut parts = Vec::new();
    for name in PARTS {
        let of_part = || sizes.iter().filter(|(tensor, _)| part_of(tensor) == name);
        let bytes = of_part().map(|(_, bytes)| bytes).sum();
        let mut changed = source.clone();
        let mut moves = false;
        for (tensor, _) in of_part() {
            if let Some(values) = small.values(tensor) {
                changed = changed.with_values(tensor, values.to_vec())?;
                moves = true;
            }
        }
        let loss = match moves {
            true => Some(loss(&exact, &open(&changed)?.encode_passages(&texts), texts.len())),
            false => None,
        };
        parts.push(Part { name, bytes, loss });
    }
    let encoder = Encoder::open(container.clone())?;
    let mut scratch = Scratch::default();
    let vectors: Vec<f32> =
        texts.iter().flat_map(|text| encoder.encode_query(&mut scratch, text)).collect();
    let loss = Some(loss(&exact, &vectors, texts.len()));
    let all = Part { name: "all", bytes: container.len(), loss };
    Ok(Report { parts, all, passages: texts.len() })
}

fn open(source: &Source) -> Result<Encoder, TrainError> {
    Ok(Encoder::open(import::write(source, Precision::F32)?)?)
}

/// Of `count` pairs of unit vectors.
fn loss(exact: &[f32], found: &[f32], count: usize) -> Loss {
    let width = (exact.len() / count.max(1)).max(1);
    let pairs = exact.chunks_exact(width).zip(found.chunks_exact(width));
    let turned: Vec<f64> = pairs
        .map(|(a, b)| {
            1.0 - a.iter().zip(b).map(|(a, b)| f64::from(*a) * f64::from(*b)).sum::<f64>()
        })
        .collect();
    Loss {
        mean: turned.iter().sum::<f64>() / count.max(1) as f64,
        worst: turned.iter().copied().fold(0.0, f64::max),
    }
}
