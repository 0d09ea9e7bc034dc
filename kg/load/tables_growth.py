"""Tables that grow: what some articles change in them, looked up and carried out without reading the rest."""

import json
import sqlite3
import zlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from kg.history import Claim
from kg.load import properties
from kg.load.kglite_growth import (
    TITLES,
    Employment,
    find_changed_titles,
    grow_summary,
    list_people,
    read_bearers,
    read_history,
    read_key,
    read_name,
    read_summary,
    unpack_probes,
    write_id,
    write_matches,
    write_name,
    write_summary,
)
from kg.load.records import decode, dump
from kg.load.tables import (
    ENTITY,
    FACT,
    MENTION,
    NAME,
    RECORD,
    STORE,
    Tables,
    list_entity,
    list_fact,
    list_name,
    list_record,
    unpack_fact,
)
from kg.model import Entity, Extraction, Fact, read_ids
from kg.resolve.folding import Key
from kg.resolve.growing import Bearers, Growth, Name
from kg.resolve.matching import Match
from kg.resolve.verdicts import Triple

_OF_IDS = "FROM (SELECT value AS wanted FROM json_each(?)) JOIN"


class TablesGround:
    """The `Ground` of a graph in tables."""

    def __init__(self, tables: Tables, *, source: str) -> None:
        self._tables, self._source = tables, source

    def get_names(self, keys: Iterable[Key]) -> dict[Key, Name]:
        rows = self._get(f"SELECT id, entity, others, data {_OF_IDS} name ON id = wanted", map(write_id, keys))
        return {
            (key := read_key(id_)): read_name(key, zlib.decompress(data).decode("utf-8"), read_bearers(entity, others))
            for id_, entity, others, data in rows
        }

    def get_bearers(self, keys: Iterable[Key]) -> dict[Key, Bearers]:
        rows = self._get(f"SELECT id, entity, others {_OF_IDS} name ON id = wanted", map(write_id, keys))
        return {read_key(id_): read_bearers(entity, others) for id_, entity, others in rows if entity}

    def list_known(self) -> set[Key]:
        return {read_key(id_) for (id_,) in self._tables.ask("SELECT id FROM name WHERE known")}

    def list_matches(self) -> list[Match]:
        told = json.loads(self._tables.head["matches"])
        return [Match((a, kind), (b, kind), score, reason) for a, b, kind, score, reason in told]

    def get_extractions(self, docs: Iterable[str]) -> dict[str, Extraction]:
        rows = self._get(f"SELECT doc, record {_OF_IDS} record ON doc = wanted", docs)
        return {doc: decode(zlib.decompress(packed), source=self._source) for doc, packed in rows}

    def get_entities(self, ids: Iterable[str]) -> dict[str, Entity]:
        rows = self._get(f"SELECT id, name, type, aliases, ids {_OF_IDS} entity ON id = wanted", ids)
        return {
            id_: Entity(id_, name, type_, tuple(json.loads(aliases)), ids=read_ids(json.loads(told or "[]")))
            for id_, name, type_, aliases, told in rows
        }

    def get_claims(self, triples: Iterable[Triple]) -> dict[Triple, list[Claim]]:
        query = "SELECT properties FROM fact WHERE relation = ? AND head = ? AND tail = ?"
        found: dict[Triple, list[Claim]] = {}
        for head, relation, tail in triples:
            for (packed,) in self._tables.ask(query, relation, head, tail):
                events = read_history(unpack_fact(head, relation, tail, packed)["history"])
                found[head, relation, tail] = [
                    Claim(event.status, event.time, citation) for event in events for citation in event.citations
                ]
        return found

    def get_dates(self, docs: Iterable[str]) -> dict[str, str | None]:
        rows = self._get(f"SELECT doc, article {_OF_IDS} record ON doc = wanted", docs)
        return {doc: json.loads(article).get("date") for doc, article in rows}

    def list_probes(self) -> dict[str, Sequence[int]]:
        rows = self._tables.ask("SELECT doc, probes FROM record WHERE probes IS NOT NULL")
        return {doc: unpack_probes(probes) for doc, probes in rows}

    def list_reprints(self) -> dict[str, str]:
        return dict(self._tables.ask("SELECT doc, origin FROM record WHERE origin IS NOT NULL"))

    def _get(self, query: str, ids: Iterable[str]) -> Iterator[Any]:
        return self._tables.ask(query, json.dumps(sorted(set(ids))))


