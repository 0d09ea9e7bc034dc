"""A .kgl file of a large graph: its rows as tables of SQLite, for KGLite holds what it saves as a whole in memory.

    store    (name, value)                                  format, derivation, registry, grows, summary, matches
    record   (doc, hash, record, probes, article, origin)   what each article says; its node as JSON; of which article it is a reprint
    entity   (id, type, name, aliases, ids)
    mention  (doc, entity, count, names)
    fact     (relation, head, tail, properties)             see `pack_fact`
    name     (id, known, entity, others, data)              what `kg.load.kglite_growth` keeps as :KGName

A file is written whole and takes the place of the one before, so it may be read without locks. Clauses of Cypher are not in it:
what it says becomes rows of clauses that are here, under labels that the ontology has.
"""

import contextlib
import json
import sqlite3
import zlib
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import quote

from kg.errors import StoreError, StoreFormatError
from kg.load.derivation import create_tables
from kg.load.kglite_growth import (
    CREATE_ARTICLES,
    CREATE_MENTIONS,
    Row,
    create_entities,
    create_facts,
    pack_probes,
)
from kg.load.properties import Properties, list_articles
from kg.load.records import DAMAGE, dump
from kg.load.spool import open_spool
from kg.model import ArticleInfo, Resolution
from kg.ontology import Ontology
from kg.resolve.folding import identify

MAGIC = b"SQLite format 3\0"  # what every file of SQLite begins with

_SCHEMA = """
CREATE TABLE store (name TEXT PRIMARY KEY, value) WITHOUT ROWID;
CREATE TABLE record (doc TEXT PRIMARY KEY, hash TEXT, record BLOB, probes TEXT, article TEXT, origin TEXT);
CREATE TABLE entity (id TEXT PRIMARY KEY, type TEXT, name TEXT, aliases TEXT, ids TEXT) WITHOUT ROWID;
CREATE TABLE mention (doc TEXT, entity TEXT, count INT, names TEXT, PRIMARY KEY (doc, entity)) WITHOUT ROWID;
CREATE TABLE fact (relation TEXT, head TEXT, tail TEXT, properties BLOB, PRIMARY KEY (relation, head, tail)) WITHOUT ROWID;
CREATE TABLE name (id TEXT PRIMARY KEY, known INT, entity TEXT, others TEXT, data BLOB);
"""

# What is common to most facts; with it a fact of one passage shrinks from 460 bytes to 175.
_COMMON = (
    b'{"status":"rumored","status":"denied","status":"planned","status":"ended","status":"actual","since":"2025-01-01","until":'
    b'"2025","confidence":0.999,"sources":2,"sources":1,"history":["{\\"status\\":\\"actual\\",\\"time\\":null,\\"articles\\":[\\"'
    b'\\"],\\"evidence\\":[{\\"article\\":\\"\\",\\"start\\":0,\\"end\\":0,\\"text\\":\\"\xe5\x85\xac\xe5\x8f\xb8\xe9\x9b\x86'
    b'\xe5\x9b\xa2\xe5\x90\x88\xe4\xbd\x9c\xef\xbc\x8c\\",\\"confidence\\":1.0}]}"],"valid_from":["2025-01-01"],"valid_to":[""]}'
)


