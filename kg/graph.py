"""A resolution as a networkx.MultiDiGraph, and back: the one form that analysis, the page and file exports read.

Graph attributes: `articles`, a dict of article id -> {title, date, source, url, hash}, with `reprint_of` (the id of its
origin) where it is a reprint; `rejected`, a list of
{doc, triple, reason}. Nodes are entity ids with `name`, `type`, `aliases` (list), `mentions` (list of
[article id, count, [forms]]) and, where a registry gives some, `ids` (list of key:value). Edges are keyed by fact id and carry `relation`, `status`, `confidence`, `sources`, `since`,
`until`, `valid` (list of [from, to]) and `history`: a list of {status, time, citations: [{article, start, end, text,
confidence}]} in time order. All values are plain JSON, so that NetworkX's own node-link format holds the graph without loss.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from kg.errors import UsageError
from kg.history import find_day, is_period
from kg.lookup import Known, find_known
from kg.model import ArticleInfo, Citation, Entity, Event, Fact, Rejection, Resolution, read_ids

if TYPE_CHECKING:  # stores and the command line come by here, and it is slow to import
    import networkx as nx


def build_graph(resolution: Resolution) -> "nx.MultiDiGraph":
    """The resolution as a graph: a node an entity, an edge a fact, from head to tail."""
    import networkx as nx

    graph = nx.MultiDiGraph()
    graph.graph["articles"] = {
        a.id: {"title": a.title, "date": a.date, "source": a.source, "url": a.url, "hash": a.hash}
        for a in resolution.articles
    }
    for doc, origin in resolution.reprints:
        graph.graph["articles"][doc]["reprint_of"] = origin
    graph.graph["rejected"] = [
        {"doc": r.doc, "triple": list(r.triple), "reason": r.reason} for r in resolution.rejected
    ]
    for e in resolution.entities:
        mentions = [[doc, count, list(forms)] for doc, count, forms in e.mentions]
        graph.add_node(e.id, name=e.name, type=e.type, aliases=list(e.aliases), mentions=mentions)
        if e.ids:
            graph.nodes[e.id]["ids"] = e.written_ids
    for f in resolution.facts:
        graph.add_edge(
            f.head,
            f.tail,
            key=f.id,
            relation=f.relation,
            status=f.status,
            confidence=f.confidence,
            sources=f.sources,
            since=f.since,
            until=f.until,
            valid=[list(interval) for interval in f.valid],
            history=[_write_event(event) for event in f.history],
        )
    return graph


def read_graph(graph: "nx.MultiDiGraph") -> Resolution:
    """The resolution that a graph of `build_graph` came from; UsageError for a graph of another kind."""
    try:
        dates = {doc: a["date"] for doc, a in graph.graph["articles"].items() if a["date"] and is_period(a["date"])}
        return Resolution(
            articles=tuple(sorted((_read_article(doc, a) for doc, a in graph.graph["articles"].items()), key=_by_id)),
            entities=tuple(sorted((_read_entity(node, data) for node, data in graph.nodes(data=True)), key=_by_id)),
            facts=tuple(
                sorted(
                    (_read_fact(h, t, key, data, dates) for h, t, key, data in graph.edges(keys=True, data=True)),
                    key=_by_id,
                )
            ),
            rejected=tuple(
                Rejection(r["doc"], (r["triple"][0], r["triple"][1], r["triple"][2]), r["reason"])
                for r in graph.graph.get("rejected", ())
            ),
            reprints=tuple(
                (doc, a["reprint_of"]) for doc, a in sorted(graph.graph["articles"].items()) if a.get("reprint_of")
            ),
        )
    except (KeyError, TypeError, ValueError, AttributeError) as exc:
        raise UsageError(f"not a graph that kg built: {type(exc).__name__} {exc}; see kg.graph for its form") from exc


def find_nodes(graph: "nx.MultiDiGraph", name: str) -> list[str]:
    """Ids of the entities meant by a name (`find_known`), in order; [] where there is none."""

    def list_known() -> Iterator[Known]:
        for node, data in graph.nodes(data=True):
            yield Known(node, data["name"], data["aliases"], data.get("ids", ()))

    return sorted(find_known(list_known, name))


def select_around(graph: "nx.MultiDiGraph", name: str, hops: int) -> "nx.MultiDiGraph":
    """A new graph of what lies within `hops` steps, in either direction, of the entity named or aliased `name`.

    All facts between the entities found are kept, and the articles that state those or mention these. UsageError where no
    entity has the name (the nearest names are suggested) or `hops` is negative.
    """
    import networkx as nx

    if hops < 0:
        raise UsageError(f"hops is {hops}; it counts steps from the entity, so 0 or more")
    found = find_nodes(graph, name)
    if not found:
        names = (n for _, data in graph.nodes(data=True) for n in (data["name"], *data["aliases"]))
        raise UsageError(f"no entity is named {name!r}{suggest_names(names, name)}")
    reached, frontier = set(found), set(found)
    for _ in range(hops):
        frontier = {n for node in frontier for n in nx.all_neighbors(graph, node)} - reached
        if not frontier:
            break
        reached |= frontier
    part = graph.subgraph(reached).copy()
    docs = {doc for _, mentions in part.nodes(data="mentions") for doc, _, _ in mentions}
    docs |= {c["article"] for *_, h in part.edges(data="history") for event in h for c in event["citations"]}
    part.graph["articles"] = {doc: info for doc, info in graph.graph["articles"].items() if doc in docs}
    part.graph["rejected"] = []
    return part


_GENERIC = re.compile(
    r"(?:股份|有限|责任|控股)*公司|集团|(?<=.)(?:科技|网络|信息|技术|文化|传媒|平台|电商)(?=$|有限|股份|集团)"
)


def suggest_names(names: Iterable[str], wanted: str) -> str:
    """The end of a sentence that says that nothing has the name `wanted`: what of `names` comes near; "" where nothing does.

    What half of all firms are called, 公司 or 有限公司, brings no two names near.
    """
    from rapidfuzz import process

    known = sorted(set(names))
    own = {name: _GENERIC.sub("", name) or name for name in known}
    asked = _GENERIC.sub("", wanted) or wanted
    near = [match[2] for match in process.extract(asked, own, limit=3, score_cutoff=40)]
    if near:
        return f"; did you mean {', '.join(near)}?"
    return "; the graph is empty" if not known else ""


def _by_id(item: ArticleInfo | Entity | Fact) -> str:
    return item.id


def _write_event(event: Event) -> dict[str, Any]:
    return {"status": event.status, "time": event.time, "citations": [asdict(c) for c in event.citations]}


def _read_article(doc: str, data: Mapping[str, Any]) -> ArticleInfo:
    return ArticleInfo(doc, **{key: value for key, value in data.items() if key != "reprint_of"})


def _read_entity(node: str, data: Mapping[str, Any]) -> Entity:
    mentions = tuple((doc, count, tuple(forms)) for doc, count, forms in data["mentions"])
    ids = read_ids(data.get("ids", ()))
    return Entity(node, data["name"], data["type"], tuple(data["aliases"]), mentions, ids)


def _read_fact(head: str, tail: str, key: str, data: Mapping[str, Any], dates: Mapping[str, str]) -> Fact:
    return Fact(
        id=key,
        head=head,
        relation=data["relation"],
        tail=tail,
        status=data["status"],
        confidence=data["confidence"],
        sources=data["sources"],
        history=tuple(_read_events(data["history"], dates)),
        valid=tuple((start, end) for start, end in data["valid"]),
    )


def _read_events(history: Iterable[Mapping[str, Any]], dates: Mapping[str, str]) -> Iterator[Event]:
    for event in history:
        citations = tuple(Citation(**c) for c in event["citations"])
        days = (find_day(event["status"], event["time"], dates.get(c.article)) for c in citations)
        yield Event(event["status"], event["time"], citations, min(days, default=""))
