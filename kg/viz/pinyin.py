"""How Chinese characters may be read, for a search box that takes pinyin and initials."""

import re
import unicodedata
from collections.abc import Iterable

_CHINESE = re.compile(r"[\u3400-\u4dbf\u4e00-\u9fff]")


def read_characters(names: Iterable[str]) -> dict[str, list[str]]:
    """Every reading, in pinyin without tones, of every Chinese character of the names; ü is v, as keyboards type it.

    All readings, since pypinyin's first is wrong for many surnames: 曾 is ceng for it, 单 is dan.
    """
    characters = sorted(set(_CHINESE.findall(unicodedata.normalize("NFKC", "".join(names)))))
    if not characters:
        return {}
    from pypinyin import Style, pinyin

    return {char: pinyin(char, style=Style.NORMAL, heteronym=True)[0] for char in characters}
