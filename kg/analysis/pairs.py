"""Two entities: what they share, how they are linked, who may be next, and who fights whom."""

import itertools
from collections.abc import Iterator
from typing import Any

import networkx as nx

from kg.analysis.projection import find_one, holds, project
from kg.errors import UsageError
from kg.history import first_day
from kg.table import Table

RIVALRY = ("COMPETES_WITH", "DISPUTES_WITH")
PARTNERSHIPS = ("PARTNERS_WITH", "CONNECTS_TO", "JOINS", "SUPPLIES")


def overlap(graph: nx.MultiDiGraph, *names: str, limit: int | None = None, **chosen: Any) -> Table:
    """Partners that two entities share, and how many of all theirs that is (Jaccard 1901).

    For the pair named, or one name and everybody, or without a name all pairs that share one. Columns: a, b, shared,
    jaccard, partners; by Jaccard.
    """
    simple = project(graph, **chosen)
    ids = [find_one(graph, name) for name in names]
    if len(ids) > 2:
        raise UsageError("overlap compares two; name one, two or none")
    if any(node not in simple for node in ids):
        return Table(columns=["a", "b", "shared", "jaccard", "partners"])
    pairs: Iterator[tuple[str, str]]
    if len(ids) == 2:
        pairs = iter([(ids[0], ids[1])])
    else:
        nodes = ids or sorted(simple)
        # Only those two steps apart share anything.
        near = ((a, b) for a in nodes for b in sorted({b for n in simple[a] for b in simple[n]} - {a}))
        pairs = ((a, b) for a, b in near if ids or a < b)
    rows = []
    for a, b in pairs:
        shared = set(simple[a]) & set(simple[b])
        whole = (set(simple[a]) | set(simple[b])) - {a, b}
        rows.append(
            {
                "a": simple.nodes[a]["name"],
                "b": simple.nodes[b]["name"],
                "shared": len(shared),
                "jaccard": round(len(shared) / len(whole), 4) if whole else 0.0,
                "partners": sorted(simple.nodes[n]["name"] for n in shared),
            }
        )
    rows.sort(key=lambda r: (-r["jaccard"], -r["shared"], r["a"], r["b"]))
    return Table(rows[:limit], columns=["a", "b", "shared", "jaccard", "partners"])


def likely_partners(graph: nx.MultiDiGraph, name: str | None = None, *, limit: int = 20, **chosen: Any) -> Table:
    """Pairs without a tie that their common neighbours make likely: Adamic–Adar (2003) and resource allocation (Zhou et al. 2009).

    Pairs of rivals are left in and marked. `backtest` tells how far to believe it. Columns: a, b, adamic_adar,
    resource_allocation, through (the common neighbours), rivals.
    """
    simple = project(graph, **chosen)
    rivalry = project(graph, relations=RIVALRY, types=None, standing=False)
    node = None if name is None else find_one(graph, name)
    rows = []
    for score, allocation, a, b in _score_pairs(simple, node)[:limit]:
        through = sorted(simple.nodes[n]["name"] for n in nx.common_neighbors(simple, a, b))
        rows.append(
            {
                "a": simple.nodes[a]["name"],
                "b": simple.nodes[b]["name"],
                "adamic_adar": round(score, 4),
                "resource_allocation": round(allocation, 4),
                "through": through,
                "rivals": rivalry.has_edge(a, b),
            }
        )
    return Table(rows, columns=["a", "b", "adamic_adar", "resource_allocation", "through", "rivals"])


def _score_pairs(simple: Any, node: str | None) -> list[tuple[float, float, str, str]]:
    nodes = sorted(simple) if node is None else [node] if node in simple else []
    pairs = set()
    for a in nodes:
        for b in {b for n in simple[a] for b in simple[n]} - {a} - set(simple[a]):
            pairs.add((a, b) if node is not None or a < b else (b, a))
    ordered = sorted(pairs)
    adamic = nx.adamic_adar_index(simple, ordered)
    allocation = nx.resource_allocation_index(simple, ordered)
    scored = [(s, r, a, b) for (a, b, s), (_, _, r) in zip(adamic, allocation, strict=True)]
    return sorted(scored, key=lambda row: (-row[0], -row[1], row[2], row[3]))


