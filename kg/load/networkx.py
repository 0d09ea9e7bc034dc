"""Stores without a database: in memory, and in a JSON file that `networkx.node_link_graph` reads as it stands."""

import contextlib
import json
from collections.abc import Mapping, Set
from pathlib import Path

import networkx as nx

from kg.errors import StoreFormatError
from kg.graph import build_graph
from kg.load.local import FORMAT, Derive, FileStore, LocalStore, Record, check_format
from kg.load.records import dump
from kg.ontology import Ontology


class MemoryStore(LocalStore):
    """A store that ends with its process."""

    def __init__(self, *, ontology: Ontology | None = None) -> None:
        super().__init__("memory:", ontology=ontology)

    def _exclusively(self) -> contextlib.AbstractContextManager[None]:
        return contextlib.nullcontext()  # the mutex of the base does

    def _refresh(self) -> None:
        self._ensure_open()

    def _check_writable(self) -> None:
        pass

    def _save(self, records: Mapping[str, Record], changes: Set[str], derive: Derive) -> Mapping[str, Record]:
        derive()  # so that what cannot be derived is refused as by every other store
        return records


class JsonStore(FileStore):
    """The graph of kg.graph as node-link JSON; its graph attributes `kg_format` and `records` make it a store."""

    def _read(self, data: bytes) -> dict[str, Record]:
        try:
            content = json.loads(data)
        except (ValueError, RecursionError) as exc:
            raise StoreFormatError(
                f"{self.url}: the file is not whole JSON ({exc}); restore a copy, or build the store anew under another name"
            ) from exc
        graph = content.get("graph") if isinstance(content, dict) else None
        attributes = graph if isinstance(graph, dict) else {}
        check_format(self.url, attributes.get("kg_format"))
        try:
            return {
                record["article"]["id"]: Record.pack(record["article"]["hash"], dump(record).encode("utf-8"))
                for record in attributes["records"]
            }
        except (KeyError, TypeError) as exc:
            raise StoreFormatError(
                f"{self.url}: its records are damaged ({exc!r}); restore a copy, or build the store anew"
            ) from exc

    def _write(self, path: Path, records: Mapping[str, Record], changes: Set[str], derive: Derive) -> None:
        graph = build_graph(derive())
        graph.graph["kg_format"] = FORMAT
        graph.graph["records"] = [json.loads(record.data) for record in records.values()]
        path.write_bytes(dump(nx.node_link_data(graph, edges="edges")).encode("utf-8"))
