"""Days of publication: Chinese, ISO and feed forms -> YYYY-MM-DD, as the day is called in China.

A time with a zone is moved to China's (UTC+8): 23:00Z is the next day there. A time without one is China's already.
"""

import email.utils
import re
import unicodedata
from datetime import UTC, date, datetime, timedelta, timezone
from typing import Final

CHINA: Final = timezone(timedelta(hours=8))
_FIRST_YEAR, _LAST_YEAR = 1900, 2100  # a number outside is no year of a news article

_DIGIT_OF: Final = {char: str(value) for value, char in enumerate("〇一二三四五六七八九")} | {
    "零": "0",
    "○": "0",
    "Ｏ": "0",
}
_NUMERAL: Final = "〇零○一二三四五六七八九"
_SMALL_NUMERAL: Final = "[一二三]?十?[一二三四五六七八九]?"

_DAY: Final = re.compile(
    r"""(?<![\d.])(?P<year>(?:19|20)\d\d)\s*
        (?:(?P<separator>[-/.])\s*(?P<month>\d{1,2})\s*(?P=separator)\s*(?P<day>\d{1,2})(?!\d)
          |年\s*(?P<month_zh>\d{1,2})\s*月\s*(?P<day_zh>\d{1,2})\s*[日号]
          |(?P<month_2>[01]\d)(?P<day_2>[0-3]\d)(?!\d))""",
    re.VERBOSE,
)
_MONTH: Final = re.compile(r"((?:19|20)\d\d)\s*(?:年\s*(\d{1,2})\s*月|[-/.](\d{1,2}))")
_YEAR: Final = re.compile(r"((?:19|20)\d\d)\s*年?")
_TIME: Final = re.compile(
    r"""[\sT]*(?:[（(]?(?:星期|周|礼拜)[一二三四五六日天][）)]?)?[\s,，]*
        (?:(?P<part>凌晨|早上|上午|中午|下午|傍晚|晚上|晚间|晚)\s*)?
        (?:(?P<hour>\d{1,2})[:：时点](?P<minute>\d{1,2})?分?(?:[:：]?(?P<second>\d{1,2})秒?(?:[.,]\d{1,9})?)?)?\s*
        (?P<zone>Z|UTC|GMT|(?:UTC|GMT)?[+-]\d{2}:?\d{2}|CST|北京时间)?\s*(?:\[[\w/]+\])?""",
    re.VERBOSE,
)
_CHINESE_DAY: Final = re.compile(
    rf"([{_NUMERAL}]{{4}})\s*年(?:\s*({_SMALL_NUMERAL})\s*月(?:\s*({_SMALL_NUMERAL}|廿[一二三四五六七八九]?)\s*[日号])?)?"
)
_DIGIT: Final = re.compile(r"\d")
_SECONDS: Final = re.compile(r"(\d{10})(?:\.\d+)?|(\d{13})")


def parse_day(text: str) -> str | None:
    """The day that `text` is, as YYYY-MM-DD (YYYY-MM or YYYY where it gives no more); None where it is no day.

    The whole of `text` must be a date: 2025-06-01, 2025/6/1, 2025.06.01, 20250601, 2025年6月1日, 二〇二五年六月一日,
    2025-06, 2025年, each with a weekday, a time and a zone if need be; also the form of feeds
    (Sun, 01 Jun 2025 09:00:00 GMT) and seconds or milliseconds since 1970.
    """
    text = _normalize(text)
    if not _DIGIT.search(text):
        return None
    if found := _DAY.match(text):
        time = _TIME.fullmatch(text, found.end())
        return _day_in_china(found, time) if time else None
    if found := _MONTH.fullmatch(text):
        month = int(found.group(2) or found.group(3))
        return f"{found.group(1)}-{month:02d}" if 1 <= month <= 12 else None
    if found := _YEAR.fullmatch(text):
        return found.group(1)
    if found := _SECONDS.fullmatch(text):
        return _from_seconds(int(found.group(1) or int(found.group(2)) // 1000))
    return _from_feed(text)


def find_day(text: str) -> str | None:
    """The first full day named in `text` as YYYY-MM-DD, with a time and zone behind it taken into account, or None."""
    found = locate_day(text)
    return found[0] if found else None


def locate_day(text: str) -> tuple[str, int, int] | None:
    """The first full day in `text`, with where its date and time start and end there; None if there is none.

    Offsets count characters of `text`, which is searched as it stands (Chinese numerals are not looked for).
    """
    for found in _DAY.finditer(text):
        time = _TIME.match(text, found.end())
        day = _day_in_china(found, time)
        if day:
            return day, found.start(), time.end() if time else found.end()
    return None


def _normalize(text: str) -> str:
    text = unicodedata.normalize("NFKC", text).strip()
    if text[:1] in ("(", "[", "【") and text[-1:] in (")", "]", "】"):
        text = text[1:-1].strip()
    return _CHINESE_DAY.sub(_arabic_day, text, count=1)


def _arabic_day(found: re.Match[str]) -> str:
    year, month, day = found.groups()
    text = "".join(_DIGIT_OF[char] for char in year) + "年"
    if month:
        text += f"{_small_number(month)}月"
    if day:
        text += f"{_small_number(day)}日"
    return text


def _small_number(text: str) -> int:
    """The value of a Chinese numeral up to 39."""
    tens, ten, ones = text.replace("廿", "二十").rpartition("十")
    value = 10 * int(_DIGIT_OF[tens] if tens else 1) if ten else 0
    return value + (int(_DIGIT_OF[ones]) if ones else 0)


def _day_in_china(found: re.Match[str], time: re.Match[str] | None) -> str | None:
    year = int(found["year"])
    month = int(found["month"] or found["month_zh"] or found["month_2"])
    day = int(found["day"] or found["day_zh"] or found["day_2"])
    try:
        moment = datetime(year, month, day, tzinfo=CHINA)
        if time and time["hour"] and (offset := _offset(time["zone"])) is not None:
            clock = {"hour": int(time["hour"]), "minute": int(time["minute"] or 0)}
            moment = datetime(year, month, day, **clock, tzinfo=offset).astimezone(CHINA)
    except (ValueError, OverflowError):
        return None
    return moment.date().isoformat()


def _offset(zone: str | None) -> timezone | None:
    """The zone written behind a time; None where there is none or it is China's own (CST is, in Chinese news)."""
    if zone is None or zone in ("CST", "北京时间"):
        return None
    digits = re.sub(r"[^\d+-]", "", zone)
    if not digits:
        return UTC
    hours, minutes = int(digits[1:3]), int(digits[3:5])
    return timezone((-1 if digits[0] == "-" else 1) * timedelta(hours=hours, minutes=minutes))


def _from_seconds(seconds: int) -> str | None:
    moment = datetime.fromtimestamp(seconds, CHINA)
    return moment.date().isoformat() if moment.year <= _LAST_YEAR else None


def _from_feed(text: str) -> str | None:
    try:
        moment = email.utils.parsedate_to_datetime(text)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
    if not _FIRST_YEAR <= moment.year <= _LAST_YEAR:
        return None
    return (moment.astimezone(CHINA) if moment.tzinfo else moment).date().isoformat()


def day_of(moment: datetime | date | None) -> str | None:
    """The day in China of a moment (one without a zone is China's own); None for None."""
    if moment is None:
        return None
    if isinstance(moment, datetime):
        moment = (moment.astimezone(CHINA) if moment.tzinfo else moment).date()
    return moment.isoformat()
