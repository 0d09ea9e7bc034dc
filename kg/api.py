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
from kg.changes import Diff, list_changes, list_timeline
from kg.errors import KGError, UsageError
from kg.facts import Facts, list_partners, take_as_of, take_between
from kg.model import Article, ArticleInfo, Entity, Extraction, Rejection, Resolution
from kg.table import Table

if TYPE_CHECKING:
    import networkx as nx

    from kg.extract.llm_options import LLMOptions
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
    llm: "LLMOptions | None" = None,
    on_error: Callable[[KGError], None] | None = None,
) -> "Graph":
    """Read the articles at `paths` (files, folders, globs), extract what they state, and bring the store's graph up to date.

    `store` is `memory:`, FILE.kgl, FILE.json or a Neo4j server (neo4j://HOST). `date` (YYYY-MM-DD) dates articles that bear
    none. `model` is a folder that `kg train` wrote, or "none" for patterns alone. With `llm` a language model reads instead, or
    beside it (`kg.LLMOptions`); what it was asked and cost is in the graph's `report.llm`. Statements come from the file `triples` instead of the extractor where given. With `folder_ids` an article's id is its file's name with its folder's before it.
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
        llm=llm,
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
    llm: "LLMOptions | None" = None,
    on_error: Callable[[KGError], None] | None = None,
) -> Iterator[Extraction]:
    """What each article states, in their order; an article that fails goes to `on_error`, else is raised.

    Some articles are taken ahead of the one that is given out, so that all processors have something to read. `model` and
    `llm` as in `build`. Where the server that `llm` names is not there, that is raised whatever `on_error` is.

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
        llm=llm,
    )
    if llm is not None:
        from kg.extract.llm import extract_by_llm

        return extract_by_llm(options, _check_articles(articles), on_error=on_error)
    return Extractor(options).extract(_check_articles(articles), on_error=on_error)


_READ = "give kg.read_articles(PATH) instead"


def _check_articles(articles: Iterable[Article]) -> Iterator[Article]:
    for article in articles:
        if not isinstance(article, Article):
            raise UsageError(f"extract takes articles, and one of these is a {type(article).__name__}; {_READ}")
        yield article


def open(url: AnyPath) -> "Graph":  # noqa: A001 - reads as it should: kg.open(…)
    """The graph of a store that is there: FILE.kgl, FILE.json or a Neo4j server (neo4j://HOST). StoreError where it is not."""
    from kg.load.base import open_store

    return Graph(open_store(url, must_exist=True))


