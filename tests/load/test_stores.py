"""One scenario for every store: what is written stays, nothing doubles, what changes replaces what was, and Cypher answers."""

import json
import random
from dataclasses import replace
from pathlib import Path

import networkx as nx
import pytest

from kg.errors import QueryError, StoreError, UsageError
from kg.graph import build_graph, read_graph
from kg.load.base import Store, open_store
from kg.load.kglite import FACTS_VARIABLE
from kg.model import ArticleInfo, Extraction, NamedEntity
from kg.ontology import load_ontology
from kg.resolve import resolve

FILES = ["g.json", "g.kgl"]

# Names that break programs which write them into a query, a file or a page.
HOSTILE = [
    'quo"te',
    "apo'strophe",
    "back`tick",
    "bra{ce}",
    "back\\slash",
    "new\nline",
    "长" * 10_000,
    "🐱‍👤",
    "'}) DETACH DELETE n //",
    '"; MATCH (n) DELETE n; "',
    "$name",
    "end",
    "type",
    "title",
    "id",
    "null",
    "true",
    "123",
    "2025-01-01",
    "nul\x00nul",
    "\u2028",
    "é",
    "<img src=x onerror=alert(1)>",
]


@pytest.fixture(params=["memory:", *FILES, "tables", pytest.param("neo4j", marks=pytest.mark.xdist_group("neo4j"))])
def url(request, tmp_path, monkeypatch):
    if request.param == "neo4j":
        return request.getfixturevalue("neo4j_url")
    if request.param == "tables":
        monkeypatch.setenv(FACTS_VARIABLE, "0")
        return str(tmp_path / "g.kgl")
    return request.param if request.param == "memory:" else str(tmp_path / request.param)


@pytest.fixture(params=[*FILES, "tables"])
def path(request, tmp_path, monkeypatch):
    if request.param != "tables":
        return tmp_path / request.param
    monkeypatch.setenv(FACTS_VARIABLE, "0")
    return tmp_path / "g.kgl"


def rows_of(store: Store, cypher: str, **parameters):
    return [tuple(row.values()) for row in store.query(cypher, **parameters)]


def test_a_new_store_is_empty_and_answers(url):
    with open_store(url) as store:
        assert store.hashes() == {}
        assert list(store.extractions()) == []
        assert store.resolution() == resolve([], load_ontology())
        assert len(store.read()) == 0
        assert store.query("MATCH (n) RETURN n") == []


def test_a_new_store_tells_figures_before_anything_is_written(url):
    with open_store(url) as store:
        assert store.summary().facts == store.summary().entities == 0


def test_what_is_written_can_be_read(url, corpus):
    with open_store(url) as store:
        counts = store.write(iter(corpus))
        assert (counts.added, counts.changed, counts.unchanged, counts.removed) == (3, 0, 0, 0)
        assert (counts.entities, counts.facts) == (7, 7)
        assert dict(store.hashes()) == {e.article.id: e.article.hash for e in corpus}
        assert list(store.extractions()) == sorted(corpus, key=lambda e: e.article.id)
        assert store.resolution() == resolve(corpus, load_ontology())
        graph = store.read()
        assert isinstance(graph, nx.MultiDiGraph)
        assert read_graph(graph) == store.resolution()


def test_written_again_nothing_doubles(url, corpus):
    with open_store(url) as store:
        store.write(corpus)
        before = store.resolution()
        counts = store.write(corpus)
        assert (counts.added, counts.changed, counts.unchanged) == (0, 0, 3)
        assert (counts.entities, counts.facts) == (7, 7)
        assert store.resolution() == before
        assert rows_of(store, "MATCH ()-[r:PARTNERS_WITH]->() RETURN count(r)") == [(2,)]


