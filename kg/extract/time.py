"""Time expressions of Chinese business news as ISO dates, absolute or against the article's day.

    find_times("今年2月上线", anchor="2025-06-01")  ->  [TimeExpression(0, 4, "今年2月", "2025-02", "month")]

Values are as exact as the words and no more: 5月初 and 5月下旬 are the month, 年初 the year, 上半年 and 三季度 intervals of months,
上周 the month it lay in. What cannot be placed (近日, 两三年前, a bare month without an anchor) is left out, and durations, ages,
prices and sale names (三年, 618, 双11) are no times.

A text is read from left to right. 同年, 次年, 当月, 同日 and a bare 5月 or 8日 refer to the date named before; how far that
reaches, and when a bare month belongs to last year, is told at the rule concerned. The rules were tuned on half of the
annotated news of bench/times.py, which reports the other half beside it.
"""

import calendar
import re
from bisect import bisect_right
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta

from kg.errors import UsageError
from kg.extract.time_words import (
    DAY_BACK,
    DAY_WORDS,
    DIGITS,
    EXPRESSION,
    FUTURE,
    FUTURE_AFTER,
    FUTURE_BEFORE,
    MONTH_BACK,
    MONTH_WORDS,
    NEAR_MONTHS,
    NEXT_MONTH,
    PERIOD,
    RANGE_MARK,
    SENTENCE_END,
    WEEK_WORDS,
    WIDTH,
    YEAR_BACK,
    YEAR_WORDS,
)
from kg.model import Span

_SOME_DAY = "2025-12-31"
"""Any day places what any other does."""


@dataclass(frozen=True, slots=True)
class TimeExpression:
    """A stretch of text that names a time.

    `start` and `end` are half-open characters of the text given, `value` is YYYY, YYYY-MM, YYYY-MM-DD or START/END of those, `kind`
    one of day, week, month, quarter, half, year, decade and interval: how the words name it, not the form of the value.
    """

    start: int
    end: int
    text: str
    value: str
    kind: str


@dataclass(frozen=True, slots=True)
class _Date:
    """A day, a month (`day` None) or a year (`month` None too)."""

    year: int
    month: int | None = None
    day: int | None = None

    def iso(self) -> str:
        parts = f"{self.year:04d}"
        if self.month:
            parts += f"-{self.month:02d}"
        return parts + (f"-{self.day:02d}" if self.day else "")

    def exists(self) -> bool:
        if not 1000 <= self.year <= 2999 or not (self.month is None or 1 <= self.month <= 12):
            return False
        return self.day is None or (self.month is not None and 1 <= self.day <= _month_length(self.year, self.month))


@dataclass(frozen=True, slots=True)
class _Found:
    """A resolved time before it is written out: `stop` closes an interval, both ends included."""

    start: int
    end: int
    kind: str
    first: _Date
    stop: _Date | None = None

    def value(self) -> str:
        return self.first.iso() if self.stop is None else f"{self.first.iso()}/{self.stop.iso()}"


@dataclass(slots=True)
class _Reading:
    """Where the reader is: the article's day and the times named before."""

    text: str
    anchor: _Date | None
    sentences: list[int]
    last: _Found | None = None

    def sentence(self, offset: int) -> int:
        return bisect_right(self.sentences, offset)

    def last_here(self, offset: int) -> _Date | None:
        """The time named last in the same sentence."""
        if self.last and self.sentence(self.last.start) == self.sentence(offset):
            return self.last.stop or self.last.first
        return None

    def future(self, start: int, end: int) -> bool:
        """Whether a word of intention stands near: the time is then ahead of the article."""
        return bool(FUTURE.search(self.text, max(0, start - FUTURE_BEFORE), end + FUTURE_AFTER))


