"""The same entities and facts as `kg.resolve.resolve` makes, for more articles than memory holds.

What articles say is spooled into a temporary SQLite file, and merged, sorted and grouped there. In memory stay the names
that aliases link, each with the articles that have it (small numbers), and one entity or a few hundred facts at a time.
`resolve` is the definition: its own parts do the work, and tests hold the results equal.
"""

import hashlib
import itertools
import json
import sqlite3
from collections.abc import Iterable, Iterator
from dataclasses import replace
from functools import lru_cache
from typing import Any, NamedTuple

from kg.history import Claim, is_period
from kg.load import properties
from kg.model import Citation, Entity, Event, Evidence, Extraction, Fact, Resolution, Statement
from kg.ontology import Ontology
from kg.resolve.clusters import Clusters
from kg.resolve.folding import Key, fold, identify
from kg.resolve.merging import find_fault, make_fact
from kg.resolve.registry import Registry
from kg.resolve.reprints import Copy, find_reprints
from kg.resolve.settling import list_called, settle
from kg.resolve.things import Register, Thing, find_links, merge_things

# A fact of the first kind is completed (its `organisation`) by the facts of the second that start at the same entity.
_COMPLETED_BY = {"HOLDS_POSITION": ("WORKS_FOR",)}

_FACTS_AT_ONCE = 500  # held in memory while their rows are made
_ROWS_AT_ONCE = 2000  # entities that go into the spool together


class EntityRow(NamedTuple):
    """An entity with the digest of what its node holds."""

    id: str
    name: str
    type: str
    aliases: list[str]
    digest: int


class MentionsRow(NamedTuple):
    """All mentions of one article, [entity, count, names] each, and the digest of them."""

    doc: str
    mentions: list[list[Any]]
    digest: int


class FactRow(NamedTuple):
    """A fact as the properties of its relationship, with their digest and size in characters."""

    id: str
    head: str
    tail: str
    properties: properties.Properties
    digest: int
    size: int


_SCHEMA = """
CREATE TABLE doc (n INTEGER PRIMARY KEY, id TEXT UNIQUE, date, sketch TEXT);
CREATE TABLE thing (doc INT, key INT, names, forms, types, count);
CREATE TABLE claim (doc INT, head INT, relation TEXT, tail INT, status, time, start, stop, text, confidence);
CREATE TABLE link (a INT, b INT);
CREATE TABLE name (key INTEGER PRIMARY KEY, folded TEXT, coarse TEXT);
CREATE TABLE joined (key INTEGER PRIMARY KEY, root INT);
CREATE TABLE entity (id TEXT PRIMARY KEY, name, type, aliases, digest) WITHOUT ROWID;
CREATE TABLE entity_of (key INTEGER PRIMARY KEY, id TEXT);
CREATE TABLE mention (doc INT, entity TEXT, count, names);
"""

# With the ends of a symmetric relation in the order of their ids. Parameters: symmetric relations, relations, as JSON lists.
_CLAIMS = """
SELECT CASE WHEN turn AND h > t THEN t ELSE h END AS head, relation, CASE WHEN turn AND h > t THEN h ELSE t END AS tail,
       status, time, id, start, stop, text, confidence, date
FROM (SELECT h.id AS h, t.id AS t, c.relation IN (SELECT value FROM json_each(?)) AS turn, c.*, d.id, d.date
      FROM claim c JOIN entity_of h ON h.key = c.head JOIN entity_of t ON t.key = c.tail JOIN doc d ON d.n = c.doc
      WHERE c.relation IN (SELECT value FROM json_each(?)) AND h.id <> t.id)
ORDER BY head, relation, tail
"""