def test_a_changed_article_takes_its_old_statements_along_and_leaves_shared_facts(url, corpus, news):
    with open_store(url) as store:
        store.write(corpus)
        counts = store.write(
            [news.make_article("review", news.state(news.RED, "LAUNCHES", news.OASIS, time="2022-01"), content="new")]
        )
        assert (counts.added, counts.changed, counts.unchanged) == (0, 1, 0)
        facts = {f.relation: f for f in store.resolution().facts}
        assert sorted(facts) == ["CONNECTS_TO", "HOLDS_POSITION", "LAUNCHES", "PARTNERS_WITH", "WORKS_FOR"]
        assert facts["PARTNERS_WITH"].articles == ("plan",)
        assert "只提到" not in {e.name for e in store.resolution().entities}
        assert rows_of(store, "MATCH (e:Entity {name: '只提到'}) RETURN e.name") == []


def test_an_article_of_which_no_statement_is_left_stays_known(url, corpus):
    with open_store(url) as store:
        store.write(corpus)
        store.write([Extraction(ArticleInfo("jd", hash="emptied"))])
        assert store.hashes()["jd"] == "emptied"
        assert "CONNECTS_TO" not in {f.relation for f in store.resolution().facts}


def test_other_statements_under_the_same_hash_are_a_change(url, corpus):
    with open_store(url) as store:
        store.write(corpus)
        counts = store.write([replace(corpus[0], statements=corpus[0].statements[:1])])
        assert (counts.changed, counts.unchanged) == (1, 0)


def test_of_two_versions_in_one_write_the_last_counts(url, news):
    old, new = (
        news.make_article("a", news.state(news.RED, "OWNS", news.OASIS)),
        news.make_article("a", news.state(news.RED, "LAUNCHES", news.OASIS), content="2"),
    )
    with open_store(url) as store:
        assert store.write([old, new]).added == 1
        assert [f.relation for f in store.resolution().facts] == ["LAUNCHES"]


def test_removed_articles_take_their_facts_along(url, corpus):
    with open_store(url) as store:
        store.write(corpus)
        counts = store.remove(["review", "review"])
        assert (counts.removed, counts.facts) == (1, 4)
        assert set(store.hashes()) == {"plan", "jd"}
        assert rows_of(store, "MATCH (a:Article) RETURN a.id ORDER BY a.id") == [("jd",), ("plan",)]


def test_an_unknown_id_removes_nothing_and_is_named(url, corpus):
    with open_store(url) as store:
        store.write(corpus)
        with pytest.raises(UsageError, match="'nobody'"):
            store.remove(["plan", "nobody"])
        assert len(store.hashes()) == 3


def test_a_stream_that_breaks_off_leaves_the_old_state(url, corpus):
    def broken():
        yield corpus[1]
        raise RuntimeError("the extractor died")

    with open_store(url) as store:
        store.write(corpus[:1])
        before = store.resolution()
        with pytest.raises(RuntimeError, match="the extractor died"):
            store.write(broken())
        assert store.resolution() == before
        assert set(store.hashes()) == {"plan"}


def test_a_statement_of_another_article_is_refused(url, corpus):
    stray = replace(corpus[0], statements=(replace(corpus[0].statements[0], doc="elsewhere"),))
    with open_store(url) as store, pytest.raises(UsageError, match="'elsewhere' came with article 'plan'"):
        store.write([stray])


def test_what_lies_around_a_name_or_alias(url, corpus):
    with open_store(url) as store:
        store.write(corpus)
        near = {data["name"] for _, data in store.read("红薯", 1).nodes(data=True)}
        assert near == {"小红书", "淘宝天猫", "京东", "小绿洲", "柯南"}
        assert {data["name"] for _, data in store.read("首席运营官", 2).nodes(data=True)} == {"COO", "柯南", "小红书"}
        with pytest.raises(UsageError, match="no entity is named '小红薯'"):
            store.read("小红薯")


def test_a_graph_that_was_read_is_the_readers_own(url, corpus):
    with open_store(url) as store:
        store.write(corpus)
        store.read().clear()
        assert len(store.read()) == 7


