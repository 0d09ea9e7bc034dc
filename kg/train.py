"""Training a model on a user's own articles: the way from the program to `training`, which needs PyTorch."""

import importlib
import importlib.util
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from kg.errors import UsageError

NEEDED = ("torch", "transformers", "safetensors", "onnx", "onnxscript")


def train(
    data: Sequence[Path],
    out: Path,
    *,
    encoder: str | None = None,
    model: Path | None = None,
    device: str = "cpu",
    epochs: int | None = None,
    on_progress: Callable[[dict[str, Any]], None] = lambda row: None,
) -> dict[str, Any]:
    """Train on annotated articles (JSON lines) and write a model to the folder `out`; returns its settings.

    It starts from `model`, by default the one that came with the program, or from an `encoder`, a folder or a name on the
    hub. `on_progress` is told step, share done (0 to 1) and losses. UsageError where PyTorch is not installed; InputError
    for a line that is no annotated article; OutputError where `out` exists or cannot be written.
    """
    missing = [name for name in NEEDED if importlib.util.find_spec(name) is None]
    if missing:
        raise UsageError(
            f"training needs {missing[0]}, which is not installed here; install it with: pip install 'kg-partners[train]'"
        )
    settings: dict[str, Any] = _find("own").train_own(
        data, out, encoder=encoder, model=model, device=device, epochs=epochs, log=on_progress
    )
    return settings


def _find(name: str) -> Any:
    """A module of `training`: beside the package's own where it was installed, at the root of a checkout."""
    if importlib.util.find_spec("kg.training") is not None:
        return importlib.import_module(f"kg.training.{name}")
    root = str(Path(__file__).parents[1])
    if root not in sys.path:
        sys.path.append(root)
    return importlib.import_module(f"training.{name}")
