"""What has to be written so that the server's graph becomes the one that its articles derive: pure statements and rows.

Labels and types come from the ontology (or from what is on the server already) and are quoted; all else are parameters.
Properties that begin with `_` are the bookkeeping of this module: `_digest` of an article's record, an entity or a fact,
`_mentions` of an article's mentions and `reprint_of`, `_record` of the article. A node or relationship without a digest is somebody else's and is
left alone.

The order is: articles, then entities, then facts and mentions, then what has to go. It is the same for every loader.
"""

import sqlite3
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, NamedTuple

from kg.load import properties
from kg.load.derivation import Derivation, EntityRow, create_tables
from kg.load.fact_rows import FactRow
from kg.load.neo4j_connection import Connection
from kg.load.neo4j_schema import LONGEST_INDEXED_NAME
from kg.load.neo4j_staging import Staging, unpack

# Values by place: with the names of properties beside them, packing the rows of facts took half as long again.
Row = list[Any]


@dataclass(frozen=True, slots=True, eq=False)
class Statement:
    """A statement on `row`s; each is one object, for rows are gathered by it. `again` is its form where an earlier attempt may have been carried out without an answer.

    `parallel` ones only create: several of them at once take locks that go well together. Those that change or remove
    relationships deadlock where they meet at one entity, so they run one by one.
    """

    first: str
    again: str = ""
    parallel: bool = False

    def text(self, attempt: int) -> str:
        """The Cypher of an attempt, counted from 1, with the rows as the parameter `rows`."""
        return f"UNWIND $rows AS row {self.again if attempt > 1 and self.again else self.first}"


class Operation(NamedTuple):
    """One row for a statement. Operations of a stage may run in any order, those of the next wait for them all."""

    stage: int
    statement: Statement
    row: Row
    size: int  # characters, about


# Stages, in their order. Removing comes last.
ARTICLES, ENTITIES, RELATIONSHIPS, REMAINS = range(4)


def quote(name: str) -> str:
    """A label or relationship type as a name in Cypher."""
    return "`" + name.replace("`", "``") + "`"


def _write_map(columns: tuple[str, ...], *, skip: int = 0) -> str:
    """The map of properties in Cypher whose values stand in `row` in the order of `columns`, behind `skip` others."""
    return "{" + ", ".join(f"{name}: row[{place}]" for place, name in enumerate(columns, skip)) + "}"


# The properties of each kind, in the order in which their values stand in a row.
ARTICLE = ("id", "title", "date", "source", "url", "hash", "_digest", "_record")
ENTITY = ("id", "name", "aliases", "ids", "type", "_digest")
# Before these stand its head and tail, or its element id. What it lacks is null: in a change
# that takes away what it had before. Properties that others have added stay.
FACT = (*properties.FACT, "_digest")

_CREATE_ARTICLE = Statement(
    f"CREATE (a:Article {_write_map(ARTICLE)})",
    f"MERGE (a:Article {{id: row[0]}}) SET a += {_write_map(ARTICLE)}",
    parallel=True,
)
_CHANGE_ARTICLE = Statement(f"MATCH (a:Article {{id: row[0]}}) SET a += {_write_map(ARTICLE)}")
_REMOVE_ARTICLE = Statement("MATCH (a:Article {id: row[0]}) DETACH DELETE a")
_FIND_ARTICLE = "MATCH (a:Article {id: row[0]}) SET a._mentions = row[1], a.reprint_of = row[3]"
_MENTION = "UNWIND row[2] AS m MATCH (e:Entity {id: m[0]}) CREATE (a)-[:MENTIONS {count: m[1], names: m[2]}]->(e)"
_CHANGE_MENTIONS = Statement(
    f"{_FIND_ARTICLE} WITH a, row "
    "OPTIONAL MATCH (a)-[old:MENTIONS]->(:Entity) DELETE old WITH DISTINCT a, row " + _MENTION
)
_CREATE_MENTIONS = Statement(
    f"{_FIND_ARTICLE} WITH a, row {_MENTION}",
    _CHANGE_MENTIONS.first,
    parallel=True,
)
_REMOVE_ENTITY = Statement("MATCH (e:Entity {id: row[0]}) DETACH DELETE e")

