"""The heads of a `training.model.Reader` as ONNX graphs, for one window at a time and without padding.

Each is traced by PyTorch's exporter with all lengths free. Their matrices are kept as int8 with a scale a row and become
fp32 again when ONNX Runtime opens the file: what they weigh in the package counts, what they cost in time hardly does.
"""

from __future__ import annotations

import copy
import logging
import warnings
from typing import TYPE_CHECKING, Any

import numpy as np
import onnx
import torch
from onnx import TensorProto, helper, numpy_helper
from torch import Tensor, nn

from kg.extract.linking import ALIAS_FEATURES

from .gemma_graph import IR_VERSION, OPSET

if TYPE_CHECKING:
    from .model import Reader

SMALL = 1 << 12
"""Matrices with fewer numbers stay in fp32: they weigh nothing."""
CODES = 127
TAGGING = "tagging/"
"""Before the names of what is joined to the encoder, which has a `norm` too."""
_LEAST_SCALE = 1e-12
_LENGTHS = {"L": 7, "C": 11, "M": 5, "E": 4, "P": 6, "A": 3, "S": 2, "T": 9, "N": 8}
"""Lengths of the example that is traced: all unlike, none of them 1, so that none is taken for another or for fixed."""

Shape = tuple[str | int, ...]
Inputs = dict[str, tuple[torch.dtype, Shape]]
WHOLE, REAL = torch.int64, torch.float32


class Tagging(nn.Module):
    """Encoder's last state and embeddings of the letters -> `hidden`, `tags`."""

    def __init__(self, reader: Reader) -> None:
        super().__init__()
        self.norm, self.tagger = reader.norm, reader.tagger

    def forward(self, last_state: Tensor, rows: Tensor, places: Tensor, slots: Tensor) -> tuple[Tensor, Tensor]:
        hidden = self.norm(last_state)
        return hidden, self.tagger(hidden, rows, places, slots)


class Relating(nn.Module):
    """`logits` of the relations of pairs, and what is `known` of them."""

    def __init__(self, reader: Reader) -> None:
        super().__init__()
        self.relator = reader.relator

    def forward(
        self, hidden: Tensor, sentences: Tensor, starts: Tensor, ends: Tensor, owner: Tensor, types: Tensor,
        heads: Tensor, tails: Tensor, distances: Tensor, numbers: Tensor,
    ) -> tuple[Tensor, Tensor]:  # fmt: skip
        place, pairs = (starts, ends, owner), (heads, tails, distances)
        mask = torch.ones_like(sentences)
        logits, known, _ = self.relator(hidden, mask, sentences, *place, types, *pairs, numbers)
        return logits, known


class Naming(nn.Module):
    """`logits` of pairs of names being one entity's."""

    def __init__(self, reader: Reader) -> None:
        super().__init__()
        self.relator = reader.relator

    def forward(
        self,
        hidden: Tensor,
        starts: Tensor,
        ends: Tensor,
        owner: Tensor,
        entities: Tensor,
        pairs: Tensor,
        features: Tensor,
    ) -> Tensor:
        logits: Tensor = self.relator.same(hidden, starts, ends, owner, pairs, features, entities)
        return logits


class Reporting(nn.Module):
    """Logits of a statement's `status`, of its `evidence`'s sentence and of its `time`."""

    def __init__(self, reader: Reader) -> None:
        super().__init__()
        self.reporter = reader.reporter

    def forward(
        self, hidden: Tensor, sentences: Tensor, starts: Tensor, ends: Tensor, owner: Tensor, entities: Tensor, known: Tensor,
        heads: Tensor, tails: Tensor, relations: Tensor, times: Tensor, numbers: Tensor,
    ) -> tuple[Tensor, Tensor, Tensor]:  # fmt: skip
        place, said = (starts, ends, owner), (heads, tails, relations)
        mask = torch.ones_like(sentences)
        parts: tuple[Tensor, Tensor, Tensor] = self.reporter(
            hidden, mask, sentences, *place, entities, known, *said, times, numbers
        )
        return parts


