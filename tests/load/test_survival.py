"""Everything survives every store: one scenario of reprints, contradictions, verdicts and times, written, read, moved and changed."""

import io
import json
from dataclasses import replace

import pytest

from kg.graph import read_graph
from kg.load.base import open_store, summarize
from kg.load.kglite import FACTS_VARIABLE
from kg.load.triples import read_triples, write_triples
from kg.model import ArticleInfo, NamedEntity, sketch
from kg.ontology import load_ontology
from kg.resolve import read_registry, resolve

STORES = ["memory:", "g.json", "g.kgl", "tables", pytest.param("neo4j", marks=pytest.mark.xdist_group("neo4j"))]
TEXT = "".join(chr(0x4E00 + i * 37 % 4000) for i in range(600))
REGISTRY = """
[[entity]]
name = "王伟@甲公司"
aliases = ["王伟@丙公司"]
ids = { wikidata = "Q1" }

[[verdict]]
head = "王伟@乙公司"
relation = "WORKS_FOR"
tail = "乙公司"
because = "另有其人"

[[entity]]
name = "小红书（RED）"
aliases = ["小红书", "红薯"]
ids = { wikidata = "Q30744540", uscc = "91310115:A" }

[[verdict]]
head = "红薯"
relation = "PARTNERS_WITH"
tail = "京东"
because = "误读"

[[verdict]]
head = "京东"
relation = "CONNECTS_TO"
tail = "小红书"
becomes = { status = "rumored", time = "2025-06" }
because = "原文说的是传闻"

[[verdict]]
head = "小红书"
relation = "OWNS"
tail = "小绿洲"
becomes = { relation = "LAUNCHES" }
"""


@pytest.fixture(params=STORES)
def url(request, tmp_path, monkeypatch):
    if request.param == "neo4j":
        return request.getfixturevalue("neo4j_url")
    if request.param == "tables":
        monkeypatch.setenv(FACTS_VARIABLE, "0")
        return str(tmp_path / "g.kgl")
    return request.param if request.param == "memory:" else str(tmp_path / request.param)


@pytest.fixture(params=["without", "with"])
def registry(request, tmp_path, monkeypatch):
    if request.param == "without":
        return None
    path = tmp_path / "mine.toml"
    path.write_text(REGISTRY, encoding="utf-8")
    monkeypatch.setenv("KG_REGISTRY", str(path))
    return read_registry(path)


@pytest.fixture
def articles(corpus, news):
    """The corpus, with an article and its reprint that say how a link was opened, denied and cut, and people of one name."""
    red, tmall = news.RED, news.TMALL

    def said(doc, date, text, *statements):
        made = news.make_article(doc, *statements, entities=(red, tmall), date=date)
        return replace(made, article=replace(made.article, sketch=sketch(text)))

    opened = news.state(red, "CONNECTS_TO", tmall, time="2020-10", text="笔记可以直接跳转淘宝天猫的店铺")
    cut = news.state(red, "CONNECTS_TO", tmall, status="ended", time="2021-08-02", text="关闭链接", start=90)
    denied = news.state(red, "CONNECTS_TO", tmall, status="denied", text="没有这回事", start=140)
    again = news.state(red, "CONNECTS_TO", tmall, time="2025/2026", text="又打通了", start=200)
    people = [
        news.make_article(doc, news.state(NamedEntity("王伟", "Person"), "WORKS_FOR", NamedEntity(firm, "Company")))
        for doc, firm in (("p1", "甲公司"), ("p2", "乙公司"), ("p3", "丙公司"), ("p4", "甲公司"))
    ]
    return [
        *corpus,
        said("origin", "2021-08-02", TEXT, opened, cut, again),
        said("reprint", "2021-08-03", "转载：" + TEXT[:560], opened, cut),
        said("other", "2021-08-04", TEXT[::-1], denied),
        *people,
    ]


def list_articles(store):
    rows = store.query("MATCH (a:Article) RETURN a.id AS id, a.reprint_of AS origin")
    return {row["id"]: row["origin"] for row in rows}


def list_facts(store):
    """Every relationship between entities, as Cypher sees it."""
    rows = store.query("MATCH (a:Entity)-[r]->(b:Entity) RETURN a.name AS a, r, b.name AS b")
    return sorted(
        json.dumps([row["a"], row["r"]["type"], row["b"], row["r"]["properties"]], ensure_ascii=False, sort_keys=True)
        for row in rows
    )


def list_ids(store):
    """What Cypher sees of every entity's ids; of most there are none."""
    rows = store.query("MATCH (e:Entity) WHERE e.ids IS NOT NULL RETURN e.id AS id, e.ids AS ids")
    return {row["id"]: row["ids"] for row in rows}


