"""The same entities and facts as `kg.resolve.resolve` makes, for more articles than memory holds.

What articles say is spooled into a temporary SQLite file, and merged, sorted and grouped there. In memory stay the names
that aliases link, each with the articles that have it (small numbers), and one entity or a few hundred facts at a time.
`resolve` is the definition: its own parts do the work, and tests hold the results equal.
"""

import itertools
import json
import sqlite3
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from json.encoder import encode_basestring
from operator import itemgetter
from typing import Any, NamedTuple

from kg.history import Claim, is_period
from kg.load import properties
from kg.load.fact_rows import ClaimRow, FactRow, hash_text, make_row, merge_claims, write_row
from kg.model import Citation, Entity, Evidence, Extraction, Fact, Rejection, Resolution, Statement
from kg.ontology import Ontology
from kg.resolve.clusters import Clusters
from kg.resolve.folding import AT, PERSON, Key, fold, identify
from kg.resolve.garbage import uncollected
from kg.resolve.growing import Name, Told
from kg.resolve.matching import Match
from kg.resolve.merging import NAMELESS, find_fault, list_bearings
from kg.resolve.namesakes import Part, list_rulings, tell_apart, tie
from kg.resolve.registry import Registry
from kg.resolve.reprints import Copy, find_reprints
from kg.resolve.settling import Called, list_called, settle
from kg.resolve.things import Register, Thing, find_links, merge_things, read_ties
from kg.resolve.verdicts import SELF, Bearer, Court, Triple, list_words

# A fact of the first kind is completed (its `organisation`) by the facts of the second that start at the same entity.
_COMPLETED_BY = {"HOLDS_POSITION": ("WORKS_FOR",)}

# Of claims.
_HEAD = itemgetter(0)
_ENDS = itemgetter(0, 2)
_RELATION_AND_TAIL = itemgetter(1, 2)

_NOWHERE = Citation("", -1, -1, "")  # for what needs no passage

_FACTS_AT_ONCE = 500  # held in memory while their rows are made
_NOTED = 5_000  # names of which it is remembered that they have been spooled
_ROWS_AT_ONCE = 2000  # that go into the spool together


class EntityRow(NamedTuple):
    """An entity with the digest of what its node holds."""

    id: str
    name: str
    type: str
    aliases: list[str]
    ids: list[str]
    digest: int


class MentionsRow(NamedTuple):
    """All mentions of one article, [entity, count, names] each, the article that it repeats, and the digest of both."""

    doc: str
    mentions: list[list[Any]]
    reprint_of: str | None
    digest: int