def test_cypher_sees_the_graph_model(url, corpus):
    with open_store(url) as store:
        store.write(corpus)
        partners = "MATCH (a)-[r:PARTNERS_WITH]-(b) WHERE a.name = $name RETURN b.name, r.status, r.since, r.sources"
        assert sorted(rows_of(store, partners, name="小红书")) == [
            ("京东", "rumored", None, 1),
            ("淘宝天猫", "actual", "2025-05-07", 2),
        ]
        assert sorted(rows_of(store, "MATCH (p:Platform) RETURN p.name, p.type")) == [
            ("京东", "Platform"),
            ("小红书", "Platform"),
            ("淘宝天猫", "Platform"),
        ]
        counted = "MATCH (n) UNWIND labels(n) AS label RETURN label, count(*) ORDER BY label"
        found = dict(rows_of(store, counted))
        found.pop("KGStore", None)  # on a server the bookkeeping is a node that everybody sees
        assert found == {
            "Entity": 7,
            "Platform": 3,
            "Person": 1,
            "Role": 1,
            "Product": 1,
            "Company": 1,
            "Article": 3,
        }
        mention = "MATCH (a:Article {id: 'plan'})-[m:MENTIONS]->(e:Entity {name: '小红书'}) RETURN m.count, m.names"
        assert rows_of(store, mention) == [(5, ["RED", "小红书", "红薯"])]
        held = "MATCH (p:Person)-[r:HOLDS_POSITION]->(t:Role) RETURN p.name, t.name, r.organisation"
        assert rows_of(store, held) == [("柯南", "COO", "小红书")]


def test_a_relationship_carries_what_is_needed_to_check_it(url, corpus):
    with open_store(url) as store:
        store.write(corpus)
        [row] = store.query(
            "MATCH (:Entity {name: $a})-[r:PARTNERS_WITH]-(:Entity {name: $b}) RETURN r", a="小红书", b="淘宝天猫"
        )
        properties = row["r"]["properties"]
        [fact] = [f for f in store.resolution().facts if f.id == properties["id"]]
        assert properties["articles"] == ["plan", "review"]
        assert properties["evidence"] == ["与RED合作", "达成战略合作"]
        assert properties["confidence"] == fact.confidence == 0.96
        assert (properties["valid_from"], properties["valid_to"]) == (["2025-05-07"], [""])
        history = [json.loads(event) for event in properties["history"]]
        assert [(e["status"], e["time"], e["articles"]) for e in history] == [
            ("actual", "2025-05", ["review"]),
            ("actual", "2025-05-07", ["plan"]),
        ]
        assert history[1]["evidence"] == [
            {"article": "plan", "start": 10, "end": 16, "text": "达成战略合作", "confidence": 0.8}
        ]


def test_nodes_are_found_by_alias_whatever_the_script(url, corpus):
    with open_store(url) as store:
        store.write(corpus)
        by_alias = "MATCH (e:Entity) WHERE $name IN e.aliases RETURN e.name AS `名字`, e.aliases AS `end`"
        assert store.query(by_alias, name="红薯") == [{"名字": "小红书", "end": ["RED", "红薯"]}]


def test_hostile_names_come_back_as_they_went_in(url, news):
    entities = tuple(NamedEntity(name, "Company", (f"{i}号", name + "!")) for i, name in enumerate(HOSTILE))
    statements = [news.state(e, "PARTNERS_WITH", news.RED, text=e.name) for e in entities]
    with open_store(url) as store:
        store.write([news.make_article("a'b\"`{}\n", *statements, entities=(*entities, news.RED))])
        assert {e.name for e in store.resolution().entities} == {*HOSTILE, "小红书"} - {"\u2028"}
        assert len(store.query("MATCH (n:Entity) RETURN n.id")) == len(HOSTILE)
        assert rows_of(store, "MATCH (a:Article) RETURN a.id, a.title") == [("a'b\"`{}\n", "题：a'b\"`{}\n")]
        for name in HOSTILE:
            if name == "\u2028":
                continue  # a blank and nothing else
            found = "MATCH (n:Company)-[r:PARTNERS_WITH]-(m) WHERE n.name = $name RETURN n.name, n.type, r.evidence"
            assert rows_of(store, found, name=name) == [(name, "Company", [name])]
            assert rows_of(store, "MATCH (n:Entity {name: $name}) RETURN count(n)", name=name) == [(1,)]
            assert rows_of(store, "MATCH (n:Entity) WHERE $n IN n.aliases RETURN n.name", n=name + "!") == [(name,)]


