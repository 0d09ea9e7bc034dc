"""The server that the other tests use: it starts, asks for its password, and is emptied between tests."""

import pytest

pytestmark = pytest.mark.xdist_group("neo4j")


def test_it_answers_and_is_emptied_with_its_schema(neo4j_server, neo4j_url):
    neo4j_server.run("CREATE INDEX i IF NOT EXISTS FOR (n:Entity) ON (n.x)")
    neo4j_server.run("CREATE (:Entity {id: '1'})-[:KNOWS]->(:Entity)")
    assert neo4j_server.run("MATCH (n) RETURN count(n)") == [(2,)]
    neo4j_server.empty(schema=True)
    assert neo4j_server.run("MATCH (n) RETURN count(n)") == [(0,)]
    assert neo4j_server.run("SHOW INDEXES YIELD name, type WHERE type <> 'LOOKUP' RETURN name") == []


def test_it_comes_back_with_its_data_on_the_same_port(neo4j_server, neo4j_url):
    neo4j_server.run("CREATE (:Entity {id: '1'})")
    neo4j_server.kill()
    assert not neo4j_server.answers()
    neo4j_server.start()
    assert neo4j_server.run("MATCH (n) RETURN n.id") == [("1",)]