class Answers:
    """What can be asked of facts: the same of a store's graph and of its state on a day."""

    @property
    def resolution(self) -> Resolution:
        """The graph as plain data."""
        raise NotImplementedError

    @property
    def articles(self) -> tuple[ArticleInfo, ...]:
        return self.resolution.articles

    @property
    def entities(self) -> tuple[Entity, ...]:
        return self.resolution.entities

    @property
    def facts(self) -> Facts:
        """All facts. Called with conditions it gives some: `graph.facts("小红书", relation="PARTNERS_WITH", on="2021")`."""
        resolution = self.resolution
        return Facts(resolution.facts, resolution)

    def as_of(self, day: str) -> "Snapshot":
        """What held or had been said on a day (YYYY-MM-DD; of a month or year the first), with the status of that day."""
        return Snapshot(take_as_of(self.resolution, day), f"as of {day}")

    def between(self, start: str, end: str) -> "Snapshot":
        """The facts that held between two days, or of which something happened then."""
        return Snapshot(take_between(self.resolution, start, end), f"{start} to {end}")

    def diff(self, start: str, end: str, *, watch: Sequence[str] = ()) -> Diff:
        """What changed after `start` and up to `end`, for all or for the entities in `watch`; `print` shows a digest."""
        return list_changes(self.resolution, start, end, watch=watch)

    def timeline(self, *names: str) -> Table:
        """What happened to an entity, or between two, in time order."""
        if not 1 <= len(names) <= 2:
            raise UsageError("a timeline is of one entity, or between two; give one name or two")
        return list_timeline(self.resolution, *names)

    def partners(self, name: str, *, status: str | None = None, on: str | None = None) -> Table:
        """With whom an entity works together, today or on a day."""
        return list_partners(self.resolution, name, status=status, on=on)

    def networkx(
        self,
        *,
        around: str | None = None,
        hops: int = 1,
        as_of: str | None = None,
        relations: Sequence[str] | None = None,
        weighted: bool = False,
    ) -> "nx.MultiDiGraph | nx.Graph":
        """The graph for NetworkX; kg.graph says what nodes and edges carry.

        `as_of` takes the state of a day, `relations` only some. With `weighted` a simple Graph, whose `weight` counts the
        sources of all facts between two entities (see kg.analysis.project).
        """
        from kg.analysis import project
        from kg.graph import build_graph, select_around
        from kg.ontology import load_ontology

        graph = build_graph(self.resolution if as_of is None else take_as_of(self.resolution, as_of))
        if around is not None:
            graph = select_around(graph, around, hops)
        wanted = load_ontology().name_relations(relations)
        if weighted:
            return project(graph, relations=wanted, types=None, standing=False)
        if wanted is not None:
            graph.remove_edges_from([e[:3] for e in graph.edges(keys=True, data="relation") if e[3] not in wanted])
        return graph

    def rank(self, *names: str, **options: Any) -> Table:
        """Who matters: PageRank, weighted degree, betweenness. See kg.analysis.rank."""
        return self._analyse("rank", names, options)

    def brokers(self, *names: str, **options: Any) -> Table:
        """Who connects others that have no tie: Burt's constraint. See kg.analysis.brokers."""
        return self._analyse("brokers", names, options)

    def camps(self, *names: str, **options: Any) -> Table:
        """Which camps the ties make: Louvain or Leiden. See kg.analysis.camps."""
        return self._analyse("camps", names, options)

    def overlap(self, *names: str, **options: Any) -> Table:
        """Partners that two share. See kg.analysis.overlap."""
        return self._analyse("overlap", names, options)

    def likely_partners(self, *names: str, **options: Any) -> Table:
        """Who may be next. See kg.analysis.likely_partners."""
        return self._analyse("likely_partners", names, options)

    def backtest(self, *names: str, **options: Any) -> Table:
        """How good `likely_partners` would have been on a day. See kg.analysis.backtest."""
        return self._analyse("backtest", names, options)

    def paths(self, *names: str, **options: Any) -> Table:
        """The best chains of facts between two. See kg.analysis.paths."""
        return self._analyse("paths", names, options)

    def rivals(self, *names: str, **options: Any) -> Table:
        """Who competes or is in dispute. See kg.analysis.rivals."""
        return self._analyse("rivals", names, options)

    def openness(self, *names: str, **options: Any) -> Table:
        """Links opened and cut by year. See kg.analysis.openness."""
        return self._analyse("openness", names, options)

    def lifespans(self, *names: str, **options: Any) -> Table:
        """When products came and went. See kg.analysis.lifespans."""
        return self._analyse("lifespans", names, options)

    def careers(self, *names: str, **options: Any) -> Table:
        """Where people worked, under which titles. See kg.analysis.careers."""
        return self._analyse("careers", names, options)

    def _analyse(self, name: str, names: Sequence[str], options: dict[str, Any]) -> Table:
        from kg import analysis
        from kg.graph import build_graph

        rows: Table = getattr(analysis, name)(build_graph(self.resolution), *names, **options)
        return rows


class Snapshot(Answers):
    """The state of a graph on a day, or between two: plain data, apart from the store."""

    def __init__(self, resolution: Resolution, title: str) -> None:
        self._resolution = resolution
        self._title = title

    @property
    def resolution(self) -> Resolution:
        return self._resolution

    def __repr__(self) -> str:
        return f"Snapshot({self._title}: {len(self.entities)} entities, {len(self.facts)} facts)"


class Graph(Answers):
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
        from kg.load.export import export_store

        export_store(self.store, format, Path(path))
        return Path(path)

    @property
    def resolution(self) -> Resolution:
        """The graph as plain data, read from the store anew each time."""
        return self.store.resolution()

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
