"""Names that are one although no article says so: pairs with a score and a reason.

Two spellings of one word, pinyin and its characters, and a firm's press name and its legal name. The last are told by the
word of their own that they share (`kg.resolve.firms`), how much of each name it is, and what else agrees. Of all pairs
only those are sure in which each is by a margin the best for the other; the rest is for a person to look at.

Scores are shares of true pairs, rounded down, among pairs of their kind in half of a list of 7,000 real firms (`_score`);
bench/resolve.py measures on the other half. Cost is linear in the number of names but for what shares a word.
"""

from bisect import bisect_left, bisect_right
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence
from functools import cache
from itertools import pairwise
from typing import NamedTuple

from kg.resolve.firms import FirmNames, parse_firms
from kg.resolve.folding import Key
from kg.resolve.garbage import uncollected
from kg.resolve.scripts import romanize, spell_all

SURE = 0.75  # from here on a pair that is best for both sides is one; tuned for precision 0.995 on the half
UNSURE = 0.45  # below it is not worth a person's look
MARGIN = 0.08  # by which the best must lead the second

_FORMS = ("股份有限公司", "有限责任公司", "有限公司")  # what says nothing at all, as 集团 and 控股 might
_LATIN_PREFIX = 6  # letters at most that a name may have before it, as GGV纪源资本
_LATIN = "abcdefghijklmnopqrstuvwxyz&"
_LAST = "\U0010ffff"  # no name that begins with a letter comes behind it and this


class Match(NamedTuple):  # of which there are as many as firms
    """Two names that may be one, `score` how surely (0..1), and why."""

    a: Key
    b: Key
    score: float
    reason: str


@uncollected
def match_names(keys: Iterable[Key], *, families: frozenset[str] = frozenset()) -> tuple[list[Match], list[Match]]:
    """Pairs that are one, and pairs that may be, each best first.

    `families` are words of groups whose units bear one name (京东, 京东物流): there only a whole name makes a pair.
    """
    by_type: dict[str, set[str]] = defaultdict(set)
    for name, coarse in keys:
        by_type[coarse].add(name)
    sure: list[Match] = []
    unsure: list[Match] = []
    types = list(by_type)
    for coarse in types:
        names = _sort(by_type.pop(coarse))
        spelled = spell_all(names)
        words = _Words(spelled)
        found = list(_match_spellings(words))
        if coarse == "Org":
            found.extend(_match_pinyin(names, spelled))
            firm_sure, firm_unsure = _match_firms(names, spelled, words, families)
            found.extend(firm_sure)
            unsure.extend(_order(firm_unsure, names, coarse))
        sure.extend(_order(found, names, coarse))
    if len(types) > 1:
        for matches in (sure, unsure):
            matches.sort(key=lambda match: (-match.score, match.a, match.b))
    return sure, unsure


def _sort(names: Collection[str]) -> list[str]:
    """The names in order, as `sorted` has them.

    Their bytes in UTF-8 are in the same order, and Python compares texts of Latin letters alone in half of the time.
    """
    text = "\n".join(names).encode("utf-8", "surrogatepass")
    written = text.decode("latin-1").split("\n")
    if len(written) != len(names):
        return sorted(names)
    written.sort()
    return "\n".join(written).encode("latin-1").decode("utf-8", "surrogatepass").split("\n")


_Pair = tuple[int, int, float, str]  # places of two names, score, reason


def _order(pairs: list[_Pair], names: Sequence[str], coarse: str) -> Iterator[Match]:
    """The matches of one type in order; places stand for names, which are in order, too."""
    ordered = sorted((-score, a, b, reason) if a < b else (-score, b, a, reason) for a, b, score, reason in pairs)
    for score, a, b, reason in ordered:
        yield Match((names[a], coarse), (names[b], coarse), -score, reason)


class _Words:
    """Where each spelled name stands."""

    def __init__(self, spelled: Sequence[str]) -> None:
        self._last = dict(zip(spelled, range(len(spelled)), strict=True))
        self.repeated: dict[str, list[int]] = {}  # all places of a word that has several
        if len(self._last) < len(spelled):
            for place, word in enumerate(spelled):
                if self._last[word] != place:
                    self.repeated.setdefault(word, []).append(place)
            for word, places in self.repeated.items():
                places.append(self._last[word])

    def find(self, word: str) -> Sequence[int]:
        last = self._last.get(word)
        return () if last is None else self.repeated.get(word) or (last,)


def _match_spellings(words: _Words) -> Iterator[_Pair]:
    for places in words.repeated.values():
        for before, place in pairwise(places):
            yield before, place, 0.98, "the same word in another spelling"


