"""The embedded default: one .kgl file that answers Cypher, through KGLite.

A file of more than some hundred thousand facts is not KGLite's but tables (see `kg.load.tables`), of which its graph is made
when it is asked. Otherwise the file holds the property graph, and beside it a node :KGStore with the format and a node :KGRecord with the record of
each article, from which the graph is derived; what it needs to grow by a few articles is in `kg.load.kglite_growth`. Queries run
on the rest, so that they see entities and articles alone; and they cannot have KGLite read files of the machine, for who asks may not be who keeps it.
"""

import contextlib
import errno
import gc
import gzip
import io
import itertools
import json
import os
import re
import shutil
from collections.abc import Callable, Iterable, Iterator, Mapping, Set
from functools import partial
from pathlib import Path

import kglite

from kg.errors import StoreError, StoreFormatError, UsageError
from kg.load import files, properties
from kg.load.base import Row, Summary, summarize
from kg.load.kglite_growth import (
    CREATE_ARTICLES,
    CREATE_MENTIONS,
    CREATE_NAMES,
    CREATE_RECORDS,
    GROWS,
    KGLiteGround,
    apply,
    ask,
    build_names,
    create_entities,
    create_facts,
    pack_probes,
    read_summary,
    write_matches,
    write_record,
    write_summary,
)
from kg.load.local import FORMAT, Derive, FileStore, Record, check_format
from kg.load.pile import Pile
from kg.load.records import DAMAGE, decode, dump, encode, scrub
from kg.load.spool import as_os_errors, open_spool
from kg.load.tables import MAGIC, Tables
from kg.load.tables_build import write_tables
from kg.load.tables_growth import TablesGround, apply_to_tables
from kg.model import Extraction, Resolution
from kg.ontology import Ontology
from kg.output import explain
from kg.resolve import DERIVATION
from kg.resolve.growing import Ground, Growth, grow
from kg.resolve.matching import Match
from kg.resolve.things import Thing

_MAGIC = b"RGF"  # what every file of KGLite begins with

_ROWS_AT_ONCE = 200  # as fast as in one statement, and memory is the graph's own, not the rows' on their way into it

# KGLite tells the system's reason for a failed save in words alone.
_SYSTEM_ERROR = re.compile(r"os error (\d+)")


