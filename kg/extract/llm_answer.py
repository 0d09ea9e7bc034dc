"""From the text of an answer to objects that may be statements: fences and chatter around them, or half of them missing."""

import json
import re
from dataclasses import dataclass
from typing import Any

_THOUGHTS = re.compile(r"<think>.*?</think>", re.DOTALL)
_LIST = re.compile(r'"statements"\s*:\s*\[')
_BETWEEN = re.compile(r"[\s,]*")


@dataclass(frozen=True, slots=True)
class Answer:
    """`items` is whatever the list held, unchecked; `whole` tells whether it came to its end."""

    items: tuple[Any, ...]
    whole: bool


def read_answer(content: str) -> Answer | None:
    """The list of an answer, as much of it as can be read; None where there is no such list."""
    text = _THOUGHTS.sub("", content)
    begin = min((at for at in (text.find("{"), text.find("[")) if at >= 0), default=-1)
    if begin < 0:
        return None
    try:
        data, _ = _DECODER.raw_decode(text, begin)
    except (ValueError, RecursionError):
        return _read_part(text)
    if isinstance(data, dict):
        data = data.get("statements")
    return Answer(tuple(data), whole=True) if isinstance(data, list) else None


def _read_part(text: str) -> Answer | None:
    """The objects of a list that breaks off, up to the break."""
    match = _LIST.search(text)
    if not match:
        return None
    items: list[Any] = []
    at = match.end()
    while True:
        at = _BETWEEN.match(text, at).end()  # type: ignore[union-attr]  # it matches everywhere, if only nothing
        if text[at : at + 1] != "{":
            return Answer(tuple(items), whole=text[at : at + 1] == "]")
        try:
            item, at = _DECODER.raw_decode(text, at)
        except (ValueError, RecursionError):
            return Answer(tuple(items), whole=False)
        items.append(item)


def _refuse_constant(text: str) -> Any:
    raise ValueError(f"{text} is no JSON")


_DECODER = json.JSONDecoder(parse_constant=_refuse_constant)
