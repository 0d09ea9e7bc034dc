"""Questions that analysts ask of a graph, each a pure function on what `kg.graph.build_graph` makes, with rows as answer."""

from kg.analysis.groups import brokers, camps, rank
from kg.analysis.lives import careers, lifespans, openness
from kg.analysis.pairs import backtest, likely_partners, overlap, paths, rivals
from kg.analysis.projection import project

__all__ = [
    "backtest",
    "brokers",
    "camps",
    "careers",
    "lifespans",
    "likely_partners",
    "openness",
    "overlap",
    "paths",
    "project",
    "rank",
    "rivals",
]
