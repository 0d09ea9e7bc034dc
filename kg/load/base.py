"""The contract of every store, on one screen.

A store keeps what each article says (its info, entities and statements) and derives entities and facts from all of it.
So an article written again replaces what it said before, one removed takes its statements along, and nothing doubles.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from os import PathLike
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Protocol, Self

from kg.errors import StoreError, UsageError
from kg.load.neo4j_address import hide_login, is_server, read_address
from kg.model import Extraction, Resolution
from kg.ontology import Ontology

if TYPE_CHECKING:
    import networkx as nx

    from kg.resolve import Registry

Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class WriteCounts:
    """What one write did to articles. One written again with the same hash, entities and statements is `unchanged`."""

    added: int = 0
    changed: int = 0
    unchanged: int = 0
    removed: int = 0
    entities: int = 0  # in the whole graph after the write
    facts: int = 0


@dataclass(frozen=True, slots=True)
class Summary:
    """Figures of a whole graph; facts are counted by relation too, and by reason the statements that could not be taken."""

    entities: int = 0
    facts: int = 0
    relations: Mapping[str, int] = field(default_factory=dict)
    rejected: Mapping[str, int] = field(default_factory=dict)


def summarize(resolution: Resolution) -> Summary:
    """The figures of a resolution."""
    return Summary(
        len(resolution.entities),
        len(resolution.facts),
        Counter(fact.relation for fact in resolution.facts),
        Counter(rejection.reason for rejection in resolution.rejected),
    )


class Store(Protocol):
    """A place that keeps one graph. Errors are StoreError or below; a `with` block closes it."""

    url: str
    registry: "Registry | None"  # what the user has settled, applied whenever the graph is derived

    def write(self, extractions: Iterable[Extraction]) -> WriteCounts:
        """Take in extractions one by one, then bring the graph up to date, all or nothing: a crash leaves the old state.

        Of several extractions of one article the last counts. Other processes may read and write meanwhile: the place is
        locked only after the last extraction, and what they wrote since is kept. StoreLocked where one holds it too long.
        """
        ...

    def remove(self, docs: Iterable[str]) -> WriteCounts:
        """Retract articles by id; facts that no other article states disappear. Unknown ids are a UsageError."""
        ...

    def hashes(self) -> Mapping[str, str]:
        """Content hash by article id, of every article that the store holds."""
        ...

    def is_current(self) -> bool:
        """Whether the graph was derived by this version and with the registry as it is; a write, also of nothing, makes it so."""
        ...

    def summary(self) -> Summary:
        """Figures of the graph, which stores that keep them tell without looking at it."""
        ...

    def extractions(self) -> Iterator[Extraction]:
        """What each article says, in the order of their ids, as it was written."""
        ...

    def resolution(self) -> Resolution:
        """The graph as plain data: articles, entities and facts, each in the order of their ids."""
        ...

    def read(self, around: str | None = None, hops: int = 1) -> "nx.MultiDiGraph":
        """The graph (see kg.graph), or what lies within `hops` of the entity named or aliased `around`.

        UsageError where nothing has that name.
        """
        ...

    def query(self, cypher: str, /, **parameters: Any) -> list[Row]:
        """Rows of a Cypher query, by column. Values go in as `$name` parameters. It only reads: QueryError otherwise, and
        where the store refuses the query.
        """
        ...

    def close(self) -> None: ...

    def __enter__(self) -> Self: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None, /
    ) -> None: ...


LOCK_SECONDS = 60.0  # how long a writer waits for another: a save of a million statements takes less

_KNOWN = "memory:  FILE.kgl (Cypher, the default)  FILE.json (node-link, for NetworkX)  neo4j://HOST or bolt://HOST (a server)"


def open_store(
    url: str | PathLike[str],
    *,
    must_exist: bool = False,
    ontology: Ontology | None = None,
    timeout: float = LOCK_SECONDS,
    user: str | None = None,
    password: str | None = None,
) -> Store:
    """The store at `url`: `memory:`, `FILE.json`, `FILE.kgl` or a Neo4j server. A file that is not there is an empty store.

    A server's URL is neo4j:// or bolt:// (+s, +ssc) with HOST:PORT and, where wanted, USER:PASSWORD@ before and /DATABASE
    behind; what it lacks comes from NEO4J_URI, NEO4J_USERNAME, NEO4J_PASSWORD and NEO4J_DATABASE. `user` and `password`
    take precedence. With `must_exist` a missing file, or a server without a graph, is a StoreError. A writer waits
    `timeout` seconds for another process. UsageError for an address of no known kind, StoreFormatError for a file that is
    no store, StoreError for a server that cannot be reached.
    """
    text = str(url)
    separator = "://" in text
    if is_server(text):
        address = read_address(text, user=user, password=password)
        from kg.load.neo4j import Neo4jStore

        return Neo4jStore(address, ontology=ontology, timeout=timeout, must_exist=must_exist)
    if text == "memory:":
        from kg.load.networkx import MemoryStore

        return MemoryStore(ontology=ontology)
    path = Path(url)
    ending = path.suffix.lower()
    if separator or ending not in (".kgl", ".json"):
        raise UsageError(f"{hide_login(text)!r} is no store that kg knows; the kinds are {_KNOWN}")
    if must_exist and not path.exists():
        raise StoreError(f"{text}: there is no such store; `kg build` makes one")
    if ending == ".kgl":
        from kg.load.kglite import KGLiteStore

        return KGLiteStore(path, ontology=ontology, timeout=timeout)
    from kg.load.networkx import JsonStore

    return JsonStore(path, ontology=ontology, timeout=timeout)