def check(store, articles, registry):
    expected = resolve(articles, load_ontology(), registry=registry)
    assert store.resolution() == expected
    assert store.resolution().reprints == expected.reprints
    graph = store.read()
    assert read_graph(graph) == expected
    assert list(store.extractions()) == sorted(articles, key=lambda said: said.article.id)
    # It is no part of what is compared.
    sketches = {said.article.id: said.article.sketch for said in articles}
    assert {said.article.id: said.article.sketch for said in store.extractions()} == sketches
    assert list_ids(store) == {e.id: e.written_ids for e in expected.entities if e.ids}
    origins = dict(expected.reprints)
    assert list_articles(store) == {said.article.id: origins.get(said.article.id) for said in articles}
    told, figures = store.summary(), summarize(expected)
    assert (told.entities, told.facts) == (figures.entities, figures.facts)
    assert dict(told.relations) == dict(figures.relations)
    assert dict(told.rejected) == dict(figures.rejected)
    with open_store("memory:") as memory:
        memory.write(articles)
        assert list_facts(store) == list_facts(memory)
        around = {data["name"] for _, data in store.read("小绿洲", 1).nodes(data=True)}
        assert around == {data["name"] for _, data in memory.read("小绿洲", 1).nodes(data=True)}
        assert store.read("京东", 1).graph["articles"] == memory.read("京东", 1).graph["articles"]
    return expected


def test_all_comes_back_as_it_was(url, articles, registry):
    with open_store(url) as store:
        store.write(articles)
        expected = check(store, articles, registry)
        labels = sorted(e.aliases for e in expected.entities if e.name == "王伟")
        assert labels == (
            [("王伟@丙公司", "王伟@甲公司"), ("王伟@乙公司",)]
            if registry
            else [("王伟@丙公司",), ("王伟@乙公司",), ("王伟@甲公司",)]
        )
        assert expected.reprints == (("reprint", "origin"),)
        [link] = [f for f in expected.facts if f.relation == "CONNECTS_TO" and f.sources == 2]
        assert [(event.status, event.time) for event in link.history] == [
            ("actual", "2020-10"),
            ("ended", "2021-08-02"),
            ("denied", None),
            ("actual", "2025/2026"),
        ]
        assert link.valid == (("2020-10", "2021-08-02"), ("2025", "2027-01-01"))
        reasons = {r.reason for r in expected.rejected}
        assert ("rejected by your registry: 误读" in reasons) == (registry is not None)
        assert ("LAUNCHES" in {f.relation for f in expected.facts}) == (registry is not None)
        found = store.query("MATCH (e:Entity) WHERE 'wikidata:Q30744540' IN e.ids RETURN e.name AS name, e.ids AS ids")
        known = {"name": "小红书（RED）", "ids": ["uscc:91310115:A", "wikidata:Q30744540"]}
        assert found == ([known] if registry else [])
        if registry:
            around = {data["name"] for _, data in store.read("WIKIDATA：q30744540", 0).nodes(data=True)}
            assert around == {"小红书（RED）"}
    if url != "memory:":
        with open_store(url) as store:
            check(store, articles, registry)


def test_a_reprint_whose_origin_goes_or_is_changed_is_none(url, articles, news):
    with open_store(url) as store:
        store.write(articles)
        changed = [replace(said, article=replace(said.article, date="2021-08-05")) for said in articles[3:4]]
        store.write(changed)  # now the other one is the first
        articles[3:4] = changed
        assert check(store, articles, None).reprints == (("origin", "reprint"),)
        store.remove(["reprint"])
        assert check(store, [a for a in articles if a.article.id != "reprint"], None).reprints == ()


def test_statements_that_are_piped_from_store_to_store_are_the_same_graph(url, articles, registry, tmp_path):
    file = io.StringIO()
    with open_store("memory:") as source:
        source.write(articles)
        write_triples(source.extractions(), file, entities=True)
    (tmp_path / "piped.jsonl").write_text(file.getvalue(), encoding="utf-8")
    with open_store(url) as store:
        store.write(read_triples(tmp_path / "piped.jsonl"))
        # What the extractor did not take is no statement, and stays behind.
        check(store, [replace(said, rejected=()) for said in articles], registry)


def test_a_registry_that_came_later_holds_from_the_next_write_on(url, articles, tmp_path, monkeypatch):
    with open_store(url) as store:
        store.write(articles)
    path = tmp_path / "mine.toml"
    path.write_text(REGISTRY, encoding="utf-8")
    monkeypatch.setenv("KG_REGISTRY", str(path))
    new = replace(articles[0], article=ArticleInfo("new", date="2025-07-01"), statements=())
    with open_store(url) as store:
        store.write([*articles, new] if url == "memory:" else [new])
        check(store, [*articles, new], read_registry(path))


def test_ids_that_a_registry_gives_later_come_and_go_without_any_changed_article(url, articles, tmp_path, monkeypatch):
    if url == "memory:":
        pytest.skip("it ends with its process")
    with open_store(url) as store:
        store.write(articles)
        assert list_ids(store) == {}
    path = tmp_path / "mine.toml"
    monkeypatch.setenv("KG_REGISTRY", str(path))
    for ids, written in (
        ('{ wikidata = "Q1" }', ["wikidata:Q1"]),
        ('{ b = "2", a = "1" }', ["a:1", "b:2"]),
        ("{}", None),
    ):
        path.write_text(f'[[entity]]\nname = "红薯"\nids = {ids}\n', encoding="utf-8")
        with open_store(url) as store:
            told = store.write(articles)
            assert (told.added, told.changed) == (0, 0)
            assert list(list_ids(store).values()) == ([written] if written else [])
            check(store, articles, read_registry(path))