def build_heads(reader: Reader, *, int8: bool) -> dict[str, onnx.ModelProto]:
    """`tagging` (to be joined to the encoder), `relations`, `aliases` and `statements`, as `kg.extract.onnx` runs them."""
    reader = copy.deepcopy(reader).cpu().float().eval().requires_grad_(False)
    width = reader.norm.normalized_shape[0]
    window: Inputs = {"hidden": (REAL, (1, "L", width)), "sentences": (WHOLE, (1, "L"))}
    place: Inputs = dict.fromkeys(("starts", "ends", "owner"), (WHOLE, (1, "M")))
    numbers: Inputs = {"numbers": (WHOLE, ("N",))}
    entities: Inputs = {"entities": (WHOLE, ("E",))}
    known = reader.relator.pair.out_features
    graphs = {
        "tagging": trace(
            Tagging(reader),
            {
                "last_state": (REAL, (1, "L", width)),
                "rows": (REAL, (1, "C", width)),
                "places": (WHOLE, (1, "C")),
                "slots": (WHOLE, (1, "C")),
            },
            ["hidden", "tags"],
        ),
        "relations": trace(
            Relating(reader),
            {
                **window,
                **place,
                "types": (WHOLE, (1, "E")),
                **dict.fromkeys(("heads", "tails", "distances"), (WHOLE, (1, "P"))),
                **numbers,
            },
            ["logits", "known"],
        ),
        "aliases": trace(
            Naming(reader),
            {
                "hidden": window["hidden"],
                **place,
                **entities,
                "pairs": (WHOLE, (1, "A", 2)),
                "features": (REAL, (1, "A", ALIAS_FEATURES)),
            },
            ["logits"],
        ),
        "statements": trace(
            Reporting(reader),
            {
                **window,
                **place,
                **entities,
                "known": (REAL, (1, "S", known)),
                **dict.fromkeys(("heads", "tails", "relations"), (WHOLE, (1, "S"))),
                "times": (WHOLE, (1, "T", 2)),
                **numbers,
            },
            ["status", "evidence", "time"],
        ),
    }
    if int8:
        for model in graphs.values():
            keep_small(model)
    return graphs


def trace(module: nn.Module, inputs: Inputs, outputs: list[str]) -> onnx.ModelProto:
    """The graph of `module` as PyTorch's exporter writes it. In a shape, a letter is a length that is free."""
    example = {
        name: torch.ones([_LENGTHS[n] if isinstance(n, str) else n for n in shape], dtype=dtype)
        for name, (dtype, shape) in inputs.items()
    }
    free = {
        name: {axis: torch.export.Dim.DYNAMIC for axis, n in enumerate(shape) if isinstance(n, str)}
        for name, (_, shape) in inputs.items()
    }
    program = export_quietly(
        module.eval(),
        kwargs=example,
        input_names=list(inputs),
        output_names=outputs,
        dynamic_shapes=free,
        optimize=False,  # so that the weights keep their names; ONNX Runtime tidies the graph when it opens it
    )
    if program is None:
        raise RuntimeError("torch.onnx.export gave no program")
    model: onnx.ModelProto = program.model_proto
    model.ir_version = IR_VERSION
    return model


def export_quietly(module: nn.Module, *arguments: Any, **options: Any) -> Any:
    """`torch.onnx.export`, without what it says of parts of PyTorch that neither we nor users have to do with."""
    logger = logging.getLogger("torch.onnx")
    level = logger.level
    logger.setLevel(logging.ERROR)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", FutureWarning)
            warnings.simplefilter("ignore", DeprecationWarning)
            return torch.onnx.export(module, *arguments, dynamo=True, opset_version=OPSET, verbose=False, **options)
    finally:
        logger.setLevel(level)


def keep_small(model: onnx.ModelProto) -> None:
    """Make int8 codes and scales of the large fp32 matrices in `model`, with the nodes that make them fp32 again.

    A cast and a product rather than `DequantizeLinear`: these two ONNX Runtime computes once, when it opens the file.
    """
    graph = model.graph
    nodes: list[onnx.NodeProto] = []
    for tensor in list(graph.initializer):
        if tensor.data_type != TensorProto.FLOAT or len(tensor.dims) < 2 or np.prod(tensor.dims) < SMALL:
            continue
        codes, scales = round_rows(numpy_helper.to_array(tensor))
        name = tensor.name
        graph.initializer.remove(tensor)
        graph.initializer.extend(
            [numpy_helper.from_array(codes, f"{name}.codes"), numpy_helper.from_array(scales, f"{name}.scales")]
        )
        nodes += [
            helper.make_node("Cast", [f"{name}.codes"], [f"{name}.steps"], name=f"{name}.cast", to=TensorProto.FLOAT),
            helper.make_node("Mul", [f"{name}.steps", f"{name}.scales"], [name], name=f"{name}.scaled"),
        ]
    rest = list(graph.node)
    del graph.node[:]
    graph.node.extend([*nodes, *rest])


def round_rows(values: np.ndarray[Any, Any]) -> tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]]:
    """int8 codes and fp32 scales, one a row of the last axis, or one a matrix of the first where rows are short (a convolution's)."""
    axes = -1 if values.shape[-1] >= 32 else tuple(range(1, values.ndim))
    scales = np.maximum(np.abs(values).max(axis=axes, keepdims=True), _LEAST_SCALE) / CODES
    return np.rint(values / scales).astype(np.int8), scales.astype(np.float32)


def join(encoder: onnx.ModelProto, tagging: onnx.ModelProto) -> onnx.ModelProto:
    """One graph: `input_ids`, `letters`, `places`, `slots` -> `hidden`, `tags`."""
    tagging = onnx.compose.add_prefix(tagging, TAGGING, rename_inputs=False, rename_outputs=False)
    joined: onnx.ModelProto = onnx.compose.merge_models(
        encoder,
        tagging,
        io_map=[("last_hidden_state", "last_state"), ("letter_embeddings", "rows")],
        producer_name="kg",
    )
    return joined
