"""What time does to platforms, products and people."""

from collections import defaultdict
from typing import Any

import networkx as nx

from kg.analysis.projection import find_one
from kg.history import first_day
from kg.resolve.folding import show
from kg.table import Table


def openness(graph: nx.MultiDiGraph, name: str | None = None) -> Table:
    """Links opened and cut by year: how open each platform is. A link is a CONNECTS_TO fact, counted at both its ends.

    Columns: name, year, opened, cut, open (links that hold at the end of the year). What nobody dates is not counted in
    `opened` and `cut`.
    """
    node = None if name is None else find_one(graph, name)
    opened: dict[tuple[str, str], int] = defaultdict(int)
    cut: dict[tuple[str, str], int] = defaultdict(int)
    spans: dict[str, list[tuple[str | None, str | None]]] = defaultdict(list)
    for head, tail, data in graph.edges(data=True):
        if data["relation"] != "CONNECTS_TO":
            continue
        for end in {head, tail}:
            if node is not None and end != node:
                continue
            for start, stop in data["valid"]:
                spans[end].append((start, stop))
                if start:
                    opened[end, start[:4]] += 1
                if stop:
                    cut[end, stop[:4]] += 1
    rows = []
    for end, year in sorted({*opened, *cut}, key=lambda k: (graph.nodes[k[0]]["name"], k[1])):
        last = f"{year}-12-31"
        still = sum((a is None or first_day(a) <= last) and (b is None or last < first_day(b)) for a, b in spans[end])
        rows.append(
            {
                "name": graph.nodes[end]["name"],
                "year": year,
                "opened": opened[end, year],
                "cut": cut[end, year],
                "open": still,
            }
        )
    return Table(rows, columns=["name", "year", "opened", "cut", "open"])


def lifespans(graph: nx.MultiDiGraph) -> Table:
    """When products and programs came and went: by LAUNCHES and SHUTS_DOWN that are facts.

    Columns: name, type, by (who brought it out), launched, closed, days (None where an end is not known to the day or at
    all). By launch.
    """
    born: dict[str, list[tuple[str | None, str]]] = defaultdict(list)
    died: dict[str, list[str | None]] = defaultdict(list)
    for head, tail, data in graph.edges(data=True):
        starts = [event["time"] for event in data["history"] if event["status"] == "actual"]
        if data["relation"] == "LAUNCHES" and starts:
            born[tail].append((_earliest(starts), graph.nodes[head]["name"]))
        elif data["relation"] == "SHUTS_DOWN" and starts:
            died[tail].append(_earliest(starts))
    rows: list[dict[str, Any]] = []
    for node in sorted({*born, *died}):
        launched = _earliest([time for time, _ in born[node]])
        closed = _earliest(died[node])
        rows.append(
            {
                "name": graph.nodes[node]["name"],
                "type": graph.nodes[node]["type"],
                "by": sorted({who for _, who in born[node]}),
                "launched": launched,
                "closed": closed if node in died else None,
                "days": _days(launched, closed) if node in died else None,
            }
        )
    rows.sort(key=lambda r: (r["launched"] or "9999", r["name"]))
    return Table(rows, columns=["name", "type", "by", "launched", "closed", "days"])


def _earliest(times: list[str | None]) -> str | None:
    """The earliest of the times that are known, the finer one of two for one turn (2023-10, 2023-10-01)."""
    known = sorted((t.partition("/")[0] for t in times if t), key=lambda t: (first_day(t), -len(t)))
    if not known:
        return None
    coarse = known[0]
    return next((t for t in known if len(t) > len(coarse) and t.startswith(coarse)), coarse)


def _days(start: str | None, end: str | None) -> int | None:
    import datetime

    if not start or not end or len(start) < 10 or len(end) < 10:
        return None
    return (datetime.date.fromisoformat(end) - datetime.date.fromisoformat(start)).days


def careers(graph: nx.MultiDiGraph, name: str | None = None) -> Table:
    """Where people worked and under which titles, in time order.

    A title belongs to an employment where one passage states both. Columns: name, organisation, titles, since, until, status, articles.
    """
    node = None if name is None else find_one(graph, name)
    titles: dict[str, list[tuple[str, set[tuple[str, str]]]]] = defaultdict(list)
    for head, tail, data in graph.edges(data=True):
        if data["relation"] == "HOLDS_POSITION":
            titles[head].append((graph.nodes[tail]["name"], _passages(data)))
    rows = []
    for head, tail, data in graph.edges(data=True):
        if data["relation"] != "WORKS_FOR" or (node is not None and head != node):
            continue
        own = _passages(data)
        since, until = (data["valid"][-1][0], data["valid"][-1][1]) if data["valid"] else (None, None)
        rows.append(
            {
                "name": show(*(graph.nodes[head][key] for key in ("name", "type", "aliases"))),
                "organisation": graph.nodes[tail]["name"],
                "titles": sorted({title for title, told in titles[head] if told & own}),
                "since": since,
                "until": until,
                "status": data["status"],
                "articles": sorted({article for article, _ in own}),
            }
        )
    rows.sort(key=lambda r: (r["name"], r["since"] or r["until"] or "", r["organisation"]))
    return Table(rows, columns=["name", "organisation", "titles", "since", "until", "status", "articles"])


def _passages(data: dict[str, Any]) -> set[tuple[str, str]]:
    return {(c["article"], c["text"]) for event in data["history"] for c in event["citations"]}
