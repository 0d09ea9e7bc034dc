"""What the name of a Chinese firm is made of: region, a word of its own, lines of business, legal form.

    深圳市 | 特神 | 文化 传播 | 有限公司

Only the second part says who it is. A press name (特神网络) has it too, so it is what brings the two together.
"""

import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import NamedTuple

_WORDS = Path(__file__).with_name("words.toml")

# What follows a region's name where it is written out.
_REGION_ENDS = ("自治区", "壮族自治区", "回族自治区", "维吾尔自治区", "特别行政区", "新区", "省", "市", "区", "县")
_FIRST_OF_END = frozenset(end[0] for end in _REGION_ENDS)
_NOWHERE: frozenset[str] = frozenset()


class FirmName(NamedTuple):  # made for every name that there is, and thrice as fast as a frozen dataclass
    """A name taken apart. `core` is "" where nothing is left beside regions and trades.

    `legal` tells whether it ends in a legal form; `base` is the name without that and without regions; `trades` are the
    words behind the core, generic ones (科技) among them.
    """

    core: str
    base: str
    legal: bool
    regions: frozenset[str]
    trades: tuple[str, ...]

    @property
    def is_telling(self) -> bool:
        """Whether one of the trades is not generic."""
        return not load_words().generic.issuperset(self.trades)


@dataclass(frozen=True, slots=True)
class _Words:
    legal: frozenset[str]
    generic: frozenset[str]
    trades: frozenset[str]
    regions: frozenset[str]
    known: frozenset[str]  # all of them: a core that is one of these says nothing
    works: frozenset[str]  # generic words and trades
    # How long what begins or ends so may be, longest first: most names end in nothing known, which one look tells.
    legal_lengths: Mapping[str, tuple[int, ...]]  # by the last two characters
    work_lengths: Mapping[str, tuple[int, ...]]  # by the last two
    short_works: frozenset[str]  # of one character
    region_starts: Mapping[str, tuple[int, ...]]  # by the first two
    region_lengths: Mapping[str, tuple[int, ...]]  # by the last two
    last_of_region: frozenset[str]


@cache
def load_words() -> _Words:
    """The shipped vocabulary, words.toml."""
    data = tomllib.loads(_WORDS.read_text(encoding="utf-8"))
    regions = frozenset(data["regions"])
    works = frozenset((*data["generic"], *data["trades"]))
    legal = frozenset(data["legal_forms"])
    return _Words(
        legal,
        frozenset(data["generic"]),
        frozenset(data["trades"]),
        regions,
        works | legal | regions,
        works,
        _list_lengths(legal, slice(-2, None)),
        _list_lengths((work for work in works if len(work) > 1), slice(-2, None)),
        frozenset(work for work in works if len(work) == 1),
        _list_lengths(regions, slice(2)),
        _list_lengths(regions, slice(-2, None)),
        frozenset(name[-1] for name in (*regions, *_REGION_ENDS)),
    )


def _list_lengths(words: Iterable[str], edge: slice) -> dict[str, tuple[int, ...]]:
    lengths: dict[str, set[int]] = {}
    for word in words:
        lengths.setdefault(word[edge], set()).add(len(word))
    return {part: tuple(sorted(found, reverse=True)) for part, found in lengths.items()}


def is_telling(text: str) -> bool:
    """Whether a run of characters may say which firm is meant: more than one, and more than trades and regions."""
    return len(text) > 1 and bool(parse_firm(text).core) and text not in load_words().regions


def parse_firm(name: str) -> FirmName:
    """Take a folded name apart."""
    [firm] = parse_firms([name])
    return firm


def parse_firms(names: Iterable[str]) -> list[FirmName]:
    """Take folded names apart."""
    words = load_words()
    # Looked up here once, for each name asks for all of it. Most names have nothing of what is looked for, so one look at the
    # edge comes before each call.
    legal_lengths, work_lengths = words.legal_lengths, words.work_lengths
    works, short_works = words.works, words.short_works
    region_starts, last_of_region, known = words.region_starts, words.last_of_region, words.known
    firms = []
    for name in names:
        body = _cut_legal_form(name, words) if name[-2:] in legal_lengths else name
        legal = body != name
        regions: list[str] = []
        while body[:2] in region_starts and (found := _starting_region(body, words)):
            region, length = found
            if len(body) - length < 2:  # 上海 alone, or one character that stands for nothing
                break
            regions.append(region)
            body = body[length:]
        # 行吟信息科技（上海）有限公司
        if legal and body[-1:] in last_of_region and (found := _ending_region(body, words)):
            region, start = found
            regions.append(region)
            body = body[:start]
        base = core = body
        trades: list[str] = []
        # The longest trade or generic word at the end that leaves something; a single character must leave two.
        while True:
            size = len(core)
            for length in work_lengths.get(core[-2:], ()):
                if length < size and (word := core[-length:]) in works:
                    break
            else:
                word = core[-1:]
                if size <= 2 or word not in short_works:
                    break
            core = core[: -len(word)]
            trades.append(word)
            # 万向奇点（北京）文化传媒有限公司
            if legal and core[-1:] in last_of_region and (found := _ending_region(core, words)):
                region, start = found
                regions.append(region)
                base = base[:start] + base[len(core) :]
                core = core[:start]
        if core in known or body in known:
            core = ""
        firms.append(FirmName(core, base, legal, frozenset(regions) if regions else _NOWHERE, tuple(trades)))
    return firms


def _cut_legal_form(name: str, words: _Words) -> str:
    while lengths := words.legal_lengths.get(name[-2:]):
        longest = len(name) - 2
        for length in lengths:
            if length <= longest and name[-length:] in words.legal:
                name = name[:-length]
                break
        else:
            break
    return name


def _starting_region(text: str, words: _Words) -> tuple[str, int] | None:
    for length in words.region_starts.get(text[:2], ()):
        region = text[:length]
        if region in words.regions:
            if text[length : length + 1] in _FIRST_OF_END:
                ending = next((e for e in _REGION_ENDS if text.startswith(e, length)), "")
                return region, length + len(ending)
            return region, length
    return None


def _ending_region(text: str, words: _Words) -> tuple[str, int] | None:
    for ending in ("", *_REGION_ENDS):
        if not text.endswith(ending):
            continue
        stem = text.removesuffix(ending)
        for length in words.region_lengths.get(stem[-2:], ()):
            if length <= len(stem) - 2 and stem[-length:] in words.regions:
                return stem[-length:], len(stem) - length
    return None
