"""EmbeddingGemma as an ONNX graph, written node by node.

The graph is for one text at a time: `input_ids` [1, L] in, `last_hidden_state` [1, L, hidden] out. Nothing is padded,
so there is no padding mask, and no row of the result can depend on another text. Writing the nodes by hand rather than
tracing the PyTorch module gives the fused operators of ONNX Runtime (residual sum with RMS norm, rotary positions,
GELU) without hoping for patterns to be found, and attention that knows that all query heads share one key head: the
queries of all heads stand as rows under each other, so that one product does for all of them and nothing is transposed.

In int8, each piece's activations have a scale of their own. One scale for a whole window, as dynamic quantisation has
it, is set by the largest activation anywhere in it. Measured on the first 8 layers, 20 articles of 321 pieces on average,
two cores with AVX512-VNNI; error = root mean square of the last hidden state's difference, over that of the state itself:

    fp32                                          1.0 times the speed
    dynamic quantisation, weights of 8 bits       2.0 to 2.35     error 8.7 %
    a scale a piece, weights of 8 bits            2.2                   2.3 %
    a scale a piece, weights of 7 bits            1.9 to 2.2            3.9 %    (2.7 % after training.smoothing)
    MatMulNBits, 8 bits, blocks of 128 / 32       1.4 / 1.1             1.3 % / 0.8 %
    MatMulNBits, 4 bits, blocks of 32             1.1                   8.2 %
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

if TYPE_CHECKING:
    import torch

MICROSOFT = "com.microsoft"
OPSET = 20
IR_VERSION = 10
FORBIDDEN = -1e9
"""Added to the score of a piece outside the window: its weight becomes exactly 0 in fp32."""
ACTIVATION_STEPS, ACTIVATION_ZERO = 127, 128
"""An activation is its row's largest / 127 x (code - 128): unsigned codes, as the fastest x86 instructions want them."""
WEIGHT_STEPS = 63
"""Weights take 7 of the 8 bits: x86 without VNNI adds two products of codes in 16 bits, and 2 x 255 x 127 overflows."""
SMALLEST = 1e-12
"""Stands for a row's largest value where all are 0, so that nothing is divided by 0."""


class Graph:
    """Nodes and constants in the making; names are given here so that no two collide."""

    def __init__(self, *, int8: bool = False) -> None:
        self.int8 = int8
        self.nodes: list[onnx.NodeProto] = []
        self.constants: dict[str, onnx.TensorProto] = {}
        self.codes: dict[str, tuple[str, str]] = {}

    def add(self, operator: str, *inputs: str, outputs: int = 1, domain: str = "", **attributes: Any) -> str:
        """Append a node; returns the name of its first output (`name`, `name.1`, …)."""
        name = f"{operator}_{len(self.nodes)}"
        names = [name, *(f"{name}.{i}" for i in range(1, outputs))]
        self.nodes.append(helper.make_node(operator, list(inputs), names, name=name, domain=domain, **attributes))
        return name

    def constant(self, name: str, value: np.ndarray | np.generic) -> str:
        """`name`, now standing for `value` (kept once, however often it is asked for)."""
        if name not in self.constants:
            self.constants[name] = numpy_helper.from_array(np.ascontiguousarray(value), name)
        return name

    def integers(self, *values: int) -> str:
        return self.constant("integers_" + "_".join(map(str, values)), np.array(values, np.int64))

    def quantise(self, value: str) -> tuple[str, str]:
        """`value` [1, L, n] as codes, and the largest value of each row [1, L, 1]; computed once for all that read it."""
        if value not in self.codes:
            largest = self.add("ReduceMax", self.add("Abs", value), self.integers(-1), keepdims=1)
            largest = self.add("Max", largest, self.constant("smallest", np.float32(SMALLEST)))
            codes = self.add("QuantizeLinear", self.add("Div", value, largest), *self.activation_steps())
            self.codes[value] = codes, largest
        return self.codes[value]

    def activation_steps(self) -> tuple[str, str]:
        """Step and zero of activations divided by their row's largest."""
        return (
            self.constant("activation_step", np.float32(1 / ACTIVATION_STEPS)),
            self.constant("activation_zero", np.uint8(ACTIVATION_ZERO)),
        )

    def project(self, value: str, name: str, weight: np.ndarray) -> str:
        """`value` [1, L, n] @ `weight` [n, m]."""
        if not self.int8:
            return self.add("MatMul", value, self.constant(name, weight))
        codes, largest = self.quantise(value)
        scales = np.maximum(np.abs(weight).max(axis=0), SMALLEST) / WEIGHT_STEPS
        step, zero = self.activation_steps()
        product = self.add(
            "MatMulIntegerToFloat", codes, self.constant(f"{name}.codes", np.rint(weight / scales).astype(np.int8)),
            step, self.constant(f"{name}.scales", scales.astype(np.float32)), zero, domain=MICROSOFT,
        )  # fmt: skip
        return self.add("Mul", product, largest)


