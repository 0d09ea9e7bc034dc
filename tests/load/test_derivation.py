"""The streaming derivation gives what `resolve` gives, for corpora that are made to be difficult."""

import random
import sqlite3
from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kg.load import properties
from kg.load.derivation import Derivation
from kg.load.records import decode, encode
from kg.model import ArticleInfo, Evidence, Extraction, NamedEntity, Statement
from kg.ontology import load_ontology
from kg.resolve import resolve
from kg.resolve.registry import parse_registry

ONTOLOGY = load_ontology()
# Few names that fold to fewer, so that aliases bridge, clash and close circles.
NAMES = ["红", "RED", "red", "书", "《书》", "猫", "淘", "淘宝", " ", "A", "ａ", "B", "C", "COO"]
TIMES = [None, "2020", "2020-05", "2020-05-07", "2021-08-02", "2020/2021", "gestern"]


def derive(corpus, registry=None):
    derivation = Derivation(sqlite3.connect(""), ONTOLOGY, registry=registry)
    for extraction in corpus:
        derivation.add(extraction)
    derivation.merge()
    return derivation


def check(corpus, registry=None):
    expected = resolve(corpus, ONTOLOGY, registry=registry)
    derived = derive(corpus, registry)
    assert derived.rejected == Counter(rejection.reason for rejection in expected.rejected)
    assert derived.reprints == dict(expected.reprints)
    entities = list(derived.entities())
    assert [(e.type, e.id, e.name, e.aliases, e.ids) for e in entities] == sorted(
        (e.type, e.id, e.name, list(e.aliases), e.written_ids) for e in expected.entities
    )
    mentions = [
        {"article": row.doc, "entity": mention[0], "count": mention[1], "names": mention[2]}
        for row in derived.mentions()
        for mention in row.mentions
    ]
    key = lambda m: (m["article"], m["entity"])  # noqa: E731
    assert sorted(mentions, key=key) == sorted(properties.list_mentions(expected), key=key)
    wanted = {
        relation: {row["properties"]["id"]: row for row in rows} for relation, rows in properties.group_facts(expected)
    }
    found = {}
    for relation in derived.relations():
        rows = {f.id: {"head": f.head, "tail": f.tail, "properties": f.properties} for f in derived.facts(relation)}
        if rows:
            found[relation] = rows
    assert found == wanted
    return expected


def make_entity(draw_name, type_, aliases, count):
    return NamedEntity(draw_name, type_, tuple(aliases), count)


entities = st.builds(
    make_entity,
    st.sampled_from(NAMES),
    st.sampled_from(["Platform", "Company", "Person", "Role", "Product", "Unheard"]),
    st.lists(st.sampled_from(NAMES), max_size=3),
    st.integers(0, 3),
)
statements = st.builds(
    lambda head, relation, tail, status, time, start, score: Statement(
        "", head, relation, tail, status, time, Evidence(start, start + 2, "原文"), score
    ),
    entities,
    st.sampled_from(["PARTNERS_WITH", "OWNS", "HOLDS_POSITION", "WORKS_FOR", "LAUNCHES", "NO_RELATION"]),
    entities,
    st.sampled_from(["actual", "planned", "ended", "denied", "rumored", "perhaps"]),
    st.sampled_from(TIMES),
    st.integers(0, 2),
    st.sampled_from([0.5, 0.9, 1]),
)
articles = st.lists(
    st.tuples(
        st.lists(entities, max_size=4),
        st.lists(statements, max_size=5),
        st.sampled_from([None, "2020-06-01", "2021", "x"]),
    ),
    max_size=7,
)


PEOPLE = ["王伟", "David Wang", "李娜"]
FIRMS = ["红", "RED", "猫", "京东", "京东物流", "淘宝", "C"]
posts = st.builds(
    lambda name, aliases, relation, firm, status, time: Statement(
        "",
        NamedEntity(name, "Person", tuple(aliases)),
        relation,
        NamedEntity(*firm),
        status,
        time,
        Evidence(0, 2, "原文"),
        0.9,
    ),
    st.sampled_from(PEOPLE),
    st.lists(st.sampled_from(PEOPLE), max_size=1),
    st.sampled_from(["WORKS_FOR", "WORKS_FOR", "FOUNDED", "INVESTS_IN"]),
    st.tuples(st.sampled_from(FIRMS), st.sampled_from(["Platform", "Company"])),
    st.sampled_from(["actual", "actual", "ended", "denied"]),
    st.sampled_from(TIMES[:-1]),
)
titles = st.builds(
    lambda name, title: Statement(
        "",
        NamedEntity(name, "Person"),
        "HOLDS_POSITION",
        NamedEntity(title, "Role"),
        "actual",
        None,
        Evidence(0, 2, "原文"),
        0.9,
    ),
    st.sampled_from(PEOPLE),
    st.sampled_from(["COO", "副总裁"]),
)
bystanders = st.builds(
    lambda name, type_: NamedEntity(name, type_),
    st.sampled_from([*FIRMS, *PEOPLE]),
    st.sampled_from(["Company", "Person"]),
)
articles_on_people = st.lists(
    st.tuples(
        st.lists(bystanders, max_size=2),
        st.lists(posts | titles, max_size=3),
        st.sampled_from([None, "2020-06-01", "2021"]),
    ),
    max_size=9,
)