class KGLiteStore(FileStore):
    """A store in one .kgl file."""

    _head: Row  # properties of its :KGStore; {} while it is not known
    _source: "_Source | Tables"

    def close(self) -> None:
        super().close()
        if self._stamp is not None and isinstance(self._source, Tables):
            self._source.close()

    def _check_writable(self) -> None:
        super()._check_writable()
        if scrub(str(self.path)) != str(self.path):
            raise StoreError(f"{self.url}: its name is no UTF-8, which KGLite cannot save to; choose another --store")

    @contextlib.contextmanager
    def _gathering(self) -> Iterator[Callable[[Extraction], Record]]:
        with Pile(self.path.parent, url=self.url) as pile:

            def gather(extraction: Extraction) -> Record:
                load = pile.put(encode(extraction))
                return Record(extraction.article.hash, load=load, statements=len(extraction.statements))

            yield gather

    def _open(self) -> dict[str, Record]:
        with self.path.open("rb") as file:
            is_tables = file.read(len(MAGIC)) == MAGIC
        if not is_tables:
            return super()._open()
        tables = Tables(self.path, source=self.url)
        check_format(self.url, tables.head.get("format"))
        return self._take_tables(tables)

    def _take_tables(self, tables: Tables) -> dict[str, Record]:
        self._source, self._head = tables, tables.head
        return {doc: Record(held, load=partial(tables.get_record, doc)) for doc, held in tables.list_hashes().items()}

    def _read(self, data: bytes) -> dict[str, Record]:
        graph, self._head = self._parse(data)
        self._source = _Source(self._load_graph, graph)
        return self._list_records(graph)

    def _parse(self, data: bytes) -> tuple[kglite.KnowledgeGraph, Row]:
        if not data.startswith(_MAGIC):
            check_format(self.url, None)
        kglite.set_query_warning_policy("silent")
        try:
            graph = kglite.from_bytes(data)
            heads = ask(graph, "MATCH (s:KGStore) RETURN s")
        except kglite.KgError as exc:
            raise self._damaged() from exc
        head: Row = heads[0]["s"]["properties"] if heads else {}
        check_format(self.url, head.get("format"))
        return graph, head

    def _damaged(self) -> StoreFormatError:
        return StoreFormatError(
            f"{self.url}: the store is damaged; restore a copy, or build it anew under another name"
        )

    def _load_graph(self) -> kglite.KnowledgeGraph:
        """The graph of the file as it was when it was last looked at."""
        try:
            data = self.path.read_bytes()
            stamp = files.read_stamp(self.path)
        except OSError as exc:
            raise StoreError(f"{self.url}: it cannot be read, because {explain(exc)}") from exc
        if stamp != self._stamp:
            raise StoreError(f"{self.url}: another program changed it meanwhile; ask again")
        return self._parse(data)[0]

    def _list_records(self, graph: kglite.KnowledgeGraph) -> dict[str, Record]:
        """The records of a graph, left where they are."""
        try:
            docs = ask(graph, "MATCH (r:KGRecord) RETURN r.id AS id ORDER BY id")
            articles = ask(graph, "MATCH (a:Article) RETURN a.id AS id, a.hash AS hash")
        except kglite.KgError as exc:
            raise self._damaged() from exc
        hashes = {row["id"]: row["hash"] for row in articles}
        if hashes.keys() != {row["id"] for row in docs} or not all(isinstance(h, str) for h in hashes.values()):
            raise self._damaged()
        source = self._source
        return {row["id"]: Record(hashes[row["id"]], load=partial(source.get_record, row["id"])) for row in docs}

    def _is_derived_alike(self) -> bool:
        """Whether this version would derive the same graph."""
        return self._head.get("derivation") == DERIVATION and self._head.get("registry") == self._registry_mark()

    def _registry_mark(self) -> str | None:
        """Which registry of the user's the graph was derived with."""
        return None if self.registry is None else self.registry.digest

    def _forget_derived(self) -> None:
        super()._forget_derived()
        self._head = {}

    def is_current(self) -> bool:
        with self._mutex:
            self._refresh()
            return self._stamp is None or self._can_grow()

    def _is_new(self) -> bool:
        return super()._is_new() or not self._can_grow()

    def summary(self) -> Summary:
        with self._mutex:
            self._refresh()
            if self._summary is None and self._stamp is not None and self._can_grow():
                self._summary = self._read_summary()
            return super().summary()

    def _can_grow(self) -> bool:
        return self._is_derived_alike() and self._head.get("grows") == GROWS

    def _make_cypher_graph(self) -> kglite.KnowledgeGraph:
        if self._stamp is None or not self._is_derived_alike():
            return super()._make_cypher_graph()
        if isinstance(self._source, Tables):
            with self._source.explained():
                graph = _fill(self._source.list_statements(self.ontology))
            graph.read_only(True)
            return graph
        return _hide_records(self._source.take())

    def _commit(self, records: dict[str, Record], changes: Set[str]) -> None:
        self._before = self._records if self._stamp is not None and self._can_grow() else None
        held = 0 if self._stamp is None or (summary := self._read_summary()) is None else summary.facts
        arriving = sum(records[doc].statements for doc in changes if doc in records)
        self._is_large = held + arriving > most_facts_held()
        super()._commit(records, changes)

    def _save(self, records: Mapping[str, Record], changes: Set[str], derive: Derive) -> Mapping[str, Record]:
        self._grown: kglite.KnowledgeGraph | None = None
        super()._save(records, changes, derive)
        if self._is_large:
            return self._take_tables(Tables(self.path, source=self.url))
        grown, self._grown = self._grown, None
        # Of what was made as a whole only the file is kept: a build that goes on has the memory for itself.
        self._source = _Source(self._load_graph, grown)
        if grown is not None:
            self._head = _read_head(grown)
            return self._list_records(grown)
        self._head = self._written
        return {doc: Record(record.hash, load=partial(self._source.get_record, doc)) for doc, record in records.items()}

    def _write(self, path: Path, records: Mapping[str, Record], changes: Set[str], derive: Derive) -> None:
        before, self._before = self._before, None
        if self._is_large:
            grows = before is not None and _is_worth_growing(len(before), len(changes), LARGEST_SHARE_OF_TABLES)
            if before is not None and grows and isinstance(self._source, Tables):
                self._grow_tables(path, before, records, changes)
            else:
                told = (record.data for record in records.values())
                write_tables(path, told, self._begin_head(), self.ontology, registry=self.registry, source=self.url)
            return
        grows = before is not None and _is_worth_growing(len(before), len(changes), LARGEST_SHARE)
        if before is not None and grows and isinstance(self._source, _Source):
            graph = self._grown = self._grow(before, records, changes)
        else:
            graph = self._build(records, derive)
        try:
            # In its automatic layout a graph that was read from a file is three times as large in the next.
            graph.save(str(path), fsync=False, layout="compact")
        except kglite.KgError as exc:
            number = _SYSTEM_ERROR.search(str(exc))
            raise OSError(int(number[1]) if number else errno.EIO, str(exc)) from exc

    def _grow(
        self, before: Mapping[str, Record], records: Mapping[str, Record], changes: Set[str]
    ) -> kglite.KnowledgeGraph:
        """The graph of before, with what the changed articles change."""
        assert isinstance(self._source, _Source)
        held = self._source.graph()
        texts = {doc: records[doc].data.decode("utf-8") for doc in sorted(changes) if doc in records}
        growth = self._find_growth(KGLiteGround(held, self.ontology, source=self.url), before, records, changes)[0]
        graph = held.copy()  # shares what does not change
        apply(graph, growth, texts, self.ontology)
        return graph

    def _grow_tables(
        self, path: Path, before: Mapping[str, Record], records: Mapping[str, Record], changes: Set[str]
    ) -> None:
        """Write the tables of before to a new file, with what the changed articles change. Raises OSError."""
        assert isinstance(self._source, Tables)
        ground = TablesGround(self._source, source=self.url)
        growth, new = self._find_growth(ground, before, records, changes)
        told = {doc: (records[doc].data, said) for doc, said in new.items()}
        shutil.copyfile(self.path, path)
        with self._source.explained(), as_os_errors(), contextlib.closing(open_spool(path)) as file:
            apply_to_tables(file, self._source.head, growth, told)
            file.execute("COMMIT")

    def _find_growth(
        self, ground: Ground, before: Mapping[str, Record], records: Mapping[str, Record], changes: Set[str]
    ) -> tuple[Growth, dict[str, Extraction]]:
        """What changes in a graph, and what new and changed articles say."""
        old = {doc: decode(before[doc].data, source=self.url) for doc in sorted(changes) if doc in before}
        new = {doc: decode(records[doc].data, source=self.url) for doc in sorted(changes) if doc in records}
        try:
            return grow(ground, old, new, self.ontology, registry=self.registry), new
        except DAMAGE as exc:  # the graph of before is not what its records make
            raise self._damaged() from exc

    def _read_summary(self) -> Summary | None:
        """The figures that the file tells, if it does."""
        try:
            return read_summary(self._head["summary"]) if "summary" in self._head else None
        except DAMAGE as exc:
            raise self._damaged() from exc

    def _begin_head(self) -> Row:
        mark = self._registry_mark()
        return {"format": FORMAT, "derivation": DERIVATION, "grows": GROWS} | ({"registry": mark} if mark else {})

    def _build(self, records: Mapping[str, Record], derive: Derive) -> kglite.KnowledgeGraph:
        head = self._begin_head()
        names = io.BytesIO()
        probes: dict[str, str] = {}

        def keep(things: list[Thing], matches: list[Match]) -> None:
            nonlocal names
            head["matches"] = write_matches(matches)
            names = _pack([(CREATE_NAMES, build_names(things))])

        def tell() -> Resolution:
            resolution = derive(keep)
            head["summary"] = write_summary(summarize(resolution))
            probes.update((a.id, found) for a in resolution.articles if (found := pack_probes(a.sketch)))
            return resolution

        # The resolution is gone before KGLite's own form of it grows: of many articles each is large.
        packed = _pack(_statements(tell, self.ontology))
        gc.collect()
        graph = _fill(_unpack(packed))
        del packed
        # Without names of their own KGLite would make some up.
        graph.cypher(
            "CREATE (s:KGStore {id: 'kg', name: 'kg'}) SET s += $head",
            params={"head": {"id": "kg", "name": "kg", **head}},
        )
        self._written = head
        rows = (
            write_record(doc, record.data.decode("utf-8"), probes.get(doc)) for doc, record in sorted(records.items())
        )
        _run(graph, CREATE_RECORDS, rows)
        for clause, batch in _unpack(names):
            _run(graph, clause, batch)
        return graph


