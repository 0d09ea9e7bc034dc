from pathlib import Path

import pytest

from kg.errors import ConfigError
from kg.extract.toml import TomlFile


def test_tables_and_keys_are_told_with_their_lines(tmp_path: Path) -> None:
    path = tmp_path / "a.toml"
    path.write_text(
        '\ufeff# [[pattern]]\n[[pattern]]\nx = 1\n\n  [[ "pattern" ]]  # x = 3\ny = """\n1\n"""\n"x" = 2\n[words]\nx = 4\n',
        encoding="utf-8",
    )
    file = TomlFile(path)
    first, second = file.tables("pattern")
    assert (first.line, second.line) == (2, 5)
    assert [file.line_of("x", table) for table in (first, second, file.table("words"))] == [3, 9, 11]
    assert file.line_of("y", first) == 2  # not in this table
    assert file.line_of("nowhere") == 1
    with pytest.raises(ConfigError, match=r"a\.toml:4: wrong"):
        file.fail(4, "wrong")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("x = 1\n[pattern]\ny = 1\n", r"a\.toml:2: each pattern must be a table of its own"),
        ('x = 1\npattern = "x"\n', r"a\.toml:2: each pattern must be a table of its own"),
        ("pattern = [1]\n", r"a\.toml:1: each pattern must be a table of its own"),
        ("y = 1\n\nwords = 5\n", r"a\.toml:3: words must be a table"),
        ("[[words]]\nx = 1\n", r"a\.toml:1: words must be a table"),
    ],
)
def test_what_is_no_table_is_refused_with_its_line(tmp_path: Path, text: str, said: str) -> None:
    path = tmp_path / "a.toml"
    path.write_text(text, encoding="utf-8")
    file = TomlFile(path)
    with pytest.raises(ConfigError, match=said):
        file.tables("pattern"), file.table("words")


def test_lists_without_end_in_each_other_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.toml"
    path.write_text("x = " + "[" * 5000 + "]" * 5000, encoding="utf-8")
    with pytest.raises(ConfigError, match="too deeply"):
        TomlFile(path)


def test_a_parse_error_names_the_line(tmp_path: Path) -> None:
    path = tmp_path / "a.toml"
    path.write_text("x = 1\ny = \n", encoding="utf-8")
    with pytest.raises(ConfigError, match="line 2"):
        TomlFile(path)
