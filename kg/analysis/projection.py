"""The simple weighted graph that measures of NetworkX take, out of facts with time, status and direction."""

from collections.abc import Collection
from typing import Any

import networkx as nx

from kg.history import check_day, first_day
from kg.ontology import load_ontology
from kg.parameters import list_asked

ORGS = ("Platform", "Company", "Brand", "Institution")

# What ties two organisations together. Rivalry, disputes and regulation tie them in another sense.
TIES = (
    "PARTNERS_WITH",
    "CONNECTS_TO",
    "JOINS",
    "SUPPLIES",
    "INVESTS_IN",
    "HOLDS_STAKE_IN",
    "ACQUIRES",
    "MERGES_WITH",
    "OWNS",
)


def holds(data: dict[str, Any], on: str | None) -> bool:
    """Whether a fact (an edge's data) held on a day, or stands today without one."""
    if on is None:
        return bool(data["status"] == "actual")
    day = first_day(on)
    return any((a is None or first_day(a) <= day) and (b is None or day < first_day(b)) for a, b in data["valid"])


def project(
    graph: nx.MultiDiGraph,
    *,
    relations: Collection[str] | None = TIES,
    types: Collection[str] | None = ORGS,
    on: str | None = None,
    standing: bool = True,
    directed: bool = False,
) -> Any:
    """One edge for each pair of entities that facts tie; `weight` is the sum of their independent sources.

    `relations` and `types` None take all. With `standing` only what holds, today or on the day `on`. Nodes keep their
    data, edges list their facts in `facts`. A DiGraph where `directed`, else a Graph. UsageError for a relation, type
    or day that is none.
    """

    from kg.errors import UsageError

    if on is not None:
        check_day(on)
    relations = list_asked(relations)
    for relation in relations or ():
        load_ontology().relation(relation)
    types = list_asked(types)
    for kind in types or ():
        if kind not in load_ontology().entities:
            raise UsageError(f"{kind!r} is no entity type; there are {', '.join(load_ontology().entities)}")
    simple = nx.DiGraph() if directed else nx.Graph()
    chosen = [n for n, kind in graph.nodes(data="type") if types is None or kind in types]
    simple.add_nodes_from((n, graph.nodes[n]) for n in sorted(chosen))
    edges = sorted(graph.edges(keys=True, data=True), key=lambda edge: str(edge[2]))
    for head, tail, key, data in edges:
        if head not in simple or tail not in simple or head == tail:
            continue
        if relations is not None and data["relation"] not in relations:
            continue
        if standing and not holds(data, on):
            continue
        if simple.has_edge(head, tail):
            simple[head][tail]["weight"] += data["sources"]
            simple[head][tail]["facts"].append(key)
        else:
            simple.add_edge(head, tail, weight=data["sources"], facts=[key])
    simple.remove_nodes_from([n for n in list(simple) if simple.degree(n) == 0])
    return simple


def find_one(graph: nx.MultiDiGraph, name: str) -> str:
    """The id of the entity of this name, the most connected where several have it; UsageError where none has."""
    from kg.errors import UsageError
    from kg.graph import find_nodes, suggest_names

    found = find_nodes(graph, name)
    if not found:
        names = (n for _, data in graph.nodes(data=True) for n in (data["name"], *data["aliases"]))
        raise UsageError(f"no entity is named {name!r}{suggest_names(names, name)}")
    return min(found, key=lambda n: (-graph.degree(n), n))
