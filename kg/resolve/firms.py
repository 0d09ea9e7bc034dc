"""What the name of a Chinese firm is made of: region, a word of its own, lines of business, legal form.

    深圳市 | 特神 | 文化 传播 | 有限公司

Only the second part says who it is. A press name (特神网络) has it too, so it is what brings the two together.
"""

import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from kg.resolve.edges import Alphabet, Edge, Numbers

_WORDS = Path(__file__).with_name("words.toml")

# What follows a region's name where it is written out.
_REGION_ENDS = ("自治区", "壮族自治区", "回族自治区", "维吾尔自治区", "特别行政区", "新区", "省", "市", "区", "县")
_NOWHERE: frozenset[str] = frozenset()


class FirmName(NamedTuple):
    """A name taken apart. `core` is "" where nothing is left beside regions and trades.

    `legal` tells whether it ends in a legal form; `base` is the name without that and without regions; `trades` are the
    words behind the core, generic ones (科技) among them, and `telling` whether one of them is not generic.
    """

    core: str
    base: str
    legal: bool
    regions: frozenset[str]
    trades: tuple[str, ...]
    telling: bool


@dataclass(frozen=True, slots=True)
class FirmNames:
    """Names taken apart, a column for each part of `FirmName`: there may be hundreds of thousands."""

    core: Sequence[str]
    base: Sequence[str]
    legal: Sequence[bool]
    regions: Sequence[frozenset[str]]
    trades: Sequence[tuple[str, ...]]
    telling: Sequence[bool]

    def __getitem__(self, i: int) -> FirmName:
        return FirmName(self.core[i], self.base[i], self.legal[i], self.regions[i], self.trades[i], self.telling[i])


@dataclass(frozen=True, slots=True)
class _Words:
    legal: frozenset[str]
    generic: frozenset[str]
    trades: frozenset[str]
    regions: frozenset[str]
    known: frozenset[str]  # all of them: a core that is one of these says nothing


@cache
def load_words() -> _Words:
    """The shipped vocabulary, words.toml."""
    data = tomllib.loads(_WORDS.read_text(encoding="utf-8"))
    legal, generic, trades, regions = (
        frozenset(data[part]) for part in ("legal_forms", "generic", "trades", "regions")
    )
    return _Words(legal, generic, trades, regions, legal | generic | trades | regions)


@dataclass(frozen=True, slots=True)
class _Edges:
    """The vocabulary as it is looked up at the edges of names."""

    alphabet: "Alphabet"
    legal: "Edge"
    works: "Edge"  # generic words and trades
    generic: "Numbers"  # whether each of the works is
    first_region: "Edge"
    first_ending: "Edge"  # of a region
    last_region: "Edge"
    last_ending: "Edge"


@cache
def _load_edges() -> _Edges:
    # NumPy is slow to import, and `kg --help` must not wait for it.
    import numpy as np

    from kg.resolve.edges import Alphabet, Edge

    words = load_words()
    alphabet = Alphabet((*words.known, *_REGION_ENDS))
    works = Edge(words.generic | words.trades, alphabet, backwards=True)
    return _Edges(
        alphabet,
        Edge(words.legal, alphabet, backwards=True),
        works,
        np.array([word in words.generic for word in works.words]),
        Edge(words.regions, alphabet),
        Edge(_REGION_ENDS, alphabet),
        Edge(words.regions, alphabet, backwards=True),
        Edge(_REGION_ENDS, alphabet, backwards=True),
    )


def is_telling(text: str) -> bool:
    """Whether a run of characters may say which firm is meant: more than one, and more than trades and regions."""
    return len(text) > 1 and bool(parse_firm(text).core) and text not in load_words().regions


def parse_firm(name: str) -> FirmName:
    """Take a folded name apart."""
    return parse_firms([name])[0]