_SCHEMA = """
CREATE TABLE doc (n INTEGER PRIMARY KEY, id TEXT UNIQUE, date, sketch TEXT);
CREATE TABLE thing (doc INT, key INT, names, forms, types, count, ties, votes, person INT);
CREATE TABLE claim (doc INT, head INT, relation TEXT, tail INT, status, time, start, stop, text, confidence, judged INT DEFAULT 0);
CREATE TABLE link (a INT, b INT);
CREATE TABLE name (key INTEGER PRIMARY KEY, folded TEXT, coarse TEXT);
CREATE TABLE joined (key INTEGER PRIMARY KEY, root INT);
CREATE TABLE entity (id TEXT PRIMARY KEY, name, type, aliases, ids, digest) WITHOUT ROWID;
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

# What a registry has made a statement of one thing about itself.
_SELVES = """
SELECT count(*) FROM claim c JOIN entity_of h ON h.key = c.head JOIN entity_of t ON t.key = c.tail WHERE h.id = t.id
"""

# None of one thing about itself, which no verdict is asked of.
_CLAIMS_OF = """
SELECT c.rowid, c.status, c.time, d.id, c.start, c.stop, c.text, c.confidence
FROM entity_of h JOIN claim c ON c.head = h.key AND c.relation = ? AND NOT c.judged JOIN entity_of t ON t.key = c.tail
JOIN doc d ON d.n = c.doc WHERE h.id = ? AND t.id = ? AND h.id <> t.id
"""


class Derivation:
    """Takes articles in by `add`, in any order, each once; after `merge` it gives entities, mentions and facts.

    `spool` is an empty SQLite database that is thrown away afterwards; the caller may add tables of its own.
    """

    def __init__(self, spool: sqlite3.Connection, ontology: Ontology, *, registry: Registry | None = None) -> None:
        self.spool = spool
        self._ontology = ontology
        self._registry = registry
        self.reprints: dict[str, str] = {}  # by article its origin, once merged
        self.rejected: Counter[str] = Counter()  # by reason what could not be taken, once merged
        self.matches: list[Match] = []  # names that are one by themselves, once merged
        self._docs = 0
        self._noted: set[int] = set()  # names that are in the spool, or on their way
        # Rows on their way into the spool, by table.
        self._spooled: dict[str, list[tuple[Any, ...]]] = {t: [] for t in ("doc", "thing", "claim", "link", "name")}
        create_tables(spool, _SCHEMA)

    @uncollected
    def add(self, extraction: Extraction) -> None:
        """Spool what an article says; statements that cannot be taken are left out, as `resolve` rejects them."""
        info = extraction.article
        date = info.date if info.date and is_period(info.date) else None
        doc = self._docs = self._docs + 1
        self._spooled["doc"].append((doc, info.id, date, info.sketch))
        named = Register(info.id, extraction.entities, self._ontology)
        claims: list[tuple[Thing, Thing, Statement, Evidence]] = []
        for s in extraction.statements:
            fault = find_fault(s, self._ontology)
            head, tail = (None, None) if fault else (named.get(s.head), named.get(s.tail))
            if head is None or tail is None:
                self.rejected[fault or NAMELESS] += 1
            elif head is tail:
                self.rejected[SELF] += 1
            else:
                claims.append((head, tail, s, s.evidence))
        things = list(named.things.values())
        numbers = {thing.key: number(thing.key) for thing in things}
        self._spooled["claim"] += [
            (doc, numbers[h.key], s.relation, numbers[t.key], s.status, s.time, e.start, e.end, e.text, s.confidence, 0)
            for h, t, s, e in claims
        ]
        of_people = (c for c in claims if PERSON in (c[0].key[1], c[1].key[1]))
        tie(((head, s.relation, tail, Claim(s.status, s.time, _NOWHERE)) for head, tail, s, _ in of_people), info.date)
        links = find_links(things)
        votes: dict[Key, list[str]] = defaultdict(list)
        for key, alias in links:
            votes[key].append(alias[0])
        self._spooled["thing"] += [
            (
                *(doc, numbers[t.key], _list(t.names), _list(t.forms), _list(t.types), t.count),
                t.ties and _write(t.ties),
                _list(tuple(sorted(votes[t.key]))) if t.key in votes else None,
                None,  # known later, where people share the name
            )
            for t in things
        ]
        numbers |= {key: number(key) for link in links for key in link if key not in numbers}
        self._spooled["link"] += [(numbers[a], numbers[b]) for a, b in links]
        if len(self._noted) > _NOTED:
            self._noted.clear()
        self._spooled["name"] += [(n, *key) for key, n in numbers.items() if n not in self._noted]
        self._noted.update(numbers.values())
        if len(self._spooled["claim"]) + len(self._spooled["thing"]) > _ROWS_AT_ONCE:
            self._flush()

    @uncollected
    def merge(self) -> None:
        """Find out which names are one entity; to be called once, after the last `add`."""
        self._flush()
        self.spool.execute("CREATE INDEX thing_key ON thing (key)")
        self.spool.execute("CREATE INDEX claim_relation ON claim (relation)")
        self.spool.execute("CREATE INDEX claim_doc ON claim (doc)")
        self.spool.execute("CREATE INDEX thing_doc ON thing (doc)")
        copies = self.spool.execute("SELECT id, date, sketch FROM doc")
        self.reprints = find_reprints(Copy(*row) for row in copies)
        clusters = _SpooledClusters(self.spool)
        coarse = {spec.coarse for spec in self._ontology.entities.values()}
        votes = self.spool.execute(
            "SELECT x.folded, x.coarse, y.folded, y.coarse, l.times "
            "FROM (SELECT a, b, count(*) AS times FROM link GROUP BY a, b) l "
            "JOIN name x ON x.key = l.a JOIN name y ON y.key = l.b"
        )
        said = (((a, kind), (b, other), times) for a, kind, b, other, times in votes.fetchall())
        names = self.spool.execute("SELECT folded, coarse FROM name")
        self.matches = settle(clusters, said, names, self._registry, number, coarse).matches
        called = list_called(self._registry, coarse)
        self.spool.executemany("INSERT INTO joined VALUES (?,?)", list(clusters.joined()))
        made = _MadeEntities(self.spool)
        world = _SpooledWorld(self.spool)
        rulings = list_rulings(self._registry)
        # People last, for who is who of one name is told by firms.
        for of_people in (False, True):
            for members in self._list_clusters(of_people):
                docs = {row[2]: row[3] for row in members}
                if not of_people or all(row[8] is None for row in members):
                    entity = self._merge_plain(members, called) or merge_things(
                        [self._read_thing(row) for row in members], clusters, called
                    )
                    made.add(entity, {row[1] for row in members}, docs)
                    continue
                parts = tell_apart([self._read_thing(row) for row in members], world, rulings).parts
                for part in parts:
                    entity = merge_things(
                        part.things, clusters, called, mark=part.mark, labels=part.labels, firms=part.firms
                    )
                    apart = len(parts) > 1
                    keys = {self._set_apart(part, entity.id, docs)} if apart else {row[1] for row in members}
                    made.add(entity, keys, docs)
            made.flush()
        [(selves,)] = self.spool.execute(_SELVES)
        self.rejected.update({SELF: selves} if selves else {})
        self._apply_verdicts()

    def _list_clusters(self, of_people: bool) -> Iterator[list[tuple[Any, ...]]]:
        """The things of names that are one: root, key, article, its number, names, forms, types, count, ties."""
        rows = self.spool.execute(
            "SELECT coalesce(j.root, t.key), t.key, d.id, d.n, t.names, t.forms, t.types, t.count, t.ties "
            "FROM thing t JOIN doc d ON d.n = t.doc JOIN name n ON n.key = t.key LEFT JOIN joined j ON j.key = t.key "
            "WHERE (n.coarse = ?) = ? ORDER BY 1, d.id",
            (PERSON, of_people),
        )
        for _, members in itertools.groupby(rows, key=lambda row: row[0]):
            yield list(members)

    def _set_apart(self, part: Part, entity: str, docs: Mapping[str, int]) -> int:
        """The key that a person's claims have from now on where others share the name."""
        own = number((f"{AT}{entity}", PERSON))
        for thing in part.things:
            place = (own, docs[thing.doc], number(thing.key))
            self.spool.execute("UPDATE claim SET head = ? WHERE doc = ? AND head = ?", place)
            self.spool.execute("UPDATE claim SET tail = ? WHERE doc = ? AND tail = ?", place)
            self.spool.execute("UPDATE thing SET person = ? WHERE doc = ? AND key = ?", place)
        return own

    def _apply_verdicts(self) -> None:
        words = list_words(self._registry)
        if not words:
            return
        bearers: dict[str, set[Bearer]] = defaultdict(set)
        for e in self.entities():
            for name, bearer in list_bearings(Entity(e.id, e.name, e.type, tuple(e.aliases))):
                if name in words:
                    bearers[name].add(bearer)
        court = Court(self._registry, lambda word: sorted(bearers.get(word, ())), self._ontology)
        self.spool.execute("CREATE INDEX entity_key ON entity_of (id)")
        lost: set[tuple[Triple, Rejection]] = set()
        for triple in court.triples():
            for row, claim in self._list_claims_of(triple):
                kept, rejected = court.judge(triple, [claim])
                if rejected:
                    lost.add((triple, rejected[0]))
                    self.spool.execute("DELETE FROM claim WHERE rowid = ?", (row,))
                elif kept != [(triple, claim)]:
                    [((head, relation, tail), told)] = kept
                    self.spool.execute(
                        "UPDATE claim SET head = (SELECT min(key) FROM entity_of WHERE id = ?), relation = ?, "
                        "tail = (SELECT min(key) FROM entity_of WHERE id = ?), status = ?, time = ?, judged = 1 WHERE rowid = ?",
                        (head, relation, tail, told.status, told.time, row),
                    )
        self.rejected.update(rejection.reason for _, rejection in lost)

    def _list_claims_of(self, triple: Triple) -> list[tuple[int, Claim]]:
        head, relation, tail = triple
        found: list[tuple[int, Claim]] = []
        turned = [(tail, head)] if self._ontology.relation(relation).symmetric else []
        for ends in [(head, tail), *turned]:
            rows = self.spool.execute(_CLAIMS_OF, (relation, *ends))
            for row, status, time, doc, start, stop, text, confidence in rows.fetchall():
                found.append((row, Claim(status, time, Citation(doc, start, stop, text, confidence))))
        return found

    def _flush(self) -> None:
        for table, rows in self._spooled.items():
            if rows:
                insert, places = "INSERT OR IGNORE" if table == "name" else "INSERT", ",".join("?" * len(rows[0]))
                self.spool.executemany(f"{insert} INTO {table} VALUES ({places})", rows)
                rows.clear()

    def names(self) -> Iterator[tuple[Key, Name]]:
        """Every name that something is called by, without its owners."""
        rows = self.spool.execute(
            "SELECT t.key, n.folded, n.coarse, e.id, d.id, t.names, t.forms, t.types, t.count, t.ties, t.votes FROM thing t "
            "JOIN name n ON n.key = t.key JOIN doc d ON d.n = t.doc "
            "LEFT JOIN entity_of e ON e.key = coalesce(t.person, t.key) ORDER BY t.key, d.id"
        )
        for (_, folded, coarse), found in itertools.groupby(rows, key=itemgetter(0, 1, 2)):
            name = Name()
            for *_, entity, doc, names, forms, types, count, ties, votes in found:
                thing = Thing(doc, (folded, coarse), _read_list(names), _read_list(forms), _read_list(types), count)
                thing.entity = entity
                if ties:
                    thing.ties = read_ties(json.loads(ties))
                name.things[doc] = Told(thing, _read_list(votes) if votes else ())
            name.settle()
            yield (folded, coarse), name

    def types(self) -> list[str]:
        """The types that entities have, in order."""
        return [name for (name,) in self.spool.execute("SELECT DISTINCT type FROM entity ORDER BY type")]

    def entities(self, type_: str | None = None) -> Iterator[EntityRow]:
        """All entities by type and id, or those of one type."""
        rows = self.spool.execute("SELECT * FROM entity WHERE type = coalesce(?, type) ORDER BY type, id", (type_,))
        for id_, name, type_, aliases, ids, mark in rows:
            yield EntityRow(id_, name, type_, list(_read_list(aliases)), list(_read_list(ids)), mark)

    def mentions(self) -> Iterator[MentionsRow]:
        """The mentions of every article, also of those that have none."""
        rows = self.spool.execute(
            "SELECT d.id, m.entity, m.count, m.names FROM doc d LEFT JOIN mention m ON m.doc = d.n ORDER BY d.id, m.entity"
        )
        for doc, found in itertools.groupby(rows, key=lambda row: row[0]):
            told = [row for row in found if row[1] is not None]
            # Names are JSON and ids are hexadecimal, so a line tells where each part ends.
            lines = [f"{entity} {count} {names}" for _, entity, count, names in told]
            origin = self.reprints.get(doc)
            mark = hash_text("\n".join(lines if origin is None else [*lines, _list((origin,))]))
            yield MentionsRow(doc, [[row[1], row[2], list(_read_list(row[3]))] for row in told], origin, mark)

    def relations(self) -> list[str]:
        """The relations that have facts, in order."""
        return [name for (name,) in self.spool.execute("SELECT DISTINCT relation FROM claim ORDER BY relation")]

    def facts(self, relation: str) -> Iterator[FactRow]:
        """The facts of a relation by head and tail."""
        helpers = _COMPLETED_BY.get(relation, ())
        if helpers:
            yield from self._list_completed(relation, helpers)
            return
        for _, told in itertools.groupby(self._list_claims((relation,)), key=_ENDS):
            yield make_row(list(told), self.reprints)

    def _list_completed(self, relation: str, helpers: tuple[str, ...]) -> Iterator[FactRow]:
        """Facts of a relation that those of others complete, in portions that part no head."""
        facts: list[Fact] = []
        for _, of_head in itertools.groupby(self._list_claims((relation, *helpers)), key=_HEAD):
            facts += [
                merge_claims([*map(ClaimRow._make, told)], self.reprints)
                for _, told in itertools.groupby(of_head, key=_RELATION_AND_TAIL)
            ]
            if len(facts) >= _FACTS_AT_ONCE:
                yield from self._complete(relation, facts)
                facts = []
        yield from self._complete(relation, facts)

    def _complete(self, relation: str, facts: list[Fact]) -> Iterator[FactRow]:
        tails = (
            self.spool.execute("SELECT id, name, type FROM entity WHERE id = ?", (f.tail,)).fetchone() for f in facts
        )
        resolution = Resolution(entities=tuple(Entity(*row) for row in tails), facts=tuple(facts))
        for found, rows in properties.group_facts(resolution):
            if found == relation:
                yield from map(write_row, rows)

    def _list_claims(self, relations: tuple[str, ...]) -> Iterator[tuple[Any, ...]]:
        """Claims as ClaimRow has them, by head, relation and tail."""
        turned = tuple(r for r in relations if self._ontology.relation(r).symmetric)
        return self.spool.execute(_CLAIMS, (_list(turned), _list(relations)))

    def _merge_plain(self, rows: list[tuple[Any, ...]], called: Called) -> Entity | None:
        """What `merge_things` makes of things that all go by one and the same name, as most do; None for others."""
        names = rows[0][4]
        if any(row[4] != names or row[5] != names for row in rows) or len({row[2] for row in rows}) != len(rows):
            return None
        [name, *more] = _read_list(names)
        types = [_find_type(row[6]) for row in rows]
        key = (fold(name), self._ontology.coarse(types[0]))
        if more or called.knows(key):
            return None
        return Entity(
            id=identify(*key),
            name=name,
            type=min(set(types), key=lambda t: (-types.count(t), t)),
            mentions=tuple((row[2], row[7], (name,)) for row in rows),
        )

    def _read_thing(self, row: tuple[Any, ...]) -> Thing:
        _, _, doc, _, names, forms, types, count, ties = row
        names, types = _read_list(names), _read_list(types)
        key = (fold(names[0]), self._ontology.coarse(types[0]))
        thing = Thing(doc, key, names, _read_list(forms), types, count)
        if ties:
            thing.ties = read_ties(json.loads(ties))
        return thing


