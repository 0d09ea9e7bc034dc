"""Annotations kept without their texts come back whole where the text is, and are left out where it is not."""

import json

import pytest

from kg.errors import ConfigError
from training.references import key_of, place_passages, read_annotated, refer, resolve

ROW = {
    "id": "f-1", "date": "2026-08-01", "title": "甲买下乙", "text": "甲公司今日宣布买下乙公司。交易未公布。",
    "entities": [{"name": "甲公司", "type": "Company", "names": ["甲公司", "甲"]}, {"name": "乙公司", "type": "Company", "names": ["乙公司"]}],
    "relations": [
        {"head": "甲公司", "relation": "ACQUIRES", "tail": "乙公司", "status": "actual", "evidence": "甲公司今日宣布买下乙公司。"},
        {"head": "甲公司", "relation": "OWNS", "tail": "乙公司", "status": "planned", "evidence": "甲买下乙", "time": "2026"},
    ],
}  # fmt: skip
WHOLES = ("甲买下乙 — 甲公司今日宣布买下乙公司。交易未公布。", "甲买下乙\n甲公司今日宣布买下乙公司。交易未公布。 ")


@pytest.mark.parametrize("whole", WHOLES)
def test_a_reference_holds_no_text_and_comes_back_as_the_row(whole):
    reference = refer(ROW, "flashes", {key_of(whole)})
    assert "宣布" not in json.dumps(reference, ensure_ascii=False)
    assert resolve(reference, {key_of(whole): whole}) == ROW


def test_a_text_without_a_title():
    row = {**ROW, "title": "", "relations": ROW["relations"][:1]}
    reference = refer(row, "sentences", [key_of(row["text"])])
    assert resolve(reference, {key_of(row["text"]): "  " + row["text"] + "\n"}) == row


def test_a_text_of_no_collection_is_none():
    assert refer(ROW, "flashes", {key_of("anderes")}) is None
    assert resolve(refer(ROW, "flashes", {key_of(WHOLES[0])}), {}) is None


def test_a_passage_that_is_nowhere_is_named():
    row = {**ROW, "relations": [{**ROW["relations"][0], "evidence": "丙"}]}
    with pytest.raises(ConfigError, match="f-1"):
        refer(row, "flashes", {key_of(WHOLES[0])})


def test_a_folder_is_read_with_the_texts_at_hand(tmp_path):
    (tmp_path / "written").mkdir()
    (tmp_path / "real").mkdir()
    (tmp_path / "written" / "a.jsonl").write_text(json.dumps(place_passages(ROW)) + "\n", encoding="utf-8")
    reference = refer(ROW, "flashes", {key_of(WHOLES[0])})
    lines = [reference, {**reference, "text": "0" * 16}]
    (tmp_path / "real" / "a.jsonl").write_text("".join(json.dumps(x) + "\n" for x in lines), encoding="utf-8")
    assert list(read_annotated(tmp_path, ["other", WHOLES[0]])) == [
        ("written", ROW),
        ("flashes", ROW),
        ("flashes", None),
    ]
    assert list(read_annotated(tmp_path / "nothing", [])) == []
