"""A resolution as the rows that Cypher stores hold: the graph model of the documentation, free of any driver.

Values are what Neo4j takes as properties: strings, numbers, and lists of them without null. So an unknown start and an
end that has not come are "" in `valid_from` and `valid_to`, which are days (YYYY-MM-DD) and compare as strings; an event
of the history is a JSON string. Properties without a value are left out.
"""

import json
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import lru_cache
from json.encoder import encode_basestring as _quote
from typing import Any, TypeVar

from kg.history import first_day
from kg.model import Entity, Event, Fact, Resolution

Properties = dict[str, Any]

T = TypeVar("T")

_write = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode  # json.dumps would make one each time

# Labels, relationship types and properties of the graph model that do not come from the ontology.
NAMES = frozenset(
    """Entity Article MENTIONS id name aliases ids type title date source url hash count names status since until confidence
    articles sources evidence history valid_from valid_to organisation reprint_of""".split()  # noqa: SIM905 - reads better
)
# Those of a fact, where they go by their place.
FACT = (
    "id",
    "status",
    "since",
    "until",
    "confidence",
    "articles",
    "sources",
    "evidence",
    "history",
    "valid_from",
    "valid_to",
    "organisation",
)


def group_entities(resolution: Resolution) -> Iterator[tuple[str, Iterator[Properties]]]:
    """Each label with the rows of its entities: id, name, aliases, type, and ids where there are some."""
    for label, entities in _group(resolution.entities, lambda e: e.type):
        yield label, map(_write_entity, entities)


def _write_entity(e: Entity) -> Properties:
    row = {"id": e.id, "name": e.name, "aliases": list(e.aliases), "type": e.type}
    return row | {"ids": e.written_ids} if e.ids else row


def list_articles(resolution: Resolution) -> Iterator[Properties]:
    """Rows of articles: id, title, hash, and date, source, url where known, and of reprints reprint_of, the id of the origin."""
    origins = dict(resolution.reprints)
    for a in resolution.articles:
        row = {"id": a.id, "title": a.title, "date": a.date, "source": a.source, "url": a.url, "hash": a.hash}
        yield _present({**row, "reprint_of": origins.get(a.id)})


def list_mentions(resolution: Resolution) -> Iterator[Properties]:
    """Rows {article, entity, count, names}: how often an article names an entity, and by which forms."""
    for e in resolution.entities:
        for article, count, forms in e.mentions:
            yield {"article": article, "entity": e.id, "count": count, "names": list(forms)}


def group_facts(resolution: Resolution) -> Iterator[tuple[str, Iterator[Properties]]]:
    """Each relation with the rows {head, tail, properties} of its facts."""
    yield from group_some_facts(resolution.facts, find_organisations(resolution))


def group_some_facts(
    facts: Iterable[Fact], organisations: Mapping[str, str]
) -> Iterator[tuple[str, Iterator[Properties]]]:
    """As `group_facts`, where the organisations of HOLDS_POSITION are known or come later."""
    for relation, found in _group(facts, lambda f: f.relation):
        yield relation, (write_fact(fact, organisations.get(fact.id)) for fact in found)


def find_organisations(resolution: Resolution) -> dict[str, str]:
    """For HOLDS_POSITION facts, the names of the organisations where the person holds the title, joined by "; ".

    That is where the person's WORKS_FOR rests on a passage that overlaps one of the title's in the same article. A title
    that is held is none at an organisation that the person has left (杨若离开花旗，任小红书首席财务官).
    """
    names = {e.id: e.name for e in resolution.entities}
    employments: dict[str, list[Fact]] = defaultdict(list)
    for f in resolution.facts:
        if f.relation == "WORKS_FOR":
            employments[f.head].append(f)
    found = {}
    for f in resolution.facts:
        if f.relation == "HOLDS_POSITION":
            twins = sorted(
                names[e.tail]
                for e in employments[f.head]
                if _share_passage(f, e) and (f.status == "ended" or e.status != "ended")
            )
            if twins:
                found[f.id] = "; ".join(twins)
    return found


def write_fact(fact: Fact, organisation: str | None = None) -> Properties:
    """A row {head, tail, properties}; see `find_organisations`."""
    properties = {
        "id": fact.id,
        "status": fact.status,
        "since": fact.since,
        "until": fact.until,
        "confidence": fact.confidence,
        "articles": list(fact.articles),
        "sources": fact.sources,
        "evidence": list(dict.fromkeys(c.text for c in fact.citations())),
        "history": [_write_event(event) for event in fact.history],
        "valid_from": [first_day(start) if start else "" for start, _ in fact.valid],
        "valid_to": [first_day(end) if end else "" for _, end in fact.valid],
        "organisation": organisation,
    }
    return {"head": fact.head, "tail": fact.tail, "properties": _present(properties)}


def _group(items: Iterable[T], label: Callable[[T], str]) -> list[tuple[str, list[T]]]:
    groups: dict[str, list[T]] = defaultdict(list)
    for item in items:
        groups[label(item)].append(item)
    return sorted(groups.items())


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
    return _write(content)


def write_lone_event(
    status: str, time: str | None, article: str, start: int, end: int, text: str, confidence: float
) -> str:
    """An event of one passage as the history has it: written so for speed, there is one for nearly every fact."""
    doc = _quote(article)
    return (
        f'{{"status":{_dump(status)},"time":{_dump(time)},"articles":[{doc}],"evidence":[{{"article":{doc},"start":{start},'
        f'"end":{end},"text":{_quote(text)},"confidence":{_dump(confidence)}}}]}}'
    )


_dump = lru_cache(maxsize=4096, typed=True)(_write)  # of what comes again and again


def _present(properties: Properties) -> Properties:
    return {key: value for key, value in properties.items() if value is not None}