class Derivation:
    """Takes articles in by `add`, in any order, each once; after `merge` it gives entities, mentions and facts.

    `spool` is an empty SQLite database that is thrown away afterwards; the caller may add tables of its own.
    """

    def __init__(self, spool: sqlite3.Connection, ontology: Ontology, *, registry: Registry | None = None) -> None:
        self.spool = spool
        self._ontology = ontology
        self._registry = registry
        self._reprints: dict[str, str] = {}
        create_tables(spool, _SCHEMA)

    def add(self, extraction: Extraction) -> None:
        """Spool what an article says; statements that cannot be taken are left out, as `resolve` rejects them."""
        info = extraction.article
        date = info.date if info.date and is_period(info.date) else None
        doc = self.spool.execute(
            "INSERT INTO doc (id, date, sketch) VALUES (?, ?, ?)", (info.id, date, info.sketch)
        ).lastrowid
        named = Register(info.id, extraction.entities, self._ontology)
        claims: list[tuple[Thing, Thing, Statement, Evidence]] = []
        for s in extraction.statements:
            if find_fault(s, self._ontology):
                continue
            head, tail = named.get(s.head), named.get(s.tail)
            if head is None or tail is None or head is tail:
                continue
            claims.append((head, tail, s, s.evidence))
        things = list(named.things.values())
        numbers = {thing.key: number(thing.key) for thing in things}
        self.spool.executemany(
            "INSERT INTO claim VALUES (?,?,?,?,?,?,?,?,?,?)",
            [
                (
                    doc,
                    numbers[h.key],
                    s.relation,
                    numbers[t.key],
                    s.status,
                    s.time,
                    e.start,
                    e.end,
                    e.text,
                    s.confidence,
                )
                for h, t, s, e in claims
            ],
        )
        self.spool.executemany(
            "INSERT INTO thing VALUES (?,?,?,?,?,?)",
            [(doc, numbers[t.key], _list(t.names), _list(t.forms), _list(t.types), t.count) for t in things],
        )
        links = find_links(things)
        self.spool.executemany("INSERT INTO link VALUES (?,?)", [(number(a), number(b)) for a, b in links])
        self.spool.executemany(
            "INSERT OR IGNORE INTO name VALUES (?,?,?)",
            [(number(key), *key) for key in {t.key for t in things} | {key for link in links for key in link}],
        )

    def merge(self) -> None:
        """Find out which names are one entity; to be called once, after the last `add`."""
        self.spool.execute("CREATE INDEX thing_key ON thing (key)")
        self.spool.execute("CREATE INDEX claim_relation ON claim (relation)")
        copies = self.spool.execute("SELECT id, date, sketch FROM doc")
        self._reprints = find_reprints(Copy(*row) for row in copies)
        clusters = _SpooledClusters(self.spool)
        coarse = {spec.coarse for spec in self._ontology.entities.values()}
        votes = self.spool.execute(
            "SELECT x.folded, x.coarse, y.folded, y.coarse, l.times "
            "FROM (SELECT a, b, count(*) AS times FROM link GROUP BY a, b) l "
            "JOIN name x ON x.key = l.a JOIN name y ON y.key = l.b"
        )
        said = (((a, kind), (b, other), times) for a, kind, b, other, times in votes.fetchall())
        names = self.spool.execute("SELECT folded, coarse FROM name").fetchall()
        settle(clusters, said, names, self._registry, number, coarse)
        called = list_called(self._registry, coarse)
        self.spool.executemany("INSERT INTO joined VALUES (?,?)", list(clusters.joined()))
        things = self.spool.execute(
            "SELECT coalesce(j.root, t.key), t.key, d.id, d.n, t.names, t.forms, t.types, t.count "
            "FROM thing t JOIN doc d ON d.n = t.doc LEFT JOIN joined j ON j.key = t.key ORDER BY 1, d.id"
        )
        made = _MadeEntities(self.spool)
        for _, rows in itertools.groupby(things, key=lambda row: row[0]):
            members = list(rows)
            entity = merge_things([self._read_thing(row) for row in members], clusters, called)
            made.add(entity, {row[1] for row in members}, {row[2]: row[3] for row in members})
        made.flush()

    def types(self) -> list[str]:
        """The types that entities have, in order."""
        return [name for (name,) in self.spool.execute("SELECT DISTINCT type FROM entity ORDER BY type")]

    def entities(self, type_: str | None = None) -> Iterator[EntityRow]:
        """All entities by type and id, or those of one type."""
        rows = self.spool.execute("SELECT * FROM entity WHERE type = coalesce(?, type) ORDER BY type, id", (type_,))
        for id_, name, type_, aliases, mark in rows:
            yield EntityRow(id_, name, type_, json.loads(aliases), mark)

    def mentions(self) -> Iterator[MentionsRow]:
        """The mentions of every article, also of those that have none."""
        rows = self.spool.execute(
            "SELECT d.id, m.entity, m.count, m.names FROM doc d LEFT JOIN mention m ON m.doc = d.n ORDER BY d.id, m.entity"
        )
        for doc, found in itertools.groupby(rows, key=lambda row: row[0]):
            told = [row for row in found if row[1] is not None]
            # Names are JSON and ids are hexadecimal, so a line tells where each part ends.
            mark = hash_text("\n".join(f"{entity} {count} {names}" for _, entity, count, names in told))
            yield MentionsRow(doc, [[row[1], row[2], list(_read_list(row[3]))] for row in told], mark)

    def relations(self) -> list[str]:
        """The relations that have facts, in order."""
        return [name for (name,) in self.spool.execute("SELECT DISTINCT relation FROM claim ORDER BY relation")]

    def facts(self, relation: str) -> Iterator[FactRow]:
        """The facts of a relation by head and tail."""
        helpers = _COMPLETED_BY.get(relation, ())
        for facts, names in self._list_facts((relation, *helpers), named=bool(helpers)):
            for found, rows in properties.group_facts(Resolution(entities=names, facts=facts)):
                if found == relation:
                    yield from map(_fact_row, rows)

    def _list_facts(
        self, relations: tuple[str, ...], *, named: bool
    ) -> Iterator[tuple[tuple[Fact, ...], tuple[Entity, ...]]]:
        """Facts of the relations in portions that part no head, and with `named` the entities at their tails."""
        facts: list[Fact] = []
        for head, of_head in itertools.groupby(self._list_claims(relations), key=lambda row: row.head):
            if len(facts) >= _FACTS_AT_ONCE:
                yield self._portion(facts, named=named)
                facts = []
            for (relation, tail), told in itertools.groupby(of_head, key=lambda row: (row.relation, row.tail)):
                facts.append(_make_fact(head, relation, tail, list(told), self._reprints))
                if len(facts) >= _FACTS_AT_ONCE and not named:
                    yield self._portion(facts, named=named)
                    facts = []
        if facts:
            yield self._portion(facts, named=named)

    def _portion(self, facts: list[Fact], *, named: bool) -> tuple[tuple[Fact, ...], tuple[Entity, ...]]:
        if not named:
            return tuple(facts), ()
        found = (
            self.spool.execute("SELECT id, name, type FROM entity WHERE id = ?", (f.tail,)).fetchone() for f in facts
        )
        return tuple(facts), tuple(Entity(*row) for row in found)

    def _list_claims(self, relations: tuple[str, ...]) -> "Iterator[_ClaimRow]":
        turned = [r for r in relations if self._ontology.relation(r).symmetric]
        rows = self.spool.execute(_CLAIMS, (_list(tuple(turned)), _list(relations)))
        for head, relation, tail, status, time, doc, start, stop, text, confidence, date in rows:
            yield _ClaimRow(
                head, relation, tail, Claim(status, time, Citation(doc, start, stop, text, confidence)), date
            )

    def _read_thing(self, row: tuple[Any, ...]) -> Thing:
        _, _, doc, _, names, forms, types, count = row
        names, types = _read_list(names), _read_list(types)
        key = (fold(names[0]), self._ontology.coarse(types[0]))
        return Thing(doc, key, names, _read_list(forms), types, count)


