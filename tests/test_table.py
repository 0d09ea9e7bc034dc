"""Rows of answers as frames of pandas and Polars, and what is said where those are not installed."""

import sys

import pytest

import kg
from kg.errors import UsageError
from kg.table import Table

ROWS = [
    {"name": "小红书", "partners": ["京东", "淘宝"], "since": None, "sources": 2, "share": 0.5},
    {"name": "京东", "partners": [], "since": "2021-08-02", "sources": 1, "share": 1},
]


@pytest.fixture
def graph(tmp_path):
    said = (
        '{"doc": "a", "head": {"name": "小红书", "type": "Platform", "aliases": []}, "relation": "PARTNERS_WITH", '
        '"tail": {"name": "京东", "type": "Platform", "aliases": []}, "status": "actual", "time": "2025-05-29", '
        '"evidence": {"start": 0, "end": 2, "text": "合作"}, "confidence": 0.9}\n'
    )
    (tmp_path / "t.jsonl").write_text(said, encoding="utf-8")
    (tmp_path / "a.txt").write_text("合作", encoding="utf-8")
    with kg.build(tmp_path / "a.txt", triples=tmp_path / "t.jsonl") as made:
        yield made


def test_pandas_takes_rows_with_lists_and_blanks():
    pandas = pytest.importorskip("pandas")
    frame = Table(ROWS).pandas()
    assert list(frame.columns) == list(ROWS[0])
    assert frame.sources.sum() == 3
    assert frame.partners[0] == ["京东", "淘宝"]
    assert pandas.isna(frame.since[0])


def test_polars_takes_rows_with_lists_and_blanks():
    polars = pytest.importorskip("polars")
    frame = Table(ROWS).polars()
    assert frame.schema["partners"] == polars.List(polars.String)
    assert frame.to_dicts() == [*ROWS[:1], {**ROWS[1], "share": 1.0}]


@pytest.mark.parametrize("library", ["pandas", "polars"])
def test_an_answer_without_rows_is_a_frame_with_its_columns(library):
    pytest.importorskip(library)
    frame = getattr(Table(columns=["name", "type"]), library)()
    assert (list(frame.columns), len(frame)) == (["name", "type"], 0)


@pytest.mark.parametrize("library", ["pandas", "polars"])
def test_facts_and_answers_of_a_graph_are_frames(graph, library):
    pytest.importorskip(library)
    frame = getattr(graph.facts("小红书"), library)()
    assert list(frame["tail"]) in (["京东"], ["小红书"])
    assert "PARTNERS_WITH" in set(frame["relation"])
    for answer in (
        graph.rank(),
        graph.camps(),
        graph.timeline("京东"),
        graph.partners("京东"),
        graph.diff("2025-01", "2026-01").table(),
        graph.openness(),
        graph.rivals(),
    ):
        assert list(getattr(answer, library)().columns) == list(answer.columns)


@pytest.mark.parametrize("library", ["pandas", "polars"])
def test_where_it_is_not_installed_the_way_to_it_is_named(library, monkeypatch):
    monkeypatch.setitem(sys.modules, library, None)
    with pytest.raises(UsageError, match=r"pip install 'kg-partners\[frames\]'"):
        getattr(Table(ROWS), library)()
