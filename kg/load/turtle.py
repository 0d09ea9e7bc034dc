"""Turtle: the graph as RDF, facts both as plain triples and reified with status, times and evidence.

    :e/… a :Platform ; rdfs:label "小红书"@zh ; skos:altLabel "RED" .
    :e/… :PARTNERS_WITH :e/… .                              # only what holds as of the last article
    :f/… a rdf:Statement ; rdf:subject … ; rdf:predicate :PARTNERS_WITH ; rdf:object … ; kg:status "actual" ;
        kg:since "2025-05-07"^^xsd:date ; kg:event [ kg:status … ; kg:time … ; kg:article … ; kg:evidence "…" ] .

Times keep their exactness: xsd:gYear, xsd:gYearMonth or xsd:date. No library is needed to write it; rdflib reads it back.
"""

from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

from kg.model import Event, Fact, Resolution
from kg.output import replacing

BASE = "urn:kg:"
_PREFIXES = f"""@prefix kg: <{BASE}schema:> .
@prefix rdf: <http://www.w3.org/1999/02/22-rdf-syntax-ns#> .
@prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .
@prefix skos: <http://www.w3.org/2004/02/skos/core#> .
@prefix dcterms: <http://purl.org/dc/terms/> .
@prefix xsd: <http://www.w3.org/2001/XMLSchema#> .
"""
_BETWEEN = " ;\n    "
_TYPES = {4: "gYear", 7: "gYearMonth", 10: "date"}


def write_turtle(resolution: Resolution, path: Path) -> None:
    """Write the graph. Raises OSError."""
    with replacing(path) as new, new.open("w", encoding="utf-8", newline="\n") as file:
        file.write(_PREFIXES)
        file.writelines(_list_statements(resolution))


def _list_statements(resolution: Resolution) -> Iterator[str]:
    reprints = dict(resolution.reprints)
    for a in resolution.articles:
        parts = ["a kg:Article", f"dcterms:identifier {_text(a.id)}", f"dcterms:title {_text(a.title)}"]
        parts += [f"dcterms:date {_time(a.date)}"] if a.date else []
        parts += [f"dcterms:publisher {_text(a.source)}"] if a.source else []
        parts += [f"dcterms:source {_text(a.url)}"] if a.url else []
        parts += [f"kg:reprintOf {_article(reprints[a.id])}"] if a.id in reprints else []
        yield _sentence(_article(a.id), parts)
    for e in resolution.entities:
        parts = [f"a kg:{e.type}", f"rdfs:label {_text(e.name)}", *(f"skos:altLabel {_text(n)}" for n in e.aliases)]
        parts += [f"dcterms:identifier {_text(written)}" for written in e.written_ids]
        yield _sentence(f"<{BASE}entity:{e.id}>", parts)
    for f in resolution.facts:
        head, tail = f"<{BASE}entity:{f.head}>", f"<{BASE}entity:{f.tail}>"
        if f.status == "actual":
            yield f"{head} kg:{f.relation} {tail} .\n"
        yield _sentence(f"<{BASE}fact:{f.id}>", list(_fact(f, head, tail)))


def _fact(fact: Fact, head: str, tail: str) -> Iterator[str]:
    yield "a rdf:Statement"
    yield f"rdf:subject {head}"
    yield f"rdf:predicate kg:{fact.relation}"
    yield f"rdf:object {tail}"
    yield f"kg:status {_text(fact.status)}"
    yield f"kg:confidence {fact.confidence!r}"
    yield f"kg:sources {fact.sources}"
    for start, end in fact.valid:
        ends = [f"kg:since {_time(start)}"] if start else []
        ends += [f"kg:until {_time(end)}"] if end else []
        yield f"kg:valid [ {' ; '.join(ends)} ]" if ends else "kg:valid [ ]"
    for event in fact.history:
        yield f"kg:event [ {' ; '.join(_event(event))} ]"


def _event(event: Event) -> Iterator[str]:
    yield f"kg:status {_text(event.status)}"
    if event.time:
        yield f"kg:time {_time(event.time)}"
    for c in event.citations:
        place = f"kg:article {_article(c.article)} ; kg:start {c.start} ; kg:end {c.end} ; kg:confidence {float(c.confidence)!r}"
        yield f"kg:citation [ {place} ; kg:text {_text(c.text)} ]"


def _sentence(subject: str, parts: list[str]) -> str:
    return f"{subject} {_BETWEEN.join(parts)} .\n"


def _time(time: str) -> str:
    kind = _TYPES.get(len(time))
    return f'"{time}"^^xsd:{kind}' if kind and "/" not in time else _text(time)


def _article(doc: str) -> str:
    # An id may hold anything, and a name in <> almost nothing.
    return f"<{BASE}article:{quote(doc, safe='', errors='replace')}>"


_ESCAPES = {'"': '\\"', "\\": "\\\\", "\n": "\\n", "\r": "\\r", "\t": "\\t"}


def _text(text: str) -> str:
    return f'"{"".join(map(_escape, text))}"'


def _escape(sign: str) -> str:
    if sign in _ESCAPES:
        return _ESCAPES[sign]
    if "\ud800" <= sign <= "\udfff":  # half of a pair, which no file takes
        return "\ufffd"
    return sign if sign >= " " else f"\\u{ord(sign):04X}"