_RECORDS = "MATCH (a:Article) WHERE a._digest IS NOT NULL RETURN a.id AS id, a._record AS record"
_ENTITIES = "MATCH (e:Entity) WHERE e._digest IS NOT NULL RETURN e.id AS id, e.type AS type, e._digest AS digest"

_SCHEMA = """
CREATE TABLE server_entity (id TEXT PRIMARY KEY, type TEXT, digest INT) WITHOUT ROWID;
CREATE TABLE server_fact (id TEXT PRIMARY KEY, element TEXT, digest INT, wanted INT) WITHOUT ROWID;
"""


def plan_load(
    staging: Staging, connection: Connection, *, prepare: Callable[[bool, Derivation], None]
) -> Iterator[Operation]:
    """The operations that bring the server up to date with the staged articles.

    `prepare` is called before the first entity is written, with whether there are names that the index cannot take, and with
    all that has been derived.
    """
    yield from _plan_articles(staging)
    derivation = staging.take_derivation(source=connection.address.shown)
    for row in connection.stream(_RECORDS):
        if not staging.is_staged(row["id"]):
            derivation.add(unpack(row["record"], source=connection.address.shown))
    derivation.merge()
    spool = derivation.spool
    (longest,) = spool.execute("SELECT coalesce(max(length(CAST(name AS BLOB))), 0) FROM entity").fetchone()
    prepare(longest > LONGEST_INDEXED_NAME, derivation)
    create_tables(spool, _SCHEMA)
    yield from _plan_entities(derivation, connection, spool)
    on_server = [row["type"] for row in connection.read("CALL db.relationshipTypes() YIELD relationshipType AS type")]
    # First, for those of one long article are one row, beside which facts are written.
    yield from _plan_mentions(derivation, staging)
    for relation in derivation.relations():
        yield from _plan_facts(relation, derivation, connection if relation in on_server else None, spool)
    for relation in sorted(set(on_server) - set(derivation.relations()) - {"MENTIONS"}):
        yield from _plan_facts(relation, None, connection, spool)
    stale = spool.execute("SELECT id FROM server_entity WHERE id NOT IN (SELECT id FROM entity) ORDER BY id")
    yield from (Operation(REMAINS, _REMOVE_ENTITY, [id_], 20) for (id_,) in stale)


def _plan_articles(staging: Staging) -> Iterator[Operation]:
    for article, kind in staging.list_articles():
        if kind != "unchanged":
            statement = _CREATE_ARTICLE if kind == "added" else _CHANGE_ARTICLE
            row = [article.id, *map(article.properties.get, ARTICLE[1:])]
            yield Operation(ARTICLES, statement, row, len(article.record) + 200)
    for doc in staging.list_outgoing():
        yield Operation(ARTICLES, _REMOVE_ARTICLE, [doc], 20)


def _plan_entities(derivation: Derivation, connection: Connection, spool: sqlite3.Connection) -> Iterator[Operation]:
    rows = ((row["id"], row["type"], row["digest"]) for row in connection.stream(_ENTITIES))
    any_held = spool.executemany("INSERT INTO server_entity VALUES (?,?,?)", rows).rowcount > 0
    look_up = "SELECT type, digest FROM server_entity WHERE id = ?"
    for e in derivation.entities():
        held = spool.execute(look_up, (e.id,)).fetchone() if any_held else None
        if held is not None and held[1] == e.digest:
            continue
        statement = _create_entity(e.type) if held is None else _change_entity(held[0], e.type)
        yield Operation(ENTITIES, statement, write_entity(e), 200 + len(e.name) + sum(map(len, (*e.aliases, *e.ids))))


def write_entity(entity: EntityRow) -> Row:
    """An entity's values in the order of ENTITY."""
    return [entity.id, entity.name, entity.aliases, entity.ids or None, entity.type, entity.digest]


