//! What a graph shows of the numbers that `config.json` would say. `None` where it does not show them.

use super::graph::{Graph, Node};
use crate::config::Activation;

/// The epsilon of a `LayerNormalization` node that does not say one.
const ONNX_EPSILON: f32 = 1e-5;

/// The heads, from the reshapes that cut `hidden` channels into heads times channels a head.
pub(super) fn heads(graph: &Graph<'_>, hidden: usize) -> Option<usize> {
    let pairs = graph.nodes.iter().filter_map(|node| match node.kind {
        "Concat" => {
            let last_two = node.inputs.last_chunk::<2>()?;
            let [heads, width] =
                last_two.map(|name| graph.constant(name).map(|constant| constant.integers()));
            match (heads?.as_slice(), width?.as_slice()) {
                ([heads], [width]) => Some((*heads, *width)),
                _ => None,
            }
        }
        "Reshape" => {
            let shape = graph.constant(node.input(1))?.integers();
            shape.last_chunk::<2>().map(|[heads, width]| (*heads, *width))
        }
        _ => None,
    });
    let heads = pairs.filter_map(|(heads, width)| {
        let (heads, width) = (usize::try_from(heads).ok()?, usize::try_from(width).ok()?);
        (width > 0 && heads.checked_mul(width) == Some(hidden)).then_some(heads)
    });
    same(heads)
}

/// The epsilon, from the layer norms, whole or spelled out as `sqrt(variance + epsilon)`.
pub(super) fn layer_norm_epsilon(graph: &Graph<'_>) -> Option<f32> {
    let epsilon = |node: &Node<'_>| match node.kind {
        "LayerNormalization" => Some(node.float("epsilon").unwrap_or(ONNX_EPSILON)),
        "Sqrt" => {
            let sum = graph.maker(node.input(0)).filter(|sum| sum.kind == "Add")?;
            sum.inputs.iter().find_map(|input| graph.constant(input)?.scalar())
        }
        _ => None,
    };
    same(graph.nodes.iter().filter_map(epsilon))
}

/// The activation, from the operation that each of `layers` layers has once.
pub(super) fn activation(graph: &Graph<'_>, layers: usize) -> Option<Activation> {
    let count = |kind: &str| graph.nodes.iter().filter(|node| node.kind == kind).count();
    if count("Gelu") == layers {
        let tanh = graph
            .nodes
            .iter()
            .any(|node| node.kind == "Gelu" && node.text("approximate") == Some("tanh"));
        return Some(if tanh { Activation::GeluTanh } else { Activation::Gelu });
    }
    if count("Erf") == layers {
        return Some(Activation::Gelu);
    }
    // A graph may end in a pooler, whose one Tanh is not a layer's.
    if (layers..=layers + 1).contains(&count("Tanh")) {
        return Some(Activation::GeluTanh);
    }
    (count("Relu") == layers).then_some(Activation::Relu)
}

/// The value of all, if there is one and they agree.
fn same<T: PartialEq>(mut values: impl Iterator<Item = T>) -> Option<T> {
    let first = values.next()?;
    values.all(|value| value == first).then_some(first)
}
