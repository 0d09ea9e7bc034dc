"""The embedded default: one .kgl file that answers Cypher, through KGLite.

The file holds the property graph, and beside it a node :KGStore with the format and a node :KGRecord with the record of
each article, from which the graph is derived anew at each write. Queries run on the rest, so that they see entities and
articles alone; and they cannot have KGLite read files of the machine, for who asks may not be who keeps it.
"""

import errno
import gc
import gzip
import io
import itertools
import json
import logging
import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import kglite

from kg.errors import QueryError, StoreError, StoreFormatError
from kg.load import properties
from kg.load.base import Row
from kg.load.local import FORMAT, Derive, FileStore, Record, check_format
from kg.load.records import decode, dump, scrub
from kg.model import Resolution
from kg.ontology import Ontology
from kg.resolve import DERIVATION

_MAGIC = b"RGF"  # what every file of KGLite begins with

_ROWS_AT_ONCE = 200  # as fast as in one statement, and memory is the graph's own, not the rows' on their way into it

_NAMED = re.compile(r"'([^']+)'")  # the name that a warning is about comes first in it

# KGLite tells the system's reason for a failed save in words alone.
_SYSTEM_ERROR = re.compile(r"os error (\d+)")

# Text, quoted names and comments, in which words are no clauses.
_NO_CODE = re.compile(r"""'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*"|`[^`]*`|//[^\n]*|/\*.*?\*/""", re.DOTALL)
_LOAD_CSV = re.compile(r"\bLOAD\s+CSV\b", re.IGNORECASE)

# What tells of labels and keys rather than of nodes.
_SCHEMA = re.compile(r"\bCALL\s+(?:db|apoc)\s*\.|\bSHOW\b", re.IGNORECASE)

logger = logging.getLogger(__name__)


class KGLiteStore(FileStore):
    """A store in one .kgl file."""

    def _check_writable(self) -> None:
        super()._check_writable()
        if scrub(str(self.path)) != str(self.path):
            raise StoreError(f"{self.url}: its name is no UTF-8, which KGLite cannot save to; choose another --store")

    def _read(self, data: bytes) -> dict[str, Record]:
        if not data.startswith(_MAGIC):
            check_format(self.url, None)
        try:
            graph = kglite.from_bytes(data)
            heads = _rows(
                graph, "MATCH (s:KGStore) RETURN s.format AS format, s.derivation AS derivation, s.registry AS registry"
            )
            texts = [
                row["record"] for row in _rows(graph, "MATCH (r:KGRecord) RETURN r.record AS record ORDER BY r.id")
            ]
        except kglite.KgError as exc:
            raise StoreFormatError(
                f"{self.url}: the store is damaged; restore a copy, or build it anew under another name"
            ) from exc
        head = heads[0] if heads else {}
        check_format(self.url, head.get("format"))
        records = {}
        for text in texts:
            extraction = decode(text, source=self.url)
            records[extraction.article.id] = Record.pack(extraction.article.hash, text.encode("utf-8"))
        if head["derivation"] == DERIVATION and head.get("registry") == self._registry_mark():
            self._cypher_graph = _hide_records(graph)
        return records

    def _registry_mark(self) -> str | None:
        """Which registry of the user's the graph was derived with."""
        return None if self.registry is None else self.registry.digest

    def _write(self, path: Path, records: Mapping[str, Record], derive: Derive) -> None:
        # The resolution is gone before KGLite's own form of it grows: of many articles each is large.
        packed = _pack(_statements(derive, self.ontology))
        gc.collect()
        graph = _fill(_unpack(packed))
        del packed
        # Without names of their own KGLite would make some up.
        head = {"id": "kg", "name": "kg", "format": FORMAT, "derivation": DERIVATION}
        if mark := self._registry_mark():
            head["registry"] = mark
        graph.cypher("CREATE (s:KGStore {id: 'kg', name: 'kg'}) SET s += $head", params={"head": head})
        texts = (
            {"id": doc, "name": doc, "record": record.data.decode("utf-8")} for doc, record in sorted(records.items())
        )
        _run(graph, "CREATE (r:KGRecord {id: row.id, name: row.name}) SET r += row", texts)
        try:
            graph.save(str(path), fsync=False)
        except kglite.KgError as exc:
            number = _SYSTEM_ERROR.search(str(exc))
            raise OSError(int(number[1]) if number else errno.EIO, str(exc)) from exc


