"""What one article says as one JSON record, the form in which every store keeps it and derives the graph from it.

    {"article": {id, title, date, source, url, hash, sketch}, "entities": [{name, type, aliases, count}],
     "declared": int, "statements": [[head, relation, tail, status, time, start, end, text, confidence]],
     "rejected": [[triple, reason]]}

`head` and `tail` are places in `entities`, whose first `declared` ones the extraction itself listed. A record is UTF-8; half
of a surrogate pair, which no file or database takes, becomes U+FFFD, so that offsets stay.
"""

import json
import struct
import sys
import zlib
from typing import Any, TypeVar

from kg.errors import StoreFormatError, UsageError
from kg.model import ArticleInfo, Evidence, Extraction, NamedEntity, Rejection, Statement
from kg.resolve.garbage import uncollected

T = TypeVar("T")

LARGEST = 2**31 - 1  # characters or mentions: more than any article has, and no more than any store holds as a number

# What reading raises where the data is not what was written.
DAMAGE = (ValueError, TypeError, LookupError, AttributeError, RecursionError, OverflowError, struct.error, zlib.error)

_write = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode  # json.dumps would make one each time


@uncollected
def encode(extraction: Extraction) -> bytes:
    """The record of an extraction. UsageError where a statement belongs to another article."""
    doc = extraction.article.id
    places: dict[NamedEntity, int] = {}
    seen: dict[int, int] = {}  # by identity, for one object is often an end of several statements and slow to hash
    entities = list(extraction.entities)
    for place, entity in enumerate(entities):
        seen[id(entity)] = places.setdefault(entity, place)

    def place_of(end: NamedEntity) -> int:
        place = seen[id(end)] = places.setdefault(end, len(entities))
        if place == len(entities):
            entities.append(end)
        return place

    statements = []
    for s in extraction.statements:
        if s.doc != doc:
            raise UsageError(f"a statement of article {s.doc!r} came with article {doc!r}; give each to its own")
        e = s.evidence
        if (head := seen.get(id(s.head))) is None:
            head = place_of(s.head)
        if (tail := seen.get(id(s.tail))) is None:
            tail = place_of(s.tail)
        statements.append((head, s.relation, tail, s.status, s.time, e.start, e.end, e.text, s.confidence))
    a = extraction.article
    info = {"id": a.id, "title": a.title, "date": a.date, "source": a.source, "url": a.url, "hash": a.hash}
    record = {
        "article": info | ({"sketch": a.sketch} if a.sketch else {}),
        "entities": [{"name": e.name, "type": e.type, "aliases": e.aliases, "count": e.count} for e in entities],
        "declared": len(extraction.entities),
        "statements": statements,
        "rejected": [[r.triple, r.reason] for r in extraction.rejected],
    }
    text = _write(record)
    try:
        return text.encode("utf-8")
    except UnicodeEncodeError:
        return scrub(text).encode("utf-8")


def decode(record: bytes | str, *, source: str) -> Extraction:
    """The extraction that a record holds; StoreFormatError naming `source` where it is none."""
    try:
        data = json.loads(record)
        article = ArticleInfo(**{key: _typed(value, str | None) for key, value in data["article"].items()})
        _typed(article.id, str)
        # Types, relations and statuses are few and names come again: a graph of many articles holds each very often.
        entities = [
            NamedEntity(
                sys.intern(e["name"]),
                sys.intern(e["type"]),
                tuple(map(sys.intern, e["aliases"])),
                _number(e["count"]),
            )
            for e in data["entities"]
        ]
        texts: dict[str, str] = {}  # one passage often states several things
        return Extraction(
            article,
            tuple(entities[: data["declared"]]),
            tuple(
                Statement(
                    article.id,
                    entities[head],
                    sys.intern(relation),
                    entities[tail],
                    sys.intern(status),
                    _typed(time, str | None),
                    Evidence(_number(start), _number(end), texts.setdefault(_typed(text, str), text)),
                    _typed(score, int | float),
                )
                for head, relation, tail, status, time, start, end, text, score in data["statements"]
            ),
            tuple(
                Rejection(article.id, (_typed(h, str), _typed(r, str), _typed(t, str)), _typed(reason, str))
                for (h, r, t), reason in data["rejected"]
            ),
        )
    except DAMAGE as exc:
        raise StoreFormatError(
            f"{source}: the record of an article is damaged ({type(exc).__name__}: {exc}); restore a copy or build it anew"
        ) from exc


def _typed(value: T, kind: Any) -> T:
    if not isinstance(value, kind):
        raise TypeError(f"{value!r:.60} is no {getattr(kind, '__name__', kind)}")
    return value


def _number(value: int) -> int:
    """An offset or count; more than 32 bits no article has, and no store takes."""
    if abs(_typed(value, int)) > LARGEST:
        raise ValueError(f"a number of {len(str(abs(value)))} digits")
    return value


def dump(data: Any) -> str:
    """Compact JSON of one form, so that equal data gives equal bytes."""
    return scrub(_write(data))


def scrub(text: str) -> str:
    """The text with U+FFFD for each half of a surrogate pair; such come from file names that are no UTF-8."""
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    return text
