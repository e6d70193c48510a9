//! The tiny encoder as an ONNX file, the way exporters write one: matrices transposed and without a name.

use std::path::Path;

use safetensors::tensor::Dtype;

use super::tiny::{HIDDEN, LAYERS, Tiny};

/// Writes `tiny` as `model.onnx` with its tokenizer beside it, and with a node of each kind in `more`.
pub fn write(tiny: &Tiny, directory: &Path, more: &[&str]) {
    std::fs::write(directory.join("tokenizer.json"), tiny.tokenizer.to_string()).unwrap();
    std::fs::write(directory.join("model.onnx"), model(tiny, more)).unwrap();
}

fn varint(mut value: u64, out: &mut Vec<u8>) {
    while value >= 0x80 {
        out.push((value & 0x7f) as u8 | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
}

fn number(field: u64, value: u64) -> Vec<u8> {
    let mut out = Vec::new();
    varint(field << 3, &mut out);
    varint(value, &mut out);
    out
}

fn bytes(field: u64, value: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    varint(field << 3 | 2, &mut out);
    varint(value.len() as u64, &mut out);
    out.extend_from_slice(value);
    out
}

fn tensor(name: &str, kind: u64, shape: &[usize], raw: &[u8]) -> Vec<u8> {
    let mut out: Vec<u8> =
        shape.iter().flat_map(|dimension| number(1, *dimension as u64)).collect();
    out.extend(number(2, kind));
    out.extend(bytes(8, name.as_bytes()));
    out.extend(bytes(9, raw));
    out
}

fn node(kind: &str, inputs: &[&str], output: &str, attribute: Option<Vec<u8>>) -> Vec<u8> {
    let mut out: Vec<u8> = inputs.iter().flat_map(|input| bytes(1, input.as_bytes())).collect();
    out.extend(bytes(2, output.as_bytes()));
    out.extend(bytes(4, kind.as_bytes()));
    out.extend(attribute.into_iter().flat_map(|attribute| bytes(5, &attribute)));
    bytes(1, &out)
}

/// A `Constant` node whose value is a tensor.
fn constant(output: &str, kind: u64, shape: &[usize], raw: &[u8]) -> Vec<u8> {
    let attribute = [bytes(1, b"value"), bytes(5, &tensor("", kind, shape, raw))].concat();
    node("Constant", &[], output, Some(attribute))
}

fn model(tiny: &Tiny, more: &[&str]) -> Vec<u8> {
    let mut graph = Vec::new();
    graph.extend(constant("epsilon", 1, &[], &1e-12f32.to_le_bytes()));
    graph.extend(constant("heads", 7, &[1], &2i64.to_le_bytes()));
    graph.extend(constant("width", 7, &[1], &(HIDDEN as i64 / 2).to_le_bytes()));
    for (at, (name, _, shape, values)) in tiny.tensors.iter().enumerate() {
        let matrix = name.starts_with("encoder.") && shape.len() == 2;
        if !matrix {
            let kind = if tiny.tensors[at].1 == Dtype::F32 { 1 } else { 10 };
            graph.extend(bytes(5, &tensor(name, kind, shape, values)));
            continue;
        }
        let [rows, columns] = [shape[0], shape[1]];
        let turned: Vec<u8> = (0..columns)
            .flat_map(|c| {
                (0..rows).flat_map(move |r| (0..4).map(move |b| (r * columns + c) * 4 + b))
            })
            .map(|at| values[at])
            .collect();
        let anonymous = format!("onnx::MatMul_{at}");
        graph.extend(bytes(5, &tensor(&anonymous, 1, &[columns, rows], &turned)));
        let (product, bias) = (format!("{name}/product"), name.replace(".weight", ".bias"));
        graph.extend(node("MatMul", &["input", &anonymous], &product, None));
        graph.extend(node("Add", &[&bias, &product], &format!("{name}/sum"), None));
    }
    for layer in 0..LAYERS {
        let at = |what: &str| format!("{layer}/{what}");
        graph.extend(node("Concat", &["batch", "length", "heads", "width"], &at("shape"), None));
        graph.extend(node("Add", &[&at("variance"), "epsilon"], &at("sum"), None));
        graph.extend(node("Sqrt", &[&at("sum")], &at("deviation"), None));
        graph.extend(node("Erf", &[&at("wide")], &at("erf"), None));
    }
    // The pooler that no sentence encoder uses.
    graph.extend(node("Tanh", &["pooled"], "882", None));
    for kind in more {
        graph.extend(node(kind, &["input"], "more", None));
    }
    [number(1, 7), bytes(7, &graph)].concat()
}
