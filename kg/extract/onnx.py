"""The heads of a trained model, run by ONNX Runtime on the CPU: one window at a time, so that no other text can change it."""

import os
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from kg.errors import ConfigError
from kg.extract.pieces import Window
from kg.extract.tagging import Floats
from kg.extract.trained import Mentions, Numbers

if TYPE_CHECKING:
    from onnxruntime import InferenceSession

# The graphs of a model, each with what it gives.
PARTS = MappingProxyType(
    {
        "reader": {"hidden", "tags"},
        "aliases": {"logits"},
        "relations": {"logits", "known"},
        "statements": {"status", "evidence", "time"},
    }
)


# Pairs of entities that are looked at together. All 39,800 of an article of 200 names took 1.9 GB at once, so they take 0.3.
PAIRS_AT_ONCE = 2_000


def _open(path: Path, threads: int) -> "InferenceSession":
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.log_severity_level = 3
    # Threads that wait for work by spinning take the processor from whatever runs beside.
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    # The weights stay where they are in the file's memory instead of being copied.
    options.add_session_config_entry("session.use_device_allocator_for_initializers", "1")
    try:
        # Without its fallback, which prints a banner and tries the same once more.
        return onnxruntime.InferenceSession(
            str(path), options, providers=["CPUExecutionProvider"], enable_fallback=False
        )
    except Exception as exc:  # ONNX Runtime's errors share no class of their own
        first = str(exc).splitlines()[0] if str(exc) else type(exc).__name__
        raise ConfigError(
            f"{path}: cannot be read as a part of a model ({first}); install the package anew, or export the model again"
        ) from None


def processors() -> int:
    """The processors that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


class OnnxScorer:
    """`kg.extract.trained.Scorer` from a folder of ONNX files. ConfigError where one is missing or damaged.

    Safe to share between threads. Where `at_once` of them tag windows, each has its share of `threads` (None: one a processor).
    """

    def __init__(self, folder: Path, *, threads: int | None = None, at_once: int = 1) -> None:
        missing = [name for name in PARTS if not (folder / f"{name}.onnx").is_file()]
        if missing:
            raise ConfigError(
                f"{folder}: is no model, {missing[0]}.onnx is not there; give a folder that `kg train` has written"
            )
        count = threads or processors()
        shares = dict.fromkeys(PARTS, count) | {"reader": max(1, count // at_once)}
        self._sessions = {name: _open(folder / f"{name}.onnx", share) for name, share in shares.items()}
        for name, outputs in PARTS.items():
            if {output.name for output in self._sessions[name].get_outputs()} != outputs:
                raise ConfigError(
                    f"{folder / f'{name}.onnx'}: is not the part of a model that its name tells; export the model again"
                )

    def _run(self, part: str, outputs: list[str], **inputs: NDArray[Any]) -> list[Any]:
        return list(self._sessions[part].run(outputs, {name: value[None] for name, value in inputs.items()}))

    def tag(self, window: Window) -> tuple[Floats, Floats]:
        hidden, tags = self._run(
            "reader", ["hidden", "tags"],
            input_ids=window.ids, letters=window.letters, places=window.pieces, slots=window.slots,
        )  # fmt: skip
        logits = tags[0]
        top = logits.max(axis=-1, keepdims=True)
        scores: Floats = logits - top - np.log(np.exp(logits - top).sum(axis=-1, keepdims=True))
        return hidden[0], scores

    def same(
        self, hidden: Floats, names: Mentions, count: int, pairs: Numbers, features: NDArray[np.float32]
    ) -> Floats:
        logits: Floats
        (logits,) = self._plain(
            "aliases",
            ["logits"],
            hidden=hidden,
            **_place(names),
            entities=np.arange(count),
            pairs=pairs,
            features=features,
        )
        return logits

    def relate(
        self,
        hidden: Floats,
        sentences: Numbers,
        entities: Mentions,
        types: Numbers,
        heads: Numbers,
        tails: Numbers,
        distances: Numbers,
    ) -> tuple[Floats, Floats]:
        parts = []
        for start in range(0, max(1, len(heads)), PAIRS_AT_ONCE):
            rows = slice(start, start + PAIRS_AT_ONCE)
            parts.append(
                self._plain(
                    "relations", ["logits", "known"], hidden=hidden, sentences=sentences, **_place(entities), types=types,
                    heads=heads[rows], tails=tails[rows], distances=distances[rows], numbers=np.arange(int(sentences.max()) + 1),
                )
            )  # fmt: skip
        logits, known = (np.concatenate(part) for part in zip(*parts, strict=True))
        return logits, known

    def report(
        self,
        hidden: Floats,
        sentences: Numbers,
        sentence_count: int,
        entities: Mentions,
        count: int,
        known: Floats,
        statements: Numbers,
        times: Numbers,
    ) -> tuple[Floats, Floats, Floats]:
        status, evidence, time = self._plain(
            "statements", ["status", "evidence", "time"], hidden=hidden, sentences=sentences, **_place(entities), entities=np.arange(count),
            known=known, heads=statements[:, 0], tails=statements[:, 1], relations=statements[:, 2],
            times=times if len(times) else np.full((1, 2), -1), numbers=np.arange(sentence_count),
        )  # fmt: skip
        return status, evidence, time

    def _plain(self, part: str, outputs: list[str], **inputs: NDArray[Any]) -> list[Any]:
        lists = {"entities", "numbers"}  # these two number things and have no place for the window
        rows = {
            name: np.ascontiguousarray(
                value if name in lists else value[None], dtype=value.dtype if value.dtype == np.float32 else np.int64
            )
            for name, value in inputs.items()
        }
        return [value[0] for value in self._sessions[part].run(outputs, rows)]


def _place(mentions: Mentions) -> dict[str, Numbers]:
    return {"starts": mentions.spans[:, 0], "ends": mentions.spans[:, 1], "owner": mentions.owner}
