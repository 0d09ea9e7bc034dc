"""Which names of many articles are one: what people say, then what articles say, then what the names themselves tell."""

from collections import defaultdict
from collections.abc import Callable, Collection, Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import NamedTuple, TypeVar

from kg.resolve.clusters import Clusters
from kg.resolve.folding import PERSON, Key, fold, split_label
from kg.resolve.matching import Match, match_names
from kg.resolve.registry import Entry, Registry, load_registry

K = TypeVar("K", bound=Hashable)

# A registry's names are few and always the same, so they stay when the names of articles are let go.
_fold = lru_cache(maxsize=16384)(fold.__wrapped__)


@dataclass(frozen=True, slots=True)
class Pair:
    """Two names, and why they are one or may be. `score` is None for what somebody says, who may be wrong, but not by chance."""

    a: Key
    b: Key
    score: float | None
    reason: str


@dataclass(slots=True)
class Ledger:
    """What was joined, and what was not and may be."""

    merges: list[Pair] = field(default_factory=list)
    unsure: list[Pair] = field(default_factory=list)
    matches: list[Match] = field(
        default_factory=list
    )  # names that are one by themselves, as far as nothing speaks against it


def settle(
    clusters: Clusters[K, int] | Clusters[K, str],
    votes: Iterable[tuple[Key, Key, int]],
    names: Iterable[Key],
    registry: Registry | None,
    number: Callable[[Key], K],
    coarse_types: Iterable[str],
    matches: Iterable[Match] | None = None,
) -> Ledger:
    """Join the names in `clusters`.

    `votes` are (name, alias, articles that say so), `names` all that there are, `registry` the user's beside the one that
    ships. First comes what is never one, then what a person joined, whatever articles say, then the votes by number, then
    the shipped registry and the names that resemble each other, as far as no article keeps them apart. `matches` are the
    latter, where they are known.
    """
    shipped = load_registry()
    whole = shipped if registry is None else shipped.merged(registry)
    coarse = sorted(set(coarse_types))
    own, all_entries = ([] if registry is None else _list_entries(registry, coarse)), _list_entries(whole, coarse)
    never = [((_fold(a), kind), (_fold(b), kind)) for a, b in whole.never for kind in coarse]
    told = {key for keys in (*all_entries, *never) for key in keys}
    known: set[Key] = set()  # of the names there are those alone that a registry tells of: of all there may be too many
    ledger = Ledger()

    def pass_on() -> Iterator[Key]:
        for key in names:
            if key in told:
                known.add(key)
            yield key

    if matches is None:
        sure, unsure = match_known(pass_on(), whole)
    else:
        known.update(told.intersection(names))
        sure, unsure = list(matches), []

    def join(
        a: Key, b: Key, score: float | None, reason: str, *, votes: int | None = None, force: bool = False
    ) -> None:
        x, y = number(a), number(b)
        refusal = clusters.refusal(x, y, votes=votes, force=force)
        if refusal:
            if not refusal.startswith("registry"):
                ledger.unsure.append(Pair(a, b, score, f"{reason}; {refusal}"))
        elif clusters.find(x) != clusters.find(y):
            clusters.join(x, y, votes=votes, force=force)
            ledger.merges.append(Pair(a, b, score, reason))

    for a, b in never:
        if a != b and a in known and b in known:
            clusters.separate(number(a), number(b))
    for a, b in _pairs(own, known):
        join(a, b, None, "your registry", force=True)
    for a, b, count in sorted(votes, key=lambda vote: (-vote[2], vote[0], vote[1])):
        join(a, b, None, "an article names it so" if count == 1 else f"{count} articles name it so", votes=count)
    for a, b in _pairs(all_entries, known):
        join(a, b, None, "common knowledge (the shipped registry)")
    ledger.matches.extend(sure)
    for match in sure:
        join(match.a, match.b, match.score, match.reason)
    ledger.unsure.extend(Pair(m.a, m.b, m.score, m.reason) for m in unsure)
    # A pair is asked of once, and of none that the registry has settled.
    asked: dict[frozenset[Key], Pair] = {}
    for pair in ledger.unsure:
        if clusters.is_open(number(pair.a), number(pair.b)):
            asked.setdefault(frozenset((pair.a, pair.b)), pair)
    ledger.unsure = list(asked.values())
    return ledger


