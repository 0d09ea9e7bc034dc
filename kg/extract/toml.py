"""Read a user's TOML file so that every fault can be told with its file and line."""

import re
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn

from kg.errors import ConfigError

_ANY_HEADER = re.compile(r"\s*\[\[?\s*[\w.\"'-]+(?:\s*\.\s*[\w\"'-]+)*\s*\]\]?\s*(?:#.*)?")


@dataclass(frozen=True, slots=True)
class Table:
    """A table of the file: what it holds and the line of its header (from 1)."""

    data: dict[str, Any]
    line: int


class TomlFile:
    """A parsed TOML file that knows on which line its tables and keys stand."""

    def __init__(self, path: Path) -> None:
        """Read `path`; ConfigError where it cannot be read or is no TOML (with the parser's line)."""
        self.path = path
        try:
            text = path.read_bytes().decode("utf-8-sig")
        except OSError as exc:
            raise ConfigError(f"{path}: cannot be read ({exc.strerror or exc})") from exc
        except UnicodeDecodeError as exc:
            raise ConfigError(f"{path}: is not UTF-8; save the file as UTF-8 and try again") from exc
        self._lines = text.split("\n")
        try:
            self.data: dict[str, Any] = tomllib.loads(text)
        except tomllib.TOMLDecodeError as exc:
            raise ConfigError(f"{path}: is not TOML ({exc})") from exc
        except RecursionError as exc:
            raise ConfigError(f"{path}: lists or tables stand in each other too deeply; write it flatter") from exc

    def table(self, key: str) -> Table:
        """The table [key], empty where there is none; ConfigError where something else stands there."""
        data = self.data.get(key, {})
        line = self.line_of_header(key)
        if not isinstance(data, dict):
            self.fail(line, f"{key} must be a table, begun by a line [{key}]")
        return Table(data, line)

    def tables(self, key: str) -> list[Table]:
        """The tables [[key]] in their order; ConfigError where something else stands there."""
        found = self.data.get(key, [])
        if not isinstance(found, list) or not all(isinstance(data, dict) for data in found):
            self.fail(self.line_of_header(key), f"each {key} must be a table of its own, begun by a line [[{key}]]")
        lines = self._lines_of_header(key) or [self.line_of(key)]
        return [Table(data, lines[min(number, len(lines) - 1)]) for number, data in enumerate(found)]

    def line_of(self, key: str, table: Table | None = None) -> int:
        """Line (from 1) of a key of the table, or of the top; the table's own line where it is not to be found."""
        first = table.line if table is not None else 0
        wanted = re.compile(rf"\s*{_quoted(key)}\s*=")
        for number, line in enumerate(self._lines[first:], first + 1):
            if wanted.match(line):
                return number
            if _ANY_HEADER.fullmatch(line.rstrip()):
                break
        return max(first, 1)

    def fail(self, line: int, message: str) -> NoReturn:
        """Raise the ConfigError for a fault on that line."""
        raise ConfigError(f"{self.path}:{line}: {message}")

    def line_of_header(self, key: str) -> int:
        """Line (from 1) of the first header of this key; of the key itself where it is written without, as `key = [{…}]`."""
        return next(iter(self._lines_of_header(key)), 0) or self.line_of(key)

    def _lines_of_header(self, key: str) -> list[int]:
        header = re.compile(rf"\s*\[\[?\s*{_quoted(key)}\s*\]\]?")
        return [number for number, line in enumerate(self._lines, 1) if header.match(line)]


def _quoted(key: str) -> str:
    """A regular expression for the key, bare or in quotes."""
    return rf"""(?P<quote>["']?){re.escape(key)}(?P=quote)"""