def most_facts_held() -> int:
    """How many facts a file may have that is KGLite's; of more it has tables (see `kg.load.tables`)."""
    told = os.environ.get(FACTS_VARIABLE, "")
    if not told:
        return _MOST_FACTS_HELD
    if not told.isdecimal():
        raise UsageError(f"{FACTS_VARIABLE} is {told!r}; a number of facts was expected, such as {_MOST_FACTS_HELD}")
    return int(told)


FACTS_VARIABLE = "KG_KGLITE_FACTS"
_MOST_FACTS_HELD = 300_000  # which take 1.2 GB while they are written


class _Source:
    """The graph in a store's file, read again where it has been given away."""

    def __init__(self, load: Callable[[], kglite.KnowledgeGraph], graph: kglite.KnowledgeGraph | None) -> None:
        self._load, self._graph = load, graph

    def graph(self) -> kglite.KnowledgeGraph:
        if self._graph is None:
            self._graph = self._load()
        return self._graph

    def take(self) -> kglite.KnowledgeGraph:
        """The graph, for the caller to change."""
        graph, self._graph = self.graph(), None
        return graph

    def get_record(self, doc: str) -> bytes:
        [row] = ask(self.graph(), "MATCH (r:KGRecord {id: $id}) RETURN r.record AS record", id=doc)
        record: str = row["record"]
        return record.encode("utf-8")