@lru_cache(maxsize=1024)
def _create_entity(label: str) -> Statement:
    return Statement(
        f"CREATE (e:Entity:{quote(label)} {_write_map(ENTITY)})",
        f"MERGE (e:Entity {{id: row[0]}}) SET e += {_write_map(ENTITY)}, e:{quote(label)}",
        parallel=True,
    )


@lru_cache(maxsize=1024)
def _change_entity(old: str, new: str) -> Statement:
    labels = "" if old == new else f" REMOVE e:{quote(old)} SET e:{quote(new)}"
    return Statement(f"MATCH (e:Entity {{id: row[0]}}) SET e += {_write_map(ENTITY)}{labels}")


def _plan_facts(
    relation: str, derivation: Derivation | None, connection: Connection | None, spool: sqlite3.Connection
) -> Iterator[Operation]:
    """What makes the server's facts of a relation those derived: none without a derivation. Without a connection it has none."""
    spool.execute("DELETE FROM server_fact")
    if connection is not None:
        found = connection.stream(
            f"MATCH ()-[r:{quote(relation)}]->() WHERE r._digest IS NOT NULL "
            "RETURN r.id AS id, elementId(r) AS element, r._digest AS digest"
        )
        spool.executemany(
            "INSERT OR IGNORE INTO server_fact VALUES (?,?,?,0)", ((r["id"], r["element"], r["digest"]) for r in found)
        )
    if derivation is not None:
        create, change = _create_fact(relation), _change_fact(relation)
        look_up = "SELECT element, digest FROM server_fact WHERE id = ?"
        for fact in derivation.facts(relation):
            held = spool.execute(look_up, (fact.id,)).fetchone() if connection else None
            if held is None:
                yield Operation(RELATIONSHIPS, create, [fact.head, fact.tail, *fact.values, fact.digest], fact.size)
                continue
            spool.execute("UPDATE server_fact SET wanted = 1 WHERE id = ?", (fact.id,))
            if held[1] != fact.digest:
                yield Operation(RELATIONSHIPS, change, [held[0], *write_fact(fact)], fact.size)
    stale = spool.execute("SELECT id, element FROM server_fact WHERE NOT wanted ORDER BY id").fetchall()
    remove = _remove_fact(relation)
    yield from (Operation(RELATIONSHIPS, remove, [element, id_], 80) for id_, element in stale)


def write_fact(fact: FactRow) -> Row:
    """A fact's values in the order of FACT."""
    return [*fact.values, fact.digest]


def _create_fact(relation: str) -> Statement:
    ends, values = "MATCH (a:Entity {id: row[0]}) MATCH (b:Entity {id: row[1]})", _write_map(FACT, skip=2)
    return Statement(
        f"{ends} CREATE (a)-[r:{quote(relation)} {values}]->(b)",
        f"{ends} MERGE (a)-[r:{quote(relation)} {{id: row[2]}}]->(b) SET r += {values}",
        parallel=True,
    )


def _find_fact(relation: str) -> str:
    # By element id it is found at once, without an index for each relation. The id is compared too, for an element id may be
    # given to another relationship once its own is gone.
    return f"MATCH ()-[r:{quote(relation)}]->() WHERE elementId(r) = row[0] AND r.id = row[1]"


def _change_fact(relation: str) -> Statement:
    return Statement(f"{_find_fact(relation)} SET r += {_write_map(FACT, skip=1)}")


def _remove_fact(relation: str) -> Statement:
    return Statement(f"{_find_fact(relation)} DELETE r")


def _plan_mentions(derivation: Derivation, staging: Staging) -> Iterator[Operation]:
    for m in derivation.mentions():
        held = staging.get_mentions(m.doc)
        if held != m.digest:
            row = [m.doc, m.digest, m.mentions, m.reprint_of]
            statement = _CREATE_MENTIONS if held is None else _CHANGE_MENTIONS
            yield Operation(
                RELATIONSHIPS,
                statement,
                row,
                60 * len(m.mentions) + sum(len(name) for mention in m.mentions for name in mention[2]),
            )
