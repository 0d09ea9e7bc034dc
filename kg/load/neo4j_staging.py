"""What is about to be loaded, and what the server holds: in a temporary SQLite file, so that memory stays flat.

A load begins only when the last article has been read; until then nothing of it is on the server, and a stream that breaks
off leaves no trace. What the articles say is spooled for the derivation as they come.
"""

import contextlib
import json
import sqlite3
import tempfile
import zlib
from collections.abc import Iterable, Iterator
from pathlib import Path
from types import TracebackType
from typing import Any, NamedTuple, Self

from kg.load.derivation import Derivation, create_tables
from kg.load.fact_rows import hash_bytes
from kg.load.records import decode, encode, scrub
from kg.load.spool import open_spool
from kg.model import Extraction
from kg.ontology import Ontology
from kg.resolve import Registry

_REPLACED = "\N{REPLACEMENT CHARACTER}".encode()

_write = json.JSONEncoder(ensure_ascii=False).encode

# Fast rather than small: a record shrinks to a third, and level 6 took twice the time for a tenth less.
_COMPRESSION = 1


class StagedArticle(NamedTuple):
    """An article to be written. `properties` are those of its node, with null for what it lacks."""

    id: str
    properties: dict[str, Any]
    record: bytes  # compressed


_SCHEMA = """
-- Of an article that the server had as it is when it came there is the digest alone.
CREATE TABLE incoming (doc TEXT PRIMARY KEY, digest INT, properties TEXT, record BLOB);
CREATE TABLE outgoing (doc TEXT PRIMARY KEY);
CREATE TABLE present (doc TEXT PRIMARY KEY, digest INT, mentions INT) WITHOUT ROWID;
CREATE VIEW arrival AS
SELECT i.*, CASE WHEN i.record IS NULL OR i.digest = p.digest THEN 'unchanged' WHEN p.digest IS NULL THEN 'added'
ELSE 'changed' END AS kind FROM incoming i LEFT JOIN present p ON p.doc = i.doc;
"""


