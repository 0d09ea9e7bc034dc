"""What the name of a Chinese firm is made of: region, a word of its own, lines of business, legal form.

    深圳市 | 特神 | 文化 传播 | 有限公司

Only the second part says who it is. A press name (特神网络) has it too, so it is what brings the two together.
"""

import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path

_WORDS = Path(__file__).with_name("words.toml")

# What follows a region's name where it is written out.
_REGION_ENDS = ("自治区", "壮族自治区", "回族自治区", "维吾尔自治区", "特别行政区", "新区", "省", "市", "区", "县")


@dataclass(frozen=True, slots=True)
class FirmName:
    """A name taken apart. `core` is "" where nothing is left beside regions and trades.

    `legal` tells whether it ends in a legal form; `base` is the name without that and without regions; `trades` are the
    words behind the core, generic ones (科技) among them; `telling` are those that are not.
    """

    core: str
    base: str
    legal: bool
    regions: frozenset[str]
    trades: tuple[str, ...]
    telling: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Words:
    legal: frozenset[str]
    generic: frozenset[str]
    trades: frozenset[str]
    regions: frozenset[str]
    known: frozenset[str]  # all of them: a core that is one of these says nothing
    longest: int
    longest_region: int
    # Most names end or begin with none of them, which one look at the edge tells.
    last_of_legal: frozenset[str]
    last_of_word: frozenset[str]
    first_of_region: frozenset[str]
    last_of_region: frozenset[str]


@cache
def load_words() -> _Words:
    """The shipped vocabulary, words.toml."""
    data = tomllib.loads(_WORDS.read_text(encoding="utf-8"))
    regions = frozenset(data["regions"])
    words = {*data["generic"], *data["trades"], *data["legal_forms"]}
    return _Words(
        frozenset(data["legal_forms"]),
        frozenset(data["generic"]),
        frozenset(data["trades"]),
        regions,
        frozenset(words) | regions,
        max(map(len, words)),
        max(map(len, regions)),
        frozenset(word[-1] for word in data["legal_forms"]),
        frozenset(word[-1] for word in (*data["generic"], *data["trades"])),
        frozenset(region[:2] for region in regions),
        frozenset(name[-1] for name in (*regions, *_REGION_ENDS)),
    )


def is_telling(text: str) -> bool:
    """Whether a run of characters may say which firm is meant: more than one, and more than trades and regions."""
    return len(text) > 1 and bool(parse_firm(text).core) and text not in load_words().regions


def parse_firm(name: str) -> FirmName:
    """Take a folded name apart."""
    words = load_words()
    body, legal = _cut_legal_form(name, words)
    regions: list[str] = []
    while found := _starting_region(body, words):
        region, length = found
        if len(body) - length < 2:  # 上海 alone, or one character that stands for nothing
            break
        regions.append(region)
        body = body[length:]
    if legal and (found := _ending_region(body, words)):  # 行吟信息科技（上海）有限公司
        region, start = found
        regions.append(region)
        body = body[:start]
    base = core = body
    trades: list[str] = []
    while word := _ending_word(core, words):
        core = core[: -len(word)]
        trades.append(word)
        if legal and (found := _ending_region(core, words)):  # 万向奇点（北京）文化传媒有限公司
            region, start = found
            regions.append(region)
            base = base[:start] + base[len(core) :]
            core = core[:start]
    if core in words.known or body in words.known:
        core = ""
    telling = tuple(trade for trade in trades if trade not in words.generic)
    return FirmName(core, base, legal, frozenset(regions), tuple(trades), telling)


def _cut_legal_form(name: str, words: _Words) -> tuple[str, bool]:
    legal = False
    while True:
        if name[-1:] not in words.last_of_legal:
            return name, legal
        for length in range(min(words.longest, len(name) - 2), 0, -1):
            if name[-length:] in words.legal:
                name, legal = name[:-length], True
                break
        else:
            return name, legal


def _starting_region(text: str, words: _Words) -> tuple[str, int] | None:
    if text[:2] not in words.first_of_region:
        return None
    for length in range(min(words.longest_region, len(text)), 1, -1):
        if text[:length] in words.regions:
            ending = next((e for e in _REGION_ENDS if text.startswith(e, length)), "")
            return text[:length], length + len(ending)
    return None


def _ending_region(text: str, words: _Words) -> tuple[str, int] | None:
    if text[-1:] not in words.last_of_region:
        return None
    for ending in ("", *_REGION_ENDS):
        stem = text.removesuffix(ending)
        if ending and stem == text:
            continue
        for length in range(min(words.longest_region, len(stem) - 2), 1, -1):
            if stem[-length:] in words.regions:
                return stem[-length:], len(stem) - length
    return None


def _ending_word(text: str, words: _Words) -> str:
    """The longest trade or generic word at the end that leaves something; a single character must leave two."""
    if text[-1:] not in words.last_of_word:
        return ""
    for length in range(min(words.longest, len(text) - 1), 0, -1):
        word = text[-length:]
        if (word in words.generic or word in words.trades) and (length > 1 or len(text) > 2):
            return word
    return ""