def test_nothing_nameless_gets_a_name_made_up(url, news):
    nameless = NamedEntity("", "Company")
    with open_store(url) as store:
        article = news.make_article(
            "a",
            news.state(nameless, "PARTNERS_WITH", news.RED),
            news.state(news.RED, "PARTNERS_WITH", news.JD),
            entities=(nameless,),
        )
        store.write([replace(article, article=replace(article.article, title=""))])
        assert sorted(rows_of(store, "MATCH (n:Entity) RETURN n.name")) == [("京东",), ("小红书",)]
        assert rows_of(store, "MATCH (a:Article) RETURN a.title") == [("",)]
        assert [r.reason for r in store.resolution().rejected] == ["an end without a name"]


def test_half_a_surrogate_pair_becomes_a_replacement_and_keeps_offsets(url, news):
    broken = NamedEntity("名\ud800字", "Company")
    with open_store(url) as store:
        store.write([news.make_article("文件\udcff", news.state(broken, "PARTNERS_WITH", news.RED, text="名\ud800字"))])
        assert list(store.hashes()) == ["文件\ufffd"]
        assert rows_of(store, "MATCH (c:Company) RETURN c.name") == [("名\ufffd字",)]
        store.remove(["文件\ufffd"])


@pytest.mark.parametrize(
    "cypher",
    [
        "MATCH (n RETURN n",
        "",
        "RETURN $missing",
        "RETURN 1/0",
        "MATCH (n) RETURN n.name FORMAT CSV",
        "CREATE (n:Entity {id: '1'})",
        "MATCH (n) SET n.name = 'x'",
        "MATCH (n) DETACH DELETE n",
        "MERGE (a:Entity {id: '1'})-[:X]-(b:Entity {id: '2'})",
    ],
)
def test_a_query_that_is_wrong_or_writes_is_refused_and_changes_nothing(url, corpus, cypher):
    with open_store(url) as store:
        store.write(corpus)
        before = store.resolution()
        with pytest.raises(QueryError) as caught:
            store.query(cypher)
        assert str(caught.value).strip()
        assert store.resolution() == before
        assert rows_of(store, "MATCH (n:Entity) RETURN count(n)") == [(7,)]


def test_a_parameter_that_cannot_be_sent_is_a_query_error(url, corpus):
    with open_store(url) as store:
        store.write(corpus)
        for value in (object(), 2**70, "\ud800"):
            with pytest.raises(QueryError, match="parameter"):
                store.query("RETURN $x", x=value)
        assert store.query("RETURN $x AS x, $cypher AS y", x=[1, "二", None, 1.5], cypher=True) == [
            {"x": [1, "二", None, 1.5], "y": True}
        ]


def test_a_misspelt_label_is_advised_on_and_one_of_the_ontology_is_not(url, corpus, caplog):
    with open_store(url) as store:
        store.write(corpus)
        assert store.query("MATCH (n:Institution) RETURN n") == []
        assert not caplog.records
        assert store.query("MATCH (n:Platfrom) RETURN n") == []
        assert "Platfrom" in caplog.text


def test_the_order_of_arrival_does_not_matter(url, corpus, tmp_path, news):
    with open_store(url) as store:
        store.write(corpus)
        once = store.resolution()
    many = corpus + [
        news.make_article(
            f"x{i}", news.state(news.JD, "SUPPLIES", news.TMALL), news.state(news.RED, "OWNS", news.OASIS)
        )
        for i in range(9)
    ]
    random.Random(1).shuffle(many)
    other = (
        str(tmp_path / "other.kgl")
        if url.endswith(".kgl")
        else str(tmp_path / "other.json")
        if url.endswith("json")
        else url
    )
    with open_store(other) as store:
        for extraction in many:
            store.write([extraction])
        store.remove([f"x{i}" for i in range(9)])
        assert store.resolution() == once
    if Path(url).is_file():
        assert Path(other).read_bytes() == Path(url).read_bytes()


