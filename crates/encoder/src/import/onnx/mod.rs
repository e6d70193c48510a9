//! An ONNX file of a BERT-family encoder, with its `tokenizer.json` beside it.
//!
//! Exporters keep the names of tables, biases and layer norms, but fold the transposition of a matrix
//! into a constant without a name. So a matrix is found from its bias: the product that the bias is added to.

mod graph;
mod guess;

use std::collections::{BTreeMap, HashMap};
use std::path::{Path, PathBuf};

use self::graph::{Constant, Graph};
use super::{
    Options, Source, hugging_face, malformed, name_from, pipeline, read_file, read_json_if_there,
    shown, tokenizer, unsupported, weights,
};
use crate::config::Shape;
use crate::container::check_shape;
use crate::error::EncoderError;
use crate::layout::{self, Group, Slot};

const FLOAT_EXPORT: &str = "export the encoder to ONNX in f32 and without fused operations, or import its Hugging Face directory";
/// Operations of quantized exports.
const QUANTIZED: [&str; 4] =
    ["MatMulInteger", "QLinearMatMul", "DynamicQuantizeLinear", "DequantizeLinear"];

/// Reads the encoder in the ONNX file `path`.
///
/// `tokenizer.json` (or `NAME-tokenizer.json`) stands beside it, or above where the directory is
/// called `onnx`; `config.json` and the files of sentence-transformers are read if they are there too.
/// Without them the shape is read from the graph, and the pooling has to be said in `options`.
///
/// Errors: as [`hugging_face::read_hugging_face`]; [`EncoderError::Unsupported`] also for quantized exports.
pub fn read_onnx(path: &Path, options: &Options) -> Result<Source, EncoderError> {
    let bytes = read_file(path, "the weights")?;
    let graph = Graph::read(&bytes).ok_or_else(|| malformed(path, "it is no ONNX model"))?;
    if let Some(node) = graph.nodes.iter().find(|node| QUANTIZED.contains(&node.kind)) {
        return Err(unsupported(path, format!("a quantized export ({})", node.kind), FLOAT_EXPORT));
    }
    let model = Model::new(path, &graph)?;
    let directory = directory(path);
    let (vocabulary, tokenizer) = tokenizer::read(&tokenizer_path(path, &directory))?;
    let config_path = directory.join("config.json");
    let shape = match read_json_if_there(&config_path, "the shape of the transformer")? {
        Some(config) => hugging_face::shape(&config_path, &config, vocabulary.len())?,
        None => model.shape(vocabulary.len())?,
    };
    check_shape(&shape).map_err(|what| malformed(path, what))?;
    let pipeline = pipeline::read(path, &directory, shape.positions, options)?;
    let mut tensors = BTreeMap::new();
    for slot in layout::slots(&shape) {
        let values = model.values(&slot)?;
        tensors.insert(slot.name, values);
    }
    weights::trim(path, &mut tensors, &shape)?;
    Source {
        file: shown(path),
        name: options.name.clone().unwrap_or_else(|| name_from(path)),
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

/// Where the files around the ONNX file are.
fn directory(path: &Path) -> PathBuf {
    let directory =
        path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let above =
        directory.parent().filter(|_| directory.file_name().is_some_and(|name| name == "onnx"));
    above.filter(|above| above.join("tokenizer.json").exists()).unwrap_or(directory).to_path_buf()
}

fn tokenizer_path(path: &Path, directory: &Path) -> PathBuf {
    let named = path
        .file_stem()
        .map(|stem| directory.join(format!("{}-tokenizer.json", stem.to_string_lossy())));
    named.filter(|named| named.exists()).unwrap_or_else(|| directory.join("tokenizer.json"))
}

/// A graph whose constants are known by their canonical names.
struct Model<'a> {
    path: &'a Path,
    graph: &'a Graph<'a>,
    /// From the canonical name to the one in the file.
    names: HashMap<String, &'a str>,
}

impl<'a> Model<'a> {
    fn new(path: &'a Path, graph: &'a Graph<'a>) -> Result<Self, EncoderError> {
        let prefix = weights::prefix(graph.constant_names()).ok_or_else(|| {
            unsupported(path, format!("a graph without a tensor {}", layout::TOKENS), FLOAT_EXPORT)
        })?;
        let names =
            graph.constant_names().map(|name| (weights::canonical(name, &prefix), name)).collect();
        Ok(Self { path, graph, names })
    }

    /// The shape as the graph has it.
    fn shape(&self, vocabulary: usize) -> Result<Shape, EncoderError> {
        let hidden = self.dimension(layout::TOKENS, 1)?;
        let up = format!("{}.bias", layout::in_layer(0, layout::linear::UP));
        let layer = |name: &String| {
            name.strip_prefix("encoder.layer.")?.split('.').next()?.parse::<usize>().ok()
        };
        let layers =
            self.names.keys().filter_map(layer).max().map_or(0, |last| last.saturating_add(1));
        Ok(Shape {
            layers,
            hidden,
            heads: guess::heads(self.graph, hidden)
                .ok_or_else(|| self.unsaid("how many attention heads there are"))?,
            intermediate: self.dimension(&up, 0)?,
            positions: self.dimension(layout::POSITIONS, 0)?,
            vocabulary,
            layer_norm_epsilon: guess::layer_norm_epsilon(self.graph)
                .ok_or_else(|| self.unsaid("the layer norms' epsilon"))?,
            activation: guess::activation(self.graph, layers)
                .ok_or_else(|| self.unsaid("the feed-forward layers' activation"))?,
        })
    }

    fn unsaid(&self, what: &str) -> EncoderError {
        EncoderError::Unsaid {
            file: shown(self.path),
            what: format!("the graph does not show {what}"),
            remedy: "put the encoder's config.json beside it".to_owned(),
        }
    }

    fn constant(&self, name: &str) -> Option<(&'a str, &'a Constant<'a>)> {
        let published = *self.names.get(name)?;
        self.graph.constant(published).map(|constant| (published, constant))
    }

    fn dimension(&self, name: &str, axis: usize) -> Result<usize, EncoderError> {
        self.constant(name)
            .and_then(|(_, constant)| usize::try_from(*constant.shape.get(axis)?).ok())
            .ok_or_else(|| self.missing(name))
    }

    fn missing(&self, name: &str) -> EncoderError {
        unsupported(self.path, format!("a graph in which {name} is not to be found"), FLOAT_EXPORT)
    }

    /// The numbers of a slot, `[out, in]` for matrices.
    fn values(&self, slot: &Slot) -> Result<Vec<f32>, EncoderError> {
        let (constant, transposed) = match slot.group {
            Group::Linear => self.matrix(&slot.name).ok_or_else(|| self.missing(&slot.name))?,
            _ => (self.constant(&slot.name).ok_or_else(|| self.missing(&slot.name))?.1, false),
        };
        if constant.external {
            return Err(unsupported(self.path, "weights in a file of their own", FLOAT_EXPORT));
        }
        let values = constant.floats().ok_or_else(|| {
            unsupported(self.path, format!("the number type of {}", slot.name), FLOAT_EXPORT)
        })?;
        if !transposed {
            return Ok(values);
        }
        let (rows, columns) = (slot.rows(), slot.len() / slot.rows().max(1));
        if values.len() != slot.len() {
            let what = format!(
                "{} has {} numbers where {rows} x {columns} are expected",
                slot.name,
                values.len()
            );
            return Err(malformed(self.path, what));
        }
        Ok((0..rows).flat_map(|row| values.iter().skip(row).step_by(rows)).copied().collect())
    }

    /// A matrix and whether it is stored `[in, out]`: by its own name, or from its bias.
    fn matrix(&self, name: &str) -> Option<(&'a Constant<'a>, bool)> {
        if let Some((published, constant)) = self.constant(name) {
            let in_product = |kind: &str| {
                self.graph
                    .users(published)
                    .find(|node| node.kind == kind && node.input(1) == published)
            };
            let gemm = in_product("Gemm").is_some_and(|node| node.integer("transB") != Some(1));
            return Some((constant, gemm || in_product("MatMul").is_some()));
        }
        let (bias, _) = self.constant(&format!("{}.bias", name.strip_suffix(".weight")?))?;
        self.graph.users(bias).find_map(|user| match user.kind {
            "Add" => {
                let product = user.inputs.iter().filter_map(|input| self.graph.maker(input));
                let product = product.into_iter().find(|node| node.kind == "MatMul")?;
                self.graph.constant(product.input(1)).map(|constant| (constant, true))
            }
            "Gemm" => {
                let constant = self.graph.constant(user.input(1))?;
                Some((constant, user.integer("transB") != Some(1)))
            }
            _ => None,
        })
    }
}
