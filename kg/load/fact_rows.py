"""Facts as rows for a server or a file, made of claims as the spool holds them.

`kg.resolve` defines what claims make of a fact, and `properties` what its relationship holds. Most facts rest on one claim, and
what one claim makes of a fact depends on few things, which come again and again: those are made once and filled in.
"""

import hashlib
import itertools
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import NamedTuple

from kg.history import Claim
from kg.load import properties
from kg.model import Citation, Fact
from kg.resolve.folding import identify
from kg.resolve.merging import make_fact


class FactRow(NamedTuple):
    """A fact as the properties of its relationship, with their digest and size in characters."""

    id: str
    head: str
    tail: str
    properties: properties.Properties
    digest: int
    size: int


class ClaimRow(NamedTuple):
    """What one article claims, with the ids of both ends; `date` is the article's."""

    head: str
    relation: str
    tail: str
    status: str
    time: str | None
    doc: str
    start: int
    stop: int
    text: str
    confidence: float
    date: str | None


def make_row(claims: Sequence[ClaimRow], reprints: Mapping[str, str]) -> FactRow:
    """The row of the fact that claims about it make; not for a relation that other facts complete."""
    if len(claims) > 1:
        return write_row(properties.write_fact(merge_claims(claims, reprints)))
    [(head, relation, tail, status, time, doc, start, stop, text, confidence, date)] = claims
    held = _write_lone(status, time, date).copy()
    held["id"] = identify(head, relation, tail)
    held["confidence"] = _weigh(confidence)
    held["articles"] = [doc]
    held["evidence"] = [text]
    held["history"] = [properties.write_lone_event(status, time, doc, start, stop, text, confidence)]
    return write_row({"head": head, "tail": tail, "properties": held})


def merge_claims(claims: Sequence[ClaimRow], reprints: Mapping[str, str]) -> Fact:
    """The fact that claims about it make."""
    first = claims[0]
    told = [Claim(c.status, c.time, Citation(c.doc, c.start, c.stop, c.text, c.confidence)) for c in claims]
    return make_fact(first.head, first.relation, first.tail, told, {c.doc: c.date for c in claims}, reprints)


def write_row(row: properties.Properties) -> FactRow:
    """A row {head, tail, properties} with its digest and size."""
    held = row["properties"]
    get = held.get
    lists = [held[name] for name in properties.LISTS]
    # The id tells the ends. A line end in a passage confuses nothing, for the history says again, escaped, what passages there are.
    text = (
        f"{held['id']}\n{held['status']}\n{get('since')}\n{get('until')}\n{held['confidence']}\n{held['sources']}\n"
        f"{get('organisation')}\n{list(map(len, lists))}\n" + "\n".join(itertools.chain.from_iterable(lists))
    )
    return FactRow(held["id"], row["head"], row["tail"], held, hash_text(text), len(text))


@lru_cache(maxsize=16384)
def _write_lone(status: str, time: str | None, date: str | None) -> properties.Properties:
    """The properties of a fact of one claim: all but its id, its passage and its confidence are right."""
    claim = Claim(status, time, Citation("", 0, 0, "", 1.0))
    held: properties.Properties = properties.write_fact(make_fact("", "", "", [claim], {"": date}, {}))["properties"]
    return held


@lru_cache(maxsize=16384)
def _weigh(confidence: float) -> float:
    claim = Claim("actual", None, Citation("", 0, 0, "", confidence))
    return make_fact("", "", "", [claim], {"": None}, {}).confidence


def hash_text(text: str) -> int:
    """64 bits that tell whether a text is what it was."""
    return hash_bytes(text.encode("utf-8"))


def hash_bytes(data: bytes) -> int:
    """64 bits that tell whether UTF-8 text is what it was."""
    return int.from_bytes(hashlib.blake2b(data, digest_size=8).digest(), "big", signed=True)
