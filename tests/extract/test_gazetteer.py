from pathlib import Path

import pytest

from kg.errors import ConfigError
from kg.extract.gazetteer import GAZETTEER_FILE, KnownName, read_gazetteer
from kg.ontology import load_ontology


def write(folder: Path, text: str) -> Path:
    path = folder / "mine.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_every_form_leads_to_the_usual_name_and_type(tmp_path: Path) -> None:
    gazetteer = read_gazetteer(
        write(tmp_path, '[entities]\nPlatform = ["小红书", ["哔哩哔哩", "B站"]]\n'), load_ontology()
    )
    assert gazetteer.forms["B站"] == KnownName("哔哩哔哩", "Platform")
    assert gazetteer.forms["小红书"] == KnownName("小红书", "Platform")


def test_a_users_file_wins_over_ours(tmp_path: Path) -> None:
    ours = read_gazetteer(GAZETTEER_FILE, load_ontology())
    theirs = read_gazetteer(write(tmp_path, '[entities]\nCompany = ["小红书"]\n'), load_ontology())
    both = ours.merged_with(theirs)
    assert ours.forms["小红书"].type == "Platform"
    assert both.forms["小红书"].type == "Company"
    assert both.forms["淘宝"].type == "Platform"


def test_our_gazetteer_names_nothing_twice() -> None:
    import tomllib

    tables = tomllib.loads(GAZETTEER_FILE.read_text(encoding="utf-8"))["entities"]
    forms = [
        form for items in tables.values() for item in items for form in ([item] if isinstance(item, str) else item)
    ]
    assert sorted({form for form in forms if forms.count(form) > 1}) == []


@pytest.mark.parametrize(
    ("text", "line", "said"),
    [
        ('[entities]\nPlatform = ["a"]\nShop = ["b"]\n', 3, "unknown entity type 'Shop'"),
        ('[entities]\nPlatform = "小红书"\n', 2, "must be a list of names"),
        ('[entities]\nPlatform = ["小红书", 3]\n', 2, "neither a name nor a list"),
        ('[entities]\nPlatform = ["  "]\n', 2, "neither a name nor a list"),
        ('[entities]\nPlatform = ["a"]\n[entites]\nCompany = ["b"]\n', 3, "unknown key 'entites'"),
        ('names = ["小红书"]\n', 1, "expected a table [entities]"),
    ],
)
def test_a_wrong_file_is_named_with_its_line(tmp_path: Path, text: str, line: int, said: str) -> None:
    path = write(tmp_path, text)
    with pytest.raises(ConfigError) as caught:
        read_gazetteer(path, load_ontology())
    assert str(caught.value).startswith(f"{path}:{line}: ")
    assert said in str(caught.value)


def test_what_is_no_toml_or_no_utf8_or_not_there_is_said(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="is not TOML"):
        read_gazetteer(write(tmp_path, "[entities\n"), load_ontology())
    (tmp_path / "gbk.toml").write_bytes('[entities]\nPlatform = ["小红书"]\n'.encode("gb18030"))
    with pytest.raises(ConfigError, match="save the file as UTF-8"):
        read_gazetteer(tmp_path / "gbk.toml", load_ontology())
    with pytest.raises(ConfigError, match="cannot be read"):
        read_gazetteer(tmp_path / "none.toml", load_ontology())
