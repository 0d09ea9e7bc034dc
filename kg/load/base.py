"""The contract of every store, on one screen.

A store keeps what each article says (its info, entities and statements) and derives entities and facts from all of it.
So an article written again replaces what it said before, one removed takes its statements along, and nothing doubles.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Protocol, Self

import networkx as nx

from kg.model import Extraction, Resolution

Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class WriteCounts:
    """What one write did. Articles whose hash the store already held are `unchanged` and were not touched."""

    added: int = 0
    changed: int = 0
    unchanged: int = 0
    removed: int = 0
    entities: int = 0  # in the whole graph after the write
    facts: int = 0


class Store(Protocol):
    """A place that keeps one graph. Errors are StoreError or below; a `with` block closes it."""

    url: str

    def write(self, extractions: Iterable[Extraction]) -> WriteCounts:
        """Take in extractions one by one, then bring the graph up to date, all or nothing: a crash leaves the old state."""
        ...

    def remove(self, docs: Iterable[str]) -> WriteCounts:
        """Retract articles by id; facts that no other article states disappear. Unknown ids are a UsageError."""
        ...

    def hashes(self) -> Mapping[str, str]:
        """Content hash by article id, of every article that the store holds."""
        ...

    def extractions(self) -> Iterator[Extraction]:
        """What each article says, in the order of their ids, as it was written."""
        ...

    def resolution(self) -> Resolution:
        """The graph as plain data: articles, entities and facts, each in the order of their ids."""
        ...

    def read(self, around: str | None = None, hops: int = 1) -> nx.MultiDiGraph:
        """The graph (see kg.graph), or what lies within `hops` of the entity named or aliased `around`."""
        ...

    def query(self, cypher: str, /, **parameters: Any) -> list[Row]:
        """Rows of a Cypher query; QueryError where the store refuses it or speaks no Cypher."""
        ...

    def close(self) -> None: ...

    def __enter__(self) -> Self: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None, /
    ) -> None: ...