class _ClaimRow(NamedTuple):
    head: str
    relation: str
    tail: str
    claim: Claim
    date: str | None


def _make_fact(head: str, relation: str, tail: str, rows: list[_ClaimRow], reprints: dict[str, str]) -> Fact:
    if len(rows) > 1:
        dates = {row.claim.citation.article: row.date for row in rows}
        return make_fact(head, relation, tail, [row.claim for row in rows], dates, reprints)
    [(_, _, _, claim, date)] = rows
    alone = _make_lone_fact(relation, claim.status, claim.time, date)
    history = tuple(Event(event.status, event.time, (claim.citation,)) for event in alone.history)
    confidence = _weigh_lone_claim(claim.citation.confidence)
    id_ = identify(head, relation, tail)
    return replace(alone, id=id_, head=head, tail=tail, confidence=confidence, history=history)


# Most facts rest on one claim, and what one claim makes of a fact depends on few things, which come again and again.
@lru_cache(maxsize=16384)
def _make_lone_fact(relation: str, status: str, time: str | None, date: str | None) -> Fact:
    """A fact of one claim, without its ends, its passage and its confidence."""
    return make_fact("", relation, "", [Claim(status, time, Citation("", 0, 0, "", 1.0))], {"": date}, {})


@lru_cache(maxsize=16384)
def _weigh_lone_claim(confidence: float) -> float:
    return make_fact("", "", "", [Claim("actual", None, Citation("", 0, 0, "", confidence))], {"": None}, {}).confidence


