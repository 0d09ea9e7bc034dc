"""The library of questions: every one has a header that keeps its word, and answers with real rows."""

import json
import re
import subprocess
import sys
from dataclasses import replace

import pytest

from kg.errors import ConfigError, UsageError
from kg.load import library
from kg.load.base import open_store
from kg.load.library import list_queries, load_query
from kg.load.triples import read_triples
from kg.ontology import load_ontology

NAMES = [query.name for query in list_queries()]


@pytest.fixture(scope="module")
def store(examples, shared, tmp_path_factory):
    folder = tmp_path_factory.mktemp("library")
    triples = folder / "gold.jsonl"
    subprocess.run([sys.executable, shared / "gold" / "to_triples.py", examples / "gold.jsonl", triples], check=True)
    articles = {a["id"]: a for a in map(json.loads, (examples / "gold.jsonl").read_text("utf-8").splitlines())}
    with open_store(folder / "g.kgl") as opened:
        opened.write(
            replace(e, article=replace(e.article, title=a["title"], date=a["date"]))
            for e in read_triples(triples)
            for a in [articles[e.article.id]]
        )
        yield opened


def ask(store, question, /, **given):
    query = load_query(question)
    return store.query(query.cypher, **query.fill(given))


def test_there_are_questions_enough_each_in_two_languages():
    assert len(NAMES) >= 8
    for query in list_queries():
        assert re.search(r"[\u4e00-\u9fff].*？$", query.zh)
        assert query.en.endswith("?") and query.en.isascii()
        assert set(re.findall(r"\$(\w+)", query.cypher)) == set(query.parameters)


@pytest.mark.parametrize("name", NAMES)
def test_a_question_has_rows_with_the_columns_that_its_header_names(store, name):
    rows = ask(store, name)
    assert rows
    assert all(list(row) == list(load_query(name).columns) for row in rows)


@pytest.mark.parametrize("name", NAMES)
def test_a_question_about_a_hostile_name_is_answered_with_nothing(store, name):
    query = load_query(name)
    hostile = "'}) DETACH DELETE n // \"`"
    given = {key: hostile for key in ("name", "other") if key in query.parameters}
    if given:
        assert store.query(query.cypher, **query.fill(given)) == []


def test_partners_by_alias_and_status(store):
    actual = {row["partner"] for row in ask(store, "partners", name="小红书", status=["actual"])}
    denied = {row["partner"] for row in ask(store, "partners", name="小红书", status=["denied"])}
    assert "淘宝天猫" in actual
    assert denied == {"拼多多", "携程"}


def test_timeline_of_a_pair_in_either_order(store):
    one = ask(store, "timeline", name="小红书", other="淘宝")
    assert one == ask(store, "timeline", name="淘宝", other="小红书")
    links = next(row for row in one if row["relation"] == "CONNECTS_TO")
    assert (links["head"], links["tail"], links["since"], links["until"]) == ("小红书", "淘宝", "2020-11", "2021-08-02")


def test_what_held_on_a_day(store):
    def held(day):
        return {(row["head"], row["relation"], row["tail"]) for row in ask(store, "as_of", name="淘宝", day=day)}

    links = ("小红书", "CONNECTS_TO", "淘宝")
    assert links in held("2021-01-15")
    assert links not in held("2020-10-31")
    assert links not in held("2021-08-02")


def test_launches_of_a_period_only(store):
    days = [row["day"] for row in ask(store, "launches", **{"from": "2022-01-01", "to": "2022-12-31"})]
    assert days and days == sorted(days)
    assert all("2022-01-01" <= day <= "2022-12-31" for day in days)


def test_people_come_with_the_positions_that_they_hold_there(store):
    people = {row["person"]: row["positions"] for row in ask(store, "people", name="沪研咨询")}
    assert people == {"沈放": ["分析师"]}


def test_ended_in_a_period_only(store):
    rows = ask(store, "ended", **{"from": "2021-08-01", "to": "2021-08-31"})
    assert [(row["head"], row["relation"], row["tail"]) for row in rows] == [("小红书", "CONNECTS_TO", "淘宝")]


def test_rumours_hold_nothing_that_is_actual(store):
    assert {row["status"] for row in ask(store, "rumours")} <= {"rumored", "planned", "denied"}


def test_the_most_connected_is_who_the_stories_are_about(store):
    rows = ask(store, "most_connected", limit=3)
    assert len(rows) == 3
    assert rows[0]["name"] == "小红书"


def test_a_path_leads_over_relations_and_never_through_an_article(store):
    [row] = ask(store, "path", name="毛文超", other="贝塔斯曼")
    assert row["names"] == ["毛文超", "小红书", "瞿芳", "贝塔斯曼"]
    assert set(row["relations"]) <= set(load_ontology().relations)
    assert ask(store, "path", name="小红书", other="小红书") == []


def test_the_path_knows_every_relation_of_the_ontology():
    assert set(re.findall(r"\b[A-Z]{2,}(?:_[A-Z]+)*\b", load_query("path").cypher.split("[:")[1].split("*")[0])) == set(
        load_ontology().relations
    )


def test_articles_come_in_order_with_the_forms_that_they_use(store):
    rows = ask(store, "articles", name="小红书")
    assert len(rows) == 14
    assert [row["date"] for row in rows] == sorted(row["date"] for row in rows)


def test_unknown_names_and_parameters_list_what_there_is():
    with pytest.raises(UsageError, match=r"unknown query 'partner'; there are .*partners"):
        load_query("partner")
    with pytest.raises(UsageError, match=r"no parameter 'nam'; it has name, status"):
        load_query("partners").fill({"nam": "x"})


def test_a_header_that_lacks_something_names_file_and_line(tmp_path, monkeypatch):
    monkeypatch.setattr(library, "_find_folder", lambda: tmp_path)
    (tmp_path / "q.cypher").write_text("// zh: 谁？\nRETURN 1 AS x\n", encoding="utf-8")
    with pytest.raises(ConfigError, match=r"q\.cypher: the header needs zh, en"):
        list_queries()
    (tmp_path / "q.cypher").write_text("// zh: 谁？\n// en: Who?\n// param x = 小\nRETURN 1 AS x\n", encoding="utf-8")
    with pytest.raises(ConfigError, match=r"q\.cypher:3: the default of x is not JSON"):
        load_query("q")


def test_schema_statements_can_be_run_again(root):
    text = re.sub(r"^//.*$", "", (root / "cypher" / "schema.cypher").read_text(encoding="utf-8"), flags=re.M)
    statements = [statement.strip() for statement in text.split(";") if statement.strip()]
    assert len(statements) >= 4
    assert all(re.match(r"CREATE (CONSTRAINT|INDEX|TEXT INDEX|FULLTEXT INDEX) \w+ IF NOT EXISTS FOR ", s) for s in statements)
