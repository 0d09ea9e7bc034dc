"""Read a user's TOML file so that every fault can be told with its file and line."""

import tomllib
from pathlib import Path
from typing import Any, NoReturn

from kg.errors import ConfigError


class TomlFile:
    """A parsed TOML file that knows on which line its tables and strings stand."""

    def __init__(self, path: Path) -> None:
        """Read `path`; ConfigError where it cannot be read or is no TOML (with the parser's line)."""
        self.path = path
        try:
            self.text = path.read_bytes().decode("utf-8-sig")
        except OSError as exc:
            raise ConfigError(f"{path}: cannot be read ({exc.strerror or exc})") from exc
        except UnicodeDecodeError as exc:
            raise ConfigError(f"{path}: is not UTF-8; save the file as UTF-8 and try again") from exc
        try:
            self.data: dict[str, Any] = tomllib.loads(self.text)
        except tomllib.TOMLDecodeError as exc:
            raise ConfigError(f"{path}: is not TOML ({exc})") from exc

    def line_of(self, needle: str, *, nth: int = 0) -> int:
        """Line (from 1) of the nth line that contains `needle`, 1 where there is none."""
        found = [number for number, line in enumerate(self.text.splitlines(), 1) if needle in line]
        return found[nth] if nth < len(found) else (found[-1] if found else 1)

    def fail(self, line: int, message: str) -> NoReturn:
        """Raise the ConfigError for a fault on that line."""
        raise ConfigError(f"{self.path}:{line}: {message}")
