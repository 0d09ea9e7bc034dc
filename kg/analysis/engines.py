"""The measures that take long on large graphs, by NetworkX or by igraph, which is many times as fast where installed.

Both give the same figures; only communities, which depend on where the search begins, may differ between them.
"""

import importlib
import random
from collections.abc import Collection
from typing import Any

import networkx as nx

from kg.errors import UsageError

ENGINES = ("auto", "networkx", "igraph")
METHODS = ("louvain", "leiden")
LARGE = 2_000  # ties: from here on "auto" takes igraph where it is; below NetworkX answers within seconds
SEED = 7


def choose_engine(simple: Any, engine: str = "auto") -> str:
    """`networkx` or `igraph`. UsageError for another name, and for igraph where it is not installed."""
    if engine not in ENGINES:
        raise UsageError(f"{engine!r} is no engine; there are {', '.join(ENGINES)}")
    if engine == "igraph":
        _load_igraph()
    if engine != "auto":
        return engine
    if simple.number_of_edges() < LARGE:
        return "networkx"
    try:
        _load_igraph()
    except UsageError:
        return "networkx"
    return "igraph"


def _load_igraph() -> Any:
    try:
        return importlib.import_module("igraph")
    except ImportError as exc:
        raise UsageError("this needs igraph, which is not installed; pip install 'kg-partners[fast]'") from exc


def measure_betweenness(simple: Any, sample: int | None, engine: str) -> dict[Any, float]:
    """Betweenness by node, from 0 to 1; with `sample` estimated from the paths of so many nodes, drawn with `SEED`."""
    if engine == "networkx" or len(simple) < 3:
        found: dict[Any, float] = nx.betweenness_centrality(simple, k=sample, seed=SEED)
        return found
    nodes = list(simple)
    taken = nodes if sample is None else random.Random(SEED).sample(nodes, sample)  # noqa: S311 - as NetworkX draws
    place = {node: i for i, node in enumerate(nodes)}
    values = _convert(simple).betweenness(sources=[place[node] for node in taken], directed=False)
    # Of each source a path begins at, shares of those to all others but the node itself; igraph halves what it counts.
    drawn, others = set(taken), len(nodes) - 2
    return {
        node: 2 * value / (max(1, len(taken) - (node in drawn)) * others)
        for node, value in zip(nodes, values, strict=True)
    }


def measure_constraint(simple: Any, nodes: Collection[Any], engine: str) -> dict[Any, float]:
    """Burt's constraint of some nodes, by weight."""
    if engine == "networkx":
        found: dict[Any, float] = nx.constraint(simple, nodes=nodes, weight="weight")
        return found
    place = {node: i for i, node in enumerate(simple)}
    graph = _convert(simple)
    values = graph.constraint(vertices=[place[node] for node in nodes], weights="weight")
    return dict(zip(nodes, values, strict=True))


def find_communities(simple: Any, *, method: str, resolution: float, engine: str) -> tuple[list[set[Any]], float]:
    """The communities, and the modularity of the division (Newman 2006). Leiden is igraph's alone."""
    if engine == "networkx":
        groups = nx.community.louvain_communities(simple, weight="weight", resolution=resolution, seed=SEED)
        return groups, float(nx.community.modularity(simple, groups, weight="weight", resolution=resolution))
    igraph = _load_igraph()
    nodes, graph = list(simple), _convert(simple)
    igraph.set_random_number_generator(random.Random(SEED))  # noqa: S311 - chance, not secrecy
    try:
        if method == "leiden":
            division = graph.community_leiden(
                objective_function="modularity", weights="weight", resolution=resolution, n_iterations=-1
            )
        else:
            division = graph.community_multilevel(weights="weight", resolution=resolution)
    finally:
        igraph.set_random_number_generator(random)
    found = [{nodes[i] for i in group} for group in division]
    return found, float(graph.modularity(division.membership, weights="weight", resolution=resolution))


def _convert(simple: Any) -> Any:
    igraph = _load_igraph()
    place = {node: i for i, node in enumerate(simple)}
    ties = [(place[a], place[b]) for a, b in simple.edges]
    return igraph.Graph(len(place), ties, edge_attrs={"weight": [w for *_, w in simple.edges(data="weight")]})
