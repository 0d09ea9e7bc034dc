"""A View as the JSON that the page's scripts read: nodes, articles and lines named by their place in their list.

Lines, facts, events and passages are rows without names for their fields, since a page may hold tens of thousands of them;
unpack.js, in the page, knows the same order.
"""

from typing import Any

from kg.viz.pinyin import read_characters
from kg.viz.style import Colors, load_style
from kg.viz.view import Passage, View, ViewEdge, ViewFact, ViewNode

_ROLES = {"head": "h", "tail": "t"}


def make_payload(view: View, *, kind: str) -> dict[str, Any]:
    """Plain data of the page; `kind` is `graph` or `timeline`."""
    index = {node.id: i for i, node in enumerate(view.nodes)}
    articles = {article.id: i for i, article in enumerate(view.articles)}
    looks = _looks(view)
    names = {"relations": list(looks["relations"]), "statuses": list(looks["statuses"])}
    places = {kind: {name: i for i, name in enumerate(known)} for kind, known in names.items()}
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
        **looks,
        "names": names,
        "readings": read_characters(name for node in view.nodes for name in (node.name, *node.aliases)),
        "articles": [
            {"id": a.id, "title": a.title, "date": a.date, "source": a.source, "url": a.url} for a in view.articles
        ],
        "nodes": [_node(node) for node in view.nodes],
        "stages": [
            {"count": len(stage.points), "at": [(int(x), int(y)) for x, y in stage.points]} for stage in view.stages
        ],
        "edges": [_edge(edge, index, articles, places) for edge in view.edges],
    }


def _node(node: ViewNode) -> dict[str, Any]:
    """What the page can tell by itself is left out."""
    known: dict[str, Any] = {"id": node.id, "name": node.name, "type": node.type, "x": int(node.x), "y": int(node.y)}
    known |= {"size": node.size, "font": node.font, "facts": node.facts}
    if node.label != node.name:
        known["label"] = node.label
    if node.aliases:
        known["aliases"] = node.aliases
    if node.ids:
        known["ids"] = node.ids
    if node.hidden:
        known["hidden"] = node.hidden
    return known


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


def _edge(
    edge: ViewEdge, index: dict[str, int], articles: dict[str, int], places: dict[str, dict[str, int]]
) -> list[Any]:
    """[source, target, family, status, bend, fact, fact …]"""
    facts = (_fact(fact, edge, articles, places) for fact in edge.facts)
    return [index[edge.source], index[edge.target], edge.family, places["statuses"][edge.status], edge.bend, *facts]


def _fact(fact: ViewFact, edge: ViewEdge, articles: dict[str, int], places: dict[str, dict[str, int]]) -> list[Any]:
    """[id, relation, 1 from source to target or 0, since, until, validity, confidence, sources, event, event …]; the
    validity is 0 where it is from since to until. The status is that of the line."""
    plain = fact.valid == ((fact.since, fact.until),)
    return [
        fact.id,
        places["relations"][fact.relation],
        int(fact.head == edge.source),
        fact.since,
        fact.until,
        0 if plain else fact.valid,
        round(fact.confidence, 3),
        fact.sources,
        *(
            [places["statuses"][event.status], event.time, *(_passage(p, articles) for p in event.passages)]
            for event in fact.history
        ),
    ]


def _passage(passage: Passage, articles: dict[str, int]) -> list[Any]:
    """[article, 1 where it is of the title, roles, text, text …], with a letter of the roles for each text."""
    roles = "".join(_ROLES.get(role, ".") for _, role in passage.segments)
    return [articles[passage.article], int(passage.in_title), roles, *(text for text, _ in passage.segments)]
