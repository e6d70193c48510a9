//! An ONNX file as a graph: nodes by what they make and what they use, constants by name.

use std::collections::HashMap;

use super::super::protobuf::{Value, fields};
use super::super::weights;

/// Element types of ONNX's `TensorProto.DataType` that encoders use.
const FLOAT: u64 = 1;
const INT32: u64 = 6;
const INT64: u64 = 7;
const FLOAT16: u64 = 10;
const BFLOAT16: u64 = 16;

/// A constant of the graph.
#[derive(Clone, Debug, Default)]
pub(super) struct Constant<'a> {
    pub(super) shape: Vec<i64>,
    kind: u64,
    raw: &'a [u8],
    floats: Vec<u8>,
    integers: Vec<i64>,
    /// Whether the numbers stand in another file.
    pub(super) external: bool,
}

impl Constant<'_> {
    /// The numbers as f32; `None` for integers and for types that encoders do not use.
    pub(super) fn floats(&self) -> Option<Vec<f32>> {
        let bytes = if self.raw.is_empty() { self.floats.as_slice() } else { self.raw };
        match self.kind {
            FLOAT => Some(weights::from_f32(bytes)),
            FLOAT16 => Some(weights::from_f16(self.raw)),
            BFLOAT16 => Some(weights::from_bf16(self.raw)),
            _ => None,
        }
    }

    /// The one number, if it is one float.
    pub(super) fn scalar(&self) -> Option<f32> {
        match self.floats()?.as_slice() {
            [one] => Some(*one),
            _ => None,
        }
    }

    /// The numbers as integers; none for floats.
    pub(super) fn integers(&self) -> Vec<i64> {
        match self.kind {
            INT64 if !self.raw.is_empty() => {
                self.raw.as_chunks::<8>().0.iter().map(|bytes| i64::from_le_bytes(*bytes)).collect()
            }
            INT32 if !self.raw.is_empty() => self
                .raw
                .as_chunks::<4>()
                .0
                .iter()
                .map(|bytes| i32::from_le_bytes(*bytes).into())
                .collect(),
            INT64 | INT32 => self.integers.clone(),
            _ => Vec::new(),
        }
    }
}

/// One operation.
#[derive(Debug, Default)]
pub(super) struct Node<'a> {
    pub(super) kind: &'a str,
    pub(super) name: &'a str,
    pub(super) inputs: Vec<&'a str>,
    pub(super) outputs: Vec<&'a str>,
    attributes: HashMap<&'a str, Attribute<'a>>,
}

#[derive(Debug, Default)]
struct Attribute<'a> {
    float: Option<f32>,
    integer: Option<i64>,
    text: &'a str,
    tensor: Option<Constant<'a>>,
}

impl<'a> Node<'a> {
    pub(super) fn float(&self, attribute: &str) -> Option<f32> {
        self.attributes.get(attribute)?.float
    }

    pub(super) fn integer(&self, attribute: &str) -> Option<i64> {
        self.attributes.get(attribute)?.integer
    }

    pub(super) fn text(&self, attribute: &str) -> Option<&'a str> {
        self.attributes.get(attribute).map(|attribute| attribute.text)
    }

    pub(super) fn input(&self, at: usize) -> &'a str {
        self.inputs.get(at).copied().unwrap_or_default()
    }
}

/// The graph of a model.
#[derive(Debug, Default)]
pub(super) struct Graph<'a> {
    pub(super) nodes: Vec<Node<'a>>,
    constants: HashMap<&'a str, Constant<'a>>,
    maker: HashMap<&'a str, usize>,
}

impl<'a> Graph<'a> {
    /// Reads a whole file; `None` when it is no ONNX model.
    pub(super) fn read(file: &'a [u8]) -> Option<Self> {
        let mut graph = None;
        for field in fields(file) {
            if let (7, Value::Bytes(message)) = field? {
                graph = Some(Self::read_graph(message)?);
            }
        }
        graph
    }

