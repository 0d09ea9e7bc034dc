"""Names that are one although no article says so: pairs with a score and a reason.

Two spellings of one word, pinyin and its characters, and a firm's press name and its legal name. The last are told by the
word of their own that they share (`kg.resolve.firms`), how much of each name it is, and what else agrees. Of all pairs
only those are sure in which each is by a margin the best for the other; the rest is for a person to look at.

Scores are shares of true pairs, rounded down, among pairs of their kind in half of a list of 7,000 real firms (`_score`);
bench/resolve.py measures on the other half. Cost is linear in the number of names but for what shares a word.
"""

import itertools
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from kg.resolve.firms import FirmName, parse_firm
from kg.resolve.folding import Key
from kg.resolve.scripts import romanize, simplify, spell

SURE = 0.75  # from here on a pair that is best for both sides is one; tuned for precision 0.995 on the half
UNSURE = 0.45  # below it is not worth a person's look
MARGIN = 0.08  # by which the best must lead the second

# Runs of two characters that more names have say nothing; longer ones are found through their rarer parts.
COMMON = 200
_LATIN_PREFIX = 6  # letters at most that a name may have before it, as GGV纪源资本


@dataclass(frozen=True, slots=True)
class Match:
    """Two names that may be one, `score` how surely (0..1), and why."""

    a: Key
    b: Key
    score: float
    reason: str


def match_names(keys: Iterable[Key], *, families: frozenset[str] = frozenset()) -> tuple[list[Match], list[Match]]:
    """Pairs that are one, and pairs that may be, each best first.

    `families` are words of groups whose units bear one name (京东, 京东物流): there only a whole name makes a pair.
    """
    by_type: dict[str, list[str]] = defaultdict(list)
    for name, coarse in sorted(set(keys)):
        by_type[coarse].append(name)
    sure: list[Match] = []
    unsure: list[Match] = []
    for coarse, names in by_type.items():
        spelled = dict(zip(names, map(spell, simplify(names)), strict=True))
        found = list(_match_spellings(names, spelled))
        if coarse == "Org":
            found.extend(_match_pinyin(spelled))
            firm_sure, firm_unsure = _match_firms(spelled, families)
            found.extend(firm_sure)
            unsure.extend(_key(coarse, pair) for pair in firm_unsure)
        sure.extend(_key(coarse, pair) for pair in found)
    return sorted(sure, key=_order), sorted(unsure, key=_order)


_Pair = tuple[str, str, float, str]


def _key(coarse: str, pair: _Pair) -> Match:
    a, b = sorted(pair[:2])
    return Match((a, coarse), (b, coarse), pair[2], pair[3])


def _order(match: Match) -> tuple[float, Key, Key]:
    return (-match.score, match.a, match.b)


def _match_spellings(names: list[str], spelled: dict[str, str]) -> Iterator[_Pair]:
    same: dict[str, list[str]] = defaultdict(list)
    for name in names:
        same[spelled[name]].append(name)
    for group in same.values():
        for a, b in itertools.pairwise(group):
            yield a, b, 0.98, "the same word in another spelling"


def _match_pinyin(spelled: dict[str, str]) -> Iterator[_Pair]:
    latin = {name for name, word in spelled.items() if word.isascii() and word.isalpha() and len(word) >= 6}
    if not latin:
        return
    lengths = {len(name) for name in latin}
    owners: dict[str, list[str]] = defaultdict(list)
    for name, word in spelled.items():
        # A character has one to six letters.
        if 2 <= len(word) <= 6 and _is_chinese(word) and any(len(word) <= n <= 6 * len(word) for n in lengths):
            owners[romanize(word)].append(name)
    for name in sorted(latin):
        chinese = owners.get(spelled[name], ())
        if len(chinese) == 1:
            yield name, chinese[0], 0.9, "pinyin of the other"


def _is_chinese(word: str) -> bool:
    return all("\u4e00" <= c <= "\u9fff" for c in word)


