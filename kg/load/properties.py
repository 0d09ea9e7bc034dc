"""A resolution as the rows that Cypher stores hold: the graph model of the documentation, free of any driver.

Values are what Neo4j takes as properties: strings, numbers, and lists of them without null. So an unknown start and an
end that has not come are "" in `valid_from` and `valid_to`, which are days (YYYY-MM-DD) and compare as strings; an event
of the history is a JSON string. Properties without a value are left out.
"""

import json
from collections import defaultdict
from typing import Any

from kg.history import first_day
from kg.model import Event, Fact, Resolution

Properties = dict[str, Any]


def list_entities(resolution: Resolution) -> dict[str, list[Properties]]:
    """Rows of entities by label: id, name, aliases, type."""
    rows: dict[str, list[Properties]] = defaultdict(list)
    for e in resolution.entities:
        rows[e.type].append({"id": e.id, "name": e.name, "aliases": list(e.aliases), "type": e.type})
    return dict(sorted(rows.items()))


def list_articles(resolution: Resolution) -> list[Properties]:
    """Rows of articles: id, title, hash, and date, source, url where known."""
    return [
        _present({"id": a.id, "title": a.title, "date": a.date, "source": a.source, "url": a.url, "hash": a.hash})
        for a in resolution.articles
    ]


def list_mentions(resolution: Resolution) -> list[Properties]:
    """Rows {article, entity, count, names}: how often an article names an entity, and by which forms."""
    return [
        {"article": article, "entity": e.id, "count": count, "names": list(forms)}
        for e in resolution.entities
        for article, count, forms in e.mentions
    ]


def list_facts(resolution: Resolution) -> dict[str, list[Properties]]:
    """Rows {head, tail, properties} of facts by relation."""
    organisations = find_organisations(resolution)
    rows: dict[str, list[Properties]] = defaultdict(list)
    for f in resolution.facts:
        properties = {
            "id": f.id,
            "status": f.status,
            "since": f.since,
            "until": f.until,
            "confidence": f.confidence,
            "articles": list(f.articles),
            "sources": f.sources,
            "evidence": list(dict.fromkeys(c.text for c in f.citations())),
            "history": [_write_event(event) for event in f.history],
            "valid_from": [first_day(start) if start else "" for start, _ in f.valid],
            "valid_to": [first_day(end) if end else "" for _, end in f.valid],
            "organisation": organisations.get(f.id),
        }
        rows[f.relation].append({"head": f.head, "tail": f.tail, "properties": _present(properties)})
    return dict(sorted(rows.items()))


def find_organisations(resolution: Resolution) -> dict[str, str]:
    """For HOLDS_POSITION facts, the names of the organisations where the person holds the title, joined by "; ".

    That is where the person's WORKS_FOR rests on a passage that overlaps one of the title's in the same article.
    """
    names = {e.id: e.name for e in resolution.entities}
    employments: dict[str, list[Fact]] = defaultdict(list)
    for f in resolution.facts:
        if f.relation == "WORKS_FOR":
            employments[f.head].append(f)
    found = {}
    for f in resolution.facts:
        if f.relation == "HOLDS_POSITION":
            twins = sorted(names[e.tail] for e in employments[f.head] if _share_passage(f, e))
            if twins:
                found[f.id] = "; ".join(twins)
    return found


def _share_passage(a: Fact, b: Fact) -> bool:
    places: dict[str, list[tuple[int, int, str]]] = defaultdict(list)
    for c in b.citations():
        places[c.article].append((c.start, c.end, c.text))
    return any(
        c.text == text or (c.start < end and start < c.end)
        for c in a.citations()
        for start, end, text in places[c.article]
    )


def _write_event(event: Event) -> str:
    evidence = [
        {"article": c.article, "start": c.start, "end": c.end, "text": c.text, "confidence": c.confidence}
        for c in event.citations
    ]
    content = {"status": event.status, "time": event.time, "articles": list(event.articles), "evidence": evidence}
    return json.dumps(content, ensure_ascii=False, separators=(",", ":"))


def _present(properties: Properties) -> Properties:
    return {key: value for key, value in properties.items() if value is not None}
