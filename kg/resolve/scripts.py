"""One spelling for what writers spell in several ways: traditional characters, Chinese digits, .com behind a name."""

import re
from collections.abc import Iterable, Sequence
from functools import cache
from typing import Any

from kg.resolve.folding import fold

_DIGITS = dict(zip("〇零一二三四五六七八九", "00123456789", strict=True))
_DIGIT_OF = str.maketrans(_DIGITS)
_SIGNS = re.compile(r"[·•・.\-_—–~,，、:：!！|/]")
# What a site or program has behind its name, and a speaker may leave out.
_PLACES = re.compile(r"(?:app|官网|官方网站|客户端|\.com\.cn|\.com|\.cn|\.net)$")
_LAST_OF_PLACE = frozenset("p网站端mnt")


@cache
def _converter() -> Any:
    import opencc

    return opencc.OpenCC("t2s")


def simplify(names: Sequence[str]) -> list[str]:
    """The names in simplified characters, as OpenCC has them."""
    if not names or all(name.isascii() for name in names):
        return list(names)
    whole = "\n".join(names).encode("utf-8", "replace").decode("utf-8")  # half of a surrogate pair is refused
    converted: list[str] = _converter().convert(whole).split("\n")
    if len(converted) == len(names):
        return converted
    return [_converter().convert(name.encode("utf-8", "replace").decode("utf-8")) for name in names]


def find_written(named: Iterable[tuple[str, str]], wanted: str) -> set[str]:
    """Of pairs (id, name) the ids whose name is `wanted`, be it in traditional or simplified characters."""
    if wanted.isascii():
        return set()
    pairs = list(named)
    asked, *names = simplify([wanted, *(name for _, name in pairs)])
    return {id_ for (id_, _), name in zip(pairs, names, strict=True) if fold(name) == fold(asked) != ""}


def spell(name: str) -> str:
    """The simplified, folded name without signs, with figures for Chinese digits and without App or .com behind it."""
    short = _PLACES.sub("", name)
    plain = _SIGNS.sub("", short if len(short) > 1 else name).translate(_DIGIT_OF)
    return plain or name


def spell_all(names: Sequence[str]) -> list[str]:
    """`spell` of each name in simplified characters."""
    plain = simplify(names)
    # What all of them have alike is done in one go, the rest for the few that need it.
    whole = _SIGNS.sub("", "\n".join(plain))
    for digit, figure in _DIGITS.items():  # a third of what `translate` takes
        whole = whole.replace(digit, figure)
    stripped = whole.split("\n")
    if len(stripped) != len(plain):
        return [spell(name) for name in plain]
    return [
        spell(name) if not word or name[-1] in _LAST_OF_PLACE else word
        for name, word in zip(plain, stripped, strict=True)
    ]


def romanize(name: str) -> str:
    """The pinyin of a name of Chinese characters alone, without tones and blanks."""
    from pypinyin import lazy_pinyin

    return "".join(lazy_pinyin(name, v_to_u=False))
