"""Facts as rows for a server or a file, made of claims as the spool holds them.

`kg.resolve` defines what claims make of a fact, and `properties` what its relationship holds. Most facts rest on one claim, and
what one claim makes of a fact depends on few things, which come again and again: those are made once and filled in.
"""

import hashlib
import itertools
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any, NamedTuple

from kg.history import Claim
from kg.load import properties
from kg.model import Citation, Fact
from kg.resolve.folding import identify
from kg.resolve.merging import make_fact


class FactRow(NamedTuple):
    """A fact with the values of its relationship in the order of FACT, None for what it lacks; their digest and size in characters."""

    id: str
    head: str
    tail: str
    values: list[Any]
    digest: int
    size: int

    @property
    def properties(self) -> properties.Properties:
        """The values by name, without those that it lacks."""
        return {name: value for name, value in zip(properties.FACT, self.values, strict=True) if value is not None}


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


def make_row(claims: Sequence[tuple[Any, ...]], reprints: Mapping[str, str]) -> FactRow:
    """The row of the fact that claims about it (as ClaimRow has them) make; not for a relation that other facts complete."""
    if len(claims) > 1:
        return write_row(properties.write_fact(merge_claims([*map(ClaimRow._make, claims)], reprints)))
    [(head, relation, tail, status, time, doc, start, stop, text, confidence, date)] = claims
    lone = _write_lone(status, time, date)
    id_ = identify(head, relation, tail)
    weight = _weigh(confidence)
    event = properties.write_lone_event(status, time, doc, start, stop, text, confidence)
    written = f"{id_}{lone.before}{weight}{lone.between}{doc}\n{text}\n{event}{lone.after}"
    values = [
        id_,
        status,
        lone.since,
        lone.until,
        weight,
        [doc],
        1,
        [text],
        [event],
        lone.valid_from,
        lone.valid_to,
        None,
    ]
    return FactRow(id_, head, tail, values, hash_text(written), len(written))


def merge_claims(claims: Sequence[ClaimRow], reprints: Mapping[str, str]) -> Fact:
    """The fact that claims about it make."""
    first = claims[0]
    told = [Claim(c.status, c.time, Citation(c.doc, c.start, c.stop, c.text, c.confidence)) for c in claims]
    return make_fact(first.head, first.relation, first.tail, told, {c.doc: c.date for c in claims}, reprints)


def write_row(row: properties.Properties) -> FactRow:
    """A row {head, tail, properties} with its digest and size."""
    values = [*map(row["properties"].get, properties.FACT)]
    text = _write(values)
    return FactRow(values[0], row["head"], row["tail"], values, hash_text(text), len(text))


def _write(values: Sequence[Any]) -> str:
    """What the digest of a fact is made of."""
    id_, status, since, until, confidence, articles, sources, *lists, organisation = values
    lists = [articles, *lists]
    # The id tells the ends. A line end in a passage confuses nothing, for the history says again, escaped, what passages there are.
    return (
        f"{id_}\n{status}\n{since}\n{until}\n{confidence}\n{sources}\n{organisation}\n{list(map(len, lists))}\n"
        + "\n".join(itertools.chain.from_iterable(lists))
    )


class _Lone(NamedTuple):
    """What facts of one claim have in common whose status, time and article's day are the same.

    The last three are what `_write` makes of it: before the confidence, from there to the articles, and behind the history.
    """

    since: str | None
    until: str | None
    valid_from: list[str]
    valid_to: list[str]
    before: str
    between: str
    after: str


@lru_cache(maxsize=2048)
def _write_lone(status: str, time: str | None, date: str | None) -> _Lone:
    claim = Claim(status, time, Citation("", 0, 0, "", 1.0))
    held = properties.write_fact(make_fact("", "", "", [claim], {"": date}, {}))["properties"]
    since, until, valid_from, valid_to = map(held.get, ("since", "until", "valid_from", "valid_to"))
    before = f"\n{status}\n{since}\n{until}\n"
    between = f"\n1\nNone\n{[1, 1, 1, len(valid_from), len(valid_to)]}\n"
    return _Lone(
        since, until, valid_from, valid_to, before, between, "".join(f"\n{day}" for day in valid_from + valid_to)
    )


@lru_cache(maxsize=2048)
def _weigh(confidence: float) -> float:
    claim = Claim("actual", None, Citation("", 0, 0, "", confidence))
    return make_fact("", "", "", [claim], {"": None}, {}).confidence


def hash_text(text: str) -> int:
    """64 bits that tell whether a text is what it was."""
    return hash_bytes(text.encode("utf-8"))


def hash_bytes(data: bytes) -> int:
    """64 bits that tell whether UTF-8 text is what it was."""
    return int.from_bytes(hashlib.blake2b(data, digest_size=8).digest(), "big", signed=True)
