"""An exported model as a Reader again, so that a user's own data can train it further.

Weights are as the graphs have them: rounded to 7 bits in the encoder, to 8 in the heads, and smoothed; training goes on
from there without a loss that could be measured.
"""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import torch
from onnx import numpy_helper

from kg.errors import ConfigError

from .encoder import NOT_PART_OF_A_CONFIG
from .heads import TAGGING
from .model import Reader
from .package import GRAPHS

CONFIG = "config.json"
Constants = Mapping[str, np.ndarray[Any, Any]]


def load_shipped(folder: Path) -> Reader:
    """The Reader of a model's folder, in evaluation mode. ConfigError where it is none, or not of Gemma's kind."""
    from transformers import Gemma3TextConfig, Gemma3TextModel

    try:
        settings = json.loads((folder / CONFIG).read_text(encoding="utf-8"))
        constants = {name: array for file in GRAPHS for name, array in _constants(folder / file).items()}
    except OSError as error:
        what = Path(error.filename or folder).name
        raise ConfigError(
            f"{folder}: is no model that can be trained further ({what}: {error.strerror}); "
            "start from one that `kg train` wrote, or from an encoder with --encoder"
        ) from None
    except Exception as error:  # onnx raises protobuf's errors, which share no class
        raise ConfigError(
            f"{folder}: is damaged ({error}); install the package anew, or export the model again"
        ) from None
    for name in NOT_PART_OF_A_CONFIG:
        settings.pop(name, None)
    reader = Reader(Gemma3TextModel(Gemma3TextConfig(**settings)))
    state = {}
    for name, value in reader.state_dict().items():
        if not name.startswith(("finre.", "ner.")):
            own = name.removeprefix("encoder.")
            if own != name:
                found = _encoder_weight(own, constants, settings)
            else:  # joined to the encoder's, the tagger's names got a prefix
                found = _stored(TAGGING + name, constants)
                found = _stored(name, constants) if found is None else found
            if found is None or found.shape != tuple(value.shape):
                raise ConfigError(
                    f"{folder}: has no weights that fit {name}; it cannot be trained further, give --encoder instead"
                )
            state[name] = torch.from_numpy(np.array(found, dtype=np.float32))
    reader.load_state_dict(state, strict=False)
    return reader.eval()


def _constants(path: Path) -> dict[str, np.ndarray[Any, Any]]:
    graph = onnx.load(path).graph
    return {tensor.name: numpy_helper.to_array(tensor) for tensor in graph.initializer}


def _stored(name: str, constants: Constants) -> np.ndarray[Any, Any] | None:
    """A matrix, from its codes and scales where it is kept so."""
    codes = constants.get(f"{name}.codes")
    return constants.get(name) if codes is None else codes * constants[f"{name}.scales"]


def _encoder_weight(name: str, constants: Constants, settings: Mapping[str, Any]) -> np.ndarray[Any, Any] | None:
    """A weight as PyTorch has it, from how `training.gemma_graph` writes it."""
    if name == "embed_tokens.weight":
        table, scales = constants.get("embeddings"), constants.get("embedding_scales")
        return table if table is None or scales is None else table * scales / np.float32(settings["hidden_size"] ** 0.5)
    found = _stored(name, constants)
    if found is None or found.ndim == 2:
        return None if found is None else found.T
    factor = settings["query_pre_attn_scalar"] ** -0.5 if name.endswith("q_norm.weight") else 1.0
    return found / factor - 1.0  # Gemma keeps the weight of a norm less one
