"""A fact in time: what articles claim about it, in order, and the stretches in which it held.

Times are ISO periods as the model has them. Where two are compared, a period counts from its first day; intervals are
half-open, so that a fact which ended in 2021-08 no longer held on 2021-08-01.
"""

import calendar
import datetime
import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

from kg.errors import UsageError
from kg.model import Citation, Event

_PERIOD = re.compile(r"(\d{4})(?:-(\d\d)(?:-(\d\d))?)?", re.ASCII)
_UNKNOWN_DAY = ""  # sorts before every day: what nobody dates is the first to be overruled by what somebody does

# Claims of one day in the order in which they supersede each other: a plan made and carried out on one day is carried out.
_RANK = {"rumored": 0, "planned": 1, "denied": 2, "actual": 3, "ended": 4}
_LAPSE = "lapse"  # the end that an `actual` interval START/END brings along itself
_ORDER = {**_RANK, _LAPSE: 5}


@dataclass(frozen=True, slots=True)
class Claim:
    """One statement of a fact: its status and time with the passage."""

    status: str
    time: str | None
    citation: Citation


@dataclass(frozen=True, slots=True)
class History:
    """The events of a fact in time order, its status as of the last claim and the intervals in which it held."""

    events: tuple[Event, ...]
    status: str
    valid: tuple[tuple[str | None, str | None], ...]


@lru_cache(maxsize=2048)
def is_time(text: str) -> bool:
    """Whether `text` is YYYY, YYYY-MM, YYYY-MM-DD or an interval START/END of those (END may be open)."""
    start, slash, end = text.partition("/")
    return is_period(start) and (not slash or not end or (is_period(end) and first_day(start) <= last_day(end)))


def first_day(time: str) -> str:
    """The first day of a period or interval, as YYYY-MM-DD."""
    start = time.partition("/")[0]
    return start + "-01-01"[len(start) - 4 :] if len(start) < 10 else start


def last_day(time: str) -> str:
    """The last day of a period, as YYYY-MM-DD."""
    if len(time) == 4:
        return f"{time}-12-31"
    if len(time) == 7:
        year, month = map(int, time.split("-"))
        return f"{time}-{calendar.monthrange(year, month)[1]:02d}"
    return time


def tell(claims: Iterable[Claim], dates: Mapping[str, str | None]) -> History:
    """The history that claims about one fact make; `dates` gives the day of each article. Any order gives the same.

    A claim counts from its own time, or else from its article's date. A plan, rumour or denial is something said, so it
    counts from the article's date where its time lies after that. `actual` opens an interval at its time (None where
    the first article to say so gives none) and reopens one that had ended; `ended` closes it. Of two times for one
    turn, such as 2021-08 and 2021-08-02, the finer is taken. An end that nobody dates takes the interval away. What is
    rumoured or planned anew while it holds stays `actual`.
    """
    told = [point for claim in claims for point in _points(claim, dates)]
    only = told[0] if len(told) == 1 else None  # as of most facts
    if only is not None and only.citation is not None:
        alone = Event(only.status, only.time, (only.citation,), only.day)
        return History((alone,), only.status, _intervals(told))
    points = sorted(set(told), key=_order)
    events: dict[tuple[str, str | None], dict[tuple[str, int, int, str], Citation]] = defaultdict(dict)
    first: dict[tuple[str, str | None], str] = {}
    for point in points:
        if point.citation is None:
            continue
        event = (point.status, point.time)
        first.setdefault(event, point.day)
        cited = point.citation
        place = (cited.article, cited.start, cited.end, cited.text)
        known = events[event].get(place)
        if known is None or known.confidence < cited.confidence:
            events[event][place] = cited
    in_order = sorted(events, key=lambda e: (first[e], _RANK.get(e[0], 0), e[1] or "", e[0]))
    stated = [point.status for point in points if point.citation is not None]
    valid = _intervals(points)
    if valid and valid[-1][1] is None and stated[-1] in ("rumored", "planned"):
        stated.append("actual")  # a rumour or plan of what is there already does not unsay it
    return History(
        tuple(
            Event(s, t, tuple(events[s, t][place] for place in sorted(events[s, t])), first[s, t]) for s, t in in_order
        ),
        stated[-1] if stated else "",
        valid,
    )


class _Point(NamedTuple):
    """Something that counts from a day; `bound` is how exactly that day is known (None: not at all)."""

    day: str
    status: str
    time: str | None
    bound: str | None
    citation: Citation | None


def _order(point: _Point) -> tuple[str, int, str, str, str, int, int, str, float]:
    c = point.citation
    cited = (c.article, c.start, c.end, c.text, c.confidence) if c else ("", 0, 0, "", 0.0)
    return (point.day, _ORDER.get(point.status, 0), point.time or "", point.bound or "", *cited)


def find_day(status: str, time: str | None, published: str | None) -> str:
    """The day that a claim counts from, "" where none is known; see `tell`."""
    bound = (time or "").partition("/")[0] or published
    day = first_day(bound) if bound else _UNKNOWN_DAY
    return min(day, first_day(published)) if status not in ("actual", "ended") and published else day


def _points(claim: Claim, dates: Mapping[str, str | None]) -> Iterable[_Point]:
    published = dates.get(claim.citation.article)
    start, slash, end = (claim.time or "").partition("/")
    bound = start or published
    day = find_day(claim.status, claim.time, published)
    yield _Point(day, claim.status, claim.time, bound, claim.citation)
    if claim.status == "actual" and slash and end:
        after = _day_after(end)
        yield _Point(after, _LAPSE, claim.time, after, None)


def _intervals(points: Iterable[_Point]) -> tuple[tuple[str | None, str | None], ...]:
    closed: list[tuple[str | None, str | None]] = []
    is_open = False
    start: str | None = None
    for point in points:
        if point.status == "actual":
            if not is_open:
                # Where it had ended before, an article that dates nothing still says that it holds again by now.
                start = point.bound if point.time or closed else None
                is_open = True
            elif start and point.time and _refines(point.bound, start):
                start = point.bound
        elif point.status in ("ended", _LAPSE):
            end = point.bound
            if is_open:
                is_open = False
                if end is not None:
                    closed.append((start, end))
            elif closed and end and closed[-1][1] and _refines(end, closed[-1][1]):
                closed[-1] = (closed[-1][0], end)
            elif not closed and end:
                closed.append((None, end))  # what ended had held before, nobody says since when
    if is_open:
        closed.append((start, None))
    return tuple(closed)


def _refines(finer: str | None, coarse: str) -> bool:
    return finer is not None and len(finer) > len(coarse) and finer.startswith(coarse)


@lru_cache(maxsize=16384)  # days are few, and every statement has one
def is_period(text: str) -> bool:
    """Whether `text` is a year, month or day of the calendar, as YYYY, YYYY-MM or YYYY-MM-DD."""
    match = _PERIOD.fullmatch(text)
    if match is None:
        return False
    year, month, day = (int(part) if part else 1 for part in match.groups())
    try:
        datetime.date(year, month, day)
    except ValueError:
        return False
    return True


def check_day(day: object) -> None:
    """UsageError for what is no day, month or year."""
    if not isinstance(day, str) or not is_period(day):
        raise UsageError(f"{day!r} is no day, month or year; write YYYY-MM-DD, YYYY-MM or YYYY, as a text")


def _day_after(time: str) -> str:
    day = datetime.date.fromisoformat(last_day(time))
    return (day + datetime.timedelta(days=1)).isoformat() if day < datetime.date.max else day.isoformat()
