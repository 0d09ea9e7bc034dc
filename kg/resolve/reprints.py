"""Articles that are one text: reprints, which are no second source.

Texts are compared by their bottom-k sketches (`kg.model.sketch`), whose shared part tells how much of the shorter text
stands in the longer. Only articles that share one of their smallest hashes are looked at, so cost grows with their number.
"""

import itertools
import re
from array import array
from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol, TypeVar
from zlib import crc32

from kg.history import is_period
from kg.model import ArticleInfo, is_traditional, read_sketch
from kg.resolve.scripts import simplify

# Share of the shorter text that stands in the longer, and of both together. A reprint has a line of the outlet's own, or
# lacks the last paragraphs.
# Set by judgment, not fitted.
SHARED = 0.7
SHARED_OF_BOTH = 0.35
PROBES = 24  # smallest hashes that are looked up: of texts alike by half, about 0.5 ** 24 of pairs share none of them
CROWD = 200  # a hash that more texts have is page furniture

K = TypeVar("K", int, str)

_Sketch = tuple[int, "array[int]"]


@dataclass(frozen=True, slots=True)
class Copy:
    """What is known of an article to find its reprints."""

    doc: str
    date: str | None
    sketch: str


def find_reprints(copies: Iterable[Copy], crowded: Collection[int] = ()) -> dict[str, str]:
    """For each article that is a reprint the id of its origin: the earliest, or else the first by id.

    `crowded` are hashes that too many articles have, where `copies` are only some of them.
    """
    articles = sorted(copies, key=lambda c: (c.date or "9999", c.doc))
    if len(articles) < 2:
        return {}
    docs = [c.doc for c in articles]
    sketches = [(size, array("I", hashes)) for size, hashes in (read_sketch(c.sketch) for c in articles)]
    del articles
    parent = list(range(len(docs)))
    for a, later in _list_sharing(sketches, crowded):
        for b in _choose_copies(sketches, a, later):
            _join(parent, a, b)
    return {doc: docs[_find(parent, place)] for place, doc in enumerate(docs) if _find(parent, place) != place}


class _Parents(Protocol[K]):
    """For each thing another of its group, or itself where it is the group's first."""

    def __getitem__(self, key: K, /) -> K: ...

    def __setitem__(self, key: K, value: K, /) -> None: ...


def _find(parent: _Parents[K], key: K) -> K:
    """The first of the group of `key`."""
    while parent[key] != key:
        parent[key] = parent[parent[key]]
        key = parent[key]
    return key


def _join(parent: _Parents[K], a: K, b: K) -> None:
    """Make the groups of both one."""
    first, second = sorted((_find(parent, a), _find(parent, b)))
    parent[second] = first


def _list_sharing(sketches: Sequence[_Sketch], crowded: Collection[int]) -> Iterator[tuple[int, list[int]]]:
    """The place of each sketch with those of later ones that share a hash with it by which copies are found, each once.

    Columns of numbers stand where a list for each hash would do: of 100,000 articles 60 MB instead of 500.
    """
    import numpy as np  # it is slow to import, and `kg --help` must not wait for it

    probes = [hashes[:PROBES] for _, hashes in sketches]
    values = np.fromiter(itertools.chain.from_iterable(probes), dtype=np.uint64)
    if not len(values):
        return
    owners = np.repeat(np.arange(len(probes), dtype=np.uint64), [len(own) for own in probes])
    both = np.sort(values << np.uint64(32) | owners)
    values, owners = both >> np.uint64(32), both & np.uint64(0xFFFFFFFF)
    starts = np.flatnonzero(np.concatenate([[True], values[1:] != values[:-1]]))
    sizes = np.diff(starts, append=len(values))
    worth = (sizes > 1) & (sizes <= CROWD) & ~np.isin(values[starts], np.array(list(crowded), dtype=np.uint64))
    ends = np.repeat(np.where(worth, starts + sizes, 0), sizes)  # of the run of one hash that each place is in
    places = np.flatnonzero(ends > np.arange(len(values)) + 1)
    places = places[np.argsort(owners[places], kind="stable")]
    parts = np.flatnonzero(np.diff(owners[places], prepend=-1, append=-1)) if len(places) else places
    for start, end in itertools.pairwise(parts.tolist()):
        shared = [owners[place + 1 : ends[place]] for place in places[start:end].tolist()]
        a = int(owners[places[start]])
        if later := [b for b in np.unique(np.concatenate(shared)).tolist() if b != a]:
            yield a, later