def parse_firms(names: Sequence[str]) -> FirmNames:
    """Take folded names apart, all of them at once.

    Of a name's characters from `start` to `end` the known words are cut, the longest first.
    """
    import numpy as np

    edges = _load_edges()
    text = "".join(names)
    signs = edges.alphabet.encode(text)
    sizes = np.fromiter(map(len, names), dtype=np.int64, count=len(names))
    whole = np.cumsum(sizes)
    start, end = whole - sizes, whole.copy()
    regions: dict[int, frozenset[str]] = {}

    def note(places: "Numbers", numbers: "Numbers", words: Sequence[str]) -> None:
        for place, number in zip(places.tolist(), numbers.tolist(), strict=True):
            regions[place] = regions.get(place, _NOWHERE) | {words[number]}

    left = np.arange(len(names))
    while len(left):
        found = edges.legal.find(signs, end[left] - 1, end[left] - start[left] - 2)
        left, found = left[found > 0], found[found > 0]
        end[left] -= edges.legal.lengths[found]
    legal = end < whole

    left = np.arange(len(names))
    while len(left):
        found = edges.first_region.find(signs, start[left], end[left] - start[left])
        left, found = left[found > 0], found[found > 0]
        after = start[left] + edges.first_region.lengths[found]
        after += edges.first_ending.lengths[edges.first_ending.find(signs, after, end[left] - after)]
        said = end[left] - after >= 2  # not 上海 alone, or with one character that stands for nothing
        left, found = left[said], found[said]
        start[left] = after[said]
        note(left, found, edges.first_region.words)

    def cut_last_region(left: "Numbers") -> "Numbers":
        """Cut the region that names end in, as 行吟信息科技（上海）; those of the names that did."""
        sizes = end[left] - start[left]
        bare = edges.last_region.find(signs, end[left] - 1, sizes - 2) > 0
        behind = edges.last_ending.lengths[edges.last_ending.find(signs, end[left] - 1, sizes)]
        behind[bare] = 0
        found = edges.last_region.find(signs, end[left] - behind - 1, sizes - behind - 2)
        hit = found > 0
        left, found = left[hit], found[hit]
        end[left] -= behind[hit] + edges.last_region.lengths[found]
        note(left, found, edges.last_region.words)
        return left

    cut_last_region(np.flatnonzero(legal))
    base_end = end.copy()

    trades: list[tuple[str, ...]] = [()] * len(names)
    telling = np.zeros(len(names), dtype=bool)
    amid: list[tuple[int, int, int]] = []  # regions between the trades of a name, the last first
    alone = [(word,) for word in edges.works.words]
    left = np.arange(len(names))
    while len(left):
        sizes = end[left] - start[left]
        # Something is left, and by a single character two.
        found = edges.works.find(signs, end[left] - 1, np.where(sizes > 2, sizes - 1, 0))
        left, found = left[found > 0], found[found > 0]
        end[left] -= edges.works.lengths[found]
        telling[left[~edges.generic[found]]] = True
        for place, number in zip(left.tolist(), found.tolist(), strict=True):
            trades[place] += alone[number]
        # 万向奇点（北京）文化传媒有限公司
        before = end.copy()
        parted = cut_last_region(left[legal[left]])
        amid.extend(zip(parted.tolist(), end[parted].tolist(), before[parted].tolist(), strict=True))

    firsts = start.tolist()
    # A name of which nothing was cut is its own base, and such a base its own core: of a hundred thousand that saves 15 MB.
    base = [
        name if last - first == len(name) else text[first:last]
        for name, first, last in zip(names, firsts, base_end.tolist(), strict=True)
    ]
    core = [
        body if last - first == len(body) else text[first:last]
        for body, first, last in zip(base, firsts, end.tolist(), strict=True)
    ]
    known = load_words().known
    core = ["" if word in known or body in known else word for word, body in zip(core, base, strict=True)]
    for place, first, last in amid:
        first, last = first - firsts[place], last - firsts[place]
        base[place] = base[place][:first] + base[place][last:]
    where = [_NOWHERE] * len(names)
    for place, named in regions.items():
        where[place] = named
    return FirmNames(core, base, legal.tolist(), where, trades, telling.tolist())
