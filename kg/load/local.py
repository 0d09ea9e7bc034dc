"""What the stores without a server have in common: records by article in memory, everything else derived from them.

A subclass says where the records stay. `FileStore` keeps them in one file, which other processes may replace at any time:
it is looked at before every answer, and read, changed and replaced under its lock.
"""

import contextlib
import gc
import os
import threading
import zlib
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator, Mapping, Set
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Protocol, Self

from kg.errors import StoreError, StoreFormatError, UsageError
from kg.graph import build_graph, select_around
from kg.load import files
from kg.load.base import Row, Summary, WriteCounts, summarize
from kg.load.records import decode, encode, scrub
from kg.model import Extraction, Resolution
from kg.ontology import Ontology, load_ontology
from kg.output import explain, new_name, replacing
from kg.resolve import find_registry, resolve

if TYPE_CHECKING:
    import kglite
    import networkx as nx

    from kg.resolve.matching import Match
    from kg.resolve.things import Thing

FORMAT = 1  # of store files; grows when an older version could not read them


OnSettled = Callable[["list[Thing]", "list[Match]"], None]  # see `kg.resolve.resolve`


class Derive(Protocol):
    """Makes the graph of the records that are about to be saved."""

    def __call__(self, on_settled: OnSettled | None = None) -> Resolution: ...


class Record:
    """What one article says, encoded, beside its content hash. It is packed, or left where it lies until it is asked for.

    `statements` counts them where it has just come.
    """

    __slots__ = ("_load", "_packed", "hash", "statements")

    def __init__(
        self,
        content_hash: str,
        *,
        packed: bytes = b"",
        load: Callable[[], bytes] | None = None,
        statements: int = 0,
    ) -> None:
        self.hash = content_hash
        self.statements = statements
        self._packed = packed
        self._load = load

    @classmethod
    def pack(cls, content_hash: str, data: bytes) -> "Record":
        """A record of encoded data; a store holds those of all its articles, so they are kept small."""
        return cls(content_hash, packed=zlib.compress(data))

    @property
    def data(self) -> bytes:
        return zlib.decompress(self._packed) if self._load is None else self._load()

    def is_like(self, other: "Record") -> bool:
        """Whether both say the same."""
        return self.hash == other.hash and self.data == other.data