def _choose_copies(sketches: Sequence[_Sketch], a: int, others: Sequence[int]) -> list[int]:
    """Those of `others` that are copies of a sketch, all looked at together. None is empty."""
    import numpy as np

    size, hashes = sketches[a]
    own = np.frombuffer(hashes, dtype=np.uint32)
    theirs = [np.frombuffer(sketches[b][1], dtype=np.uint32) for b in others]
    counts = np.array([len(found) for found in theirs])
    starts = np.cumsum(counts) - counts
    joined = np.concatenate(theirs)
    up_to = np.searchsorted(own, joined, side="right")  # how many of its own are no larger
    both = own[up_to - 1] == joined  # of the last, where there is none, which is larger
    also = np.cumsum(both)
    also -= np.repeat(also[starts] - both[starts], counts)
    ranks = np.arange(1, len(joined) + 1) - np.repeat(starts, counts) + up_to - also  # in the union, from 1 on
    # The smallest of both together are a random sample of the union.
    taken = np.minimum(counts, len(own))
    alike = np.add.reduceat(both & (ranks <= np.repeat(taken, counts)), starts, dtype=np.int64) / taken
    sizes = np.array([sketches[b][0] for b in others])
    shared = alike * (size + sizes) / (1 + alike)
    copies = (alike >= SHARED_OF_BOTH) & (shared >= SHARED * np.minimum(size, sizes))
    return [others[place] for place in np.flatnonzero(copies).tolist()]


def list_probes(sketch: str) -> tuple[int, ...]:
    """The hashes of a sketch by which its copies are found."""
    return read_sketch(sketch)[1][:PROBES]


def copy_of(info: ArticleInfo) -> Copy:
    """What is known of an article to find its reprints."""
    return Copy(info.id, info.date if info.date and is_period(info.date) else None, info.sketch)


def find_changed_reprints(
    probes: Mapping[str, Sequence[int]],
    reprints: Mapping[str, str],
    gone: Collection[str],
    come: Collection[ArticleInfo],
    get_infos: Callable[[Iterable[str]], Iterable[ArticleInfo]],
) -> tuple[dict[str, str], set[str]]:
    """All reprints where the articles `gone` are no longer there as they were, and those of `come` are; and whose origin changed.

    `probes` and `reprints` are those of before, by article. Only texts that share a hash with one that came or went are
    compared again, with those of which they were copies.
    """
    new: dict[str, Sequence[int]] = {info.id: list_probes(info.sketch) for info in come}
    values = {value for doc in gone for value in probes.get(doc, ())}
    values.update(*new.values())
    sharing = {doc: own for doc, own in probes.items() if not values.isdisjoint(own)}
    before = Counter(value for own in sharing.values() for value in set(own) if value in values)
    staying = {doc: own for doc, own in sharing.items() if doc not in gone}
    after = Counter(value for own in (*staying.values(), *new.values()) for value in set(own) if value in values)
    crowded = {value for value, count in after.items() if count > CROWD}
    crossing = {value for value in values if (before[value] > CROWD) != (after[value] > CROWD)}
    searched = ({value for own in new.values() for value in own} - crowded) | crossing
    touched = {doc for doc, own in staying.items() if not searched.isdisjoint(own)}
    families: dict[str, set[str]] = defaultdict(set)
    for doc, origin in reprints.items():
        families[origin] |= {doc, origin}
    for doc in (*list(touched), *gone):
        touched |= families.get(reprints.get(doc, doc), set())
    touched -= set(gone) | new.keys()
    copies = [*map(copy_of, get_infos(touched)), *map(copy_of, come)] if touched or len(new) > 1 else []
    crowded |= _find_crowded(copies, values, probes)
    found = find_reprints(copies, crowded)
    now = {doc: origin for doc, origin in reprints.items() if doc not in touched and doc not in gone} | found
    changed = {doc for doc in touched | new.keys() if reprints.get(doc) != now.get(doc)}
    return now, changed


