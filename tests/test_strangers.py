"""Ids in a store: the same file keeps its own, and no article takes the place of another without a word."""

import json
from pathlib import Path

import pytest

from kg import pipeline
from kg.errors import InputError
from kg.extract.options import ExtractorOptions
from kg.load.base import open_store

STORY = "小红书与淘宝天猫签约\n2025-05-07\n\n5月7日，小红书与淘宝天猫达成战略合作。\n"
OTHER = "顺丰联手青禾超市\n2025-05-08\n\n5月8日，顺丰与青禾超市签署战略合作协议。\n"


@pytest.fixture
def store():
    with open_store("memory:") as opened:
        yield opened


def write(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


def build(store, *paths, **options):
    return pipeline.build([str(path) for path in paths], store, **options)


def test_a_file_has_one_id_however_it_is_named(tmp_path, store):
    mon, tue = write(tmp_path / "mon" / "news.txt", STORY), write(tmp_path / "tue" / "news.txt", OTHER)
    for paths in ((mon.parent, tue.parent), (mon.parent,), (tue,), (tmp_path,), (f"{tmp_path}/*/news.txt",)):
        build(store, *paths)
        assert set(store.hashes()) == {"mon/news", "tue/news"}


def test_another_article_of_an_id_is_refused_and_the_first_one_kept(tmp_path, store):
    build(store, write(tmp_path / "mon" / "flash.txt", STORY))
    before = dict(store.hashes())
    failures = []
    second = write(tmp_path / "tue" / "flash.txt", OTHER)
    other = write(tmp_path / "tue" / "other.txt", OTHER)
    report = build(store, second, other, on_error=failures.append)
    assert (report.added, report.changed) == (1, 0)
    assert store.hashes()["flash"] == before["flash"]
    assert [error.source for error in failures] == [str(second.resolve())]
    for told in ("'flash'", "小红书与淘宝天猫签约", "--folder-ids", "kg load --remove flash"):
        assert told in str(failures[0])
    build(store, second, folder_ids=True)
    assert set(store.hashes()) == {"flash", "other", "tue/flash"}


def test_so_are_rows_whose_own_ids_say_so_and_statements_from_elsewhere(tmp_path, store):
    for day, text in (("mon", STORY), ("tue", OTHER)):
        write(tmp_path / day / "rows.jsonl", json.dumps({"id": "1", "title": text.split("\n")[0], "text": text}))
    triples = write(tmp_path / "none.jsonl", "")
    build(store, tmp_path / "mon" / "rows.jsonl")
    for options in ({}, {"triples": triples}):
        with pytest.raises(InputError, match="'1' is that of another article"):
            build(store, tmp_path / "tue" / "rows.jsonl", **options)


@pytest.mark.parametrize(
    "text",
    [
        OTHER,
        STORY.replace("战略合作", "数据合作"),
        STORY.replace("小红书与淘宝天猫签约", "一周要闻：平台动向"),
    ],
    ids=["all new", "text", "title"],
)
def test_a_file_may_change_where_it_lies(tmp_path, store, text):
    path = write(tmp_path / "flash.txt", STORY)
    build(store, path)
    write(path, text)
    assert build(store, path).changed == 1


@pytest.mark.parametrize(
    "text",
    [STORY.replace("战略合作", "数据合作"), STORY.replace("小红书与淘宝天猫签约", "一周要闻：平台动向")],
    ids=["text", "title"],
)
def test_an_article_may_change_and_be_moved(tmp_path, store, text):
    build(store, write(tmp_path / "mon" / "flash.txt", STORY))
    assert build(store, write(tmp_path / "archive" / "flash.txt", text)).changed == 1


def test_a_file_that_was_moved_has_not_changed_even_for_another_extractor(tmp_path, store):
    build(store, write(tmp_path / "mon" / "flash.txt", STORY))
    moved = write(tmp_path / "archive" / "flash.txt", STORY)
    assert build(store, moved).unchanged == 1
    assert build(store, moved, options=ExtractorOptions(min_confidence=0.5)).changed == 1