    fn read_graph(message: &'a [u8]) -> Option<Self> {
        let mut graph = Self::default();
        for field in fields(message) {
            match field? {
                (1, value) => graph.nodes.push(read_node(value.bytes())?),
                (5, value) => {
                    let (name, constant) = read_tensor(value.bytes())?;
                    graph.constants.insert(name, constant);
                }
                _ => {}
            }
        }
        for (at, node) in graph.nodes.iter_mut().enumerate() {
            for output in &node.outputs {
                graph.maker.insert(output, at);
            }
            let constant =
                node.attributes.get_mut("value").and_then(|attribute| attribute.tensor.take());
            if let (Some(constant), Some(output)) = (constant, node.outputs.first()) {
                graph.constants.insert(output, constant);
            }
        }
        Some(graph)
    }

    /// The node that makes `value`.
    pub(super) fn maker(&self, value: &str) -> Option<&Node<'a>> {
        self.nodes.get(*self.maker.get(value)?)
    }

    /// The constant called `value`, followed through `Identity` nodes, which exporters use to share equal weights.
    pub(super) fn constant(&self, value: &str) -> Option<&Constant<'a>> {
        let mut value = value;
        // A chain longer than the graph would be a circle.
        for _ in 0..=self.nodes.len() {
            if let Some(constant) = self.constants.get(value) {
                return Some(constant);
            }
            value = self.maker(value).filter(|node| node.kind == "Identity")?.input(0);
        }
        None
    }

    /// The names of all constants and of the values that only rename one.
    pub(super) fn constant_names(&self) -> impl Iterator<Item = &'a str> {
        let renamed =
            self.nodes.iter().filter(|node| node.kind == "Identity").flat_map(|node| &node.outputs);
        self.constants.keys().chain(renamed).copied()
    }

    /// The nodes that use `value`.
    pub(super) fn users(&self, value: &str) -> impl Iterator<Item = &Node<'a>> {
        self.nodes.iter().filter(move |node| node.inputs.contains(&value))
    }
}

fn read_node(message: &[u8]) -> Option<Node<'_>> {
    let mut node = Node::default();
    for field in fields(message) {
        match field? {
            (1, value) => node.inputs.push(value.text()),
            (2, value) => node.outputs.push(value.text()),
            (3, value) => node.name = value.text(),
            (4, value) => node.kind = value.text(),
            (5, value) => {
                let (name, attribute) = read_attribute(value.bytes())?;
                node.attributes.insert(name, attribute);
            }
            _ => {}
        }
    }
    Some(node)
}

fn read_attribute(message: &[u8]) -> Option<(&str, Attribute<'_>)> {
    let mut name = "";
    let mut attribute = Attribute::default();
    for field in fields(message) {
        match field? {
            (1, value) => name = value.text(),
            (2, Value::Fixed32(bytes)) => attribute.float = Some(f32::from_le_bytes(bytes)),
            (3, Value::Varint(value)) => attribute.integer = Some(value.cast_signed()),
            (4, value) => attribute.text = value.text(),
            (5, value) => attribute.tensor = Some(read_tensor(value.bytes())?.1),
            _ => {}
        }
    }
    Some((name, attribute))
}

fn read_tensor(message: &[u8]) -> Option<(&str, Constant<'_>)> {
    let mut name = "";
    let mut constant = Constant::default();
    for field in fields(message) {
        match field? {
            (1, value) => value.push_integers(&mut constant.shape),
            (2, Value::Varint(kind)) => constant.kind = kind,
            (4, value) => value.push_floats(&mut constant.floats),
            (5 | 7, value) => value.push_integers(&mut constant.integers),
            (8, value) => name = value.text(),
            (9, value) => constant.raw = value.bytes(),
            (14, Value::Varint(location)) => constant.external = location == 1,
            _ => {}
        }
    }
    Some((name, constant))
}