def find_times(text: str, *, anchor: str | None) -> list[TimeExpression]:
    """All times in the text that can be placed, in order and apart from each other.

    `anchor` is the article's day (YYYY-MM-DD, or YYYY-MM or YYYY where no more is known); without it only absolute times and
    those that refer to one named before are placed. UsageError where it is no such day. Offsets are those of `text`.
    """
    folded = text.translate(WIDTH)
    reading = _Reading(folded, _read_anchor(anchor), [match.end() for match in SENTENCE_END.finditer(folded)])
    found: list[_Found] = []
    for match in EXPRESSION.finditer(folded):
        resolved = _resolve(match, reading)
        if resolved is None:
            continue
        resolved = _close_period(resolved, folded)
        if found and (joined := _join_range(found[-1], resolved, folded)):
            found[-1] = resolved = joined
        else:
            found.append(resolved)
        reading.last = resolved
    return [TimeExpression(f.start, f.end, text[f.start : f.end], f.value(), f.kind) for f in found]


def find_unplaced(text: str, placed: Sequence[Span]) -> list[Span]:
    """Where a text names times (5月, 上周) that only the day of its article would place, in order. `placed`: those that none must."""
    ends = [time.end for time in placed]
    unplaced = []
    for named in find_times(text, anchor=_SOME_DAY):
        behind = bisect_right(ends, named.start)  # the first that ends behind where this one starts
        if behind == len(placed) or placed[behind].start >= named.end:
            unplaced.append(Span(named.start, named.end))
    return unplaced


def _read_anchor(anchor: str | None) -> _Date | None:
    if anchor is None:
        return None
    if re.fullmatch("[0-9]{4}(?:-[0-9]{2}){0,2}", anchor):
        day = _Date(*map(int, anchor.split("-")))
        if day.exists():
            return day
    raise UsageError(
        f"anchor {anchor!r} is no day; expected the article's date as YYYY-MM-DD, YYYY-MM or YYYY, or None"
    )


# --- from words to dates -------------------------------------------------------------------------------------------------


def _resolve(match: re.Match[str], reading: _Reading) -> _Found | None:
    """What the match means, or None where it is no time or cannot be placed."""
    for group, resolver in _RESOLVERS.items():
        if match[group] is not None:
            found = resolver(match, reading)
            return found if found and found.first.exists() and (found.stop is None or found.stop.exists()) else None
    return None


def _found(match: re.Match[str], kind: str, first: _Date, stop: _Date | None = None, *, group: str = "") -> _Found:
    start, end = match.span(group) if group else match.span()
    return _Found(start, end, kind, first, stop)


def _resolve_iso(match: re.Match[str], _: _Reading) -> _Found:
    day = _Date(int(match["iso_year"]), int(match["iso_month"]), int(match["iso_day"]))
    return _found(match, "day", day)


def _resolve_iso_short(match: re.Match[str], _: _Reading) -> _Found:
    return _found(match, "month", _Date(int(match["short_year"]), int(match["short_month"])))


def _resolve_years(match: re.Match[str], _: _Reading) -> _Found | None:
    first, last = _read_year(match["year_from"]), _read_year(match["year_to"])
    return _found(match, "interval", _Date(first), _Date(last)) if first < last else None


def _resolve_in_year(match: re.Match[str], reading: _Reading) -> _Found | None:
    if match["reject_year"]:
        return None
    if match["year"]:
        year = _read_year(match["year"])
    elif match["year_word"]:
        if reading.anchor is None:
            return None
        year = reading.anchor.year + YEAR_WORDS[match["year_word"]]
    else:
        if reading.last is None:
            return None
        last = reading.last.stop or reading.last.first
        year = last.year + YEAR_BACK[match["year_back"]]
    if match["fiscal"]:  # its quarters are not the calendar's, and every firm's year begins elsewhere
        return _found(match, "year", _Date(year), group="in_year")
    return _within_year(match, "", year, group="in_year") or _found(match, "year", _Date(year), group="in_year")