class LocalStore(ABC):
    """A store whose records are in memory while it is open. Safe to share between threads."""

    def __init__(self, url: str, *, ontology: Ontology | None = None) -> None:
        self.url = url
        self.ontology = ontology or load_ontology()
        self.registry = find_registry()
        self._records: dict[str, Record] = {}
        self._resolution: Resolution | None = None
        self._summary: Summary | None = None  # of the current state
        self._cypher_graph: kglite.KnowledgeGraph | None = None
        self._closed = False
        self._mutex = threading.RLock()

    def write(self, extractions: Iterable[Extraction]) -> WriteCounts:
        self._refresh()
        self._check_writable()
        with self._gathering() as gather:
            pending = {scrub(extraction.article.id): gather(extraction) for extraction in extractions}
            return self._take_in(pending)

    def _take_in(self, pending: Mapping[str, "Record"]) -> WriteCounts:
        with self._changing() as records:
            added = [doc for doc in pending if doc not in records]
            changed = [doc for doc in pending if doc in records and not records[doc].is_like(pending[doc])]
            records.update((doc, pending[doc]) for doc in (*added, *changed))
            self._commit(records, {*added, *changed})
            return self._count(len(added), len(changed), len(pending) - len(added) - len(changed))

    def remove(self, docs: Iterable[str]) -> WriteCounts:
        self._refresh()
        self._check_writable()
        gone = list(dict.fromkeys(docs))
        with self._changing() as records:
            unknown = [doc for doc in gone if doc not in records]
            if unknown:
                raise UsageError(
                    f"{self.url}: no article has the id {', '.join(map(repr, unknown[:5]))}; nothing was removed"
                )
            for doc in gone:
                del records[doc]
            self._commit(records, set(gone))
            return self._count(removed=len(gone))

    def hashes(self) -> Mapping[str, str]:
        self._refresh()
        return {doc: self._records[doc].hash for doc in sorted(self._records)}

    def is_current(self) -> bool:
        return True  # what is not kept is derived when it is asked for

    def summary(self) -> Summary:
        with self._mutex:
            self._refresh()
            if self._summary is None:
                self._summary = summarize(self.resolution())
            return self._summary

    def extractions(self) -> Iterator[Extraction]:
        self._refresh()
        return self._decode(self._records)

    def resolution(self) -> Resolution:
        with self._mutex:
            self._refresh()
            if self._resolution is None:
                self._resolution = self._derive(self._records)
            return self._resolution

    def read(self, around: str | None = None, hops: int = 1) -> "nx.MultiDiGraph":
        graph = build_graph(self.resolution())
        return graph if around is None else select_around(graph, around, hops)

    def query(self, cypher: str, /, **parameters: Any) -> list[Row]:
        from kg.load.kglite_query import run_query

        with self._mutex:
            self._refresh()
            if self._cypher_graph is None:
                self._cypher_graph = self._make_cypher_graph()
            return run_query(self._cypher_graph, cypher, parameters, self.ontology)

    def close(self) -> None:
        self._closed = True
        self._records = {}
        self._forget_derived()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None, /
    ) -> None:
        self.close()

    @contextlib.contextmanager
    def _gathering(self) -> Iterator[Callable[[Extraction], Record]]:
        """What makes records of extractions; they last at least as long as the block."""
        yield lambda extraction: Record.pack(extraction.article.hash, encode(extraction))

    @abstractmethod
    def _exclusively(self) -> contextlib.AbstractContextManager[None]:
        """Keep every other writer of the place out."""

    @abstractmethod
    def _refresh(self) -> None:
        """Take over what others have written since."""

    @abstractmethod
    def _check_writable(self) -> None:
        """StoreError where a write could not succeed: hours of extraction come before the save."""

    @abstractmethod
    def _save(self, records: Mapping[str, Record], changes: Set[str], derive: Derive) -> Mapping[str, Record]:
        """Make the new state the lasting one, whole or not at all, and return it as it is kept from now on.

        `derive` gives the graph of these records, which differ in `changes` from those of before.
        """

    def _ensure_open(self) -> None:
        if self._closed:
            raise StoreError(f"{self.url}: the store is closed; open it again with open_store")

    @contextlib.contextmanager
    def _changing(self) -> Iterator[dict[str, Record]]:
        """A copy of the current records to change, with every other writer kept out."""
        with self._mutex, self._exclusively():
            self._refresh()
            yield dict(self._records)

    def _commit(self, records: dict[str, Record], changes: Set[str]) -> None:
        if not changes and not self._is_new():
            return
        records = {doc: records[doc] for doc in sorted(records)}
        made: Summary | None = None

        def derive(on_settled: OnSettled | None = None) -> Resolution:
            nonlocal made
            gc.collect()  # an extractor is full of cycles, and waits for its collection while the graph grows beside it
            resolution = self._derive(records, on_settled)
            made = summarize(resolution)
            return resolution

        # The old graph is let go before the new one is made, and the new one as soon as it is saved: a build's memory is
        # one graph, not three.
        self._forget_derived()
        self._records = dict(self._save(records, changes, derive))
        self._summary = made or self._summary

    def _derive(self, records: Mapping[str, Record], on_settled: OnSettled | None = None) -> Resolution:
        return resolve(self._decode(records), self.ontology, registry=self.registry, on_settled=on_settled)

    def _forget_derived(self) -> None:
        """Let go what was derived from the records, which are going to change."""
        self._resolution = self._cypher_graph = self._summary = None

    def _make_cypher_graph(self) -> "kglite.KnowledgeGraph":
        from kg.load.kglite import build_cypher_graph

        return build_cypher_graph(self.resolution(), self.ontology)

    def _is_new(self) -> bool:
        return False

    def _count(self, added: int = 0, changed: int = 0, unchanged: int = 0, *, removed: int = 0) -> WriteCounts:
        now = self.summary()
        return WriteCounts(added, changed, unchanged, removed, now.entities, now.facts)

    def _decode(self, records: Mapping[str, Record]) -> Iterator[Extraction]:
        for doc in sorted(records):
            yield decode(records[doc].data, source=self.url)