def backtest(graph: nx.MultiDiGraph, day: str, *, limit: int = 20, **chosen: Any) -> Table:
    """How good `likely_partners` would have been on a day: of its first `limit` pairs, how many are tied since.

    One row: predicted, hits, precision, chance (the precision of pairs of that day's graph taken at random), later (ties
    that came between entities that were there). Only what was in force on the day is seen.
    """
    before = project(graph, on=day, **chosen)
    cut = first_day(day)
    ever = project(graph, standing=False, **chosen)
    began = {
        frozenset((h, t))
        for h, t, data in graph.edges(data=True)
        if h != t and any(start and first_day(start) > cut for start, _ in data["valid"])
    }
    later = {
        frozenset(edge)
        for edge in ever.edges
        if frozenset(edge) in began and not before.has_edge(*edge) and all(n in before for n in edge)
    }
    predicted = [frozenset((a, b)) for *_, a, b in _score_pairs(before, None)[:limit]]
    hits = sum(pair in later for pair in predicted)
    free = len(before) * (len(before) - 1) // 2 - before.number_of_edges()
    row = {
        "predicted": len(predicted),
        "hits": hits,
        "precision": round(hits / len(predicted), 4) if predicted else None,
        "chance": round(len(later) / free, 4) if free else None,
        "later": len(later),
    }
    return Table([row])


def paths(graph: nx.MultiDiGraph, start: str, end: str, *, limit: int = 5, longest: int = 5, **chosen: Any) -> Table:
    """The best chains of facts from one entity to another: shortest first, then those that most sources tell (Yen 1971).

    Ended facts are links, denied ones are none.
    Columns: steps, sources (of the weakest link), path (names), links (a line a link: relation, status, evidence).
    """
    options = {"types": None, "relations": None, "standing": False} | chosen
    told = graph.edge_subgraph([(h, t, key) for h, t, key, s in graph.edges(keys=True, data="status") if s != "denied"])
    simple = project(told, **options)
    a, b = find_one(graph, start), find_one(graph, end)
    columns = ["steps", "sources", "path", "links"]
    if a not in simple or b not in simple or a == b or not nx.has_path(simple, a, b):
        return Table(columns=columns)
    for _, _, data in simple.edges(data=True):
        data["cost"] = 1 + 1 / (10 * (1 + data["weight"]))  # a step weighs more than any number of sources
    facts = {key: (h, t, data) for h, t, key, data in told.edges(keys=True, data=True)}
    rows = []
    for nodes in itertools.islice(nx.shortest_simple_paths(simple, a, b, weight="cost"), limit):
        if len(nodes) - 1 > longest:
            break
        steps = list(itertools.pairwise(nodes))
        links = [
            _tell(graph, *facts[max(simple[x][y]["facts"], key=lambda k: facts[k][2]["sources"])]) for x, y in steps
        ]
        rows.append(
            {
                "steps": len(steps),
                "sources": min(simple[x][y]["weight"] for x, y in steps),
                "path": [graph.nodes[n]["name"] for n in nodes],
                "links": links,
            }
        )
    return Table(rows, columns=columns)


def _tell(graph: nx.MultiDiGraph, head: str, tail: str, data: dict[str, Any]) -> str:
    fitting = [event for event in data["history"] if event["status"] == data["status"]] or data["history"]
    citation = max(fitting[-1]["citations"], key=lambda c: (c["confidence"], -len(c["text"])))
    ends = f"{graph.nodes[head]['name']} -{data['relation']}-> {graph.nodes[tail]['name']}"
    return f"{ends} ({data['status']}): {' '.join(citation['text'].split())} [{citation['article']}]"


def rivals(
    graph: nx.MultiDiGraph, name: str | None = None, *, on: str | None = None, limit: int | None = None
) -> Table:
    """Who competes or is in dispute, and whether they work together all the same.

    Columns: a, b, competes, disputes, sources, partners (the two are partners, too, by what holds on the day or today).
    """
    contested = project(graph, relations=RIVALRY, types=None, on=on, standing=on is not None)
    tied = project(graph, relations=PARTNERSHIPS, types=None, on=on)
    node = None if name is None else find_one(graph, name)
    relation_of = {
        key: data["relation"] for *_, key, data in graph.edges(keys=True, data=True) if holds(data, on) or on is None
    }
    rows = []
    for a, b, data in contested.edges(data=True):
        if node is not None and node not in (a, b):
            continue
        if node == b:
            a, b = b, a
        kinds = {relation_of.get(key) for key in data["facts"]}
        rows.append(
            {
                "a": graph.nodes[a]["name"],
                "b": graph.nodes[b]["name"],
                "competes": "COMPETES_WITH" in kinds,
                "disputes": "DISPUTES_WITH" in kinds,
                "sources": data["weight"],
                "partners": tied.has_edge(a, b),
            }
        )
    rows.sort(key=lambda r: (-r["sources"], r["a"], r["b"]))
    return Table(rows[:limit], columns=["a", "b", "competes", "disputes", "sources", "partners"])
