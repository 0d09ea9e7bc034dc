"""Names that are one although no article says so: pairs with a score and a reason.

Two spellings of one word, pinyin and its characters, and a firm's press name and its legal name. The last are told by the
word of their own that they share (`kg.resolve.firms`), how much of each name it is, and what else agrees. Of all pairs
only those are sure in which each is by a margin the best for the other; the rest is for a person to look at.

Scores are shares of true pairs, rounded down, among pairs of their kind in half of a list of 7,000 real firms (`_score`);
bench/resolve.py measures on the other half. Cost is linear in the number of names but for what shares a word.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from operator import itemgetter

from kg.resolve.firms import FirmName, parse_firm
from kg.resolve.folding import Key
from kg.resolve.garbage import uncollected
from kg.resolve.scripts import romanize, spell_all

SURE = 0.75  # from here on a pair that is best for both sides is one; tuned for precision 0.995 on the half
UNSURE = 0.45  # below it is not worth a person's look
MARGIN = 0.08  # by which the best must lead the second

_LATIN_PREFIX = 6  # letters at most that a name may have before it, as GGV纪源资本
_LATIN = "abcdefghijklmnopqrstuvwxyz&"


@dataclass(frozen=True, slots=True)
class Match:
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
    sure: list[_Found] = []
    unsure: list[_Found] = []
    for coarse, known in by_type.items():
        names = sorted(known)
        spelled = spell_all(names)
        found = list(_match_spellings(names, spelled))
        if coarse == "Org":
            found.extend(_match_pinyin(names, spelled))
            firm_sure, firm_unsure = _match_firms(names, spelled, families)
            found.extend(firm_sure)
            unsure.extend(_key(coarse, pair) for pair in firm_unsure)
        sure.extend(_key(coarse, pair) for pair in found)
    return _order(sure), _order(unsure)


_Pair = tuple[str, str, float, str]
_Found = tuple[float, Key, Key, str]


def _key(coarse: str, pair: _Pair) -> _Found:
    a, b, score, reason = pair
    return (-score, (a, coarse), (b, coarse), reason) if a <= b else (-score, (b, coarse), (a, coarse), reason)


def _order(found: list[_Found]) -> list[Match]:
    return [Match(a, b, -score, reason) for score, a, b, reason in sorted(found, key=itemgetter(0, 1, 2))]


def _match_spellings(names: Sequence[str], spelled: Sequence[str]) -> Iterator[_Pair]:
    last: dict[str, str] = {}
    for name, word in zip(names, spelled, strict=True):
        before = last.get(word)
        if before is not None:
            yield before, name, 0.98, "the same word in another spelling"
        last[word] = name


def _match_pinyin(names: Sequence[str], spelled: Sequence[str]) -> Iterator[_Pair]:
    words = list(zip(names, spelled, strict=True))
    latin = [(name, word) for name, word in words if word.isascii() and len(word) >= 6 and word.isalpha()]
    if not latin:
        return
    # A character has one to six letters.
    fitting = {
        size for size in range(2, 7) if any(size <= length <= 6 * size for length in {len(name) for name, _ in latin})
    }
    owners: dict[str, list[str]] = defaultdict(list)
    for name, word in words:
        if len(word) in fitting and _is_chinese(word):
            owners[romanize(word)].append(name)
    for name, word in latin:
        chinese = owners.get(word, ())
        if len(chinese) == 1:
            yield name, chinese[0], 0.9, "pinyin of the other"


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
    names: Sequence[str], spelled: Sequence[str], families: frozenset[str]
) -> tuple[list[_Pair], list[_Pair]]:
    # NumPy is slow to import, and `kg --help` must not wait for it.
    from kg.resolve.blocking import choose_pairs, pair_cores

    firms = list(map(parse_firm, spelled))
    cores = [firm.core for firm in firms]
    found = []
    for a, b in pair_cores(cores, [firm.legal for firm in firms]):
        likeness = _compare(firms[a], firms[b], families)
        if likeness is not None and likeness[0] >= UNSURE:
            found.append((a, b, likeness))
    one, maybe = choose_pairs(
        [a for a, _, _ in found], [b for _, b, _ in found], [likeness[0] for *_, likeness in found], SURE, MARGIN
    )
    sure, unsure = (
        [(names[a], names[b], likeness[0], _tell(*likeness)) for a, b, likeness in map(found.__getitem__, places)]
        for places in (one, maybe)
    )
    press: list[str] = []
    moved: dict[tuple[str, frozenset[str]], str] = {}
    for name, firm in zip(names, firms, strict=True):
        if not firm.core:
            continue
        if not firm.legal:
            press.append(name)
        elif firm.regions:
            before = moved.get((firm.base, firm.regions))
            if before is not None:
                sure.append((before, name, 0.95, "one legal name, its region elsewhere"))
            moved[firm.base, firm.regions] = name
    sure.extend(_match_latin_prefix(press))
    return sure, unsure


def _match_latin_prefix(press: list[str]) -> Iterator[_Pair]:
    """GGV纪源资本 and 纪源资本."""
    known = set(press)
    for name in press:
        if name[0] not in _LATIN:
            continue
        rest = name.lstrip(_LATIN)
        known_rest = len(rest) >= 3 and rest in known and _is_chinese(rest)
        if known_rest and len(name) - len(rest) <= _LATIN_PREFIX:
            yield name, rest, 0.85, "the other with its Latin name before it"


def _compare(press: FirmName, legal: FirmName, families: frozenset[str]) -> _Likeness | None:
    if press.regions and legal.regions and press.regions.isdisjoint(legal.regions):
        return None
    a, b = press.core, legal.core
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
        return None
    trades = _agreement(press, legal)
    if (where != "eq" or trades not in ("=", "0")) and _is_of_family(a, b, shared, families):
        return None
    score = _score(where, len(shared), trades)
    same_region = not press.regions.isdisjoint(legal.regions)
    if same_region:
        score = min(0.995, score + 0.15)
    return score, where, shared, trades, same_region


def _is_of_family(a: str, b: str, shared: str, families: frozenset[str]) -> bool:
    return shared in families or any(word[:end] in families for word in (a, b) for end in range(1, len(word) + 1))


def _longest_run(a: str, b: str) -> str:
    for length in range(min(len(a), len(b)) - 1, 0, -1):
        for start in range(len(a) - length + 1):
            if a[start : start + length] in b:
                return a[start : start + length]
    return ""


def _agreement(press: FirmName, legal: FirmName) -> str:
    """How the press name's trades stand to the legal name: none, the same, generic ones, other ones, ones it lacks."""
    if not press.trades:
        return "0"
    if press.base in legal.base or all(
        trade in legal.base or any(trade in other or other in trade for other in legal.trades) for trade in press.trades
    ):
        return "="
    if press.telling:
        return "other" if legal.telling else "more"
    return "g"


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


def _score(where: str, length: int, trades: str) -> float:
    if where in _BY_LENGTH:
        return _BY_LENGTH[where][min(length, 4) - 2]
    if length == 1:
        return 0.9 if trades == "=" else 0.5
    by_trade = _SCORES[where][trades]
    return max(by_trade, _LONG[where]) if length > 2 else by_trade