class Tables:
    """The tables of a file that is whole. `source` is named where it turns out to be damaged (StoreFormatError)."""

    def __init__(self, path: Path, *, source: str) -> None:
        self._source = source
        with self.explained():
            self._file = sqlite3.connect(
                f"file:{quote(str(path))}?mode=ro&immutable=1", uri=True, isolation_level=None, check_same_thread=False
            )
            # What a stranger's file says beside its rows (views, triggers) is not to be trusted.
            self._file.execute("PRAGMA trusted_schema=OFF")
            self.head: Row = dict(self.ask("SELECT name, value FROM store")) if self._is_ours() else {}

    def _is_ours(self) -> bool:
        query = "SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = 'store'"
        return bool(self._file.execute(query).fetchall())

    def close(self) -> None:
        """Let the file go."""
        self._file.close()

    def list_hashes(self) -> dict[str, str]:
        """The content hash of every article by id, in the order of ids."""
        return dict(self.ask("SELECT doc, hash FROM record ORDER BY doc"))

    def get_record(self, doc: str) -> bytes:
        """The record of an article that is there."""
        with self.explained():
            [(packed,)] = self.ask("SELECT record FROM record WHERE doc = ?", doc)
            return zlib.decompress(packed)

    def list_statements(self, ontology: Ontology) -> Iterator[tuple[str, Iterator[Properties]]]:
        """The statements that make KGLite's graph, each with the rows that it takes; to be used up within `explained`."""
        for (label,) in self.ask("SELECT DISTINCT type FROM entity ORDER BY type"):
            if label not in ontology.entities:
                raise self._damaged()
            yield create_entities(label), self._list_entities(label)
        yield CREATE_ARTICLES, self._list_articles()
        yield CREATE_MENTIONS, self._list_mentions()
        for (relation,) in self.ask("SELECT DISTINCT relation FROM fact ORDER BY relation"):
            if relation not in ontology.relations:
                raise self._damaged()
            yield create_facts(relation), self._list_facts(relation)

    def _list_entities(self, label: str) -> Iterator[Properties]:
        query = "SELECT id, name, aliases, ids FROM entity WHERE type = ? ORDER BY id"
        for id_, name, aliases, ids in self.ask(query, label):
            row = {"id": id_, "name": name, "aliases": json.loads(aliases), "type": label}
            yield row | ({"ids": json.loads(ids)} if ids else {})

    def _list_articles(self) -> Iterator[Properties]:
        for article, origin in self.ask("SELECT article, origin FROM record ORDER BY doc"):
            yield json.loads(article) | ({"reprint_of": origin} if origin else {})

    def _list_mentions(self) -> Iterator[Properties]:
        for doc, entity, count, names in self.ask("SELECT doc, entity, count, names FROM mention"):
            yield {"article": doc, "entity": entity, "count": count, "names": json.loads(names)}

    def _list_facts(self, relation: str) -> Iterator[Properties]:
        for head, tail, packed in self.ask("SELECT head, tail, properties FROM fact WHERE relation = ?", relation):
            yield {"head": head, "tail": tail, "properties": unpack_fact(head, relation, tail, packed)}

    def ask(self, query: str, *values: object) -> Iterator[Any]:
        """The rows of a query of our own."""
        with self.explained():
            for row in self._file.execute(query, values):  # noqa: UP028 - that would close what may be closed
                yield row

    @contextlib.contextmanager
    def explained(self) -> Iterator[None]:
        """What goes wrong in reading is told as damage."""
        try:
            yield
        except sqlite3.ProgrammingError as exc:
            raise StoreError(f"{self._source}: the store is closed; open it again with open_store") from exc
        except (sqlite3.DatabaseError, *DAMAGE) as exc:
            raise self._damaged() from exc

    def _damaged(self) -> StoreFormatError:
        return StoreFormatError(
            f"{self._source}: the store is damaged; restore a copy, or build it anew under another name"
        )


def create_file(path: Path) -> sqlite3.Connection:
    """A new file with empty tables and a transaction open."""
    file = open_spool(path)
    create_tables(file, _SCHEMA)
    return file


RECORD = "INSERT OR REPLACE INTO record (doc, hash, record, probes, article) VALUES (?,?,?,?,?)"
ENTITY = "INSERT OR REPLACE INTO entity VALUES (?,?,?,?,?)"
MENTION = "INSERT INTO mention VALUES (?,?,?,?)"
FACT = "INSERT INTO fact VALUES (?,?,?,?)"
NAME = "INSERT OR REPLACE INTO name VALUES (?,?,?,?,?)"
STORE = "INSERT OR REPLACE INTO store VALUES (?,?)"

Values = tuple[Any, ...]


def list_entity(id_: str, type_: str, name: str, aliases: Iterable[str], ids: Sequence[str]) -> Values:
    """The row of an entity in ENTITY."""
    return id_, type_, name, dump(list(aliases)), dump(ids) if ids else None


def list_record(record: bytes, info: ArticleInfo) -> Values:
    """The row of an article in RECORD."""
    [article] = list_articles(Resolution(articles=(info,)))
    return info.id, info.hash, zlib.compress(record), pack_probes(info.sketch) or None, dump(article)


def list_name(row: Row) -> Values:
    """The row of a name in NAME, from the properties of its :KGName."""
    return (
        row["id"],
        int(row["known"]),
        row.get("entity"),
        row.get("others"),
        zlib.compress(row["data"].encode("utf-8")),
    )


def list_fact(relation: str, head: str, tail: str, properties: Properties) -> Values:
    """The row of a fact in FACT. What its ends and its history tell again is left out; passages stand in it once."""
    kept = {name: value for name, value in properties.items() if name not in _TOLD_AGAIN}
    packer = zlib.compressobj(6, zlib.DEFLATED, -15, zdict=_COMMON)
    return relation, head, tail, packer.compress(dump(kept).encode("utf-8")) + packer.flush()


_TOLD_AGAIN = frozenset({"id", "articles", "evidence"})


def unpack_fact(head: str, relation: str, tail: str, packed: bytes) -> Properties:
    """The properties of a fact, from its row."""
    kept: Properties = json.loads(zlib.decompressobj(-15, zdict=_COMMON).decompress(packed))
    events = [json.loads(event) for event in kept["history"]]
    kept["id"] = identify(head, relation, tail)
    kept["articles"] = sorted({doc for event in events for doc in event["articles"]})
    kept["evidence"] = list(dict.fromkeys(cited["text"] for event in events for cited in event["evidence"]))
    return kept