class _MadeEntities:
    """Entities on their way into the spool, many at once."""

    def __init__(self, spool: sqlite3.Connection) -> None:
        self._spool = spool
        self._entities: list[tuple[Any, ...]] = []
        self._keys: list[tuple[int, str]] = []
        self._mentions: list[tuple[Any, ...]] = []

    def add(self, entity: Entity, keys: Iterable[int], numbers: dict[str, int]) -> None:
        """An entity with the keys of its names; `numbers` are those of its articles by id."""
        mark = digest([entity.name, entity.type, entity.aliases])
        self._entities.append((entity.id, entity.name, entity.type, _list(entity.aliases), mark))
        self._keys += [(key, entity.id) for key in keys]
        self._mentions += [(numbers[doc], entity.id, count, _list(forms)) for doc, count, forms in entity.mentions]
        if len(self._entities) + len(self._mentions) > _ROWS_AT_ONCE:
            self.flush()

    def flush(self) -> None:
        self._spool.executemany("INSERT INTO entity VALUES (?,?,?,?,?)", self._entities)
        self._spool.executemany("INSERT INTO entity_of VALUES (?,?)", self._keys)
        self._spool.executemany("INSERT INTO mention VALUES (?,?,?,?)", self._mentions)
        for made in (self._entities, self._keys, self._mentions):
            made.clear()


class _SpooledClusters(Clusters[int, int]):
    """Clusters over spooled things: in memory are only the names that something links."""

    def __init__(self, spool: sqlite3.Connection) -> None:
        super().__init__()
        self._spool = spool

    def load_docs(self, key: int) -> set[int]:
        return {doc for (doc,) in self._spool.execute("SELECT doc FROM thing WHERE key = ?", (key,))}

    def leads_elsewhere(self, alias: Key, key: Key) -> bool:
        other = number(alias)
        if self.find(other) == self.find(number(key)):
            return False
        if other in self:
            return self.is_named(other)
        return self._spool.execute("SELECT 1 FROM thing WHERE key = ? LIMIT 1", (other,)).fetchone() is not None


def create_tables(spool: sqlite3.Connection, schema: str) -> None:
    """Run statements that create, within the transaction that is open: `executescript` would end it, and each row be one."""
    for statement in filter(None, map(str.strip, schema.split(";"))):
        spool.execute(statement)


def number(key: Key) -> int:
    """A key as 64 bits, as many as an id has."""
    name, coarse = key
    return hash_text(f"{coarse} {name}")


_write = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode


def digest(content: Any) -> int:
    """64 bits that tell whether JSON content is what it was."""
    return hash_text(_write(content))


def hash_text(text: str) -> int:
    """64 bits that tell whether a text is what it was."""
    return hash_bytes(text.encode("utf-8"))


def hash_bytes(data: bytes) -> int:
    """64 bits that tell whether UTF-8 text is what it was."""
    return int.from_bytes(hashlib.blake2b(data, digest_size=8).digest(), "big", signed=True)


def _fact_row(row: properties.Properties) -> FactRow:
    text = _write([row["head"], row["tail"], row["properties"]])
    return FactRow(row["properties"]["id"], row["head"], row["tail"], row["properties"], hash_text(text), len(text))


# A name comes with every article that knows it, mostly as the only one of its list.
@lru_cache(maxsize=16384)
def _list(items: tuple[str, ...]) -> str:
    return json.dumps(items, ensure_ascii=False)


@lru_cache(maxsize=16384)
def _read_list(text: str) -> tuple[str, ...]:
    return tuple(json.loads(text))
