"""Writes the default encoder as ONNX files for its peers: fp32, and int8 per channel as onnxruntime quantizes it.

Usage: python bench/encode/export_onnx.py SAFETENSORS OUT_DIR      needs numpy, onnx, onnxruntime and safetensors

Two graphs of each precision. `plain` has the operators that exporters write, and a session fuses what it can; `fused` has
onnxruntime's own operators for attention, for a residual with its layer norm and for a bias with GELU. Which is faster depends on the
build of onnxruntime, so both are measured. Token vectors come out; pooling is left to the caller.
"""

import sys
from pathlib import Path

import numpy
import onnx
from onnx import TensorProto, helper, numpy_helper
from onnxruntime.quantization import QuantType, quantize_dynamic
from safetensors.numpy import load_file

LAYERS, HIDDEN, HEADS = 6, 384, 12
EPSILON = 1e-12
MICROSOFT = "com.microsoft"


class Graph:
    """Nodes and weights of one model; each method adds an operator and gives the name of what it computes."""

    def __init__(self, weights):
        self.weights, self.nodes, self.constants = weights, [], {}

    def constant(self, name, value):
        self.constants[name] = numpy_helper.from_array(numpy.ascontiguousarray(value), name)
        return name

    def op(self, kind, inputs, domain="", **attributes):
        name = f"{kind}_{len(self.nodes)}"
        self.nodes.append(helper.make_node(kind, inputs, [name], name=name, domain=domain, **attributes))
        return name

    def weight(self, name):
        return self.constant(name, self.weights[name])

    def matmul(self, x, name):
        """`x` by a matrix that is stored [outputs, inputs]."""
        return self.op("MatMul", [x, self.constant(f"{name}.t", self.weights[f"{name}.weight"].T)])

    def linear(self, x, name):
        return self.op("Add", [self.matmul(x, name), self.weight(f"{name}.bias")])

    def norm(self, x, name):
        inputs = [x, self.weight(f"{name}.weight"), self.weight(f"{name}.bias")]
        return self.op("LayerNormalization", inputs, axis=-1, epsilon=EPSILON)

    def skip_norm(self, x, residual, bias, name):
        inputs = [x, residual, self.weight(f"{name}.weight"), self.weight(f"{name}.bias"), self.weight(bias)]
        return self.op("SkipLayerNormalization", inputs, MICROSOFT, epsilon=EPSILON)


