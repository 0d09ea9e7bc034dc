"""Who matters, who stands between, and which camps there are."""

from typing import Any

import networkx as nx
import numpy as np

from kg.analysis.engines import METHODS, choose_engine, find_communities, measure_betweenness, measure_constraint
from kg.analysis.projection import project
from kg.errors import UsageError
from kg.table import Table

_DAMPING = 0.85  # as Page and Brin chose it
_TOLERANCE = 1e-10
_ROUNDS = 200
_SAMPLED = 400  # nodes: beyond, betweenness is estimated from this many sources (Brandes and Pich 2007)


def rank(graph: nx.MultiDiGraph, *, limit: int | None = None, engine: str = "auto", **chosen: Any) -> Table:
    """The entities by weight: PageRank (Page, Brin et al. 1998), weighted degree and betweenness (Freeman 1977, Brandes 2001).

    PageRank and degree are weighted by independent sources; betweenness counts steps, from a sample of 400 nodes in larger
    graphs (Brandes and Pich 2007). `engine` is "networkx", "igraph" or "auto", which takes igraph for large graphs where it
    is installed; the figures are the same. `chosen` goes to `project`. Columns: name, type, pagerank, degree, betweenness; by PageRank.
    """
    simple = project(graph, **chosen)
    scores = pagerank(simple)
    few = len(simple) <= _SAMPLED
    between = measure_betweenness(simple, None if few else _SAMPLED, choose_engine(simple, engine))
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


def pagerank(simple: Any) -> dict[str, float]:
    """PageRank by node, of a weighted graph without direction: by power iteration, for NetworkX's own needs SciPy."""
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


def brokers(graph: nx.MultiDiGraph, *, limit: int | None = None, engine: str = "auto", **chosen: Any) -> Table:
    """Who connects others that have no tie among themselves: Burt's constraint (Burt 1992), low for a broker.

    Entities with one tie are left out, for they connect nobody. `engine` as for `rank`. Columns: name, type, constraint, partners; by constraint.
    """
    simple = project(graph, **chosen)
    nodes = [node for node in simple if simple.degree(node) > 1]
    constraint = measure_constraint(simple, nodes, choose_engine(simple, engine))
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


def camps(
    graph: nx.MultiDiGraph, *, method: str = "louvain", resolution: float = 1.0, engine: str = "auto", **chosen: Any
) -> Table:
    """The camps that ties make, weighted by sources: Louvain (Blondel et al. 2008) or Leiden communities (Traag et al. 2019).

    "leiden" needs igraph; of Louvain's camps `engine` decides who finds them, and those of two engines may differ a little.
    A camp is labelled by its two members with the most ties. Columns: camp, label, size, members, modularity (Newman 2006,
    of the whole division: above 0.3 it is clear); the largest first.
    """
    if method not in METHODS:
        raise UsageError(f"{method!r} is no way to find camps; there are {', '.join(METHODS)}")
    simple = project(graph, **chosen)
    columns = ["camp", "label", "size", "members", "modularity"]
    if not len(simple):
        return Table(columns=columns)
    taken = "igraph" if method == "leiden" else choose_engine(simple, engine)
    groups, quality = find_communities(simple, method=method, resolution=resolution, engine=taken)
    modularity = round(quality, 4)
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
