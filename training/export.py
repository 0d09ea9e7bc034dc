"""What was trained as ONNX files that ONNX Runtime reads on any CPU: the encoder alone, or a whole Reader.

The encoder takes one text at a time, `input_ids` [1, L] int64, without padding → `last_hidden_state` [1, L, hidden] fp32.
Heads exported with `opset_version=OPSET` (of `training.gemma_graph`) can be joined to it by `onnx.compose.merge_models`.
"""

from __future__ import annotations

import logging
import shutil
import tempfile
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from kg.errors import OutputError, UsageError

from .gemma_graph import build_gemma, covers
from .smoothing import smooth_activations

if TYPE_CHECKING:
    import onnx
    import torch

    from .model import Reader

Quantisation = Literal["int8", "int4"]
INT4_BLOCK = 32
"""Weights a scale in int4. Error of the last hidden state, 8 layers: 8.2 % with 32, 9.3 % with 64, 10.7 % with 128."""


def export_encoder(
    encoder: torch.nn.Module,
    path: str | Path,
    *,
    quantise: Quantisation | None = None,
    calibration: Iterable[Sequence[int]] = (),
    letters: bool = False,
) -> None:
    """Write `encoder` to `path`, whole or not at all.

    `quantise="int8"`: a quarter of the size and about twice the speed on CPUs with VNNI; `"int4"`: three quarters of int8's
    size, hardly faster than fp32, and three times int8's error. Either keeps the embedding table in int8.
    `calibration`, the pieces' numbers of a few ordinary texts, takes 12 to 43 % off int8's error (EmbeddingGemma with 12 to
    6 layers; nothing for other encoders).
    `letters` adds an input `letters` [1, C] and an output `letter_embeddings` [1, C, hidden], rows of the embedding table
    as the encoder reads them.

    EmbeddingGemma gets a graph of its own, whose int8 gives each piece its own scale; others are traced, and share a scale
    over a text. Raises `UsageError` for an unknown `quantise`, `OutputError` if the file cannot be written.
    """
    _save(_encoder_graph(encoder, quantise, calibration, letters=letters), Path(path))


def _encoder_graph(
    encoder: torch.nn.Module, quantise: Quantisation | None, calibration: Iterable[Sequence[int]], *, letters: bool
) -> onnx.ModelProto:
    if quantise not in (None, "int8", "int4"):
        raise UsageError(f"quantise = {quantise!r}: not known; choose 'int8', 'int4' or None")
    calibration = list(calibration)
    if covers(encoder):
        if quantise == "int8" and calibration:
            encoder = smooth_activations(encoder, calibration)
        int8 = quantise == "int8"
        model = build_gemma(encoder, int8=int8, int8_embeddings=quantise is not None, letters=letters)
    else:
        model = _trace(encoder, letters=letters)
        model = _quantise_int8(model) if quantise == "int8" else model
    return _quantise_int4(model) if quantise == "int4" else model


def export_reader(
    reader: Reader,
    folder: str | Path,
    *,
    tokenizer_file: str | Path,
    quantise: Quantisation | None = "int8",
    calibration: Iterable[Sequence[int]] = (),
) -> None:
    """Write the graphs that `kg.extract.onnx` runs, the tokenizer and the encoder's config to `folder`.

    `reader.onnx` has the encoder with the tagger, the other three the heads that read what it makes; auxiliary heads are
    left out. `training.shipped` makes a Reader of the folder again. `quantise` and `calibration` as in `export_encoder`; the heads' matrices are kept in int8 wherever anything
    is. Beside a Reader in PyTorch, fp32 differs by less than 1e-3.

    Raises `UsageError` for an unknown `quantise`, `OutputError` if a file cannot be written.
    """
    from .heads import build_heads, join

    target = Path(folder)
    try:
        target.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(tokenizer_file, target / "tokenizer.json")
        (target / "config.json").write_text(reader.encoder.config.to_json_string(), encoding="utf-8")
    except OSError as error:
        raise OutputError(f"{target}: cannot be written ({error.strerror}); choose another folder") from error
    encoder = _encoder_graph(reader.encoder, quantise, calibration, letters=True)
    heads = build_heads(reader, int8=quantise is not None)
    _save(join(encoder, heads.pop("tagging")), target / "reader.onnx")
    for name, model in heads.items():
        _save(model, target / f"{name}.onnx")


def _save(model: onnx.ModelProto, target: Path) -> None:
    import onnx

    part = target.with_name(target.name + ".part")
    try:
        onnx.save(model, part)
        part.replace(target)
    except OSError as error:
        part.unlink(missing_ok=True)
        raise OutputError(f"{target}: cannot be written ({error.strerror}); choose another path") from error


def _trace(encoder: torch.nn.Module, *, letters: bool) -> onnx.ModelProto:
    """The graph of any encoder, as PyTorch's exporter writes it."""
    import torch

    from .heads import export_quietly

    embed: Any = encoder.get_input_embeddings()  # type: ignore[operator]

    class OneText(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.encoder = encoder

        def forward(self, input_ids: torch.Tensor, letters: torch.Tensor | None = None) -> Any:
            hidden = self.encoder(input_ids=input_ids).last_hidden_state
            return hidden if letters is None else (hidden, embed(letters))

    names = ["input_ids", "letters"][: 1 + letters]
    examples = tuple(
        torch.arange(1, 8 + 3 * i).view(1, -1) for i in range(len(names))
    )  # unlike lengths, none of them 1
    lengths = {name: {1: torch.export.Dim.DYNAMIC} for name in names}
    program = export_quietly(
        OneText().eval(),
        examples,
        input_names=names,
        output_names=["last_hidden_state", "letter_embeddings"][: len(names)],
        dynamic_shapes=lengths,
    )
    if program is None:
        raise RuntimeError("torch.onnx.export gave no program")
    return program.model_proto


def _quantise_int8(model: onnx.ModelProto) -> onnx.ModelProto:
    import onnx
    from onnxruntime.quantization import QuantType, quantize_dynamic

    with tempfile.TemporaryDirectory() as folder:
        before, after = Path(folder) / "before.onnx", Path(folder) / "after.onnx"
        onnx.save(model, before)
        quantize_dynamic(
            before,
            after,
            weight_type=QuantType.QInt8,
            per_channel=True,
            reduce_range=True,  # 7 bits, for CPUs without VNNI
            op_types_to_quantize=["MatMul", "Gather"],
            extra_options={"MatMulConstBOnly": True, "DefaultTensorType": onnx.TensorProto.FLOAT},
        )
        return onnx.load(after)


def _quantise_int4(model: onnx.ModelProto) -> onnx.ModelProto:
    from onnxruntime.quantization.matmul_nbits_quantizer import MatMulNBitsQuantizer

    logging.getLogger("onnxruntime.quantization.matmul_nbits_quantizer").setLevel(logging.WARNING)  # a line a matrix
    quantizer = MatMulNBitsQuantizer(model, bits=4, block_size=INT4_BLOCK, is_symmetric=True, accuracy_level=4)
    quantizer.process()
    quantised: onnx.ModelProto = quantizer.model.model
    return quantised
