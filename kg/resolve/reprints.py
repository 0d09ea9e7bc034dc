"""Articles that are one text: reprints, which are no second source.

Texts are compared by their bottom-k sketches (`kg.model.sketch`), whose shared part tells how much of the shorter text
stands in the longer. Only articles that share one of their smallest hashes are looked at, so cost grows with their number.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from kg.model import read_sketch

# Share of the shorter text that stands in the longer, and of both together. A reprint has a line of the outlet's own, or
# lacks the last paragraphs.
# Set by judgment, not fitted.
SHARED = 0.7
SHARED_OF_BOTH = 0.35
PROBES = 24  # smallest hashes that are looked up: of texts alike by half, about 0.5 ** 24 of pairs share none of them
CROWD = 200  # a hash that more texts have is page furniture


@dataclass(frozen=True, slots=True)
class Copy:
    """What is known of an article to find its reprints."""

    doc: str
    date: str | None
    sketch: str


def find_reprints(copies: Iterable[Copy]) -> dict[str, str]:
    """For each article that is a reprint the id of its origin: the earliest, or else the first by id."""
    articles = sorted(copies, key=lambda c: (c.date or "9999", c.doc))
    sketches = [read_sketch(c.sketch) for c in articles]
    owners: dict[int, list[int]] = defaultdict(list)
    for place, (_, hashes) in enumerate(sketches):
        for value in hashes[:PROBES]:
            owners[value].append(place)
    parent = list(range(len(articles)))

    def find(place: int) -> int:
        while parent[place] != place:
            parent[place] = parent[parent[place]]
            place = parent[place]
        return place

    seen: set[tuple[int, int]] = set()
    for places in owners.values():
        if not 1 < len(places) <= CROWD:
            continue
        for i, a in enumerate(places):
            for b in places[i + 1 :]:
                if find(a) == find(b) or (a, b) in seen:
                    continue
                seen.add((a, b))
                if _is_copy(sketches[a], sketches[b]):
                    first, second = sorted((find(a), find(b)))
                    parent[second] = first
    return {c.doc: articles[find(place)].doc for place, c in enumerate(articles) if find(place) != place}


def count_sources(passages: Mapping[str, Iterable[str]], reprints: Mapping[str, str]) -> int:
    """Independent sources among articles, given the passages that each states something with.

    Reprints are one with their origin, and so are articles with one passage of some length in common: agency copy.
    """
    owner: dict[str, str] = {}
    parent: dict[str, str] = {}

    def find(doc: str) -> str:
        while parent[doc] != doc:
            doc = parent[doc]
        return doc

    for doc in sorted(passages):
        origin = reprints.get(doc, doc)
        parent.setdefault(origin, origin)
        for text in passages[doc]:
            said = "".join(c for c in text if c.isalnum())
            if len(said) < COPIED:
                continue
            other = owner.setdefault(said, origin)
            a, b = sorted((find(other), find(origin)))
            parent[b] = a
    return len({find(doc) for doc in parent})


COPIED = 20  # letters: two writers who do not copy hardly ever agree in as many


def _is_copy(a: tuple[int, tuple[int, ...]], b: tuple[int, tuple[int, ...]]) -> bool:
    (size_a, hashes_a), (size_b, hashes_b) = a, b
    if not hashes_a or not hashes_b:
        return False
    # The smallest of both together are a random sample of the union.
    taken = sorted({*hashes_a, *hashes_b})[: min(len(hashes_a), len(hashes_b))]
    both = set(hashes_a) & set(hashes_b)
    alike = sum(value in both for value in taken) / len(taken)
    if alike < SHARED_OF_BOTH:
        return False
    shared = alike * (size_a + size_b) / (1 + alike)
    return shared >= SHARED * min(size_a, size_b)
