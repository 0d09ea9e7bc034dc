"""What the parameters of the library's questions take: a value that means nothing must not look like an answer.

A parameter of one name means the same in every question: `day`, `from` and `to` are times, `status` and `now` statuses. The
default tells whether it is a number, a text or a list of texts.
"""

from collections.abc import Mapping
from typing import Any

from kg.errors import UsageError
from kg.history import is_period
from kg.model import STATUSES

_STATUS = ("status", "now")
_TIME = ("from", "to")
_DAY = ("day",)
_LENGTH_OF_DAY = len("2024-06-01")


def check_values(question: str, values: Mapping[str, Any], defaults: Mapping[str, Any]) -> None:
    """Raise UsageError for a value of another kind than its parameter takes, saying which it takes."""
    for key, value in values.items():
        if expected := _find_fault(key, value, defaults[key]):
            raise UsageError(f"query {question!r}: -p {key}={value!s} is wrong; expected {expected}")
    start, end = values.get("from"), values.get("to")
    if start and end and start > end and not str(start).startswith(str(end)):
        raise UsageError(f"query {question!r}: the period ends before it begins (from={start}, to={end})")


def _find_fault(key: str, value: Any, default: Any) -> str | None:
    """What was expected where a value is none of it."""
    if isinstance(default, int):
        number = isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 2**63
        return None if number else f"a whole number, such as {default}"
    if isinstance(default, list):
        if not isinstance(value, list | tuple) or not all(isinstance(item, str) for item in value):
            return f"a list of texts, such as {', '.join(default[:2])}"
        if key in _STATUS and not set(value) <= set(STATUSES):
            return f"one or more of {', '.join(STATUSES)}"
        return None
    if not isinstance(value, str):
        return "a text"
    if key in _DAY and not (len(value) == _LENGTH_OF_DAY and is_period(value)):
        return "a day of the calendar, such as 2024-06-01"
    if key in _TIME and value and not is_period(value):
        return "a year, month or day, such as 2024, 2024-06 or 2024-06-01"
    return None