def _within_year(match: re.Match[str], prefix: str, year: int, *, group: str) -> _Found | None:
    """The month, quarter or half of the year that the match names; None where it names none."""
    if match[f"{prefix}month"]:
        day = match[f"{prefix}day"]
        return _found(
            match,
            "day" if day else "month",
            _Date(year, _number(match[f"{prefix}month"]), _number(day) if day else None),
            group=group,
        )
    if match[f"{prefix}month_from"]:
        months = _number(match[f"{prefix}month_from"]), _number(match[f"{prefix}month_to"])
        return _found(match, "interval", _Date(year, months[0]), _Date(year, months[1]), group=group)
    if match[f"{prefix}half"]:
        first = 1 if match[f"{prefix}half"] == "上" else 7
        return _found(match, "half", _Date(year, first), _Date(year, first + 5), group=group)
    if match[f"{prefix}first_quarters"]:
        last = 9 if match[f"{prefix}first_quarters"][-1] in "三3" else 6
        return _found(match, "interval", _Date(year, 1), _Date(year, last), group=group)
    quarter = match[f"{prefix}quarter"] or match[f"{prefix}quarter_q"]
    if not quarter:
        return None
    number = 1 if quarter == "首" else _number(quarter[-1])
    return _found(match, "quarter", _Date(year, 3 * number - 2), _Date(year, 3 * number), group=group)


def _resolve_in_month(match: re.Match[str], reading: _Reading) -> _Found | None:
    if match["month_word"]:
        base, shift = reading.anchor, MONTH_WORDS[match["month_word"]]
    else:
        base = (reading.last.stop or reading.last.first) if reading.last else None
        shift = MONTH_BACK[match["month_back"]]
    if base is None or base.month is None:
        return None
    month = _shift_months(base, shift)
    if match["month_day"]:
        return _found(match, "day", replace(month, day=_number(match["month_day"])), group="in_month")
    return _found(match, "month", month, group="in_month")


def _resolve_bare(match: re.Match[str], reading: _Reading) -> _Found | None:
    """A month, quarter or half without a year: of the year named in the sentence, or the one nearest to the article."""
    draft = _within_year(match, "bare_", 2000, group="bare")
    if draft is None or draft.first.month is None:
        return None
    year = _year_of_month(draft.first.month, draft.kind, match, reading)
    if year is None:
        return None
    found = _within_year(match, "bare_", year, group="bare")
    return replace(found, end=match.end()) if found and match["bare_tail"] else found


def _year_of_month(month: int, kind: str, match: re.Match[str], reading: _Reading) -> int | None:
    anchor, before = reading.anchor, reading.last_here(match.start())
    # 2014年2月…，8月: the story goes on within the year that the sentence named, as long as its months go up. A year alone
    # goes on in what follows at once (2011年里，6月); further on, 自2023年起的合作已于5月15日到期, the month is the article's own.
    if before and reading.last and (month >= before.month if before.month else _is_next(match, reading.last)):
        return before.year
    if anchor is None:
        return None
    if anchor.month is None or month <= anchor.month or kind == "half":  # of a past half, news says 去年下半年
        return anchor.year
    near = month - anchor.month <= NEAR_MONTHS
    return anchor.year if near or reading.future(match.start(), match.end()) else anchor.year - 1


def _is_next(match: re.Match[str], last: _Found) -> bool:
    return match.start() - last.end <= NEXT_MONTH


def _resolve_day_word(match: re.Match[str], reading: _Reading) -> _Found | None:
    day = _as_day(reading.anchor)
    return None if day is None else _found(match, "day", _as_date(day + timedelta(DAY_WORDS[match["day_word"]])))


def _resolve_day_back(match: re.Match[str], reading: _Reading) -> _Found | None:
    last = (reading.last.stop or reading.last.first) if reading.last else None
    day = _as_day(last)
    return None if day is None else _found(match, "day", _as_date(day + timedelta(DAY_BACK[match["day_back"]])))


