"""Days and stretches of time as ISO texts of day, month or year, or two of them around a slash, compared as texts."""

import datetime
import re
from collections.abc import Iterable

from kg.errors import UsageError

_DAY = re.compile(r"\d{4}(?:-\d\d(?:-\d\d)?)?", re.ASCII)
EARLIEST, LATEST = "0000-01-01", "9999-12-31"


def first_day(text: str) -> str:
    """The first day that the text may mean: 2020 -> 2020-01-01."""
    return text.split("/")[0] + "-01-01"[len(text.split("/")[0]) - 4 :]


def last_day(text: str) -> str:
    """The last day that the text may mean: 2020 -> 2020-12-31. Every month has 31 days here; these are bounds only."""
    last = text.split("/")[-1]
    return last + "-12-31"[len(last) - 4 :]


def check_day(text: str | None, option: str) -> str | None:
    """The text where it is a day, a month, a year or nothing; UsageError, naming the option, otherwise."""
    if text is not None and not (_DAY.fullmatch(text) and _exists(text)):
        raise UsageError(f"{option} is {text!r}; a year, a month or a day is expected, as 2020, 2020-05 or 2020-05-31")
    return text


def check_span(since: str | None, until: str | None) -> None:
    """UsageError where the first begins after the second ends; both have been checked."""
    if since and until and first_day(since) > last_day(until):
        raise UsageError(f"since {since} is after until {until}, so nothing lies between; exchange them")


def _exists(text: str) -> bool:
    try:
        datetime.date.fromisoformat(first_day(text))
    except ValueError:  # the 31st of February, the year 0
        return False
    return True


def meets(
    times: Iterable[str | None], valid: Iterable[tuple[str | None, str | None]], since: str | None, until: str | None
) -> bool:
    """Whether something with these dated events and these half-open spells of validity lies in [since, until]. What has
    no date at all does not: nobody knows when it was."""
    low = first_day(since) if since else EARLIEST
    high = last_day(until) if until else LATEST
    if any(first_day(time) <= high and last_day(time) >= low for time in times if time):
        return True
    return any(
        (first_day(begin) if begin else EARLIEST) <= high and (last_day(end) if end else LATEST) >= low
        for begin, end in valid
        if begin or end
    )
