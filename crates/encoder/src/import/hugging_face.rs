//! The Hugging Face layout: `config.json`, `model.safetensors`, `tokenizer.json` and the files of
//! sentence-transformers beside them.

use std::collections::BTreeMap;
use std::path::Path;

use serde_json::Value;

use super::{
    Options, Source, malformed, name_from, pipeline, read_file, read_json, shown, tokenizer,
    unsupported, weights,
};
use crate::config::{Activation, Shape};
use crate::container::check_shape;
use crate::error::EncoderError;
use crate::layout;
use crate::safetensors::{Dtype, Tensors};

const OTHER_ENCODER: &str =
    "import a sentence encoder of the BERT family (MiniLM, BGE, E5, GTE, Arctic: the small ones)";
/// BERT's own, used where `config.json` does not say one.
const LAYER_NORM_EPSILON: f64 = 1e-12;

/// Reads the encoder in `directory`.
///
/// Errors: [`EncoderError::Read`] for a file that is not there, [`EncoderError::Unsupported`] for
/// another architecture, tokenizer or pooling, [`EncoderError::Unsaid`] where the pooling is not
/// said, [`EncoderError::Malformed`] for files that contradict each other.
pub fn read_hugging_face(directory: &Path, options: &Options) -> Result<Source, EncoderError> {
    let config_path = directory.join("config.json");
    let config = read_json(&config_path, "the shape of the transformer")?;
    let (vocabulary, tokenizer) = tokenizer::read(&directory.join("tokenizer.json"))?;
    let shape = shape(&config_path, &config, vocabulary.len())?;
    let pipeline = pipeline::read(&config_path, directory, shape.positions, options)?;
    let weights_path = directory.join("model.safetensors");
    let mut tensors = read_weights(&weights_path)?;
    weights::trim(&weights_path, &mut tensors, &shape)?;
    Source {
        file: shown(&weights_path),
        name: options.name.clone().unwrap_or_else(|| name_from(directory)),
        shape,
        pooling: pipeline.pooling,
        normalize: pipeline.normalize,
        max_tokens: pipeline.max_tokens,
        query_prefix: pipeline.query_prefix,
        passage_prefix: pipeline.passage_prefix,
        tokenizer,
        vocabulary,
        tensors,
        fingerprint: None,
    }
    .checked()
}

/// The shape that `config.json` describes, for a vocabulary of so many tokens.
pub(super) fn shape(path: &Path, config: &Value, vocabulary: usize) -> Result<Shape, EncoderError> {
    let text = |key: &str| config.get(key).and_then(Value::as_str);
    let number = |key: &str| {
        let value =
            config.get(key).and_then(Value::as_u64).and_then(|value| usize::try_from(value).ok());
        value.ok_or_else(|| malformed(path, format!("it has no {key}")))
    };
    let kind = text("model_type").unwrap_or("(none)");
    if kind != "bert" {
        return Err(unsupported(path, format!("the model type {kind}"), OTHER_ENCODER));
    }
    let positions = text("position_embedding_type").unwrap_or("absolute");
    if positions != "absolute" {
        return Err(unsupported(
            path,
            format!("the position embedding {positions}"),
            OTHER_ENCODER,
        ));
    }
    if config.get("is_decoder").and_then(Value::as_bool) == Some(true) {
        return Err(unsupported(path, "a decoder", OTHER_ENCODER));
    }
    let activation = match text("hidden_act").unwrap_or("gelu") {
        "gelu" => Activation::Gelu,
        "gelu_new" | "gelu_pytorch_tanh" | "gelu_fast" => Activation::GeluTanh,
        "relu" => Activation::Relu,
        other => return Err(unsupported(path, format!("the activation {other}"), OTHER_ENCODER)),
    };
    let shape = Shape {
        layers: number("num_hidden_layers")?,
        hidden: number("hidden_size")?,
        heads: number("num_attention_heads")?,
        intermediate: number("intermediate_size")?,
        positions: number("max_position_embeddings")?,
        vocabulary,
        layer_norm_epsilon: config
            .get("layer_norm_eps")
            .and_then(Value::as_f64)
            .unwrap_or(LAYER_NORM_EPSILON) as f32,
        activation,
    };
    check_shape(&shape).map_err(|what| malformed(path, what))?;
    Ok(shape)
}

/// The tensors under their canonical names, as f32.
fn read_weights(path: &Path) -> Result<BTreeMap<String, Vec<f32>>, EncoderError> {
    if !path.exists() {
        for (other, what) in [
            ("model.safetensors.index.json", "weights in several files"),
            ("pytorch_model.bin", "weights as a Python pickle"),
        ] {
            if path.with_file_name(other).exists() {
                let remedy = "save the encoder as one model.safetensors";
                return Err(unsupported(&path.with_file_name(other), what, remedy));
            }
        }
    }
    let bytes = read_file(path, "the weights")?;
    let file = shown(path);
    let tensors =
        Tensors::open(&file, &bytes).map_err(|error| malformed(path, error.to_string()))?;
    let prefix = weights::prefix(tensors.names()).ok_or_else(|| {
        unsupported(path, format!("a model without a tensor {}", layout::TOKENS), OTHER_ENCODER)
    })?;
    let mut named = BTreeMap::new();
    for name in tensors.names() {
        let Some(tensor) = tensors.get(name) else { continue };
        let numbers = bytes.get(tensor.at.clone()).unwrap_or_default();
        let values = match tensor.dtype {
            Dtype::F32 => weights::from_f32(numbers),
            Dtype::F16 => weights::from_f16(numbers),
            Dtype::Bf16 => weights::from_bf16(numbers),
            // The numbers of the positions, which some encoders carry along.
            Dtype::I64 | Dtype::I8 | Dtype::U8 => continue,
        };
        named.insert(weights::canonical(name, &prefix), values);
    }
    Ok(named)
}
