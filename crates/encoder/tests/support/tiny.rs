//! A tiny encoder in the Hugging Face layout, written file by file so that a test can spoil one of them.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use safetensors::tensor::{Dtype, TensorView};
use serde_json::{Value, json};
use sextant_encoder::coding::int4::Int4Matrix;
use sextant_encoder::coding::product::{ENTRIES, ProductTable};
use sextant_encoder::config::Quantization;
use sextant_encoder::import::{Small, Source};
use sextant_encoder::layout::{in_layer, linear};

pub const LAYERS: usize = 2;
pub const HIDDEN: usize = 8;
pub const WIDE: usize = 16;
pub const POSITIONS: usize = 12;
pub const TOKENS: [&str; 10] =
    ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "stone", "##s", "river", "index", "a"];

/// Name, type, shape, bytes.
pub type Tensor = (String, Dtype, Vec<usize>, Vec<u8>);

/// The files of the encoder, before they are written.
pub struct Tiny {
    pub config: Value,
    pub tokenizer: Value,
    pub pooling: Option<Value>,
    pub modules: Option<Value>,
    pub prompts: Option<Value>,
    pub sentence: Option<Value>,
    pub tensors: Vec<Tensor>,
}

impl Default for Tiny {
    fn default() -> Self {
        let vocabulary: Value = TOKENS
            .iter()
            .enumerate()
            .map(|(id, token)| ((*token).to_owned(), json!(id)))
            .collect::<serde_json::Map<_, _>>()
            .into();
        Self {
            config: json!({
                "model_type": "bert", "hidden_act": "gelu", "hidden_size": HIDDEN, "intermediate_size": WIDE,
                "num_attention_heads": 2, "num_hidden_layers": LAYERS, "max_position_embeddings": POSITIONS,
                "layer_norm_eps": 1e-12, "vocab_size": TOKENS.len(), "position_embedding_type": "absolute",
            }),
            tokenizer: json!({
                "normalizer": {"type": "BertNormalizer", "clean_text": true, "handle_chinese_chars": true,
                    "strip_accents": null, "lowercase": true},
                "pre_tokenizer": {"type": "BertPreTokenizer"},
                "post_processor": {"type": "TemplateProcessing", "single": [
                    {"SpecialToken": {"id": "[CLS]", "type_id": 0}}, {"Sequence": {"id": "A", "type_id": 0}},
                    {"SpecialToken": {"id": "[SEP]", "type_id": 0}}]},
                "model": {"type": "WordPiece", "unk_token": "[UNK]", "continuing_subword_prefix": "##",
                    "max_input_chars_per_word": 100, "vocab": vocabulary},
            }),
            pooling: Some(
                json!({"pooling_mode_cls_token": false, "pooling_mode_mean_tokens": true}),
            ),
            modules: Some(json!([
                {"type": "sentence_transformers.models.Transformer", "path": ""},
                {"type": "sentence_transformers.models.Pooling", "path": "1_Pooling"},
                {"type": "sentence_transformers.models.Normalize", "path": "2_Normalize"},
            ])),
            prompts: None,
            sentence: None,
            tensors: tensors(),
        }
    }
}

impl Tiny {
    /// Writes the files into `directory`.
    pub fn write(&self, directory: &Path) {
        let write = |file: &str, json: Option<&Value>| {
            if let Some(json) = json {
                let path = directory.join(file);
                fs::create_dir_all(path.parent().unwrap()).unwrap();
                fs::write(path, json.to_string()).unwrap();
            }
        };
        write("config.json", Some(&self.config));
        write("tokenizer.json", Some(&self.tokenizer));
        write("1_Pooling/config.json", self.pooling.as_ref());
        write("modules.json", self.modules.as_ref());
        write("config_sentence_transformers.json", self.prompts.as_ref());
        write("sentence_bert_config.json", self.sentence.as_ref());
        // The format's own library writes it, so that what we read is what others write.
        let views = self.tensors.iter().map(|(name, dtype, shape, bytes)| {
            (name.clone(), TensorView::new(*dtype, shape.clone(), bytes).unwrap())
        });
        fs::write(
            directory.join("model.safetensors"),
            safetensors::serialize(views, None).unwrap(),
        )
        .unwrap();
    }

