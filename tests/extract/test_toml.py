from pathlib import Path

import pytest

from kg.errors import ConfigError
from kg.extract.toml import TomlFile


def test_lines_of_repeated_tables_are_told_apart(tmp_path: Path) -> None:
    path = tmp_path / "a.toml"
    path.write_text("\ufeff[[pattern]]\nx = 1\n\n[[pattern]]\nx = 2\n", encoding="utf-8")
    file = TomlFile(path)
    assert [file.line_of("[[pattern]]", nth=n) for n in (0, 1, 2)] == [1, 4, 4]
    assert file.line_of("nowhere") == 1
    with pytest.raises(ConfigError, match=r"a\.toml:4: wrong"):
        file.fail(4, "wrong")


def test_a_parse_error_names_the_line(tmp_path: Path) -> None:
    path = tmp_path / "a.toml"
    path.write_text("x = 1\ny = \n", encoding="utf-8")
    with pytest.raises(ConfigError, match="line 2"):
        TomlFile(path)