def build_gemma(
    encoder: torch.nn.Module, *, int8: bool = False, int8_embeddings: bool = False, letters: bool = False
) -> onnx.ModelProto:
    """The graph of a `transformers.Gemma3TextModel` that `covers` says yes to.

    `int8` computes the projections in int8; `int8_embeddings` keeps the embedding table so, a scale a row. With
    `letters` the graph has a second input, `letters` [1, C], and a second output, `letter_embeddings` [1, C, hidden]:
    rows of the scaled embedding table, so that a head that needs them does not carry the table again.
    """
    config: Any = encoder.config
    weights = {name: value.detach().float().cpu().numpy() for name, value in encoder.state_dict().items()}
    graph = Graph(int8=int8)
    table = weights["embed_tokens.weight"]
    residual, delta = _embed(graph, table, config, "input_ids", int8=int8_embeddings), ""
    length = graph.add("Squeeze", graph.add("Shape", "input_ids", start=1, end=2), graph.integers(0))
    steps = graph.add("Range", graph.constant("zero", np.int64(0)), length, graph.constant("one", np.int64(1)))
    rotations = {kind: _rotate(graph, steps, kind, config) for kind in sorted(set(config.layer_types))}
    window = _window(graph, steps, config.sliding_window) if "sliding_attention" in config.layer_types else ""
    position = graph.add("Unsqueeze", steps, graph.integers(0))

    for i, kind in enumerate(config.layer_types):
        layer = _Layer(graph, weights, f"layers.{i}.", config)
        residual, normed = layer.add_and_norm(residual, delta, "input_layernorm")
        mask = window if kind == "sliding_attention" else ""
        attended = layer.attend(normed, position, *rotations[kind], mask)
        delta = layer.norm(attended, "post_attention_layernorm")
        residual, normed = layer.add_and_norm(residual, delta, "pre_feedforward_layernorm")
        delta = layer.norm(layer.feed_forward(normed), "post_feedforward_layernorm")
    last = _Layer(graph, weights, "", config).add_and_norm(residual, delta, "norm")[1]

    inputs, outputs = [("input_ids", "pieces")], [("last_hidden_state", "pieces", last)]
    if letters:
        rows = _embed(graph, table, config, "letters", int8=int8_embeddings)
        inputs.append(("letters", "characters"))
        outputs.append(("letter_embeddings", "characters", rows))
    return _finish(graph, inputs, outputs, config.hidden_size)


def covers(encoder: torch.nn.Module) -> bool:
    """Whether the graph here is that of `encoder`: EmbeddingGemma, or a model built the same."""
    config: Any = encoder.config
    return (
        type(encoder).__name__ == "Gemma3TextModel"
        and config.use_bidirectional_attention
        and config.num_key_value_heads == 1
        and not config.attention_bias
        and not config.attn_logit_softcapping
        and config.hidden_activation == "gelu_pytorch_tanh"
        and all(config.rope_parameters[kind]["rope_type"] == "default" for kind in config.layer_types)
    )


def _finish(
    graph: Graph, inputs: list[tuple[str, str]], outputs: list[tuple[str, str, str]], width: int
) -> onnx.ModelProto:
    nodes = [helper.make_node("Identity", [value], [name], name=name) for name, _, value in outputs]
    body = helper.make_graph(
        [*graph.nodes, *nodes],
        "encoder",
        [helper.make_tensor_value_info(name, TensorProto.INT64, [1, length]) for name, length in inputs],
        [helper.make_tensor_value_info(name, TensorProto.FLOAT, [1, length, width]) for name, length, _ in outputs],
        list(graph.constants.values()),
    )
    opsets = [helper.make_opsetid("", OPSET), helper.make_opsetid(MICROSOFT, 1)]
    return helper.make_model(body, opset_imports=opsets, ir_version=IR_VERSION, producer_name="kg")


def _embed(graph: Graph, table: np.ndarray, config: Any, ids: str, *, int8: bool) -> str:
    factor = np.float32(config.hidden_size**0.5)
    if not int8:
        rows = graph.add("Gather", graph.constant("embeddings", table), ids)
        return graph.add("Mul", rows, graph.constant("embedding_factor", factor))
    scales = np.maximum(np.abs(table).max(axis=1, keepdims=True), SMALLEST) / 127
    codes = graph.constant("embeddings", np.rint(table / scales).astype(np.int8))
    rows = graph.add("Cast", graph.add("Gather", codes, ids), to=TensorProto.FLOAT)
    return graph.add("Mul", rows, graph.add("Gather", graph.constant("embedding_scales", scales * factor), ids))


