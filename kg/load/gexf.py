"""GEXF, which Gephi opens: nodes and edges with flat attributes, lists as JSON. It has no place for what is known of articles.

Attributes bear other names where NetworkX or Gephi would take them for their own: NetworkX silently drops an edge
attribute named `type`, and GEXF knows `start` and `end` as times. Control characters, which no XML file may hold, become
U+FFFD: NetworkX writes them, and then cannot read its own file.
"""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from kg.graph import build_graph
from kg.load.records import dump
from kg.model import Resolution
from kg.output import replacing

_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_RENAMED = {"type": "entity_type", "start": "from", "end": "to", "id": "key", "label": "caption"}


def write_gexf(resolution: Resolution, path: Path) -> None:
    """Write a graph with one edge a fact. Raises OSError."""
    import networkx as nx

    graph = build_graph(resolution)
    flat = nx.MultiDiGraph()
    for node, data in graph.nodes(data=True):
        flat.add_node(node, label=_clean(data["name"]), **_flatten(data))
    for number, (head, tail, key, data) in enumerate(
        sorted(graph.edges(keys=True, data=True), key=lambda e: str(e[2]))
    ):
        flat.add_edge(
            head, tail, key=number, fact=key, label=data["relation"], weight=data["sources"], **_flatten(data)
        )
    with replacing(path) as new:
        nx.write_gexf(flat, new, encoding="utf-8", version="1.2draft")


def _flatten(data: Mapping[str, Any]) -> dict[str, Any]:
    flat = {}
    for key, value in data.items():
        if value is None:
            continue
        plain = dump(value) if isinstance(value, list | dict) else value
        flat[_RENAMED.get(key, key)] = _clean(plain) if isinstance(plain, str) else plain
    return flat


def _clean(text: str) -> str:
    return _NOT_XML.sub("\ufffd", text)
