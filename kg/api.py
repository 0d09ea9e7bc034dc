"""What `import kg` offers to a script beyond the data itself: build a graph, hold it, ask it."""

import warnings
from collections.abc import Callable, Iterable, Iterator, Sequence
from os import PathLike
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self, overload

# `kg.extract` and `kg.resolve` are functions named as their rooms are. Python binds a submodule's name in its package on
# the first import, so the rooms come first and then the functions: `from kg.extract.nlp import …` works as ever.
import kg.extract  # noqa: F401
from kg import pipeline
from kg.errors import KGError, UsageError
from kg.model import Article, ArticleInfo, Entity, Extraction, Fact, Rejection, Resolution

if TYPE_CHECKING:
    import networkx as nx

    from kg.load.base import Row, Store
    from kg.viz.html import Page

AnyPath = str | PathLike[str]


def build(
    paths: AnyPath | Sequence[AnyPath],
    *,
    store: str = "memory:",
    triples: AnyPath | None = None,
    date: str | None = None,
    folder_ids: bool = False,
    jobs: int = 1,
    gazetteer: AnyPath | None = None,
    patterns: AnyPath | None = None,
    model: AnyPath | None = None,
    min_confidence: float = 0.0,
    on_error: Callable[[KGError], None] | None = None,
) -> "Graph":
    """Read the articles at `paths` (files, folders, globs), extract what they state, and bring the store's graph up to date.

    `store` is `memory:`, FILE.kgl, FILE.json or a Neo4j server (neo4j://HOST). `date` (YYYY-MM-DD) dates articles that bear
    none. `model` is a folder that `kg train` wrote, or "none" for patterns alone. Statements come from the file `triples`
    instead of the extractor where given. With `folder_ids` an article's id is its file's name with its folder's before it.
    Inputs that fail go to `on_error` and the rest is done; without it the first failure is raised and the store stays as it
    was. Raises KGError.
    """
    from kg.extract.options import ExtractorOptions
    from kg.load.base import open_store

    options = ExtractorOptions(
        gazetteer=None if gazetteer is None else Path(gazetteer),
        patterns=None if patterns is None else Path(patterns),
        model=None if model is None else Path(model),
        min_confidence=min_confidence,
    )
    opened = open_store(store)
    try:
        report = pipeline.build(
            [paths] if isinstance(paths, str | PathLike) else paths,
            opened,
            options=options,
            triples=triples,
            date=date,
            folder_ids=folder_ids,
            jobs=jobs,
            on_error=on_error,
        )
    except BaseException:
        opened.close()
        raise
    return Graph(opened, report)


def extract(
    articles: Iterable[Article],
    *,
    gazetteer: AnyPath | None = None,
    patterns: AnyPath | None = None,
    model: AnyPath | None = None,
    min_confidence: float = 0.0,
    on_error: Callable[[KGError], None] | None = None,
) -> Iterator[Extraction]:
    """What each article states, in their order; an article that fails goes to `on_error`, else is raised.

    UsageError for anything but articles: `kg.read_articles` makes them of files, `kg.Article` of a text.
    """
    if isinstance(articles, str | PathLike | Article):
        what = (
            "one article; put it in a list" if isinstance(articles, Article) else f"the path {str(articles)!r}; {_READ}"
        )
        raise UsageError(f"extract takes several articles, and this is {what}")
    from kg.extract.nlp import Extractor
    from kg.extract.options import ExtractorOptions

    options = ExtractorOptions(
        gazetteer=None if gazetteer is None else Path(gazetteer),
        patterns=None if patterns is None else Path(patterns),
        model=None if model is None else Path(model),
        min_confidence=min_confidence,
    )
    return Extractor(options).extract(_check_articles(articles), on_error=on_error)


_READ = "give kg.read_articles(PATH) instead"


def _check_articles(articles: Iterable[Article]) -> Iterator[Article]:
    for article in articles:
        if not isinstance(article, Article):
            raise UsageError(f"extract takes articles, and one of these is a {type(article).__name__}; {_READ}")
        yield article


class Graph:
    """A store's graph, and the report of the run that last changed it. A `with` block, or `close`, frees the store.

    One made of a store without articles, which a misspelt name opens as well, comes with a warning.
    """

    def __init__(self, store: "Store", report: pipeline.Report | None = None) -> None:
        self.store = store
        self.report = report
        if report is None and store.url != "memory:" and not store.hashes():
            warnings.warn(f"{store.url} holds no articles; was another name meant?", stacklevel=2)

    def query(self, cypher: str, /, **parameters: Any) -> "list[Row]":
        """Rows of a Cypher query, each a dict by column; QueryError where it is refused."""
        return self.store.query(cypher, **parameters)

    @overload
    def view(
        self,
        path: AnyPath,
        *,
        around: str | None = ...,
        hops: int = ...,
        max_nodes: int | None = ...,
        title: str | None = ...,
        relations: Sequence[str] = ...,
        since: str | None = ...,
        until: str | None = ...,
    ) -> Path: ...

    @overload
    def view(
        self,
        path: None = None,
        *,
        around: str | None = ...,
        hops: int = ...,
        max_nodes: int | None = ...,
        title: str | None = ...,
        relations: Sequence[str] = ...,
        since: str | None = ...,
        until: str | None = ...,
    ) -> "Page": ...

    def view(
        self,
        path: AnyPath | None = None,
        *,
        around: str | None = None,
        hops: int = 1,
        max_nodes: int | None = None,
        title: str | None = None,
        relations: Sequence[str] = (),
        since: str | None = None,
        until: str | None = None,
    ) -> "Path | Page":
        """Write the graph, or what lies within `hops` of the entity `around`, as one HTML page; returns its path.

        `relations`, `since` and `until` keep the facts that fit. Without a path the page comes back itself: a notebook
        shows it, `.write(path)` writes it, and `.network()` is it as a pyvis Network.
        """
        page = pipeline.make_page(
            self.store,
            around=around,
            hops=hops,
            max_nodes=max_nodes,
            title=title,
            relations=relations,
            since=since,
            until=until,
        )
        if path is None:
            return page
        page.write(path)
        return Path(path)

    def export(self, path: AnyPath, format: str) -> Path:  # noqa: A002
        """Write the graph in a form that other programs read (jsonl and more, see `kg export --help`)."""
        from kg.load.export import export

        export(self.resolution, format, Path(path))
        return Path(path)

    def networkx(self, *, around: str | None = None, hops: int = 1) -> "nx.MultiDiGraph":
        """The graph for NetworkX; kg.graph says what nodes and edges carry."""
        return self.store.read(around, hops)

    @property
    def resolution(self) -> Resolution:
        """The graph as plain data, read from the store anew each time."""
        return self.store.resolution()

    @property
    def articles(self) -> tuple[ArticleInfo, ...]:
        return self.resolution.articles

    @property
    def entities(self) -> tuple[Entity, ...]:
        return self.resolution.entities

    @property
    def facts(self) -> tuple[Fact, ...]:
        return self.resolution.facts

    @property
    def rejected(self) -> tuple[Rejection, ...]:
        return self.resolution.rejected

    def close(self) -> None:
        self.store.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None, /
    ) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"Graph({self.store.url!r})"