def _rotate(graph: Graph, steps: str, kind: str, config: Any) -> tuple[str, str]:
    """Cosine and sine of the rotary angles, [L, head / 2] each: computed, as tables of 2,048 positions weigh 4 MB."""
    base = config.rope_parameters[kind]["rope_theta"]
    frequencies = base ** -(np.arange(0, config.head_dim, 2, dtype=np.float32) / config.head_dim)
    rows = graph.add("Unsqueeze", graph.add("Cast", steps, to=TensorProto.FLOAT), graph.integers(1))
    angles = graph.add("Mul", rows, graph.constant(f"{kind}_frequencies", frequencies[None].astype(np.float32)))
    return graph.add("Cos", angles), graph.add("Sin", angles)


def _window(graph: Graph, steps: str, reach: int) -> str:
    """[L, 1, L]: what to add to a score, 0 where two pieces are less than `reach` apart."""
    rows = graph.add("Unsqueeze", steps, graph.integers(1, 2))
    distance = graph.add("Abs", graph.add("Sub", rows, steps))
    near = graph.add("Less", distance, graph.constant("reach", np.int64(reach)))
    allowed, forbidden = graph.constant("allowed", np.float32(0)), graph.constant("forbidden", np.float32(FORBIDDEN))
    return graph.add("Where", near, allowed, forbidden)


class _Layer:
    """The parts of one layer; `prefix` is where its weights' names begin."""

    def __init__(self, graph: Graph, weights: dict[str, np.ndarray], prefix: str, config: Any) -> None:
        self.graph, self.weights, self.prefix, self.config = graph, weights, prefix, config

    def project(self, value: str, name: str) -> str:
        full = f"{self.prefix}{name}.weight"
        return self.graph.project(value, full, self.weights[full].T)

    def norm(self, value: str, name: str, *, factor: float = 1.0) -> str:
        """The RMS norm of `value`, times `factor`: five standard nodes, which ONNX Runtime makes one of."""
        graph = self.graph
        square = graph.add("Pow", value, graph.constant("two", np.float32(2)))
        mean = graph.add("ReduceMean", square, graph.integers(-1), keepdims=1)
        root = graph.add(
            "Sqrt", graph.add("Add", mean, graph.constant("epsilon", np.float32(self.config.rms_norm_eps)))
        )
        return graph.add("Mul", graph.add("Div", value, root), self._norm_weight(name, factor))

    def add_and_norm(self, residual: str, delta: str, name: str) -> tuple[str, str]:
        """(residual + delta, its norm); before the first layer there is no delta."""
        if not delta:
            return residual, self.norm(residual, name)
        normed = self.graph.add(
            "SkipSimplifiedLayerNormalization", residual, delta, self._norm_weight(name),
            outputs=4, domain=MICROSOFT, epsilon=self.config.rms_norm_eps,
        )  # fmt: skip
        return f"{normed}.3", normed

    def attend(self, normed: str, position: str, cosine: str, sine: str, mask: str) -> str:
        graph, head, heads = self.graph, self.config.head_dim, self.config.num_attention_heads
        by_head = graph.add("Reshape", self.project(normed, "self_attn.q_proj"), graph.integers(1, -1, head))
        by_head = self.norm(by_head, "self_attn.q_norm", factor=self.config.query_pre_attn_scalar**-0.5)
        by_piece = graph.add("Reshape", by_head, graph.integers(1, -1, heads * head))
        queries = graph.add("RotaryEmbedding", by_piece, position, cosine, sine, domain=MICROSOFT)
        keys = self.norm(self.project(normed, "self_attn.k_proj"), "self_attn.k_norm")
        keys = graph.add("RotaryEmbedding", keys, position, cosine, sine, domain=MICROSOFT)
        values = graph.add("Squeeze", self.project(normed, "self_attn.v_proj"), graph.integers(0))

        rows = graph.add("Reshape", queries, graph.integers(-1, head))  # row = piece x heads + head
        columns = graph.add("Transpose", graph.add("Squeeze", keys, graph.integers(0)), perm=[1, 0])
        scores = graph.add("MatMul", rows, columns)
        if mask:
            length = graph.add("Shape", mask, start=2, end=3)
            shape = graph.add("Concat", graph.integers(-1), graph.integers(heads), length, axis=0)
            masked = graph.add("Add", graph.add("Reshape", scores, shape), mask)
            scores = graph.add("Reshape", masked, graph.add("Concat", graph.integers(-1), length, axis=0))
        attended = graph.add("MatMul", graph.add("Softmax", scores, axis=-1), values)
        joined = graph.add("Reshape", attended, graph.integers(1, -1, heads * head))
        return self.project(joined, "self_attn.o_proj")

    def feed_forward(self, normed: str) -> str:
        gate = self.graph.add("FastGelu", self.project(normed, "mlp.gate_proj"), domain=MICROSOFT)
        return self.project(self.graph.add("Mul", gate, self.project(normed, "mlp.up_proj")), "mlp.down_proj")

    def _norm_weight(self, name: str, factor: float = 1.0) -> str:
        full = f"{self.prefix}{name}.weight"  # Gemma keeps the weight of a norm less one
        return self.graph.constant(full, ((1.0 + self.weights[full]) * factor).astype(np.float32))