def apply_to_tables(
    file: sqlite3.Connection, head: Mapping[str, Any], growth: Growth, records: Mapping[str, tuple[bytes, Extraction]]
) -> None:
    """Carry a growth out in a copy of the tables, whose `head` this was. `records` are those of new or changed articles."""
    file.executemany("DELETE FROM fact WHERE head = ? AND relation = ? AND tail = ?", growth.dropped)
    docs = [(article.info.id,) for article in growth.articles] + [(doc,) for doc in growth.removed]
    file.executemany("DELETE FROM mention WHERE doc = ?", docs)
    file.executemany("DELETE FROM record WHERE doc = ?", [(doc,) for doc in growth.removed])
    file.executemany("DELETE FROM entity WHERE id = ?", [(id_,) for id_ in growth.gone])
    file.executemany("DELETE FROM name WHERE id = ?", [(write_id(key),) for key in growth.names])
    file.executemany(RECORD, (list_record(record, said.article) for record, said in records.values()))
    file.executemany(ENTITY, (list_entity(e.id, e.type, e.name, e.aliases, e.written_ids) for e in growth.entities))
    for article in growth.articles:
        file.execute("UPDATE record SET origin = ? WHERE doc = ?", (article.reprint_of, article.info.id))
        rows = ((article.info.id, entity, count, dump(list(names))) for entity, count, names in article.mentions)
        file.executemany(MENTION, rows)
    for fact in growth.facts:
        held = properties.write_fact(fact)["properties"]
        file.execute(FACT, list_fact(fact.relation, fact.head, fact.tail, held))
    file.executemany(NAME, (list_name(row) for key, name in growth.names.items() if (row := write_name(key, name))))
    _place_titles(file, growth)
    summary = write_summary(grow_summary(read_summary(head["summary"]), growth))
    file.execute(STORE, ("summary", summary))
    if growth.matches is not None:
        file.execute(STORE, ("matches", write_matches(growth.matches)))


def _place_titles(file: sqlite3.Connection, growth: Growth) -> None:
    people = list_people(growth)
    if growth.renamed:
        query = "SELECT head FROM fact WHERE relation = ? AND tail IN (SELECT value FROM json_each(?))"
        people.update(head for (head,) in file.execute(query, (TITLES[1], json.dumps(growth.renamed))))
    query = "SELECT tail, properties, name, type FROM fact JOIN entity ON id = tail WHERE relation = ? AND head = ?"
    found: list[Employment] = []
    shown: dict[str, properties.Properties] = {}
    for relation in TITLES:
        for head in sorted(people):
            for tail, packed, name, type_ in file.execute(query, (relation, head)):
                held = unpack_fact(head, relation, tail, packed)
                shown[held["id"]] = held
                fact = Fact(held["id"], head, relation, tail, held["status"], 0.0, 0, read_history(held["history"]))
                found.append(Employment(fact, Entity(tail, name, type_), held.get("organisation")))
    for fact, organisation in find_changed_titles(found):
        held = {name: value for name, value in shown[fact.id].items() if name != "organisation"}
        held |= {} if organisation is None else {"organisation": organisation}
        file.execute(
            "UPDATE fact SET properties = ? WHERE relation = ? AND head = ? AND tail = ?",
            (list_fact(fact.relation, fact.head, fact.tail, held)[-1], fact.relation, fact.head, fact.tail),
        )