class Staging:
    """Articles on their way to a server, in a folder that goes when the `with` block ends."""

    def __init__(self, ontology: Ontology, registry: Registry | None = None) -> None:
        self._ontology = ontology
        self._registry = registry

    def __enter__(self) -> Self:
        self._stack = contextlib.ExitStack()
        try:
            # A process that is killed leaves the folder behind; the system's cleaning of its temporary folder takes it.
            self._folder = self._stack.enter_context(tempfile.TemporaryDirectory(prefix="kg-load-"))
            self._spools = 0
            self._spool = self.open_spool()
            create_tables(self._spool, _SCHEMA)
            # Of all articles whose record is here; None where it has been used up, or holds what has been forgotten.
            self._derivation: Derivation | None = self._begin_derivation()
        except BaseException:
            self._stack.close()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None, /
    ) -> None:
        self._stack.close()

    def open_spool(self) -> sqlite3.Connection:
        """A new, empty database beside, for what need not be kept."""
        self._spools += 1
        path = Path(self._folder) / f"{self._spools}.sqlite"
        spool = open_spool(path)
        self._stack.callback(spool.close)
        return spool

    def put(self, extraction: Extraction) -> bytes:
        """Take an article in; one of the same id that came before is forgotten. Its record, in UTF-8, is returned.

        Of one that the server holds as it is only the digest is kept: it has nothing to write, also where another writer
        changes or removes it before this load begins, for then that came later.
        """
        record = encode(extraction)
        mark = hash_bytes(record)
        a = extraction.article
        doc = scrub(a.id)
        if self._forget(doc):
            self._derivation = None
        if self._get_present(doc) == mark:
            self._spool.execute("INSERT INTO incoming VALUES (?,?,NULL,NULL)", (doc, mark))
            return record
        given = {"title": a.title, "date": a.date, "source": a.source, "url": a.url, "hash": a.hash}
        properties = {key: None if value is None else scrub(value) for key, value in given.items()}
        self._spool.execute(
            "INSERT INTO incoming VALUES (?,?,?,?)",
            (doc, mark, _write(properties), zlib.compress(record, _COMPRESSION)),
        )
        if self._derivation is not None:
            # Where halves of surrogate pairs became U+FFFD, the record alone says what is stored.
            is_scrubbed = _REPLACED in record
            self._derivation.add(decode(record, source=doc) if is_scrubbed else extraction)
        return record

    def take_derivation(self, *, source: str) -> Derivation:
        """A derivation of the incoming articles whose records are here, to be added to and merged by the caller."""
        derivation, self._derivation = self._derivation, None
        if derivation is None:
            derivation = self._begin_derivation()
            for article, _ in self.list_articles():
                derivation.add(unpack(article.record, source=source))
        return derivation

    def _begin_derivation(self) -> Derivation:
        return Derivation(self.open_spool(), self._ontology, registry=self._registry)

    def take_out(self, docs: Iterable[str]) -> None:
        """Articles that are to be removed from the server."""
        self._spool.executemany("INSERT OR IGNORE INTO outgoing VALUES (?)", ((doc,) for doc in docs))

    def set_present(self, rows: Iterable[tuple[str, int, int | None]]) -> None:
        """What the server holds: id, digest of the record, digest of the mentions (None: not written yet)."""
        self._spool.execute("DELETE FROM present")
        self._spool.executemany("INSERT INTO present VALUES (?,?,?)", rows)

    def count(self) -> dict[str, int]:
        """How many incoming articles are added, changed and unchanged beside what the server holds."""
        added, changed, unchanged = self._spool.execute(
            "SELECT count(*) FILTER (WHERE kind = 'added'), count(*) FILTER (WHERE kind = 'changed'), "
            "count(*) FILTER (WHERE kind = 'unchanged') FROM arrival"
        ).fetchone()
        return {"added": added, "changed": changed, "unchanged": unchanged}

    def is_unchanged(self) -> bool:
        """Whether the server held every incoming article as it is when it came, and none is to go."""
        query = "SELECT EXISTS (SELECT 1 FROM incoming WHERE record IS NOT NULL), EXISTS (SELECT 1 FROM outgoing)"
        return not any(self._spool.execute(query).fetchone())

    def list_unknown(self) -> list[str]:
        """Ids that are to go and that the server does not have."""
        found = self._spool.execute(
            "SELECT doc FROM outgoing WHERE doc NOT IN (SELECT doc FROM present) ORDER BY rowid"
        )
        return [doc for (doc,) in found]

    def list_outgoing(self) -> list[str]:
        """Ids that are to go and that the server has."""
        found = self._spool.execute("SELECT doc FROM outgoing WHERE doc IN (SELECT doc FROM present) ORDER BY doc")
        return [doc for (doc,) in found]

    def list_articles(self) -> Iterator[tuple[StagedArticle, str]]:
        """The incoming articles by id, each with "added", "changed" or "unchanged"; of the last those alone that are here."""
        rows = self._spool.execute(
            "SELECT doc, digest, properties, record, kind FROM arrival WHERE record IS NOT NULL ORDER BY doc"
        )
        for doc, mark, properties, record, kind in rows:
            yield StagedArticle(doc, {**json.loads(properties), "_digest": mark, "_record": record}, record), kind

    def is_staged(self, doc: str) -> bool:
        """Whether what the server holds of an article is not to be read: it is here, or goes."""
        query = "SELECT 1 FROM incoming WHERE doc = ?1 AND record IS NOT NULL UNION ALL SELECT 1 FROM outgoing WHERE doc = ?1"
        return self._spool.execute(query, (doc,)).fetchone() is not None

    def _forget(self, doc: str) -> bool:
        """Take out what came before under this id; whether it had been derived from."""
        row = self._spool.execute("DELETE FROM incoming WHERE doc = ? RETURNING record IS NOT NULL", (doc,)).fetchone()
        return row is not None and bool(row[0])

    def _get_present(self, doc: str) -> int | None:
        row = self._spool.execute("SELECT digest FROM present WHERE doc = ?", (doc,)).fetchone()
        return None if row is None else row[0]

    def get_mentions(self, doc: str) -> int | None:
        """The digest of the mentions that the server has of an article."""
        row = self._spool.execute("SELECT mentions FROM present WHERE doc = ?", (doc,)).fetchone()
        return None if row is None else row[0]


def unpack(record: bytes, *, source: str) -> Extraction:
    """The extraction in a compressed record; StoreFormatError naming `source` where it is none."""
    try:
        data = zlib.decompress(record)
    except zlib.error:
        data = b""
    return decode(data, source=source)
