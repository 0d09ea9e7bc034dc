"""Questions in Cypher to a graph of KGLite's: they read that graph and nothing else."""

import logging
import re
from collections.abc import Mapping
from typing import Any

import kglite

from kg.errors import QueryError
from kg.load import properties
from kg.load.base import Row
from kg.ontology import Ontology

_NAMED = re.compile(r"'([^']+)'")  # the name that a warning is about comes first in it

# Text, quoted names and comments, in which words are no clauses.
_NO_CODE = re.compile(r"""'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*"|`[^`]*`|//[^\n]*|/\*.*?\*/""", re.DOTALL)
_LOAD_CSV = re.compile(r"\bLOAD\s+CSV\b", re.IGNORECASE)

# What tells of labels and keys rather than of nodes.
_SCHEMA = re.compile(r"\bCALL\s+(?:db|apoc)\s*\.|\bSHOW\b", re.IGNORECASE)

logger = logging.getLogger(__name__)


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


def _forget_labels(graph: kglite.KnowledgeGraph) -> kglite.KnowledgeGraph:
    """A copy that never had the nodes of `_hide_records`: the schema of a graph lists their labels and keys for ever."""
    part = graph.select("Entity").union(graph.select("Article")).sort("id").to_subgraph()
    part.read_only(True)
    return part
