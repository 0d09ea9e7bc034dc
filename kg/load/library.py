"""The library of questions: Cypher files with a header that says what they ask, with which parameters, and what comes out.

    // zh: …                          the question in Chinese
    // en: …                          and in English
    // param name = "小红书"           a parameter with its default, as JSON
    // column partner                 a column of the answer, with a few words on it

They use nothing that Neo4j and KGLite do not share, and never a value in the text of the query.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any

from kg.errors import ConfigError, UsageError

_HEADER = re.compile(r"//\s*(?:(zh|en):\s*(.+)|param\s+(\w+)\s*=\s*(.+)|column\s+(\w+)\s*(.*))")


@dataclass(frozen=True, slots=True)
class NamedQuery:
    """A question of the library. `parameters` holds the defaults, `columns` what each column of the answer means."""

    name: str
    zh: str
    en: str
    parameters: Mapping[str, Any]
    columns: Mapping[str, str]
    cypher: str

    def fill(self, given: Mapping[str, Any]) -> dict[str, Any]:
        """The defaults with the parameters given in their place; UsageError for one that the question does not have."""
        unknown = sorted(set(given) - set(self.parameters))
        if unknown:
            known = ", ".join(self.parameters) or "none"
            raise UsageError(f"query {self.name!r} has no parameter {unknown[0]!r}; it has {known}")
        return {**self.parameters, **given}


def list_queries() -> list[NamedQuery]:
    """All questions of the library, by name."""
    return [_parse(path) for path in sorted(_find_folder().glob("*.cypher"))]


def load_query(name: str) -> NamedQuery:
    """The question of this name; UsageError listing the names where there is none."""
    paths = {path.stem: path for path in sorted(_find_folder().glob("*.cypher"))}
    if name not in paths:
        raise UsageError(f"unknown query {name!r}; there are {', '.join(paths)}")
    return _parse(paths[name])


def _find_folder() -> Path:
    """Inside the package where it was installed from a wheel, beside it in a checkout."""
    package = Path(__file__).resolve().parents[1]
    for folder in (package / "cypher" / "queries", package.parent / "cypher" / "queries"):
        if folder.is_dir():
            return folder
    raise ConfigError(f"the library of queries is missing from {package}; install kg again")


def _parse(path: Path) -> NamedQuery:
    questions: dict[str, str] = {}
    parameters: dict[str, Any] = {}
    columns: dict[str, str] = {}
    body: list[str] = []
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        match = _HEADER.match(line)
        if match is None or body:
            body.append(line)
            continue
        language, question, parameter, default, column, meaning = match.groups()
        if language:
            questions[language] = question.strip()
        elif parameter:
            try:
                parameters[parameter] = json.loads(default)
            except ValueError as exc:
                raise ConfigError(f"{path}:{number}: the default of {parameter} is not JSON ({exc})") from exc
        else:
            columns[column] = meaning.strip()
    if not questions.keys() >= {"zh", "en"} or not columns:
        raise ConfigError(f"{path}: the header needs zh, en and at least one column")
    return NamedQuery(
        path.stem,
        questions["zh"],
        questions["en"],
        MappingProxyType(parameters),
        MappingProxyType(columns),
        "\n".join(body).strip() + "\n",
    )
