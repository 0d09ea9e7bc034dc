"""The example corpus as a perfect extractor would read it, in a KGLite file and in a real Neo4j server."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from kg.load import properties
from kg.load.base import Row, Store, open_store
from kg.load.library import load_query
from kg.model import ArticleInfo, Evidence, Extraction, NamedEntity, Resolution, Statement

Ask = Callable[..., list[Row]]  # ask("partners-of", name="小红书")


def read_gold(path: Path) -> Iterator[Extraction]:
    """Annotated articles as extractions: every name of an entity is its alias, every relation a statement of confidence 1."""
    for article in map(json.loads, path.read_text("utf-8").splitlines()):
        entities = {
            e["name"]: NamedEntity(e["name"], e["type"], tuple(n for n in e["names"] if n != e["name"]), 1)
            for e in article["entities"]
        }
        yield Extraction(
            ArticleInfo(article["id"], article["title"], article["date"], hash=article["id"]),
            tuple(entities.values()),
            tuple(
                Statement(
                    article["id"],
                    entities[r["head"]],
                    r["relation"],
                    entities[r["tail"]],
                    r["status"],
                    r.get("time"),
                    _find(article["text"], r["evidence"]),
                    1.0,
                )
                for r in article["relations"]
            ),
        )


def _find(text: str, passage: str) -> Evidence:
    start = text.find(passage)
    return Evidence(start, start + len(passage) if start >= 0 else -1, passage)


@contextmanager
def ask_kglite(extractions: Iterator[Extraction], path: Path) -> Iterator[tuple[Ask, Store]]:
    """The questions put to a .kgl file that holds the extractions."""
    with open_store(path) as store:
        store.write(extractions)

        def ask(question: str, /, **given: Any) -> list[Row]:
            query = load_query(question)
            return store.query(query.text(store.url), **query.fill(given))

        yield ask, store


@contextmanager
def ask_neo4j(server: Any, resolution: Resolution, schema: Path) -> Iterator[Ask]:
    """The questions put to a server that holds the resolution in the documented graph model, whoever loads it there.

    Other tests may empty the server in between, so it is looked at before every question and filled again where they did.
    """
    import neo4j

    size = "MATCH (n) OPTIONAL MATCH (n)-[r]->() RETURN count(DISTINCT n), count(r)"
    filled: list[tuple[object, ...]] = []

    def restore() -> None:
        if not filled or server.run(size) != filled:
            fill(server, resolution, schema)
            filled[:] = server.run(size)

    auth = (server.user, server.password) if server.password else None
    with neo4j.GraphDatabase.driver(server.address, auth=auth, notifications_min_severity="OFF") as driver:

        def ask(question: str, /, **given: Any) -> list[Row]:
            restore()
            query = load_query(question)
            found = driver.execute_query(query.text(server.url), query.fill(given), routing_="r")
            return [dict(record) for record in found.records]

        restore()
        yield ask


def fill(server: Any, resolution: Resolution, schema: Path) -> None:
    """Empty the server and write the graph model as it is documented."""
    server.empty()
    lines = schema.read_text("utf-8").splitlines()
    for statement in "\n".join(line for line in lines if not line.startswith("//")).split(";"):
        if statement.strip():
            server.run(statement)
    for label, rows in properties.group_entities(resolution):
        server.run(f"UNWIND $rows AS row CREATE (n:Entity:`{label}`) SET n += row", rows=list(rows))
    server.run("UNWIND $rows AS row CREATE (n:Article) SET n += row", rows=list(properties.list_articles(resolution)))
    server.run(
        "UNWIND $rows AS row MATCH (a:Article {id: row.article}) MATCH (e:Entity {id: row.entity}) "
        "CREATE (a)-[:MENTIONS {count: row.count, names: row.names}]->(e)",
        rows=list(properties.list_mentions(resolution)),
    )
    for relation, facts in properties.group_facts(resolution):
        server.run(
            "UNWIND $rows AS row MATCH (a:Entity {id: row.head}) MATCH (b:Entity {id: row.tail}) "
            f"CREATE (a)-[r:`{relation}`]->(b) SET r += row.properties",
            rows=list(facts),
        )
    server.run("CALL db.awaitIndexes(60)")
