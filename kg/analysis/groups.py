"""Who matters, who stands between, and which camps there are."""

from typing import Any

import networkx as nx
import numpy as np

from kg.analysis.projection import project
from kg.table import Table

_DAMPING = 0.85  # as Page and Brin chose it
_TOLERANCE = 1e-10
_ROUNDS = 200
_SAMPLED = 400  # nodes: beyond, betweenness is estimated from this many sources (Brandes and Pich 2007)
SEED = 7


def rank(graph: nx.MultiDiGraph, *, limit: int | None = None, **chosen: Any) -> Table:
    """The entities by weight: PageRank (Page, Brin et al. 1998), weighted degree and betweenness (Freeman 1977, Brandes 2001).

    PageRank and degree are weighted by independent sources; betweenness counts steps, from a sample of 400 nodes in larger
    graphs. `chosen` goes to `project`. Columns: name, type, pagerank, degree, betweenness; by PageRank.
    """
    simple = project(graph, **chosen)
    scores = _pagerank(simple)
    few = len(simple) <= _SAMPLED
    between = nx.betweenness_centrality(simple, k=None if few else _SAMPLED, seed=SEED)
    rows = [
        {
            "name": data["name"],
            "type": data["type"],
            "pagerank": round(scores[node], 6),
            "degree": simple.degree(node, weight="weight"),
            "betweenness": round(between[node], 6),
        }
        for node, data in simple.nodes(data=True)
    ]
    rows.sort(key=lambda row: (-row["pagerank"], row["name"]))
    return Table(rows[:limit], columns=["name", "type", "pagerank", "degree", "betweenness"])


def _pagerank(simple: Any) -> dict[str, float]:
    """By power iteration; NetworkX's own needs SciPy."""
    nodes = list(simple)
    if not nodes:
        return {}
    place = {node: i for i, node in enumerate(nodes)}
    ends = np.array([(place[a], place[b]) for a, b in simple.edges], dtype=np.int64)
    weights = np.array([w for _, _, w in simple.edges(data="weight")], dtype=np.float64)
    heads, tails = np.concatenate([ends[:, 0], ends[:, 1]]), np.concatenate([ends[:, 1], ends[:, 0]])
    weights = np.concatenate([weights, weights])
    out = np.bincount(heads, weights, len(nodes))
    score = np.full(len(nodes), 1 / len(nodes))
    for _ in range(_ROUNDS):
        flow = np.bincount(tails, score[heads] * weights / out[heads], len(nodes))
        new = (1 - _DAMPING) / len(nodes) + _DAMPING * flow
        done = np.abs(new - score).sum() < _TOLERANCE
        score = new
        if done:
            break
    return dict(zip(nodes, map(float, score), strict=True))


def brokers(graph: nx.MultiDiGraph, *, limit: int | None = None, **chosen: Any) -> Table:
    """Who connects others that have no tie among themselves: Burt's constraint (Burt 1992), low for a broker.

    Entities with one tie are left out, for they connect nobody. Columns: name, type, constraint, partners; by constraint.
    """
    simple = project(graph, **chosen)
    nodes = [node for node in simple if simple.degree(node) > 1]
    constraint = nx.constraint(simple, nodes=nodes, weight="weight")
    rows = [
        {
            "name": simple.nodes[node]["name"],
            "type": simple.nodes[node]["type"],
            "constraint": round(float(constraint[node]), 6),
            "partners": simple.degree(node),
        }
        for node in nodes
    ]
    rows.sort(key=lambda row: (row["constraint"], -row["partners"], row["name"]))
    return Table(rows[:limit], columns=["name", "type", "constraint", "partners"])


def camps(graph: nx.MultiDiGraph, *, resolution: float = 1.0, **chosen: Any) -> Table:
    """The camps that ties make: Louvain communities (Blondel et al. 2008), weighted by sources.

    A camp is labelled by its two members with the most ties. Columns: camp, label, size, members, modularity (Newman 2006,
    of the whole division: above 0.3 it is clear); the largest first.
    """
    simple = project(graph, **chosen)
    columns = ["camp", "label", "size", "members", "modularity"]
    if not len(simple):
        return Table(columns=columns)
    groups = nx.community.louvain_communities(simple, weight="weight", resolution=resolution, seed=SEED)
    modularity = round(float(nx.community.modularity(simple, groups, weight="weight", resolution=resolution)), 4)
    named = []
    for group in groups:
        by_ties = sorted(group, key=lambda n: (-simple.degree(n, weight="weight"), simple.nodes[n]["name"]))
        named.append([simple.nodes[n]["name"] for n in by_ties])
    named.sort(key=lambda names: (-len(names), names))
    return Table(
        (
            {"camp": i, "label": "、".join(names[:2]), "size": len(names), "members": names, "modularity": modularity}
            for i, names in enumerate(named, 1)
        ),
        columns=columns,
    )
