"""What an extractor is made from, without the extractor: whether an article must be extracted again is told without spaCy."""

import hashlib
from dataclasses import dataclass
from pathlib import Path

from kg.errors import ConfigError
from kg.ontology import ONTOLOGY_FILE
from kg.version import __version__


@dataclass(frozen=True, slots=True)
class ExtractorOptions:
    """What an extractor is made from; can be sent to another process, which builds its own."""

    gazetteer: Path | None = None
    patterns: Path | None = None
    min_confidence: float = 0.0


def fingerprint(options: ExtractorOptions) -> str:
    """A hash of the version, our data files and the user's: results of one fingerprint are the same.

    ConfigError where a user's file cannot be read.
    """
    digest = hashlib.sha256(f"{__version__} {options.min_confidence}".encode())
    files: list[Path | None] = [*sorted(Path(__file__).parent.glob("*.toml")), ONTOLOGY_FILE]
    for path in (*files, options.gazetteer, options.patterns):
        try:
            digest.update(path.read_bytes() if path else b"-")
        except OSError as exc:
            raise ConfigError(f"{path}: cannot be read ({exc.strerror or exc})") from exc
        digest.update(b"|")
    return digest.hexdigest()[:16]