def _match_pinyin(names: Sequence[str], spelled: Sequence[str]) -> Iterator[_Pair]:
    latin = [place for place, word in enumerate(spelled) if word.isascii() and len(word) >= 6 and word.isalpha()]
    if not latin:
        return
    # A character has one to six letters.
    fitting = {
        size
        for size in range(2, 7)
        if any(size <= length <= 6 * size for length in {len(names[place]) for place in latin})
    }
    owners: dict[str, list[int]] = defaultdict(list)
    for place, word in enumerate(spelled):
        if len(word) in fitting and _is_chinese(word):
            owners[romanize(word)].append(place)
    for place in latin:
        chinese = owners.get(spelled[place], ())
        if len(chinese) == 1:
            yield place, chinese[0], 0.9, "pinyin of the other"


def _is_chinese(word: str) -> bool:
    return all("\u4e00" <= c <= "\u9fff" for c in word)


# How alike a press name and a legal name are: score, where the shared word stands, that, how trades agree, same region.
_Likeness = tuple[float, str, str, str, bool]

_TOLD = {"=": "same trade", "0": "no trade in the shorter", "g": "trades that say little"}


def _tell(score: float, where: str, shared: str, trades: str, same_region: bool) -> str:
    share = f"both are {shared}" if where == "eq" else f"both have {shared}"
    region = ", same region" if same_region else ""
    return f"press name and legal name: {share}, {_TOLD.get(trades, 'other trades')}{region}"


def _match_firms(
    names: Sequence[str], spelled: Sequence[str], words: _Words, families: frozenset[str]
) -> tuple[list[_Pair], list[_Pair]]:
    # NumPy is slow to import, and `kg --help` must not wait for it.
    from kg.resolve.blocking import choose_pairs, pair_cores

    firms = parse_firms(spelled)
    found = _compare(pair_cores(firms.core, firms.legal), firms, families)
    one, maybe = choose_pairs(
        [a for a, _, _ in found], [b for _, b, _ in found], [like[0] for _, _, like in found], SURE, MARGIN
    )
    sure, unsure = (
        [(a, b, like[0], _tell(*like)) for a, b, like in map(found.__getitem__, places)] for places in (one, maybe)
    )
    sure.extend(_match_whole(spelled, words, firms))
    sure.extend(_match_regions(firms))
    sure.extend(_match_latin_prefix(names, firms))
    unsure.extend(_match_groups(spelled, words, firms))
    return sure, unsure


def _match_whole(spelled: Sequence[str], words: _Words, firms: FirmNames) -> Iterator[_Pair]:
    """平安银行 and 平安银行股份有限公司, whatever else has the word 平安."""
    for whole, (name, is_legal, core) in enumerate(zip(spelled, firms.legal, firms.core, strict=True)):
        if is_legal and core and (stem := _cut_form(name)):
            for place in words.find(stem):
                if not firms.legal[place]:  # a firm that goes public changes its form
                    yield place, whole, 0.99, "the legal name without its form"


def _cut_form(name: str) -> str:
    """The name without what says nothing at all at its end; empty where it does not end so."""
    for form in _FORMS:
        if name.endswith(form):
            return name[: -len(form)]
    return ""


def _match_groups(spelled: Sequence[str], words: _Words, firms: FirmNames) -> Iterator[_Pair]:
    """京东集团 and 京东, which news takes for one four times of five; 平安集团 is one with 平安, 东航集团 owns 东航."""
    for group in [place for place, name in enumerate(spelled) if name.endswith(_GROUP)]:
        for place in words.find(spelled[group].removesuffix(_GROUP)):
            if len(firms.core[place]) > 1:
                yield place, group, _SCORE_OF_GROUP, f"the other with {_GROUP} behind it"


def _match_regions(firms: FirmNames) -> Iterator[_Pair]:
    """深圳行云科技有限公司 and 行云科技（深圳）有限公司."""
    moveable = [place for place, regions in enumerate(firms.regions) if regions and firms.legal[place]]
    bases = Counter([firms.base[place] for place in moveable])
    moved: dict[tuple[str, frozenset[str]], int] = {}
    for place in moveable:
        base, regions = firms.base[place], firms.regions[place]
        if bases[base] > 1 and firms.core[place]:
            before = moved.get((base, regions))
            if before is not None:
                yield before, place, 0.95, "one legal name, its region elsewhere"
            moved[base, regions] = place