def _find_crowded(copies: Iterable[Copy], known: Collection[int], probes: Mapping[str, Sequence[int]]) -> set[int]:
    """Hashes of `copies`, beside those `known`, that more articles have than are looked at."""
    asked = {value for copy in copies for value in list_probes(copy.sketch)}.difference(known)
    if not asked:
        return set()
    counts = Counter(value for own in probes.values() if not asked.isdisjoint(own) for value in set(own) & asked)
    return {value for value, count in counts.items() if count > CROWD}


def count_sources(passages: Mapping[str, Iterable[str]], reprints: Mapping[str, str]) -> int:
    """Independent sources among articles, given the passages that each states something with.

    Reprints are one with their origin, and so are articles with agency copy in common: a passage of some length that stands
    whole in another's, as with a lead-in, or a long run of letters. Each run is looked up, no two passages are compared.
    """
    origins = {doc: reprints.get(doc, doc) for doc in sorted(passages)}
    parent = {origin: origin for origin in origins.values()}
    if len(parent) < 2:  # as of most facts
        return len(parent)
    owner: dict[str, str] = {}  # of each text, once, however many print it
    for doc, origin in origins.items():
        for passage in passages[doc]:
            if text := _strip(passage):
                _join(parent, owner.setdefault(text, origin), origin)
    if len(owner) > 1:
        first: dict[str, str] = {}
        for text, pieces in _list_pieces(owner):
            for piece in pieces:
                other = first.setdefault(piece, owner[text])
                if other != owner[text]:
                    _join(parent, other, owner[text])
    return len({_find(parent, origin) for origin in parent})


def _strip(passage: str) -> str:
    """The letters of a passage, in simplified characters, each word in Latin letters and each number one sign.

    A name in Latin letters is as long as a sentence in Chinese ones. Empty where they are too few to tell a copy.
    """
    said = _BETWEEN.sub("", passage)
    if len(said) < COPIED:
        return ""
    if is_traditional(said):
        [said] = simplify([said])
    return _WORD.sub(lambda word: chr(_PRIVATE + crc32(word[0].encode()) % _PRIVATE_SIGNS), said)


def _list_pieces(texts: Collection[str]) -> Iterator[tuple[str, Iterable[str]]]:
    """Each text with its pieces: two texts are one copy where they share one."""
    short = {text for text in texts if len(text) < RUN}
    sizes: dict[str, set[int]] = defaultdict(set)  # of short texts, by how they begin
    for text in short:
        sizes[text[:COPIED]].add(len(text))

    def cut(text: str) -> Iterator[str]:
        if text in short:
            yield text
        for start in range(len(text) - RUN + 1):
            yield text[start : start + RUN]
        if sizes:
            for start in range(len(text) - COPIED + 1):
                for size in sizes.get(text[start : start + COPIED], ()):
                    if (piece := text[start : start + size]) in short:
                        yield piece

    for text in texts:
        yield text, cut(text)


_BETWEEN = re.compile(r"[\W_]+")  # all that is no letter and no digit
_WORD = re.compile(r"[A-Za-z]+|[0-9]+")
_PRIVATE, _PRIVATE_SIGNS = 0xF0000, 0x1FFFE  # signs that no text has
COPIED = 20  # letters of a whole passage: two writers who do not copy hardly ever agree in as many
# Letters of a run within passages. Set on pairs of real passages (decision 10): formulas of the stock exchange are the longest
# runs that two writers have in common without copying, up to 44.
RUN = 45