class _SpooledWorld:
    """The `World` of what is spooled, once all that is no person has its entity."""

    def __init__(self, spool: sqlite3.Connection) -> None:
        self._spool = spool

    def identify(self, keys: Iterable[Key]) -> dict[Key, str]:
        query = "SELECT id FROM entity_of WHERE key = ?"
        return {key: self._spool.execute(query, (number(key),)).fetchone()[0] for key in keys}

    def show(self, entity: str) -> str:
        name: str = self._spool.execute("SELECT name FROM entity WHERE id = ?", (entity,)).fetchone()[0]
        return name

    def list_names(self, doc: str) -> list[Key]:
        query = "SELECT n.folded, n.coarse FROM doc d JOIN thing t ON t.doc = d.n JOIN name n ON n.key = t.key WHERE d.id = ?"
        return self._spool.execute(query, (doc,)).fetchall()


class _MadeEntities:
    """Entities on their way into the spool, many at once."""

    def __init__(self, spool: sqlite3.Connection) -> None:
        self._spool = spool
        self._entities: list[tuple[Any, ...]] = []
        self._keys: list[tuple[int, str]] = []
        self._mentions: list[tuple[Any, ...]] = []

    def add(self, entity: Entity, keys: Iterable[int], numbers: dict[str, int]) -> None:
        """An entity with the keys of its names; `numbers` are those of its articles by id."""
        ids = entity.written_ids
        aliases, others = _list(entity.aliases), _list(tuple(ids))
        # Of JSON, which tells where each part ends.
        content = ",".join(
            (encode_basestring(entity.name), encode_basestring(entity.type), aliases, *([others] if ids else ()))
        )
        self._entities.append((entity.id, entity.name, entity.type, aliases, others, hash_text(f"[{content}]")))
        self._keys += [(key, entity.id) for key in keys]
        self._mentions += [(numbers[doc], entity.id, count, _list(forms)) for doc, count, forms in entity.mentions]
        if len(self._entities) + len(self._mentions) > _ROWS_AT_ONCE:
            self.flush()

    def flush(self) -> None:
        self._spool.executemany("INSERT INTO entity VALUES (?,?,?,?,?,?)", self._entities)
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


@lru_cache(maxsize=2048)
def number(key: Key) -> int:
    """A key as 64 bits, as many as an id has."""
    name, coarse = key
    return hash_text(f"{coarse} {name}")


_write = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode


@lru_cache(maxsize=4096)
def _find_type(types: str) -> str:
    """The type that an article gives a thing most often."""
    return Thing("", ("", ""), types=_read_list(types)).type


# A name comes with every article that knows it, mostly as the only one of its list.
@lru_cache(maxsize=2048)
def _list(items: tuple[str, ...]) -> str:
    return f"[{','.join(map(encode_basestring, items))}]"


@lru_cache(maxsize=2048)
def _read_list(text: str) -> tuple[str, ...]:
    return tuple(json.loads(text))