# A graph grows where few of its articles change; otherwise, and while it is small, it is made as a whole, which costs no
# more and gives the same file whatever came first.
GROWN_FROM = 200  # articles
LARGEST_SHARE = 4  # the changed ones are at most one in so many
# Growth holds all that articles have by the names that it touches, and a few hundred articles touch most; a build of the whole
# does not.
LARGEST_SHARE_OF_TABLES = 200


def _is_worth_growing(articles: int, changed: int, largest_share: int) -> bool:
    return articles >= GROWN_FROM and changed * largest_share <= articles


def _read_head(graph: kglite.KnowledgeGraph) -> Row:
    head: Row = ask(graph, "MATCH (s:KGStore) RETURN s")[0]["s"]["properties"]
    return head


def build_cypher_graph(resolution: Resolution, ontology: Ontology) -> kglite.KnowledgeGraph:
    """The resolution as a KGLite graph in memory, for reading only."""
    graph = _fill(_statements(lambda: resolution, ontology))
    graph.read_only(True)
    return graph


def _statements(
    derive: Callable[[], Resolution], ontology: Ontology
) -> Iterator[tuple[str, Iterator[properties.Properties]]]:
    """The statements that make the graph, each with the rows that it takes; it is derived when the first is asked for."""
    resolution = derive()
    for label, entities in properties.group_entities(resolution):
        yield create_entities(ontology.entity(label).name), entities
    yield CREATE_ARTICLES, properties.list_articles(resolution)
    yield CREATE_MENTIONS, properties.list_mentions(resolution)
    for relation, facts in properties.group_facts(resolution):
        yield create_facts(ontology.relation(relation).name), facts


def _pack(statements: Iterable[tuple[str, Iterable[properties.Properties]]]) -> io.BytesIO:
    """The statements with their rows, a batch a line, as compressed JSON: so a graph waits in a tenth of its own memory.

    In one buffer, for small objects amid those of the resolution would keep its memory from being given back.
    """
    packed = io.BytesIO()
    with gzip.GzipFile(fileobj=packed, mode="wb", compresslevel=1) as file:
        for clause, rows in statements:
            for batch in _batches(rows):
                file.write(dump([clause, batch]).encode("utf-8") + b"\n")
    packed.seek(0)
    return packed


def _unpack(packed: io.BytesIO) -> Iterator[tuple[str, list[properties.Properties]]]:
    with gzip.GzipFile(fileobj=packed) as file:
        for line in file:
            clause, batch = json.loads(line)
            yield clause, batch


def _fill(statements: Iterable[tuple[str, Iterable[properties.Properties]]]) -> kglite.KnowledgeGraph:
    # Warnings belong to whoever asked, so they are read from each result and not printed by the library.
    kglite.set_query_warning_policy("silent")
    graph = kglite.KnowledgeGraph()
    for clause, rows in statements:
        _run(graph, clause, rows)
    return graph


def _batches(rows: Iterable[properties.Properties]) -> Iterator[list[properties.Properties]]:
    rows = iter(rows)
    while batch := list(itertools.islice(rows, _ROWS_AT_ONCE)):
        yield batch


def _run(graph: kglite.KnowledgeGraph, clause: str, rows: Iterable[properties.Properties]) -> None:
    for batch in _batches(rows):
        graph.cypher(f"UNWIND $rows AS row {clause}", params={"rows": batch})
    kglite.trim_memory()  # a few ms; the allocator would keep the pages that the statements needed


def _hide_records(graph: kglite.KnowledgeGraph) -> kglite.KnowledgeGraph:
    kglite.set_query_warning_policy("silent")
    graph.cypher("MATCH (s:KGStore) DETACH DELETE s")
    graph.cypher("MATCH (r:KGRecord) DETACH DELETE r")
    graph.cypher("MATCH (k:KGName) DETACH DELETE k")
    graph.read_only(True)
    return graph
