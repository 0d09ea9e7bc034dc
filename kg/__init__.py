"""kg: news articles in, a graph of partnership relations out.

    import kg

    graph = kg.build("news/", store="news.kgl")
    graph.query("MATCH (a)-[r:PARTNERS_WITH]->(b) RETURN a.name, r.status, b.name")
    graph.view("news.html")

All names of `__all__` are meant for use and stay; whatever else can be imported may move.
"""

import importlib
from typing import TYPE_CHECKING, Any

from kg.api import Graph, Snapshot, build, extract, open  # noqa: A004 - kg.open
from kg.errors import (
    ConfigError,
    ExtractionError,
    InputError,
    KGError,
    OntologyError,
    OutputError,
    QueryError,
    StoreError,
    StoreFormatError,
    StoreLocked,
    TriplesError,
    UsageError,
)
from kg.model import (
    Article,
    ArticleInfo,
    Citation,
    Entity,
    Event,
    Evidence,
    Extraction,
    Fact,
    Mention,
    Merge,
    NamedEntity,
    Rejection,
    Resolution,
    Span,
    Statement,
)
from kg.ontology import Ontology, load_ontology
from kg.pipeline import Report
from kg.resolve import Registry, read_registry, resolve
from kg.table import Table
from kg.version import __version__

if TYPE_CHECKING:
    from kg.extract.articles import read_articles
    from kg.extract.llm_options import LLMOptions
    from kg.extract.text import CleanText, clean
    from kg.graph import build_graph
    from kg.load.base import Store, WriteCounts, open_store

_LATER = {  # what is slow to import waits until it is asked for
    "read_articles": "kg.extract.articles",
    "clean": "kg.extract.text",
    "CleanText": "kg.extract.text",
    "LLMOptions": "kg.extract.llm_options",
    "build_graph": "kg.graph",
    "open_store": "kg.load.base",
    "Store": "kg.load.base",
    "WriteCounts": "kg.load.base",
}

__all__ = [
    "Article",
    "ArticleInfo",
    "Citation",
    "CleanText",
    "ConfigError",
    "Entity",
    "Event",
    "Evidence",
    "Extraction",
    "ExtractionError",
    "Fact",
    "Graph",
    "InputError",
    "KGError",
    "LLMOptions",
    "Mention",
    "Merge",
    "NamedEntity",
    "Ontology",
    "OntologyError",
    "OutputError",
    "QueryError",
    "Registry",
    "Rejection",
    "Report",
    "Resolution",
    "Snapshot",
    "Span",
    "Statement",
    "Store",
    "StoreError",
    "StoreFormatError",
    "StoreLocked",
    "Table",
    "TriplesError",
    "UsageError",
    "WriteCounts",
    "__version__",
    "build",
    "build_graph",
    "clean",
    "extract",
    "load_ontology",
    "open",
    "open_store",
    "read_articles",
    "read_registry",
    "resolve",
]


def __getattr__(name: str) -> Any:
    if name not in _LATER:
        raise AttributeError(f"module 'kg' has no attribute {name!r}")
    return getattr(importlib.import_module(_LATER[name]), name)


def __dir__() -> list[str]:
    return sorted({*__all__, *(name for name in globals() if name.startswith("__"))})