def _resolve_week(match: re.Match[str], reading: _Reading) -> _Found | None:
    day = _as_day(reading.anchor)
    if day is None:
        return None
    monday = day - timedelta(day.weekday()) + timedelta(7 * WEEK_WORDS[match["week_word"]])
    if match["week_day"]:
        return _found(match, "day", _as_date(monday + timedelta(_weekday(match["week_day"]))), group="week")
    # A week has no ISO form of ours; the month of its middle is what it says for sure at that exactness.
    middle = monday + timedelta(3)
    return _found(match, "week", _Date(middle.year, middle.month), group="week")


def _resolve_weekday(match: re.Match[str], reading: _Reading) -> _Found | None:
    """A weekday without a week: the last one up to the article's day, that day included."""
    day = _as_day(reading.anchor)
    if day is None:
        return None
    back = (day.weekday() - _weekday(match["plain_day"])) % 7
    return _found(match, "day", _as_date(day - timedelta(back)), group="weekday")


def _resolve_bare_date(match: re.Match[str], reading: _Reading) -> _Found | None:
    """31日: of the month named in the sentence, else of the article's month or the one before it."""
    day = int(match["only_day"])
    base = reading.last_here(match.start())
    if base is None or base.month is None:
        base = reading.anchor
        if base is None or base.month is None:
            return None
        if base.day and day > base.day and not reading.future(match.start(), match.end()):
            base = _shift_months(base, -1)
    return _found(match, "day", _Date(base.year, base.month, day), group="bare_date")


def _resolve_ago(match: re.Match[str], reading: _Reading) -> _Found | None:
    anchor, unit = reading.anchor, match["ago_unit"]
    if anchor is None:
        return None
    if match["ago_n"] == "半":
        return _found(match, "month", _shift_months(anchor, -6), group="ago") if unit == "年" and anchor.month else None
    count = _number(match["ago_n"])
    if unit == "年":
        return _found(match, "year", _Date(anchor.year - count), group="ago")
    if unit == "个月":
        return _found(match, "month", _shift_months(anchor, -count), group="ago") if anchor.month else None
    day = _as_day(anchor)
    if day is None:
        return None
    there = day - timedelta(count if unit == "天" else 7 * count)
    if unit == "天" and count < 10:  # ten days ago is a round number
        return _found(match, "day", _as_date(there), group="ago")
    return _found(match, "month", _Date(there.year, there.month), group="ago")


def _resolve_later(match: re.Match[str], reading: _Reading) -> _Found | None:
    """两年后, 三天后: counted from the time named last, at the exactness that both have."""
    last, unit = reading.last, match["later_unit"]
    if last is None or match["later_n"] == "半" or reading.sentence(match.start()) - reading.sentence(last.start) > 1:
        return None
    base, count = last.stop or last.first, _number(match["later_n"])
    later: _Date
    if unit == "年":
        later = _Date(base.year + count)
    elif base.month is None:
        return None
    elif unit == "个月":
        later = _shift_months(base, count)
    else:
        day = _as_day(base)
        if day is None:
            return None
        later = _as_date(day + timedelta(count if unit in "天日" else 7 * count))
        if unit not in "天日":
            later = replace(later, day=None)
    # What would lie ahead of the article is a plan counted from today, and says nothing exact.
    if reading.anchor and later.iso() > reading.anchor.iso():
        return None
    return _found(match, "day" if later.day else "month" if later.month else "year", later, group="later")


def _resolve_decade(match: re.Match[str], reading: _Reading) -> _Found:
    tens, century = match["tens"], match["century"] or ""
    ten = int(tens) if tens[0].isdigit() else 10 * DIGITS[tens[0]]
    if century in ("20", "本世纪", "21世纪"):
        first = 2000 + ten
    elif century:
        first = 1900 + ten
    else:  # the decade of that name that began last
        limit = reading.anchor.year if reading.anchor else 2029
        first = next(c for c in (2000 + ten, 1900 + ten, 1800 + ten) if c <= limit or c < 1900)
    return _found(match, "decade", _Date(first), _Date(first + 9))