    /// Renames every tensor.
    pub fn rename(&mut self, new_name: impl Fn(&str) -> String) {
        for (name, ..) in &mut self.tensors {
            *name = new_name(name);
        }
    }
}

/// Small numbers that repeat after a long while: enough for a forward, the same everywhere.
pub fn values(seed: usize, count: usize) -> Vec<f32> {
    (0..count).map(|at| (((at * 37 + seed * 101) % 61) as f32 - 30.0) / 64.0).collect()
}

fn tensors() -> Vec<Tensor> {
    let mut shapes: Vec<(String, Vec<usize>)> = vec![
        ("embeddings.word_embeddings.weight".to_owned(), vec![TOKENS.len(), HIDDEN]),
        ("embeddings.position_embeddings.weight".to_owned(), vec![POSITIONS, HIDDEN]),
        ("embeddings.token_type_embeddings.weight".to_owned(), vec![2, HIDDEN]),
        ("pooler.dense.weight".to_owned(), vec![HIDDEN, HIDDEN]),
    ];
    let mut pair = |name: String, shape: &[usize]| {
        shapes.push((format!("{name}.weight"), shape.to_vec()));
        shapes.push((format!("{name}.bias"), vec![shape[0]]));
    };
    pair("embeddings.LayerNorm".to_owned(), &[HIDDEN]);
    for layer in 0..LAYERS {
        let at = |part: &str| format!("encoder.layer.{layer}.{part}");
        for part in ["self.query", "self.key", "self.value", "output.dense"] {
            pair(at(&format!("attention.{part}")), &[HIDDEN, HIDDEN]);
        }
        pair(at("intermediate.dense"), &[WIDE, HIDDEN]);
        pair(at("output.dense"), &[HIDDEN, WIDE]);
        pair(at("attention.output.LayerNorm"), &[HIDDEN]);
        pair(at("output.LayerNorm"), &[HIDDEN]);
    }
    let bytes = |seed, shape: &[usize]| {
        values(seed, shape.iter().product()).iter().flat_map(|value| value.to_le_bytes()).collect()
    };
    shapes
        .into_iter()
        .enumerate()
        .map(|(seed, (name, shape))| {
            let bytes = bytes(seed, &shape);
            (name, Dtype::F32, shape, bytes)
        })
        .collect()
}

/// A small form of the tiny encoder, with codes out of a hat: what is tested is how they are stored.
pub fn small(source: &Source) -> Small {
    let mut linears = BTreeMap::new();
    for layer in 0..LAYERS {
        for (part, rows, columns) in [
            (linear::QUERY, HIDDEN, HIDDEN),
            (linear::KEY, HIDDEN, HIDDEN),
            (linear::VALUE, HIDDEN, HIDDEN),
            (linear::ATTENTION_OUTPUT, HIDDEN, HIDDEN),
            (linear::UP, WIDE, HIDDEN),
            (linear::DOWN, HIDDEN, WIDE),
        ] {
            let code = |at: usize| (at * 7 + layer + columns) % 16;
            let matrix = Int4Matrix {
                columns,
                codes: (0..rows * columns).map(|at| code(at) as u8).collect(),
                lows: (0..rows).map(|row| -60 - row as i8).collect(),
                spans: (0..rows).map(|row| 120 + row as u8).collect(),
                scales: (0..rows).map(|row| 0.004 + row as f32 / 4096.0).collect(),
            };
            linears.insert(format!("{}.weight", in_layer(layer, part)), matrix);
        }
    }
    let bytes = 4;
    let tokens = ProductTable {
        bytes,
        codes: (0..TOKENS.len() * bytes).map(|at| (at * 37 % 256) as u8).collect(),
        // Sixteenths: half precision has them all.
        codebooks: (0..ENTRIES * HIDDEN).map(|at| ((at * 29) % 61) as f32 / 16.0 - 2.0).collect(),
    };
    let quantization = Quantization {
        calibration: "00".repeat(32),
        passages: 64,
        tokens: 512,
        passage_tokens: 96,
        damping: 0.01,
        token_bytes: bytes,
        rounds: 20,
        seed: 1,
    };
    assert_eq!(source.shape().hidden, HIDDEN);
    Small { linears, tokens, quantization }
}
