"""A part of the graph on a server as plain data again: what lies around an entity, without reading all the rest."""

import json
from collections.abc import Iterable, Iterator
from typing import Any

import networkx as nx

from kg.errors import UsageError
from kg.graph import build_graph, select_around
from kg.history import Claim, is_period, tell
from kg.load.neo4j_connection import Connection
from kg.lookup import Known, find_known
from kg.model import ArticleInfo, Citation, Entity, Event, Fact, Resolution, read_ids

_AT_ONCE = 1_000  # ids in a query

_NAMES = (
    "MATCH (e:Entity) WHERE e._digest IS NOT NULL "
    "RETURN e.id AS id, e.name AS name, e.aliases AS aliases, coalesce(e.ids, []) AS ids"
)
_NEIGHBOURS = (
    "UNWIND $ids AS id MATCH (e:Entity {id: id})-[r]-(o:Entity) WHERE r._digest IS NOT NULL RETURN DISTINCT o.id AS id"
)
_ENTITIES = (
    "UNWIND $ids AS id MATCH (e:Entity {id: id}) OPTIONAL MATCH (a:Article)-[m:MENTIONS]->(e) "
    "WITH e, a, m ORDER BY a.id RETURN e.id AS id, e.name AS name, e.type AS type, e.aliases AS aliases, e.ids AS ids, "
    "[x IN collect([a.id, m.count, m.names]) WHERE x[0] IS NOT NULL] AS mentions"
)
_FACTS = (
    "UNWIND $ids AS id MATCH (a:Entity {id: id})-[r]->(b:Entity) WHERE r._digest IS NOT NULL "
    "RETURN a.id AS head, type(r) AS relation, b.id AS tail, r.id AS id, r.status AS status, r.confidence AS confidence, "
    "r.sources AS sources, r.history AS history"
)
_ARTICLES = (
    "UNWIND $ids AS id MATCH (a:Article {id: id}) WHERE a._digest IS NOT NULL "
    "RETURN a.id AS id, a.title AS title, a.date AS date, a.source AS source, a.url AS url, a.hash AS hash, "
    "a.reprint_of AS reprint_of"
)


def read_around(connection: Connection, name: str, hops: int) -> nx.MultiDiGraph:
    """The graph within `hops` of the entity named or aliased `name`, as `kg.graph.select_around` cuts it."""
    if hops < 0:
        raise UsageError(f"hops is {hops}; it counts steps from the entity, so 0 or more")
    reached = _find(connection, name)
    frontier = set(reached)
    for _ in range(hops):
        frontier = {row["id"] for row in _ask(connection, _NEIGHBOURS, frontier)} - reached
        reached |= frontier
    # Cut once more, which costs little: so the answer is that of every other store.
    return select_around(build_graph(_read_part(connection, reached)), name, hops)


def _find(connection: Connection, name: str) -> set[str]:
    """Ids of the entities meant by a name. Servers cannot fold as `resolve` does, so all names pass by."""
    found = find_known(lambda: (Known(**row) for row in connection.stream(_NAMES)), name)
    if not found:
        # Only for the suggestions of its message.
        nameable = nx.MultiDiGraph(articles={})
        for row in connection.stream(_NAMES):
            nameable.add_node(row["id"], name=row["name"], aliases=row["aliases"], mentions=[])
        select_around(nameable, name, 0)
    return found


def _read_part(connection: Connection, ids: set[str]) -> Resolution:
    entities = tuple(
        Entity(
            row["id"],
            row["name"],
            row["type"],
            tuple(row["aliases"]),
            tuple((doc, count, tuple(forms)) for doc, count, forms in sorted(row["mentions"])),
            read_ids(row["ids"] or ()),
        )
        for row in _ask(connection, _ENTITIES, ids)
    )
    rows = [row for row in _ask(connection, _FACTS, ids) if row["tail"] in ids]
    histories = {row["id"]: [json.loads(event) for event in row["history"]] for row in rows}
    docs = {doc for e in entities for doc, _, _ in e.mentions}
    docs.update(doc for history in histories.values() for event in history for doc in event["articles"])
    told = [row.data() for row in _ask(connection, _ARTICLES, docs)]
    reprints = {row["id"]: origin for row in told if (origin := row.pop("reprint_of")) is not None}
    articles = tuple(ArticleInfo(**row) for row in told)
    dates = {a.id: a.date if a.date and is_period(a.date) else None for a in articles}
    facts = tuple(_read_fact(row, histories[row["id"]], dates) for row in rows)
    return Resolution(
        tuple(sorted(articles, key=lambda a: a.id)),
        tuple(sorted(entities, key=lambda e: e.id)),
        tuple(sorted(facts, key=lambda f: f.id)),
        reprints=tuple(sorted(reprints.items())),
    )


def _read_fact(row: Any, history: list[dict[str, Any]], dates: dict[str, str | None]) -> Fact:
    events = tuple(
        Event(
            event["status"],
            event["time"],
            tuple(Citation(c["article"], c["start"], c["end"], c["text"], c["confidence"]) for c in event["evidence"]),
        )
        for event in history
    )
    claims = [Claim(event.status, event.time, citation) for event in events for citation in event.citations]
    return Fact(
        row["id"],
        row["head"],
        row["relation"],
        row["tail"],
        row["status"],
        row["confidence"],
        row["sources"],
        events,
        # The days on the relationship are whole ones; how exact a time was only the claims say.
        tell(claims, dates).valid,
    )


def _ask(connection: Connection, cypher: str, ids: Iterable[str]) -> Iterator[Any]:
    ordered = sorted(ids)
    for start in range(0, len(ordered), _AT_ONCE):
        yield from connection.read(cypher, ids=ordered[start : start + _AT_ONCE])
