"""The table of the development split, by the program as a user runs it."""

import pytest

from kg.errors import ConfigError
from training import figures
from training.prepare import development_ids


@pytest.fixture
def measured(articles, shared):
    return figures.measure(articles, figures.run_extract(articles, "none"))


def test_patterns_alone_are_measured_by_kind(measured, articles):
    assert list(measured) == ["written", "all"]
    assert measured["written"]["triples"]["gold"] == 15
    assert measured["written"]["triples"] == measured["all"]["triples"]
    assert measured["all"]["texts"] == len(articles)


def test_the_table_has_a_row_for_each_kind_and_a_cell_for_each_figure(measured):
    lines = figures.make_table(measured).splitlines()
    assert [line.split("|")[1].strip() for line in lines] == ["kind", "---", "written", "all"]
    assert len({line.count("|") for line in lines}) == 1
    assert f"{measured['all']['triples']['f1']:.3f}" in lines[-1]


def test_a_figure_below_its_floor_is_named(measured):
    reached = measured["all"]["triples"]["f1"]
    assert figures.find_shortfalls(measured, {"all": {"triples": reached, "status": 0.0}}) == []
    (short,) = figures.find_shortfalls(measured, {"all": {"triples": reached + 0.01}})
    assert short.startswith("all: triples is")


def test_without_the_data_a_sentence_says_how_to_name_it(monkeypatch, tmp_path):
    monkeypatch.setenv("KG_SHARED", str(tmp_path))
    with pytest.raises(ConfigError, match="KG_SHARED"):
        figures.development_articles()


def test_the_development_split_is_what_its_list_says(shared):
    articles = figures.development_articles()
    assert {article["id"] for article in articles} == development_ids()
    assert len(articles) == 270