def _match_firms(spelled: dict[str, str], families: frozenset[str]) -> tuple[list[_Pair], list[_Pair]]:
    firms: dict[str, FirmName] = {}
    for name, word in spelled.items():
        firm = parse_firm(word)
        if firm.core:
            firms[name] = firm
    index: dict[str, list[str]] = defaultdict(list)
    for name, firm in firms.items():
        if firm.legal:
            for gram in _grams(firm.core):
                index[gram].append(name)
    press_grams: dict[str, int] = defaultdict(int)
    press = [name for name, firm in firms.items() if not firm.legal]
    for name in press:
        for gram in _grams(firms[name].core):
            press_grams[gram] += 1
    ranked: dict[str, list[tuple[float, str, str]]] = defaultdict(list)
    for name in press:
        core = firms[name].core
        candidates = set(index.get(core, ())) if len(core) == 1 else set()
        for gram in _grams(core):
            legal = index.get(gram, ())
            if len(legal) <= COMMON and press_grams[gram] <= COMMON:
                candidates.update(legal)
        for other in candidates:
            score, reason = _compare(firms[name], firms[other], families)
            if score >= UNSURE:
                ranked[name].append((score, other, reason))
                ranked[other].append((score, name, reason))
    for rows in ranked.values():
        rows.sort(key=lambda row: (-row[0], row[1]))
    sure: list[_Pair] = []
    unsure: list[_Pair] = []
    for name in press:
        if name not in ranked:
            continue
        score, other, reason = ranked[name][0]
        back = ranked[other]
        leads = all(len(rows) < 2 or rows[1][0] <= score - MARGIN for rows in (ranked[name], back))
        if leads and back[0][1] == name and score >= SURE:
            sure.append((name, other, score, reason))
        else:
            unsure.extend((name, other, score, reason) for score, other, reason in ranked[name][:3])
    sure.extend(_match_latin_prefix(press))
    regions_moved: dict[tuple[str, frozenset[str]], list[str]] = defaultdict(list)
    for name, firm in firms.items():
        if firm.legal and firm.regions:
            regions_moved[firm.base, firm.regions].append(name)
    for group in regions_moved.values():
        sure.extend((a, b, 0.95, "one legal name, its region elsewhere") for a, b in itertools.pairwise(group))
    return sure, unsure


def _match_latin_prefix(press: list[str]) -> Iterator[_Pair]:
    """GGV纪源资本 and 纪源资本."""
    known = set(press)
    for name in press:
        rest = name.lstrip("abcdefghijklmnopqrstuvwxyz&")
        known_rest = len(rest) >= 3 and rest in known and _is_chinese(rest)
        if known_rest and 0 < len(name) - len(rest) <= _LATIN_PREFIX:
            yield name, rest, 0.85, "the other with its Latin name before it"


def _grams(core: str) -> set[str]:
    return {core[i : i + 2] for i in range(len(core) - 1)} or {core}


def _compare(press: FirmName, legal: FirmName, families: frozenset[str]) -> tuple[float, str]:
    a, b = press.core, legal.core
    if press.regions and legal.regions and press.regions.isdisjoint(legal.regions):
        return 0.0, ""
    if a == b:
        where, shared = "eq", a
    elif b.startswith(a):
        where, shared = "p<l", a
    elif a.startswith(b):
        where, shared = "l<p", b
    elif a in b:
        where, shared = "p in l", a
    elif b in a:
        where, shared = "l in p", b
    else:
        shared = _longest_run(a, b)
        where = "prefix" if a.startswith(shared) and b.startswith(shared) else "run"
    if len(shared) < 2 and where != "eq":
        return 0.0, ""
    trades = _agreement(press, legal)
    family = _is_of_family(a, families) or _is_of_family(b, families) or shared in families
    if family and (where != "eq" or trades not in ("=", "0")):
        return 0.0, ""
    score = _score(where, len(shared), trades)
    if press.regions & legal.regions:
        score = min(0.995, score + 0.15)
    share = f"both are {shared}" if where == "eq" else f"both have {shared}"
    told = {"=": "same trade", "0": "no trade in the shorter", "g": "trades that say little"}.get(
        trades, "other trades"
    )
    return (
        score,
        f"press name and legal name: {share}, {told}{', same region' if press.regions & legal.regions else ''}",
    )


def _is_of_family(core: str, families: frozenset[str]) -> bool:
    return any(core[:length] in families for length in range(1, len(core) + 1))


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