def test_a_closed_store_says_so(url, corpus):
    store = open_store(url)
    store.close()
    store.close()
    for act in (
        store.hashes,
        store.resolution,
        store.read,
        lambda: store.query("RETURN 1"),
        lambda: store.write(corpus),
    ):
        with pytest.raises(StoreError, match="is closed"):
            act()


def test_reopened_all_is_as_it_was_to_the_byte(path, corpus):
    with open_store(path) as store:
        store.write(corpus)
        before, graph = store.resolution(), build_graph(store.resolution())
        rows = store.query("MATCH (a)-[r]->(b) RETURN a, r, b ORDER BY a.id, r.id, b.id")
    content = path.read_bytes()
    with open_store(path, must_exist=True) as store:
        assert store.resolution() == before
        assert nx.utils.graphs_equal(store.read(), graph)
        assert store.query("MATCH (a)-[r]->(b) RETURN a, r, b ORDER BY a.id, r.id, b.id") == rows
        assert list(store.extractions()) == sorted(corpus, key=lambda e: e.article.id)
        store.write(corpus)
    assert path.read_bytes() == content
    again = path.with_name("again" + path.suffix)
    with open_store(again) as store:
        store.write(corpus)
    assert again.read_bytes() == content


def test_a_store_that_is_open_sees_what_another_writes(path, corpus):
    with open_store(path) as reader, open_store(path) as writer:
        writer.write(corpus[:1])
        assert set(reader.hashes()) == {"plan"}
        assert reader.write(corpus[1:]).added == 2
        assert set(writer.hashes()) == {"plan", "review", "jd"}
        assert rows_of(writer, "MATCH (a:Article) RETURN count(a)") == [(3,)]


def test_a_store_derived_by_an_older_version_is_derived_anew_for_queries(tmp_path, corpus, monkeypatch):
    path = tmp_path / "g.kgl"
    monkeypatch.setattr("kg.load.kglite.DERIVATION", 0)
    with open_store(path) as store:
        store.write(corpus)
    monkeypatch.undo()
    with open_store(path) as store:
        assert rows_of(store, "MATCH (n) RETURN count(n)") == [(10,)]
        assert store.resolution() == resolve(corpus, load_ontology())


def test_the_json_store_is_read_by_networkx_alone(tmp_path, corpus):
    path = tmp_path / "g.json"
    with open_store(path) as store:
        store.write(corpus)
        resolution = store.resolution()
    graph = nx.node_link_graph(json.loads(path.read_text(encoding="utf-8")), edges="edges")
    assert read_graph(graph) == resolution


def test_a_kgl_file_is_read_by_kglite_alone(tmp_path, corpus):
    import kglite

    path = tmp_path / "g.kgl"
    with open_store(path) as store:
        store.write(corpus)
    rows = kglite.load(str(path)).cypher("MATCH (a:Platform)-[r:OWNS]->(b) RETURN a.name, r.status, b.name").to_list()
    assert [tuple(row.values()) for row in rows] == [("小红书", "ended", "小绿洲")]


@pytest.mark.parametrize("url", ["graph.xml", "graph", "", "http://x/g.kgl", "memory", "g.kgl.bak", "."])
def test_an_address_of_no_kind_lists_the_kinds(url):
    with pytest.raises(UsageError, match=r"memory:.*\.kgl.*\.json"):
        open_store(url)


def test_a_missing_file_can_be_asked_to_exist(path):
    with pytest.raises(StoreError, match="no such store"):
        open_store(path, must_exist=True)
    assert not path.exists()


def test_a_write_of_nothing_makes_an_empty_store(path):
    with open_store(path) as store:
        assert store.write([]).facts == 0
    with open_store(path, must_exist=True) as store:
        assert store.hashes() == {}


def test_roles_and_persons_merge_by_name_over_articles(url, news):
    other = NamedEntity("柯南", "Person")
    with open_store(url) as store:
        store.write(
            [
                news.make_article("1", news.state(other, "HOLDS_POSITION", news.COO)),
                news.make_article("2", news.state(other, "HOLDS_POSITION", news.COO)),
            ]
        )
        [fact] = store.resolution().facts
        assert fact.sources == 2
