"""A .kgl file of many facts is tables: another form of the same graph, made without holding it."""

import json
import random
import shutil
import sqlite3
from dataclasses import replace

import pytest

from kg.errors import StoreFormatError, UsageError
from kg.load import pile as pile_module
from kg.load.base import open_store
from kg.load.export import export
from kg.load.kglite import FACTS_VARIABLE, GROWN_FROM
from kg.load.pile import Pile
from kg.load.properties import write_fact
from kg.load.tables import MAGIC, list_fact, unpack_fact
from kg.model import ArticleInfo, Evidence, Extraction, NamedEntity, Statement

SIGNS = "云岚星澜青禾远松微木启辰朗格丰瑞凌波安泽海棠知夏北南屿川沐舟言溪白鹿景行若谷山岳天工"
RELATIONS = ("PARTNERS_WITH", "OWNS", "SUPPLIES", "WORKS_FOR", "HOLDS_POSITION")


def make_articles(count, *, seed=3):
    rng = random.Random(seed)
    firms = ["".join(rng.sample(SIGNS, 3)) + "科技" for _ in range(40)]
    for number in range(count):
        doc = f"d{number:03}"
        ends = [
            NamedEntity(firm, "Company", (firm[:3],) if rng.random() < 0.3 else (), 1) for firm in rng.sample(firms, 5)
        ]
        person, role = NamedEntity(f"张{rng.choice(SIGNS)}", "Person"), NamedEntity(rng.choice(["总裁", "CEO"]), "Role")
        said = []
        for place in range(6):
            relation = rng.choice(RELATIONS)
            head = person if relation in RELATIONS[-2:] else ends[0]
            tail = role if relation == "HOLDS_POSITION" else rng.choice(ends[1:])
            text = f"{head.name}与{tail.name}：第{rng.randrange(5)}号协议"
            span = Evidence(place // 2 * 50, place // 2 * 50 + len(text), text)
            time = rng.choice([None, "2021", "2022-05"])
            said.append(
                Statement(doc, head, relation, tail, rng.choice(["actual", "planned", "ended"]), time, span, 0.8)
            )
        info = ArticleInfo(doc, f"第{number}篇", rng.choice([None, "2020-01-01", "2022-03-04"]), "某报", None, doc)
        yield Extraction(info, tuple(ends), tuple(said))


def list_all(store):
    nodes = store.query("MATCH (n) RETURN n")
    links = store.query("MATCH (a)-[r]->(b) RETURN a.id AS a, r, b.id AS b")
    rows = [[sorted(row["n"]["labels"]), row["n"]["properties"]] for row in nodes]
    rows += [[row["a"], row["b"], row["r"]["type"], row["r"]["properties"]] for row in links]
    return sorted(json.dumps(row, ensure_ascii=False, sort_keys=True) for row in rows)


def is_tables(path):
    return path.read_bytes().startswith(MAGIC)


@pytest.fixture
def path(tmp_path):
    return tmp_path / "g.kgl"


def test_both_forms_hold_one_graph(tmp_path, monkeypatch):
    told = {}
    for form, limit in (("kglite", "1000"), ("tables", "100")):
        monkeypatch.setenv(FACTS_VARIABLE, limit)
        path = tmp_path / f"{form}.kgl"
        with open_store(path) as store:
            assert store.write(make_articles(60)).added == 60
            assert is_tables(path) == (form == "tables")
            out = tmp_path / f"{form}.jsonl"
            export(store.resolution(), "jsonl", out)
            told[form] = (list_all(store), store.summary(), store.hashes(), list(store.extractions()), out.read_bytes())
        with open_store(path) as store:  # by another that opens it
            assert store.is_current()
            again = (list_all(store), store.summary(), store.hashes(), list(store.extractions()), out.read_bytes())
            assert again == told[form]
    assert told["tables"] == told["kglite"]
    assert told["tables"][1].facts > 100


def test_a_graph_that_outgrows_kglite_goes_over_to_tables_and_back(path, monkeypatch):
    articles = list(make_articles(60))
    monkeypatch.setenv(FACTS_VARIABLE, "200")
    with open_store(path) as store:
        store.write(articles[:20])
        assert not is_tables(path)
        store.write(articles[20:])
        assert is_tables(path)
        assert store.write([replace(articles[0], statements=())]).changed == 1
        gone = [article.article.id for article in articles[10:]]
        store.remove(gone)
        assert is_tables(path), "how many facts go is known only afterwards"
        assert store.write(articles[:1]).changed == 1
        assert not is_tables(path)
        held = list_all(store)
    with open_store("memory:") as memory:
        memory.write(articles[:10])
        assert list_all(memory) == held


def test_an_unchanged_write_leaves_the_file_alone(path, monkeypatch):
    monkeypatch.setenv(FACTS_VARIABLE, "0")
    with open_store(path) as store:
        store.write(make_articles(10))
        before = path.stat()
        assert store.write(make_articles(10)).unchanged == 10
    assert path.stat() == before


def test_a_version_that_derives_otherwise_derives_anew(path, monkeypatch):
    monkeypatch.setenv(FACTS_VARIABLE, "0")
    with open_store(path) as store:
        store.write(make_articles(10))
        held = list_all(store)
    with sqlite3.connect(path) as file:
        file.execute("UPDATE store SET value = 1 WHERE name = 'derivation'")
        file.execute("DELETE FROM fact")
        file.execute("ALTER TABLE entity DROP COLUMN ids")  # which it did not have
    file.close()
    with open_store(path) as store:
        assert not store.is_current()
        assert list_all(store) == held, "what an older version derived is not asked"
        store.write(())
        assert store.is_current()
    with open_store(path) as store:
        assert list_all(store) == held


@pytest.mark.parametrize("limit", ["many", "-1", "1e6"])
def test_a_limit_that_is_no_number_is_refused(path, monkeypatch, limit):
    monkeypatch.setenv(FACTS_VARIABLE, limit)
    with open_store(path) as store, pytest.raises(UsageError, match="a number of facts was expected"):
        store.write(make_articles(2))
    assert not path.exists()


@pytest.mark.parametrize(
    "damage",
    [
        "UPDATE fact SET properties = x'00'",
        "UPDATE OR REPLACE fact SET relation = 'NO_RELATION`]->() DETACH DELETE b //'",
        "UPDATE entity SET type = 'Unheard'",
        "UPDATE entity SET aliases = '['",
        "UPDATE record SET article = NULL",
        "DROP TABLE mention",
    ],
)
def test_damaged_or_foreign_rows_are_an_error_and_run_nothing(path, monkeypatch, damage):
    monkeypatch.setenv(FACTS_VARIABLE, "0")
    with open_store(path) as store:
        store.write(make_articles(10))
    with sqlite3.connect(path) as file:
        file.execute(damage)
    file.close()
    with open_store(path) as store:
        assert len(store.hashes()) == 10
        with pytest.raises(StoreFormatError) as caught:
            store.query("MATCH (n) RETURN count(n) AS n")
    assert "g.kgl: the store is damaged" in str(caught.value)


@pytest.fixture(scope="module")
def grown(tmp_path_factory):
    """Tables of so many articles that they grow by one more."""
    path = tmp_path_factory.mktemp("grown") / "g.kgl"
    with pytest.MonkeyPatch.context() as patch, open_store(path) as store:
        patch.setenv(FACTS_VARIABLE, "0")
        store.write(make_articles(GROWN_FROM))
    return path


# None of these shows when the file is opened, and a store that grows reads little of it.
@pytest.mark.parametrize(
    "damage",
    [
        "UPDATE OR REPLACE entity SET id = 'x' || id",
        "UPDATE OR REPLACE record SET doc = 'x' || doc WHERE doc > 'd005'",
        "UPDATE record SET article = '[]'",
        "UPDATE record SET article = 5",
        "UPDATE record SET probes = 'a'",
        "UPDATE fact SET properties = 'text'",
        "UPDATE name SET data = x'00'",
        "UPDATE name SET others = '{'",
        "UPDATE store SET value = '[1]' WHERE name = 'matches'",
        "UPDATE store SET value = '[1, 2, 3, 4]' WHERE name = 'summary'",
        "UPDATE store SET value = NULL WHERE name = 'summary'",
        "DROP TABLE mention",
    ],
)
def test_a_damaged_graph_that_is_to_grow_is_an_error_and_stays_as_it_is(grown, path, monkeypatch, damage):
    monkeypatch.setenv(FACTS_VARIABLE, "0")
    shutil.copy(grown, path)
    with sqlite3.connect(path) as file:
        file.execute(damage)
    file.close()
    before = path.read_bytes()
    with (
        open_store(path) as store,
        pytest.raises(StoreFormatError, match=r"g\.kgl: the store is damaged; restore a copy"),
    ):
        article = next(make_articles(1))
        store.write([replace(article, statements=article.statements[:1], article=ArticleInfo("d000", hash="new"))])
    assert path.read_bytes() == before
    assert [file.name for file in path.parent.iterdir() if "new" in file.name] == []


def test_a_database_of_another_program_is_refused_as_no_store_and_kept(path):
    with sqlite3.connect(path) as file:
        file.execute("CREATE TABLE moz_places (id INTEGER PRIMARY KEY, url TEXT)")
    file.close()
    before = path.read_bytes()
    with pytest.raises(StoreFormatError, match=r"g\.kgl: the file is no store of kg's"):
        open_store(path)
    assert path.read_bytes() == before


@pytest.mark.parametrize("size", [17, 5000])
def test_a_file_that_was_cut_off_is_damaged(path, monkeypatch, size):
    monkeypatch.setenv(FACTS_VARIABLE, "0")
    with open_store(path) as store:
        store.write(make_articles(10))
    path.write_bytes(path.read_bytes()[:size])
    with pytest.raises(StoreFormatError):
        open_store(path)


def test_a_store_that_is_open_sees_what_took_its_files_place(path, monkeypatch):
    monkeypatch.setenv(FACTS_VARIABLE, "0")
    articles = list(make_articles(12))
    with open_store(path) as one, open_store(path) as other:
        one.write(articles[:6])
        assert len(other.hashes()) == 6
        said = other.extractions()
        next(said)
        one.write(articles[6:])
        assert len(list(said)) == 5, "what was begun goes on in the file of then"
        assert len(other.hashes()) == 12
        assert list_all(other) == list_all(one)


def test_facts_are_packed_without_loss():
    with open_store("memory:") as store:
        store.write(make_articles(40))
        facts = store.resolution().facts
    assert any(len(fact.articles) > 1 for fact in facts)
    for fact in facts:
        held = write_fact(fact, "某公司")["properties"]
        *_, packed = list_fact(fact.relation, fact.head, fact.tail, held)
        assert unpack_fact(fact.head, fact.relation, fact.tail, packed) == held


def test_a_pile_gives_back_what_it_took_whether_it_lies_in_memory_or_a_file(tmp_path, monkeypatch):
    monkeypatch.setattr(pile_module, "_IN_MEMORY", 2_000)
    rng = random.Random(1)
    data = [rng.randbytes(rng.randrange(300)) for _ in range(40)]
    with Pile(tmp_path, url="g.kgl") as pile:
        loads = []
        for number, each in enumerate(data):
            loads.append(pile.put(each))
            assert loads[number // 2]() == data[number // 2]
        assert [load() for load in loads] == data
    assert not list(tmp_path.iterdir())
