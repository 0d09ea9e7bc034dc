"""The newest server that kg knows, on the Java 21 that it wants: the same graph, and the same answers to every question."""

import os
import secrets
from dataclasses import replace

import pytest

from kg.load import neo4j_writer
from kg.load.base import open_store
from kg.load.library import list_queries
from tests.load.example_graph import ask_kglite, ask_neo4j, read_gold
from tests.load.neo4j_server import Neo4jServer, require_neo4j

pytestmark = [pytest.mark.xdist_group("neo4j"), pytest.mark.slow]

NEWEST = "2026.08.1"


@pytest.fixture(scope="module")
def newest(tmp_path_factory):
    """A server of that version, beside the one that the other tests use."""
    if os.environ.get("KG_NEO4J_VERSION"):
        pytest.skip("KG_NEO4J_VERSION names the server of all tests")
    require_neo4j(NEWEST)
    server = Neo4jServer(tmp_path_factory.mktemp("newest"), password=secrets.token_hex(8), version=NEWEST)
    server.set_password()
    server.start()
    yield server
    server.kill()


def test_it_is_the_version_that_is_meant(newest):
    assert newest.version == NEWEST


@pytest.mark.parametrize("rows", [neo4j_writer.ATOMIC_ROWS, 0], ids=["at once", "in batches"])
def test_loads_changes_and_removals_make_the_graph_that_they_make_on_the_tested_server(
    newest, neo4j_server, corpus, news, monkeypatch, rows
):
    monkeypatch.setattr(neo4j_writer, "ATOMIC_ROWS", rows)
    monkeypatch.setattr(neo4j_writer, "BATCH_ROWS", 3)
    changed = news.make_article("jd", news.state(replace(news.JD, type="Company"), "OWNS", news.OASIS), content="2")
    dumps = []
    for server in (newest, neo4j_server):
        server.empty()
        with open_store(server.url) as store:
            assert store.write(corpus).added == 3
            assert store.write(corpus).unchanged == 3
            assert store.write([changed]).changed == 1
            assert store.remove(["review"]).removed == 1
        dumps.append(server.dump())
    assert dumps[0] == dumps[1]
    assert len(dumps[0][0]) > 5


def test_every_question_has_the_rows_of_the_embedded_store(newest, examples, root, tmp_path):
    newest.empty()
    with (
        ask_kglite(read_gold(examples / "gold.jsonl"), tmp_path / "g.kgl") as (embedded, store),
        ask_neo4j(newest, store.resolution(), root / "cypher" / "schema.cypher") as server,
    ):
        assert [q.name for q in list_queries() if embedded(q.name) != server(q.name)] == []
