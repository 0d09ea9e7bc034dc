"""What an extractor is made from, without the extractor: whether an article must be extracted again is told without a model."""

import hashlib
import os
from dataclasses import dataclass
from pathlib import Path

from kg.errors import ConfigError
from kg.extract.llm_options import LLMOptions
from kg.extract.llm_prompt import fingerprint_prompt
from kg.extract.reader import MODEL_FOLDER, fingerprint_model, has_model
from kg.ontology import ONTOLOGY_FILE, load_ontology
from kg.version import __version__

RULES_ONLY = Path("none")
MODEL_VARIABLE = "KG_MODEL"  # of the environment: the model where no option names one


@dataclass(frozen=True, slots=True)
class ExtractorOptions:
    """What an extractor is made from; can be sent to another process, which builds its own."""

    gazetteer: Path | None = None
    patterns: Path | None = None
    min_confidence: float = 0.0
    model: Path | None = None
    """The folder of a trained model; RULES_ONLY: none. None: what KG_MODEL says, else the one that came with the program."""
    llm: LLMOptions | None = None
    """A language model that reads instead of the trained one, or beside it where it says so."""
    threads: int | None = None
    """Of the model, in this process; None: one a processor. Changes no result."""
    at_once: int | None = None
    """Windows of texts that the model reads at once, each by its share of the threads; None: one a thread (at most eight), which
    reads most in a given time. With 1 a single short text is read soonest. Changes no result."""

    @property
    def named_model(self) -> Path | None:
        """The model that an option or the environment names; None where neither does."""
        return self.model or (Path(os.environ[MODEL_VARIABLE]) if os.environ.get(MODEL_VARIABLE) else None)

    @property
    def model_folder(self) -> Path | None:
        """The model to be used, None for none."""
        named = self.named_model
        if named == RULES_ONLY:
            return None
        return named or (MODEL_FOLDER if has_model() else None)


def fingerprint(options: ExtractorOptions) -> str:
    """A hash of the version, our data files, the models and the user's files: results of one fingerprint are the same.

    ConfigError where a user's file or model cannot be read.
    """
    digest = hashlib.sha256(f"{__version__} {options.min_confidence}".encode())
    files: list[Path | None] = [*sorted(Path(__file__).parent.glob("*.toml")), ONTOLOGY_FILE]
    for path in (*files, options.gazetteer, options.patterns):
        try:
            digest.update(path.read_bytes() if path else b"-")
        except OSError as exc:
            raise ConfigError(f"{path}: cannot be read ({exc.strerror or exc})") from exc
        digest.update(b"|")
    if options.llm is None or options.llm.beside_model:
        folder = options.model_folder
        digest.update(fingerprint_model(folder).encode() if folder else b"-")
    if options.llm is not None:
        digest.update(f"{options.llm.name} {fingerprint_prompt(load_ontology())}".encode())
    return digest.hexdigest()[:16]