class FileStore(LocalStore, ABC):
    """A store in one file. A missing file is an empty store, made by the first write."""

    def __init__(self, path: Path, *, ontology: Ontology | None = None, timeout: float) -> None:
        super().__init__(str(path), ontology=ontology)
        # Where the path is a link, what it points to is replaced, not the link.
        try:
            self.path = path.resolve()
        except (RuntimeError, OSError) as exc:  # RuntimeError before Python 3.13
            raise StoreError(
                f"{path}: it cannot be read, because its links lead in a circle; name another file"
            ) from exc
        self.registry = find_registry(self.path)
        self._timeout = timeout
        self._stamp: files.Stamp | None = None
        if not self.path.parent.is_dir():
            raise StoreError(f"{path}: the folder {self.path.parent} does not exist; make it first")
        self._refresh()

    @abstractmethod
    def _read(self, data: bytes) -> dict[str, Record]:
        """The records in a file's content; StoreFormatError where it is none of ours."""

    @abstractmethod
    def _write(self, path: Path, records: Mapping[str, Record], changes: Set[str], derive: Derive) -> None:
        """Write this state, which differs in `changes` from that of before, to a new file. Raises OSError."""

    def _exclusively(self) -> contextlib.AbstractContextManager[None]:
        return files.locked(self.path, timeout=self._timeout)

    def _refresh(self) -> None:
        self._ensure_open()
        with self._mutex:
            try:
                stamp = files.read_stamp(self.path)
                if stamp == self._stamp:
                    return
                self._forget_derived()
                self._records = self._open() if stamp else {}
            except OSError as exc:
                raise StoreError(f"{self.url}: it cannot be read, because {explain(exc)}") from exc
            self._stamp = stamp

    def _open(self) -> dict[str, Record]:
        """The records in the file as it is. Raises OSError, and StoreFormatError where it is none of ours."""
        return self._read(self.path.read_bytes())

    def _is_new(self) -> bool:
        return self._stamp is None

    def _check_writable(self) -> None:
        try:
            new_name(self.path).lstat()
        except FileNotFoundError:
            pass  # as it should be
        except OSError as exc:
            raise StoreError(
                f"{self.url}: it could not be saved, because {explain(exc)}; choose another --store"
            ) from exc
        for place in (self.path.parent, self.path):
            if place.exists() and not os.access(place, os.W_OK):
                raise StoreError(
                    f"{self.url}: {place} may not be written to; choose another --store or change its rights"
                )

    def _save(self, records: Mapping[str, Record], changes: Set[str], derive: Derive) -> Mapping[str, Record]:
        files.remove_leftovers(self.path)
        try:
            with replacing(self.path) as new:
                self._write(new, records, changes, derive)
                if files.read_stamp(self.path) != self._stamp:
                    raise StoreError(
                        f"{self.url}: a program that ignores its lock changed it meanwhile; nothing was written, so run again"
                    )
                stamp = files.read_stamp(new)
        except OSError as exc:
            raise StoreError(
                f"{self.url}: it could not be saved, because {explain(exc)}; it is as it was before"
            ) from exc
        self._stamp = stamp
        return records


def check_format(url: str, format_: object) -> None:
    """StoreFormatError unless this version reads store files of the format."""
    if not isinstance(format_, int):
        raise StoreFormatError(f"{url}: the file is no store of kg's; choose another name for the store")
    if format_ > FORMAT:
        raise StoreFormatError(
            f"{url}: a newer version of kg wrote it (format {format_}, this one reads up to {FORMAT}); upgrade kg"
        )