def plain_layer(graph, x, mask, layer):
    def heads(part, order):
        y = graph.linear(x, f"{layer}.attention.self.{part}")
        shape = graph.constant("heads", numpy.array([0, 0, HEADS, HIDDEN // HEADS], numpy.int64))
        return graph.op("Transpose", [graph.op("Reshape", [y, shape])], perm=order)

    root = graph.constant("root", numpy.array((HIDDEN // HEADS) ** 0.5, numpy.float32))
    scores = graph.op("MatMul", [heads("query", [0, 2, 1, 3]), heads("key", [0, 2, 3, 1])])
    scores = graph.op("Add", [graph.op("Div", [scores, root]), mask])
    mixed = graph.op("MatMul", [graph.op("Softmax", [scores], axis=-1), heads("value", [0, 2, 1, 3])])
    shape = graph.constant("hidden", numpy.array([0, 0, HIDDEN], numpy.int64))
    mixed = graph.op("Reshape", [graph.op("Transpose", [mixed], perm=[0, 2, 1, 3]), shape])
    mixed = graph.op("Add", [graph.linear(mixed, f"{layer}.attention.output.dense"), x])
    x = graph.norm(mixed, f"{layer}.attention.output.LayerNorm")
    wide = graph.linear(x, f"{layer}.intermediate.dense")
    number = lambda name, value: graph.constant(name, numpy.array(value, numpy.float32))
    erf = graph.op("Erf", [graph.op("Div", [wide, number("root_2", 2**0.5)])])
    wide = graph.op("Mul", [wide, graph.op("Add", [erf, number("one", 1)])])
    wide = graph.op("Mul", [wide, number("half", 0.5)])
    x = graph.op("Add", [graph.linear(wide, f"{layer}.output.dense"), x])
    return graph.norm(x, f"{layer}.output.LayerNorm")


def fused_layer(graph, x, mask, layer):
    parts = [f"{layer}.attention.self.{part}" for part in ("query", "key", "value")]
    stacked = lambda kind: numpy.concatenate([graph.weights[f"{part}.{kind}"] for part in parts])
    qkv = graph.constant(f"{layer}.qkv", stacked("weight").T)
    bias = graph.constant(f"{layer}.qkv.bias", stacked("bias"))
    mixed = graph.op("Attention", [x, qkv, bias, mask], MICROSOFT, num_heads=HEADS)
    output = f"{layer}.attention.output"
    mixed = graph.matmul(mixed, f"{output}.dense")
    x = graph.skip_norm(mixed, x, f"{output}.dense.bias", f"{output}.LayerNorm")
    wide = graph.matmul(x, f"{layer}.intermediate.dense")
    wide = graph.op("BiasGelu", [wide, graph.weight(f"{layer}.intermediate.dense.bias")], MICROSOFT)
    wide = graph.matmul(wide, f"{layer}.output.dense")
    return graph.skip_norm(wide, x, f"{layer}.output.dense.bias", f"{layer}.output.LayerNorm")


def model(weights, fused):
    graph = Graph(weights)
    if fused:
        mask = graph.op("Cast", ["attention_mask"], to=TensorProto.INT32)
    else:
        axes = graph.constant("axes", numpy.array([1, 2], numpy.int64))
        mask = graph.op("Unsqueeze", [graph.op("Cast", ["attention_mask"], to=TensorProto.FLOAT), axes])
        missing = graph.op("Sub", [graph.constant("present", numpy.array(1, numpy.float32)), mask])
        mask = graph.op("Mul", [missing, graph.constant("lowest", numpy.array(-1e9, numpy.float32))])
    tokens = graph.op("Gather", [graph.weight("embeddings.word_embeddings.weight"), "input_ids"])
    # As many positions as there are tokens; every text is one segment.
    table = weights["embeddings.position_embeddings.weight"] + weights["embeddings.token_type_embeddings.weight"][0]
    at = lambda name, value: graph.constant(name, numpy.array([value], numpy.int64))
    length = graph.op("Slice", [graph.op("Shape", ["input_ids"]), at("first", 1), at("last", 2)])
    positions = graph.op("Slice", [graph.constant("positions", table), at("zero", 0), length, at("rows", 0)])
    x = graph.norm(graph.op("Add", [tokens, positions]), "embeddings.LayerNorm")
    for layer in range(LAYERS):
        x = (fused_layer if fused else plain_layer)(graph, x, mask, f"encoder.layer.{layer}")
    graph.nodes[-1].output[0] = "last_hidden_state"
    shaped = lambda name, kind, shape: helper.make_tensor_value_info(name, kind, shape)
    inputs = [shaped(name, TensorProto.INT64, ["batch", "tokens"]) for name in ("input_ids", "attention_mask")]
    output = shaped("last_hidden_state", TensorProto.FLOAT, ["batch", "tokens", HIDDEN])
    body = helper.make_graph(graph.nodes, "encoder", inputs, [output], list(graph.constants.values()))
    opsets = [helper.make_opsetid("", 17), helper.make_opsetid(MICROSOFT, 1)]
    return helper.make_model(body, opset_imports=opsets, ir_version=9)


def main(source, out):
    weights = load_file(source)
    out.mkdir(parents=True, exist_ok=True)
    for fused in (False, True):
        name = "fused" if fused else "plain"
        full, small = out / f"{name}-f32.onnx", out / f"{name}-int8.onnx"
        onnx.save(model(weights, fused), full)
        # Operators of onnxruntime have no shape inference to tell their type.
        options = {"DefaultTensorType": TensorProto.FLOAT}
        quantize_dynamic(full, small, per_channel=True, weight_type=QuantType.QInt8, extra_options=options)
        print(f"{name}: {full.stat().st_size} and {small.stat().st_size} bytes")


main(Path(sys.argv[1]), Path(sys.argv[2]))
