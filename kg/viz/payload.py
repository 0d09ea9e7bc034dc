"""A View as the JSON that the page's scripts read: nodes, articles and lines named by their place in their list."""

from typing import Any

from kg.viz.pinyin import read_characters
from kg.viz.style import Colors, load_style
from kg.viz.view import View, ViewFact


def make_payload(view: View, *, kind: str) -> dict[str, Any]:
    """Plain data of the page; `kind` is `graph` or `timeline`."""
    index = {node.id: i for i, node in enumerate(view.nodes)}
    articles = {article.id: i for i, article in enumerate(view.articles)}
    return {
        "kind": kind,
        "title": view.title,
        "focus": [index[id_] for id_ in view.focus if id_ in index],
        "pair": view.pair,
        "opening": view.opening,
        "asked": {"relations": view.relations, "since": view.since, "until": view.until},
        "totals": {
            "entities": view.entities,
            "facts": view.facts,
            "factsShown": view.facts_shown,
            "articles": view.articles_total,
            "unlinked": view.unlinked,
            "first": view.first,
            "last": view.last,
        },
        **_looks(view),
        "readings": read_characters(name for node in view.nodes for name in (node.name, *node.aliases)),
        "articles": [
            {"id": a.id, "title": a.title, "date": a.date, "source": a.source, "url": a.url} for a in view.articles
        ],
        "nodes": [
            {
                "id": n.id,
                "name": n.name,
                "label": n.label,
                "type": n.type,
                "aliases": n.aliases,
                "x": n.x,
                "y": n.y,
                "size": n.size,
                "font": n.font,
                "facts": n.facts,
                "hidden": n.hidden,
            }
            for n in view.nodes
        ],
        "stages": [{"count": len(stage.points), "at": stage.points} for stage in view.stages],
        "edges": [
            {
                "source": index[e.source],
                "target": index[e.target],
                "family": e.family,
                "status": e.status,
                "bend": e.bend,
                "facts": [_fact(fact, index, articles) for fact in e.facts],
            }
            for e in view.edges
        ],
    }


def _looks(view: View) -> dict[str, Any]:
    """How types, families, statuses and relations are called and drawn."""
    style = load_style()
    facts = [fact for edge in view.edges for fact in edge.facts]
    types = dict.fromkeys([*style.types, *(node.type for node in view.nodes)])
    statuses = dict.fromkeys(
        [*style.statuses, *(e.status for f in facts for e in f.history), *(f.status for f in facts)]
    )
    return {
        "types": {
            name: {
                "zh": style.type(name).zh,
                "en": style.type(name).en,
                "shape": style.type(name).shape,
                "hollow": style.type(name).hollow,
                "color": _pair(style.type(name).color),
            }
            for name in types
        },
        "families": {
            name: {"zh": family.zh, "en": family.en, "color": _pair(family.color)}
            for name, family in style.families.items()
        },
        "statuses": {
            name: {
                "zh": style.status(name).zh,
                "en": style.status(name).en,
                "dashes": style.status(name).dashes,
                "opacity": style.status(name).opacity,
            }
            for name in statuses
        },
        "relations": {
            name: {
                "zh": style.relation(name).zh,
                "en": style.relation(name).en,
                "family": style.relation(name).family,
                "symmetric": style.relation(name).symmetric,
            }
            for name in dict.fromkeys(
                [
                    *(name for name in style.relations if any(f.relation == name for f in facts)),
                    *(f.relation for f in facts),
                ]
            )
        },
    }


def _pair(colors: Colors) -> list[str]:
    return [colors.light, colors.dark]


def _fact(fact: ViewFact, index: dict[str, int], articles: dict[str, int]) -> dict[str, Any]:
    return {
        "id": fact.id,
        "head": index[fact.head],
        "relation": fact.relation,
        "tail": index[fact.tail],
        "status": fact.status,
        "since": fact.since,
        "until": fact.until,
        "valid": fact.valid,
        "confidence": round(fact.confidence, 3),
        "sources": fact.sources,
        "history": [
            {
                "status": event.status,
                "time": event.time,
                "passages": [
                    {"article": articles[p.article], "inTitle": p.in_title, "segments": p.segments}
                    for p in event.passages
                ],
            }
            for event in fact.history
        ],
    }