def _resolve_year_point(match: re.Match[str], reading: _Reading) -> _Found | None:
    before = reading.last_here(match.start())
    base = before or reading.anchor
    return None if base is None else _found(match, "year", _Date(base.year))


def _resolve_month_point(match: re.Match[str], reading: _Reading) -> _Found | None:
    base = reading.last_here(match.start()) or reading.anchor
    if base is None or base.month is None:
        base = reading.anchor
    return None if base is None or base.month is None else _found(match, "month", _Date(base.year, base.month))


_RESOLVERS: dict[str, Callable[[re.Match[str], _Reading], _Found | None]] = {
    "iso": _resolve_iso,
    "iso_short": _resolve_iso_short,
    "years": _resolve_years,
    "in_year": _resolve_in_year,
    "in_month": _resolve_in_month,
    "bare": _resolve_bare,
    "day_word": _resolve_day_word,
    "day_back": _resolve_day_back,
    "week": _resolve_week,
    "weekday": _resolve_weekday,
    "bare_date": _resolve_bare_date,
    "ago": _resolve_ago,
    "later": _resolve_later,
    "decade": _resolve_decade,
    "year_point": _resolve_year_point,
    "month_point": _resolve_month_point,
}

# --- intervals over two expressions ----------------------------------------------------------------------------------------


def _join_range(left: _Found, right: _Found, text: str) -> _Found | None:
    """9月28日至12月31日: two times and a mark between them, in order, are one interval."""
    if left.stop or not RANGE_MARK.fullmatch(text, left.end, right.start):
        return None
    stop = right.stop or right.first
    if left.first.iso()[: len(stop.iso())] > stop.iso():
        return None
    return _Found(left.start, right.end, "interval", left.first, stop)


def _close_period(found: _Found, text: str) -> _Found:
    """自5月28日起六个月内: a day and how long from it on are one interval, to the same day of the later month."""
    match = PERIOD.match(text, found.end)
    if not match or found.kind != "day" or found.stop:
        return found
    count, start = _number(match["n"]), found.first
    if match["unit"] in "日天":
        stop = _as_date(date(start.year, start.month or 1, start.day or 1) + timedelta(count))
    else:
        month = _shift_months(start, count * (12 if match["unit"] == "年" else 1))
        stop = replace(month, day=min(start.day or 1, _month_length(month.year, month.month or 1)))
    return _Found(found.start, match.end(), "interval", start, stop)


# --- numbers and calendar ----------------------------------------------------------------------------------------------------


def _number(word: str) -> int:
    """12, 十二, 三十一 or 两 as a number below 100."""
    if word.isascii():
        return int(word)
    if "十" not in word:
        return DIGITS[word]
    tens, ones = word.split("十")
    return 10 * (DIGITS[tens] if tens else 1) + (DIGITS[ones] if ones else 0)


def _read_year(word: str) -> int:
    """2023 or 二〇二三, 05 or 零五; two digits from 50 on are of the last century."""
    year = int(word) if word.isascii() else int("".join(str(DIGITS[char]) for char in word))
    if len(word) > 2:
        return year
    return year + (1900 if year >= 50 else 2000)


def _weekday(word: str) -> int:
    return "一二三四五六日".find(word.replace("天", "日")) if not word.isascii() else int(word) - 1


def _month_length(year: int, month: int) -> int:
    return calendar.monthrange(year, month)[1]


def _shift_months(base: _Date, months: int) -> _Date:
    year, month = divmod(base.year * 12 + (base.month or 1) - 1 + months, 12)
    return _Date(year, month + 1)


def _as_day(day: _Date | None) -> date | None:
    return date(day.year, day.month, day.day) if day and day.month and day.day else None


def _as_date(day: date) -> _Date:
    return _Date(day.year, day.month, day.day)
