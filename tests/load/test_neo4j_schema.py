"""What another program, an analyst or an older version has put on a server before, or a killed load has left off."""

import pytest

import kg.load.neo4j as store_module
from kg.errors import QueryError, StoreError
from kg.load import neo4j_writer
from kg.load.base import open_store
from kg.load.library import load_query
from kg.load.neo4j_schema import read_schema
from kg.model import NamedEntity

pytestmark = pytest.mark.xdist_group("neo4j")


@pytest.fixture
def bare(neo4j_server, neo4j_url):
    """The server without any constraint or index, before and after."""
    neo4j_server.empty(schema=True)
    yield neo4j_server
    neo4j_server.empty(schema=True)


def find(store, text):
    query = load_query("find")
    return [row["name"] for row in store.query(query.text(store.url), **query.fill({"text": text}))]


@pytest.mark.parametrize(
    "statement",
    [
        "CREATE CONSTRAINT mine FOR (e:Entity) REQUIRE e.id IS UNIQUE",
        "CREATE TEXT INDEX mine FOR (e:Entity) ON (e.name)",
        "CREATE INDEX mine FOR (a:Article) ON (a.date)",
        "CREATE CONSTRAINT mine FOR (a:Article) REQUIRE a.date IS UNIQUE",
    ],
)
def test_one_of_the_same_make_under_another_name_serves(bare, corpus, statement):
    bare.run(statement)
    with open_store(bare.url) as store:
        assert (store.write(corpus).facts, find(store, "红薯")) == (7, ["小红书"])
        assert store.write(corpus).unchanged == 3
        assert store.is_current()
    assert ("mine",) in bare.run("SHOW INDEXES YIELD name RETURN name")


def test_names_too_long_for_it_make_such_an_index_go(bare, news):
    bare.run("CREATE TEXT INDEX mine FOR (e:Entity) ON (e.name)")
    long = news.make_article("long", entities=[NamedEntity("长" * 12_000, "Company")])
    with open_store(bare.url) as store:
        assert store.write([long]).entities == 1
        assert store.is_current()


@pytest.mark.parametrize(
    ("statement", "way_out"),
    [
        ("CREATE INDEX mine FOR (e:Entity) ON (e.id)", "DROP INDEX `mine`"),
        ("CREATE FULLTEXT INDEX mine FOR (e:Entity) ON EACH [e.name, e.aliases]", "DROP INDEX `mine`"),
        ("CREATE INDEX entity_names FOR (x:Other) ON (x.name)", "DROP INDEX `entity_names`"),
        ("CREATE CONSTRAINT entity_id FOR (x:Other) REQUIRE x.id IS UNIQUE", "DROP CONSTRAINT `entity_id`"),
    ],
)
def test_what_is_in_the_way_is_named_before_the_work(bare, corpus, statement, way_out):
    bare.run(statement)

    def extract():
        raise AssertionError("the stream was touched")
        yield

    with open_store(bare.url) as store:
        with pytest.raises(StoreError, match=f"of another program on .*; nothing was written. Run {way_out}"):
            store.write(extract())
        assert bare.run("MATCH (n) RETURN count(n)") == [(0,)]
        bare.run(way_out)
        assert store.write(corpus).facts == 7


def test_an_index_that_an_older_version_made_otherwise_is_made_anew(bare, corpus, caplog):
    bare.run(
        "CREATE FULLTEXT INDEX entity_names FOR (e:Entity) ON EACH [e.name] "
        "OPTIONS {indexConfig: {`fulltext.analyzer`: 'cjk'}}"
    )
    with open_store(bare.url) as store:
        store.write(corpus)
        assert find(store, "红") == ["小红书"]
        assert find(store, "红薯") == ["小红书"]
    assert "entity_names was made otherwise" in caplog.text


def test_a_long_load_begins_its_indexes_before_its_end(bare, corpus, monkeypatch):
    class Killed(BaseException):
        pass

    def die(*_, **__):
        raise Killed

    monkeypatch.setattr(neo4j_writer, "ATOMIC_ROWS", 0)
    names = set(read_schema())
    with open_store(bare.url) as store:
        with monkeypatch.context() as patch, pytest.raises(Killed):
            patch.setattr(store_module, "apply_indexes", die)
            store.write(corpus)
        assert names <= {name for (name,) in bare.run("SHOW INDEXES YIELD name RETURN name")}
        assert store.write(corpus).unchanged == 3
        assert find(store, "红") == ["小红书"]
    assert {state for (state,) in bare.run("SHOW INDEXES YIELD state RETURN state")} == {"ONLINE"}


def test_a_load_killed_before_its_indexes_is_completed_by_the_same_load(bare, corpus, monkeypatch):
    class Killed(BaseException):
        pass

    def die(*_, **__):
        raise Killed

    with open_store(bare.url) as store:
        with monkeypatch.context() as patch, pytest.raises(Killed):
            patch.setattr(store_module, "apply_indexes", die)
            store.write(corpus)
        with pytest.raises(QueryError, match="no full-text index entity_names; the next `kg build` or `kg load`"):
            find(store, "红")
        assert not store.is_current()
        assert store.write(corpus).unchanged == 3
        assert find(store, "红") == ["小红书"]
        assert store.is_current()
    assert {(name,) for name in read_schema()} <= set(map(tuple, bare.run("SHOW INDEXES YIELD name RETURN name")))