def build_cypher_graph(resolution: Resolution, ontology: Ontology) -> kglite.KnowledgeGraph:
    """The resolution as a KGLite graph in memory, for reading only."""
    graph = _fill(_statements(lambda: resolution, ontology))
    graph.read_only(True)
    return graph


def run_query(
    graph: kglite.KnowledgeGraph, cypher: str, parameters: Mapping[str, Any], ontology: Ontology
) -> list[Row]:
    """The rows of a query. QueryError says what KGLite has against it; its advice on misspelt names is logged.

    Names of the graph model are not advised on: that this graph has no Institution or no url yet is no mistake.
    """
    code = _NO_CODE.sub(" ", cypher)
    if _LOAD_CSV.search(code):
        raise QueryError(
            "LOAD CSV would read files of this machine, so it is refused; give values as parameters instead"
        )
    if ";" in code.rstrip().rstrip(";"):  # KGLite would run all and answer the last
        raise QueryError("these are several questions; ask one at a time")
    if _SCHEMA.search(code):
        graph = _forget_labels(graph)
    try:
        result = graph.cypher(cypher, params=dict(parameters))
    except kglite.ReadOnlyError as exc:
        raise QueryError("queries only read; to change the graph use `kg build`, `kg load` or Store.write") from exc
    except kglite.KgError as exc:
        raise QueryError(str(exc).strip()) from exc
    except (TypeError, ValueError, OverflowError, RecursionError) as exc:
        raise QueryError(f"a parameter cannot be sent: {exc}") from exc
    if not isinstance(result, kglite.ResultView):
        raise QueryError("a query returns rows here; leave out FORMAT CSV and choose the format when printing")
    known = {*ontology.entities, *ontology.relations, *properties.NAMES}
    for warning in result.warnings:
        named = _NAMED.search(warning)
        logger.log(logging.DEBUG if named and named[1] in known else logging.WARNING, "%s", warning)
    return result.to_list()


def _statements(derive: Derive, ontology: Ontology) -> Iterator[tuple[str, Iterator[properties.Properties]]]:
    """The statements that make the graph, each with the rows that it takes; it is derived when the first is asked for."""
    resolution = derive()
    for label, entities in properties.group_entities(resolution):
        # :Entity comes first: KGLite keeps its index of ids by the first label.
        kinds = f"Entity:{_quote(ontology.entity(label).name)}"
        yield f"CREATE (n:{kinds} {{id: row.id, name: row.name}}) SET n += row", entities
    yield "CREATE (n:Article {id: row.id, title: row.title}) SET n += row", properties.list_articles(resolution)
    yield (
        "MATCH (a:Article {id: row.article}) MATCH (e:Entity {id: row.entity}) "
        "CREATE (a)-[:MENTIONS {count: row.count, names: row.names}]->(e)",
        properties.list_mentions(resolution),
    )
    for relation, facts in properties.group_facts(resolution):
        yield (
            "MATCH (a:Entity {id: row.head}) MATCH (b:Entity {id: row.tail}) "
            f"CREATE (a)-[r:{_quote(ontology.relation(relation).name)}]->(b) SET r += row.properties",
            facts,
        )


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
    graph.read_only(True)
    return graph


def _forget_labels(graph: kglite.KnowledgeGraph) -> kglite.KnowledgeGraph:
    """A copy that never had the nodes of `_hide_records`: the schema of a graph lists their labels and keys for ever."""
    part = graph.select("Entity").union(graph.select("Article")).sort("id").to_subgraph()
    part.read_only(True)
    return part


def _rows(graph: kglite.KnowledgeGraph, cypher: str) -> list[Row]:
    kglite.set_query_warning_policy("silent")
    result = graph.cypher(cypher)
    return result.to_list() if isinstance(result, kglite.ResultView) else []


def _quote(name: str) -> str:
    """A label or relationship type of the ontology as a name in Cypher."""
    return "`" + name.replace("`", "``") + "`"


def _first_line(error: Exception) -> str:
    return (str(error).strip() or type(error).__name__).splitlines()[0]
