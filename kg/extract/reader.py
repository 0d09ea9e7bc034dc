"""A trained model from its folder: what reads a text, how sure it must be, and how its sureness is to be taken."""

import hashlib
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import cast

import numpy as np

from kg.errors import ConfigError
from kg.extract.onnx import OnnxScorer
from kg.extract.pieces import Tokenizer
from kg.extract.trained import Reading, Scorer, Thresholds, read_text
from kg.model import Span

MODEL_FOLDER = Path(__file__).with_name("model")
SETTINGS = "model.toml"


@dataclass(frozen=True, slots=True)
class Reader:
    """`read` tells what a text says. `temperature` above 1 and `shift` below 0 take sureness back; fitted on the development split."""

    scorer: Scorer
    tokenizer: Tokenizer
    thresholds: Thresholds
    temperature: float = 1.0
    shift: float = 0.0

    def read(self, text: str, sentences: Sequence[Span], times: Sequence[Span], *, titled: bool) -> Reading:
        """What the model reads in a text; scores of statements are calibrated probabilities."""
        found = read_text(
            self.scorer, self.tokenizer, text, sentences, times, titled=titled, thresholds=self.thresholds
        )
        return Reading(
            found.entities,
            tuple(replace(said, score=_soften(said.score, self.temperature, self.shift)) for said in found.statements),
        )


def _soften(score: float, temperature: float, shift: float) -> float:
    bounded = min(max(score, 1e-6), 1 - 1e-6)
    return float(1 / (1 + np.exp(-np.log(bounded / (1 - bounded)) / temperature - shift)))


def has_model(folder: Path = MODEL_FOLDER) -> bool:
    """Whether a trained model came with this installation (a checkout may be without)."""
    return (folder / SETTINGS).is_file()


def fingerprint_model(folder: Path) -> str:
    """A hash that changes with the model: of its settings, which name the weights' own hashes, and of the files' sizes.

    ConfigError where the folder holds no model.
    """
    digest = hashlib.sha256()
    try:
        digest.update((folder / SETTINGS).read_bytes())
        for path in sorted(folder.glob("*.onnx")):
            digest.update(f"{path.name} {path.stat().st_size}".encode())
    except OSError as exc:
        raise ConfigError(
            f"{folder}: is no model ({SETTINGS}: {exc.strerror or exc}); give a folder that `kg train` has written"
        ) from exc
    return digest.hexdigest()[:16]


def load_reader(folder: Path = MODEL_FOLDER, *, threads: int | None = None) -> Reader:
    """The model of a folder. ConfigError where a file is missing, damaged or of another kind."""
    from tokenizers import Tokenizer as HubTokenizer

    settings = folder / SETTINGS
    try:
        values = tomllib.loads(settings.read_text(encoding="utf-8"))
        thresholds = values["thresholds"]
        chosen = Thresholds(
            alias=float(thresholds["alias"]),
            relations={name: float(value) for name, value in thresholds.get("relations", {}).items()},
            relation=float(thresholds["relation"]),
            time=float(thresholds["time"]),
            second_sentence=float(thresholds["second_sentence"]),
        )
        temperature, shift = float(values.get("temperature", 1.0)), float(values.get("shift", 0.0))
    except OSError as exc:
        raise ConfigError(
            f"{folder}: is no model ({SETTINGS}: {exc.strerror or exc}); give a folder that `kg train` has written"
        ) from exc
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, KeyError, TypeError, ValueError, AttributeError) as exc:
        raise ConfigError(
            f"{settings}: does not have the settings of a model ({exc!r}); export the model again"
        ) from exc
    scorer = OnnxScorer(folder, threads=threads)
    try:
        tokenizer = HubTokenizer.from_file(str(folder / "tokenizer.json"))
    except Exception as exc:  # the library raises bare Exceptions
        raise ConfigError(f"{folder / 'tokenizer.json'}: cannot be read ({exc}); export the model again") from None
    return Reader(scorer, cast("Tokenizer", tokenizer), chosen, temperature, shift)
