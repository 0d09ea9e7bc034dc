"""What a relation model is asked about: pairs of entities that may be related, pairs of names that may be one entity."""

import functools
import itertools
import unicodedata
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from kg.extract.tagging import TYPES
from kg.ontology import load_ontology

Numbers = NDArray[np.int64]

RELATIONS: tuple[str, ...] = tuple(load_ontology().relations)
COARSE: tuple[str, ...] = tuple(load_ontology().coarse(name) for name in TYPES)
SYMMETRIC: tuple[bool, ...] = tuple(load_ontology().relations[name].symmetric for name in RELATIONS)

DISTANCES = 20  # buckets: ten of nearness, before and after
ALIAS_FEATURES = 8
_NEAR = 8  # characters between two names, of which one may explain the other: 腾讯（00700.HK）
_ALIKE = 2  # letters that two names share by more than chance


@functools.cache
def allowed_relations() -> NDArray[np.bool_]:
    """[head type, tail type, relation]: what the ontology lets stand."""
    ontology = load_ontology()
    allowed = np.zeros((len(TYPES), len(TYPES), len(RELATIONS)), dtype=np.bool_)
    for number, name in enumerate(RELATIONS):
        relation = ontology.relations[name]
        for head, head_type in enumerate(TYPES):
            for tail, tail_type in enumerate(TYPES):
                allowed[head, tail, number] = head_type in relation.head and tail_type in relation.tail
    return allowed


def pair_up(types: Numbers, spans: Numbers, nodes: Numbers) -> tuple[Numbers, Numbers, Numbers]:
    """Heads, tails and distance buckets of all ordered pairs of entities between which some relation may stand.

    `types[e]`: type number of entity e; `spans[m]` and `nodes[m]`: pieces (half-open) and entity of mention m. The distance is
    that of the two mentions nearest each other.
    """
    count = len(types)
    some: NDArray[np.bool_] = np.asarray(allowed_relations().any(axis=2))
    possible = some[types[:, None], types[None, :]] & ~np.eye(count, dtype=np.bool_)
    heads, tails = np.nonzero(possible)
    if not len(heads):
        return heads, tails, heads
    starts, ends = spans[:, 0], spans[:, 1]
    after = starts[None, :] - ends[:, None]  # how far the second stands behind the first
    gap = np.where(after >= 0, after, starts[:, None] - ends[None, :])
    gap = np.maximum(gap, 0)
    signed = np.where(after >= 0, gap * 2, gap * 2 + 1)  # nearest first, before and after told by the last bit
    order = np.argsort(nodes, kind="stable")
    edges = np.searchsorted(nodes[order], np.arange(count))
    sorted_pairs = signed[np.ix_(order, order)]
    nearest = np.minimum.reduceat(np.minimum.reduceat(sorted_pairs, edges, axis=0), edges, axis=1)
    value = nearest[heads, tails]
    bucket = np.minimum(np.log2(value // 2 + 1).astype(np.int64), DISTANCES // 2 - 1)
    return heads, tails, bucket * 2 + value % 2


def alias_pairs(
    text: str, names: Sequence[str], types: Sequence[int], mentions: Sequence[tuple[int, int, int]]
) -> tuple[Numbers, NDArray[np.float32]]:
    """Pairs of names (by number, [pairs, 2]) that may be of one entity, and features [pairs, ALIAS_FEATURES] of each.

    Names of one coarse type that share a letter, or stand beside each other somewhere. `mentions` are (start, end, name).
    """
    folded = [_fold(name) for name in names]
    letters = [set(name) for name in folded]
    places: list[list[tuple[int, int]]] = [[] for _ in names]
    for start, end, number in mentions:
        places[number].append((start, end))
    beside: dict[tuple[int, int], str] = {}
    ordered = sorted(mentions)
    for left, right in itertools.pairwise(ordered):
        if left[2] != right[2] and 0 <= right[0] - left[1] <= _NEAR:
            key = (min(left[2], right[2]), max(left[2], right[2]))
            beside.setdefault(key, text[left[1] : right[0]])
    pairs, features = [], []
    for second in range(len(names)):
        for first in range(second):
            if COARSE[types[first]] != COARSE[types[second]]:
                continue
            shared = len(letters[first] & letters[second])
            between = beside.get((first, second))
            if not shared and between is None:
                continue
            long, short = (folded[first], folded[second])
            if len(long) < len(short):
                long, short = short, long
            pairs.append((first, second))
            features.append(
                (
                    shared / max(1, len(set(short))),
                    float(short in long),
                    float(long.startswith(short)),
                    float(long.endswith(short)),
                    float(_in_order(short, long)),
                    float(between is not None),
                    float(between is not None and any(c in "（(" for c in between)),
                    float(between is not None and any(w in between for w in ("简称", "称", "即", "又名", "原"))),
                )
            )
    return (
        np.array(pairs, dtype=np.int64).reshape(-1, 2),
        np.array(features, dtype=np.float32).reshape(-1, ALIAS_FEATURES),
    )


def are_apart(one: str, other: str) -> bool:
    """Whether two names are too alike to be of one entity: they share letters, and neither is a shorter form of the other.

    荣盛石化 and 荣盛控股, 宝钢股份 and 宝钢集团. Of the annotated pairs of which this is so, 5,968 are of two entities and 134 of one.
    """
    short, long = sorted((_fold(one), _fold(other)), key=len)
    return len(set(short) & set(long)) >= _ALIKE and not _in_order(short, long)


def _fold(name: str) -> str:
    return unicodedata.normalize("NFKC", name).casefold()


def _in_order(short: str, long: str) -> bool:
    """Whether the letters of `short` stand in `long` in that order: 工行 in 工商银行."""
    letters = iter(long)
    return all(letter in letters for letter in short)
