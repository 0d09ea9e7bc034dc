"""How long a regular expression may take: the ways that it may try at one place, counted before it is used.

Python's matcher tries one way after the other and cannot be told to give up, so a user's expression that leaves too much
open would hang on some article. What is counted is a bound, and hardly ever reached: real text ends most ways at once.
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from re import _constants as ops  # type: ignore[attr-defined]  # its parser is no public part of `re`, but there is no other
from re import _parser as parser  # type: ignore[attr-defined]
from typing import Any

ENDLESS = 10**12  # what is more is not told apart

_REPEATS = (ops.MAX_REPEAT, ops.MIN_REPEAT, ops.POSSESSIVE_REPEAT)


def count_ways(expression: str, *, longest: int) -> int:
    """How many ways there are at most to match a text of `longest` characters from one place on; ENDLESS where more.

    re.error where the expression is wrong, or nested too deeply to be read.
    """
    try:
        return _sequence(parser.parse(expression), longest)
    except (RecursionError, OverflowError) as exc:
        raise re.error("too many brackets in each other, or too large a number") from exc


def _sequence(items: Iterable[tuple[Any, Any]], longest: int) -> int:
    ways = 1
    for operation, argument in items:
        ways = min(ways * _ways(operation, argument, longest), ENDLESS)
    return ways


def _ways(operation: Any, argument: Any, longest: int) -> int:
    if operation in _REPEATS:
        least, most, body = argument
        return _repeated(_sequence(body, longest), int(least), min(int(most), max(longest, int(least))))
    if operation is ops.SUBPATTERN:
        return _sequence(argument[-1], longest)
    if operation is ops.ATOMIC_GROUP:
        return _sequence(argument, longest)
    if operation is ops.BRANCH:
        return _alternatives(argument[1], longest)
    if operation in (ops.ASSERT, ops.ASSERT_NOT):
        return _sequence(argument[1], longest)
    if operation is ops.GROUPREF_EXISTS:
        _, there, missing = argument
        return _sequence(there, longest) + _sequence(missing or (), longest)
    return 1


def _repeated(body: int, least: int, most: int) -> int:
    """So many times from `least` to `most`, each in as many ways as the body has."""
    if body == 1:
        return most - least + 1
    if most * (body.bit_length() - 1) > ENDLESS.bit_length():
        return ENDLESS
    ways: int = sum(body**times for times in range(least, most + 1))
    return min(ways, ENDLESS)


def _alternatives(branches: Sequence[Any], longest: int) -> int:
    """Of alternatives that begin with characters of their own, only those that begin alike can match at one place."""
    anything = 0
    by_first: dict[int, int] = defaultdict(int)
    for branch in branches:
        ways = _sequence(branch, longest)
        if len(branch) and branch[0][0] is ops.LITERAL:
            by_first[branch[0][1]] += ways
        else:
            anything += ways
    return min(anything + max(by_first.values(), default=0), ENDLESS)