def match_known(names: Iterable[Key], whole: Registry) -> tuple[list[Match], list[Match]]:
    """Pairs of names that are one by themselves, and that may be; `whole` is both registries merged."""
    return match_names(names, families=frozenset(map(_fold, whole.families)))


def _list_entries(registry: Registry, coarse: list[str]) -> list[list[Key]]:
    """The names of each entry as things of its type, or of each type; 王伟@京东 is one who is called 王伟."""
    return [
        list_keys(entry, kind) for entry in registry.entries for kind in ((entry.coarse,) if entry.coarse else coarse)
    ]


def _pairs(entries: Iterable[list[Key]], known: set[Key]) -> Iterable[tuple[Key, Key]]:
    """The names of each entry that are known, the first with each other one."""
    for entry in entries:
        keys = [key for key in entry if key in known]
        for other in keys[1:]:
            if other != keys[0]:
                yield keys[0], other


def list_keys(entry: Entry, kind: str) -> list[Key]:
    """The names of a registry's entry for things of a coarse type, those of people without the firm that tells them apart."""
    return [(_fold(name), kind) for name in _strip(entry.names, kind)]


def _strip(names: tuple[str, ...], kind: str) -> tuple[str, ...]:
    return tuple(split_label(name)[0] for name in names) if kind == PERSON else names


class GivenId(NamedTuple):
    """An id that a registry, the user's where it `is_own`, gives to a name; of people to the one at `firm` (folded), where told."""

    key: str
    value: str
    firm: str
    is_own: bool


@dataclass(frozen=True, slots=True)
class Called:
    """What registries say of names: the one to show for a name, others to be asked for by, and ids elsewhere."""

    shown: Mapping[Key, str]
    also: Mapping[Key, tuple[str, ...]]
    ids: Mapping[Key, Sequence[GivenId]]

    def knows(self, key: Key) -> bool:
        """Whether a registry says anything of a name."""
        return key in self.shown or key in self.also or key in self.ids

    def find_ids(
        self, names: Iterable[Key], firms: Collection[str] = (), *, shared: bool = False
    ) -> tuple[tuple[str, str], ...]:
        """The ids of the entity of these names, sorted. Where registries disagree on a key, the user's is right.

        `firms` are those (folded) at which a person has posts. Where others have its name, which is `shared`, the name
        alone gives it none.
        """
        if not self.ids:  # as most registries have it, and folding the names is for nothing
            return ()
        given = {g for name in names for g in self.ids.get(name, ()) if (g.firm in firms if g.firm else not shared)}
        own = {g.key for g in given if g.is_own}
        return tuple(sorted({(g.key, g.value) for g in given if g.is_own or g.key not in own}))


def list_called(registry: Registry | None, coarse_types: Iterable[str]) -> Called:
    """The names to show are the user's; the other ones are those of entries that say `always`."""
    coarse = sorted(set(coarse_types))
    shown: dict[Key, str] = {}
    also: dict[Key, tuple[str, ...]] = {}
    ids: dict[Key, list[GivenId]] = defaultdict(list)
    shipped = [(entry, False) for entry in load_registry().entries]
    own = [(entry, True) for entry in registry.entries] if registry else []
    for entry, is_own in (*shipped, *own):
        for kind in (entry.coarse,) if entry.coarse else coarse:
            names = _strip(entry.names, kind)
            for name in names:
                if entry.always:
                    also[_fold(name), kind] = names
                if is_own:
                    shown[_fold(name), kind] = names[0]
            for name in entry.names if entry.ids else ():
                bare, firm = split_label(name) if kind == PERSON else (name, "")
                given = (GivenId(key, value, _fold(firm), is_own) for key, value in entry.ids.items())
                ids[_fold(bare), kind].extend(given)
    return Called(shown, also, ids)