def _match_latin_prefix(names: Sequence[str], firms: FirmNames) -> Iterator[_Pair]:
    """GGV纪源资本 and 纪源资本."""
    # Names are in order, so those stand together.
    first, last = bisect_left(names, min(_LATIN)), bisect_right(names, max(_LATIN) + _LAST)
    prefixed = [place for place in range(first, last) if names[place][0] in _LATIN]
    if not prefixed:
        return
    press = {name: place for place, name in enumerate(names) if firms.core[place] and not firms.legal[place]}
    for place in prefixed:
        name = names[place]
        rest = name.lstrip(_LATIN)
        if (
            name in press
            and len(rest) >= 3
            and rest in press
            and _is_chinese(rest)
            and len(name) - len(rest) <= _LATIN_PREFIX
        ):
            yield place, press[rest], 0.85, "the other with its Latin name before it"


def _compare(
    pairs: Iterable[tuple[int, int]], firms: FirmNames, families: frozenset[str]
) -> list[tuple[int, int, _Likeness]]:
    """Those pairs of a press name and a legal one that may be one, with how alike they are."""
    cores, regions, trades = firms.core, firms.regions, firms.trades
    found = []
    for press, legal in pairs:
        same_region = False
        if regions[press] and regions[legal]:
            same_region = not regions[press].isdisjoint(regions[legal])
            if not same_region:
                continue
        a, b = cores[press], cores[legal]
        if a == b:
            where, shared = "eq", a
        elif a in b:
            where, shared = ("p<l" if b.startswith(a) else "p in l"), a
        elif b in a:
            where, shared = ("l<p" if a.startswith(b) else "l in p"), b
        else:
            shared = _longest_run(a, b)
            where = "prefix" if a.startswith(shared) and b.startswith(shared) else "run"
        if len(shared) < 2 and where != "eq":
            continue
        agreement = _agree(press, legal, firms) if trades[press] else "0"
        if families and (where != "eq" or agreement not in ("=", "0")) and _is_of_family(a, b, shared, families):
            continue
        score = _score(where, min(len(shared), 4), agreement)
        if same_region:
            score = min(0.995, score + 0.15)
        if score >= UNSURE:
            found.append((press, legal, (score, where, shared, agreement, same_region)))
    return found


def _is_of_family(a: str, b: str, shared: str, families: frozenset[str]) -> bool:
    return shared in families or any(word[:end] in families for word in (a, b) for end in range(1, len(word) + 1))


def _longest_run(a: str, b: str) -> str:
    for length in range(min(len(a), len(b)) - 1, 0, -1):
        for start in range(len(a) - length + 1):
            if a[start : start + length] in b:
                return a[start : start + length]
    return ""


def _agree(press: int, legal: int, firms: FirmNames) -> str:
    """How the press name's trades, of which there are some, stand to the legal name: the same, generic, other ones, ones it lacks."""
    base = firms.base[legal]
    if firms.base[press] in base:
        return "="
    for trade in firms.trades[press]:
        if trade not in base and not any(trade in other or other in trade for other in firms.trades[legal]):
            break
    else:
        return "="
    if firms.telling[press]:
        return "other" if firms.telling[legal] else "more"
    return "g"


_GROUP = "集团"
# Of 430 annotated articles that have both names, 344 use them for one firm and 86 for two.
_SCORE_OF_GROUP = 0.8

# Share of true pairs by where the shared word stands in the two cores and how the trades agree, for words of two characters.
_SCORES: dict[str, dict[str, float]] = {
    "eq": {"=": 0.99, "0": 0.98, "g": 0.90, "more": 0.80, "other": 0.70},
    "p<l": {"=": 0.96, "0": 0.96, "g": 0.60, "more": 0.30, "other": 0.40},
    "l<p": {"=": 0.30, "0": 0.75, "g": 0.30, "more": 0.20, "other": 0.20},
    "p in l": {"=": 0.85, "0": 0.80, "g": 0.20, "more": 0.10, "other": 0.10},
    "l in p": {"=": 0.85, "0": 0.30, "g": 0.30, "more": 0.10, "other": 0.10},
}
# And for longer ones, which hardly ever meet by chance.
_LONG = {"eq": 0.97, "p<l": 0.90, "l<p": 0.95, "p in l": 0.95, "l in p": 0.90}
_BY_LENGTH = {"prefix": (0.2, 0.55, 0.8), "run": (0.1, 0.4, 0.8)}


@cache
def _score(where: str, length: int, trades: str) -> float:
    if where in _BY_LENGTH:
        return _BY_LENGTH[where][min(length, 4) - 2]
    if length == 1:
        return 0.9 if trades == "=" else 0.5
    by_trade = _SCORES[where][trades]
    return max(by_trade, _LONG[where]) if length > 2 else by_trade
