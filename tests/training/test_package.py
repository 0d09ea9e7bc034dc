"""A model's folder beside its graphs: settings that the program reads back, a card that has all that a card must."""

import tomllib

import pytest

from training.package import FILES, format_toml, licence_of, write_card, write_settings

SETTINGS = {
    "name": "kg-reader-2", "date": "2026-11-27", "encoder": "EmbeddingGemma-300M", "layers": 2, "quantisation": "int8",
    "data": "8 annotated texts.", "temperature": 1.5, "shift": -0.25,
    "thresholds": {"alias": 0.5, "relation": 0.4, "time": 0.5, "second_sentence": 0.35},
    "calibration": {"statements": 10, "error_before": 0.2, "error_after": 0.03},
}  # fmt: skip


@pytest.mark.parametrize(
    "values",
    [SETTINGS, {}, {"a": 'quo"te\\ and\nline', "b": True, "汉 字": {"x": {"y.z": 1e-9}}}, {"t": {}, "u": {"v": {"w": "\x00\x7f"}}}],
)  # fmt: skip
def test_what_is_written_is_read_back(values):
    def without_empty(tables):
        return {k: without_empty(v) if isinstance(v, dict) else v for k, v in tables.items() if v != {}}

    assert tomllib.loads(format_toml(values)) == without_empty(values)


def test_settings_bear_the_hashes_of_the_files(tmp_path):
    for name in FILES:
        (tmp_path / name).write_bytes(name.encode())
    write_settings(tmp_path, SETTINGS)
    found = tomllib.loads((tmp_path / "model.toml").read_text(encoding="utf-8"))
    assert found.pop("sha256").keys() == set(FILES)
    assert found == SETTINGS
    before = (tmp_path / "model.toml").read_bytes()
    (tmp_path / "reader.onnx").write_bytes(b"other")
    write_settings(tmp_path, SETTINGS)
    assert (tmp_path / "model.toml").read_bytes() != before


def test_a_card_says_data_recipe_figures_limits_and_licence(tmp_path):
    write_card(tmp_path, SETTINGS, recipe="seed = 7", table="| kind | F1 |", curve="| step |")
    card = (tmp_path / "CARD.md").read_text(encoding="utf-8")
    for title in ("Data", "Recipe", "Figures", "Limits", "Licence"):
        assert f"\n## {title}\n" in card
    notice = "Gemma is provided under and subject to the Gemma Terms of Use found at ai.google.dev/gemma/terms"
    for part in ("8 annotated texts.", "seed = 7", "| kind | F1 |", "0.030", notice):
        assert part in card


def test_a_card_says_so_where_nothing_was_measured(tmp_path):
    write_card(tmp_path, {k: v for k, v in SETTINGS.items() if k != "calibration"}, recipe="", table=None, curve="")
    card = (tmp_path / "CARD.md").read_text(encoding="utf-8")
    assert "Not measured" in card
    assert "not calibrated" in card


def test_the_terms_are_those_of_the_encoder(root):
    assert "Gemma Terms of Use" in licence_of({"encoder": "google/embeddinggemma-300m"})
    assert "Gemma" not in licence_of({"encoder": "hfl/rbt3"})
    assert "ai.google.dev/gemma/terms" in (root / "NOTICE").read_text(encoding="utf-8")