@settings(max_examples=400, deadline=None)
@given(articles_on_people, st.booleans())
def test_people_of_one_name_are_told_apart_alike(drawn, ruled):
    registry = parse_registry(Path("registry.toml"), REGISTRY_OF_PEOPLE, ONTOLOGY) if ruled else None
    check(
        [
            Extraction(ArticleInfo(f"a{n}", date=date), tuple(named), tuple(replace(s, doc=f"a{n}") for s in said))
            for n, (named, said, date) in enumerate(drawn)
        ],
        registry,
    )


@settings(max_examples=400, deadline=None)
@given(articles)
def test_any_corpus_is_derived_as_resolve_does(drawn):
    check(
        [
            Extraction(ArticleInfo(f"a{n}", date=date), tuple(named), tuple(replace(s, doc=f"a{n}") for s in said))
            for n, (named, said, date) in enumerate(drawn)
        ]
    )


def test_the_corpus_of_the_scenario_is_too(corpus):
    expected = check(corpus)
    assert len(expected.facts) == 7


REGISTRY_OF_PEOPLE = """
[[entity]]
name = "王伟@京东"
aliases = ["王伟@C", "David Wang"]
ids = { wikidata = "Q4" }

[[entity]]
name = "李娜@猫"
ids = { wikidata = "Q5" }

[[never]]
names = ["王伟@红", "王伟@京东"]

[[never]]
names = ["李娜@猫", "李娜"]

[[verdict]]
head = "王伟@红"
relation = "WORKS_FOR"
tail = "红"
because = "误读"
"""
REGISTRY = """
[[entity]]
name = "淘宝"
aliases = ["猫"]
ids = { wikidata = "Q1" }

[[entity]]
name = "红"
ids = { stock = "红:1" }

[[never]]
names = ["红", "书"]

[[verdict]]
head = "红"
relation = "PARTNERS_WITH"
tail = "RED"
because = "误读"

[[verdict]]
head = "A"
relation = "OWNS"
tail = "B"
becomes = { relation = "PARTNERS_WITH", status = "planned" }

[[verdict]]
head = "B"
relation = "PARTNERS_WITH"
tail = "C"
article = "a1"
becomes = { tail = "A", time = "" }
"""


@settings(max_examples=150, deadline=None)
@given(articles)
def test_a_registry_joins_parts_rejects_and_corrects_alike(drawn):
    registry = parse_registry(Path("registry.toml"), REGISTRY, ONTOLOGY)
    check(
        [
            Extraction(ArticleInfo(f"a{n}", date=date), tuple(named), tuple(replace(s, doc=f"a{n}") for s in said))
            for n, (named, said, date) in enumerate(drawn)
        ],
        registry,
    )


def test_no_verdict_is_asked_of_what_a_registry_made_a_statement_about_itself():
    cat, taobao = NamedEntity("猫", "Platform", ("B",)), NamedEntity("淘宝", "Platform", ("A",))
    said = Statement("a0", cat, "OWNS", taobao, "actual", None, Evidence(0, 2, "原文"), 0.5)
    registry = parse_registry(Path("registry.toml"), REGISTRY, ONTOLOGY)
    expected = check([Extraction(ArticleInfo("a0"), (cat, taobao), (said,))], registry)
    assert [rejection.reason for rejection in expected.rejected] == ["head and tail are one entity"]


def test_nothing_gives_nothing():
    derived = derive([])
    assert (list(derived.entities()), list(derived.mentions()), derived.relations()) == ([], [], [])


def test_an_article_without_entities_has_empty_mentions():
    [row] = derive([Extraction(ArticleInfo("leer"))]).mentions()
    assert (row.doc, row.mentions) == ("leer", [])


def test_the_order_of_arrival_changes_no_digest(corpus):
    def digests(articles):
        derived = derive(articles)
        return (
            list(derived.entities()),
            list(derived.mentions()),
            [list(derived.facts(relation)) for relation in derived.relations()],
        )

    shuffled = list(corpus)
    random.Random(2).shuffle(shuffled)
    assert digests(shuffled) == digests(corpus)


def test_many_facts_of_one_head_come_in_portions_and_all(news):
    many = [
        news.make_article(f"{i}", news.state(news.RED, "OWNS", NamedEntity(f"产品{i}", "Product"))) for i in range(1300)
    ]
    assert len(check([decode(encode(article), source="test") for article in many]).facts) == 1300


@pytest.mark.parametrize("separator", ["\x1f", "\x00", "; "])
def test_names_that_hold_control_characters_stay_apart(news, separator):
    names = [
        NamedEntity(f"a{separator}b", "Company"),
        NamedEntity("a", "Company"),
        NamedEntity("b", "Company", ("ab",)),
    ]
    check([news.make_article("1", *(news.state(n, "PARTNERS_WITH", news.RED) for n in names))])
