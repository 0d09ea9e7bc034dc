"""The pretrained encoder that training starts from, whole or its first layers.

Two sources: a folder whose weights are kept as int8 with one scale a row (`NAME.int8.safetensors`, where the tensor
`X.scale` belongs to `X`), which is how EmbeddingGemma travels with the project's data; or whatever `transformers` can
load, a folder or a name on the hub.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kg.errors import ConfigError

if TYPE_CHECKING:
    import torch
    from tokenizers import Tokenizer

SCALE = ".scale"
_NOTHING = "{source}: no encoder there ({error}); give a folder with config.json and weights, or a name on the hub"
NOT_PART_OF_A_CONFIG = ("architectures", "transformers_version", "model_type")


def load_encoder(source: str | Path, *, layers: int | None = None) -> tuple[torch.nn.Module, Tokenizer]:
    """The encoder as a fp32 module in evaluation mode on the CPU, and its tokenizer.

    `source` is a folder of int8 files, a folder that `transformers` wrote, or a name on the hub. With `layers`, only
    the first so many are kept; the final norm stays, so that the last hidden state keeps its scale.

    EmbeddingGemma's attention is bidirectional; a layer of its sliding kind sees 256 pieces to either side (its
    config says 512, which counts both sides; `transformers` stores half of it plus one, exclusive).

    Raises `ConfigError` if the folder lacks a file, a weight is missing or unknown, or there are not so many layers.
    """
    folder = Path(source)
    if folder.is_dir() and any(folder.glob("*.int8.safetensors")):
        encoder = _load_rows(folder, layers)
        tokenizer_file = folder / "tokenizer.json"
        if not tokenizer_file.is_file():
            raise ConfigError(f"{folder}: no tokenizer.json beside the weights; copy the encoder's own one there")
        from tokenizers import Tokenizer

        return encoder.eval(), Tokenizer.from_file(str(tokenizer_file))
    encoder, tokenizer = _load_transformers(str(source))
    if layers is not None:
        keep_layers(encoder, layers)
    return encoder.eval(), tokenizer


def keep_layers(encoder: torch.nn.Module, count: int) -> None:
    """Cut `encoder` in place to its first `count` layers. Raises `ConfigError` if it has fewer."""
    stack = encoder.encoder if hasattr(encoder, "encoder") else encoder
    name = "layers" if hasattr(stack, "layers") else "layer"
    present = getattr(stack, name, None)
    if present is None:
        raise ConfigError(f"{type(encoder).__name__}: its layers are not where they are looked for; load it whole")
    _check_count(count, len(present))
    setattr(stack, name, present[:count])
    config: Any = encoder.config
    config.num_hidden_layers = count
    if getattr(config, "layer_types", None):
        config.layer_types = list(config.layer_types[:count])


def _load_rows(folder: Path, layers: int | None) -> torch.nn.Module:
    """A Gemma 3 text model from int8 rows and their scales."""
    from transformers import Gemma3TextConfig, Gemma3TextModel

    try:
        settings = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise ConfigError(f"{folder}: no config.json beside the weights; copy the encoder's own one there") from error
    for name in NOT_PART_OF_A_CONFIG:
        settings.pop(name, None)
    if layers is not None:
        _check_count(layers, settings["num_hidden_layers"])
        settings["num_hidden_layers"] = layers
        settings["layer_types"] = settings["layer_types"][:layers]
    model = Gemma3TextModel(Gemma3TextConfig(**settings))
    missing, unknown = model.load_state_dict(_read_rows(folder, settings["num_hidden_layers"]), strict=False)
    if missing or unknown:
        raise ConfigError(
            f"{folder}: weights and config.json disagree (missing: {missing[:3]}, unknown: {unknown[:3]}); "
            "fetch both from one version"
        )
    return model


def _read_rows(folder: Path, layers: int) -> dict[str, torch.Tensor]:
    """Name → fp32 tensor of everything but the layers from `layers` on."""
    from safetensors import safe_open

    state: dict[str, torch.Tensor] = {}
    for file in sorted(folder.glob("*.int8.safetensors")):
        with safe_open(file, framework="pt") as tensors:
            names = set(tensors.keys())
            for name in names:
                kind, _, rest = name.partition(".")
                if name.endswith(SCALE) or (kind == "layers" and int(rest.split(".")[0]) >= layers):
                    continue
                value = tensors.get_tensor(name).float()
                state[name] = value * tensors.get_tensor(name + SCALE).float() if name + SCALE in names else value
    return state


def _load_transformers(source: str) -> tuple[torch.nn.Module, Tokenizer]:
    from transformers import AutoModel
    from transformers.utils.logging import disable_progress_bar

    disable_progress_bar()  # of reading a file that is there
    try:
        encoder = AutoModel.from_pretrained(source, dtype="float32", trust_remote_code=False)
    except (OSError, ValueError) as error:
        raise ConfigError(_NOTHING.format(source=source, error=error)) from error
    return encoder, load_tokenizer(source)


def load_tokenizer(source: str) -> Tokenizer:
    """The tokenizer that `transformers` knows under `source`. Raises `ConfigError` if there is none, or none with offsets."""
    from transformers import AutoTokenizer

    try:
        tokenizer = AutoTokenizer.from_pretrained(source, use_fast=True, trust_remote_code=False)
    except (OSError, ValueError) as error:
        raise ConfigError(_NOTHING.format(source=source, error=error)) from error
    backend = getattr(tokenizer, "backend_tokenizer", None)
    if backend is None:
        raise ConfigError(f"{source}: its tokenizer knows no offsets; an encoder with tokenizer.json is needed")
    return backend


def _check_count(count: int, present: int) -> None:
    if not 1 <= count <= present:
        raise ConfigError(f"layers = {count}: the encoder has {present}; choose 1 to {present}")
