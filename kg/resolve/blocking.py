"""Which names are worth a comparison, and which of the compared are one.

Worth it are those that share two characters in a row which not too many others have.

Columns of numbers stand where sets of words would do, so that hundreds of thousands of names cost a second.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np

# Runs of two characters that more names have say nothing; longer ones are found through their rarer parts.
COMMON = 200

_BREAK = ord("\n")
_SIGN_BITS = np.uint64(21)  # a code point has at most
_WHOLE_BITS = 64

_Numbers = np.ndarray[Any, np.dtype[Any]]


def pair_cores(cores: Sequence[str], legal: Sequence[bool]) -> list[tuple[int, int]]:
    """(place of a press name, place of a legal one) of all pairs that may be one, in order, each once.

    `cores` are the names' own words without line breaks; an empty one has no pair. `legal` tells which are of legal names. A
    pair shares a run of two characters that at most `COMMON` names of each kind have, or is one character and the same.
    Left out is what shares such a run and certainly nothing beside it, while neither is part of the other.
    """
    if not any(cores):
        return []
    is_legal = np.array(legal, dtype=bool)
    gram, owner, sizes = _list_grams(cores)
    distinct = np.bincount(owner, minlength=len(cores))
    block = np.cumsum(np.concatenate([[False], gram[1:] != gram[:-1]]), dtype=np.int32)
    del gram
    of_legal = is_legal[owner]
    blocks = int(block[-1]) + 1
    press_count = np.bincount(block[~of_legal], minlength=blocks)
    legal_count = np.bincount(block[of_legal], minlength=blocks)
    single = sizes[owner] == 1
    lone = np.zeros(blocks, dtype=bool)
    lone[block[single]] = True
    rare = (press_count <= COMMON) & (legal_count <= COMMON)
    # What has only rare runs, each once, shares just as much with another as the blocks show.
    shown = np.ones(len(cores), dtype=bool)
    shown[owner[~rare[block]]] = False
    shown &= distinct == np.maximum(sizes - 1, 1)

    taken = (rare | lone)[block]
    a, b = _cross(block[taken], owner[taken], of_legal[taken], blocks)
    pairs, times = np.unique(a.astype(np.int64) * len(cores) + b, return_counts=True)
    a, b = pairs // len(cores), pairs % len(cores)
    short = np.minimum(sizes[a], sizes[b]) <= 2
    worth = short | (times > 1) | ~(shown[a] & shown[b])
    return list(zip(a[worth].tolist(), b[worth].tolist(), strict=True))


def choose_pairs(
    press: Sequence[int], legal: Sequence[int], scores: Sequence[float], sure: float, margin: float
) -> tuple[list[int], list[int]]:
    """The pairs that are one, and those that may be: places in the lists of their two names and scores, best first.

    One are two that score `sure` and are each the best for the other, by `margin` before the second. Of a press name
    that has no such pair the three best may be.
    """
    if not scores:
        return [], []
    value = np.array(scores)
    best, second = {}, {}
    ends = {"press": np.array(press), "legal": np.array(legal)}
    rank = np.zeros(len(value), dtype=np.int64)
    for side, other in (("press", "legal"), ("legal", "press")):
        order = np.lexsort((ends[other], -value, ends[side]))
        own = ends[side][order]
        starts = np.flatnonzero(np.concatenate([[True], own[1:] != own[:-1]]))
        counts = np.diff(starts, append=len(own))
        if side == "press":
            rank[order] = np.arange(len(own)) - np.repeat(starts, counts)
        best[side] = np.zeros(len(value), dtype=bool)
        best[side][order[starts]] = True
        runner_up = np.full(len(starts), -np.inf)
        runner_up[counts > 1] = value[order[starts[counts > 1] + 1]]
        second[side] = np.empty(len(value))
        second[side][order] = np.repeat(runner_up, counts)
    leads = np.maximum(second["press"], second["legal"]) <= value - margin
    is_one = best["press"] & best["legal"] & leads & (value >= sure)
    settled = np.zeros(int(ends["press"].max()) + 1, dtype=bool)
    settled[ends["press"][is_one]] = True
    may_be = (rank < 3) & ~settled[ends["press"]]
    order = np.lexsort((np.maximum(*ends.values()), np.minimum(*ends.values()), -value))
    return order[is_one[order]].tolist(), order[may_be[order]].tolist()


def _list_grams(cores: Sequence[str]) -> tuple[_Numbers, _Numbers, _Numbers]:
    """The runs of two characters as numbers and the place of the core of each, in order, each once a core; the length of every core.

    A core of one character is its own run.
    """
    text = "\n".join(cores) + "\n"
    signs = np.frombuffer(text.encode("utf-32-le", "surrogatepass"), dtype="<u4")
    breaks = signs == _BREAK
    ends = np.flatnonzero(breaks)
    sizes = np.diff(ends, prepend=-1) - 1
    starts = np.flatnonzero(~breaks[:-1] & ~breaks[1:])
    alone = np.flatnonzero(sizes == 1)
    # Columns as narrow as they may be, and changed in place: all of them together are what memory a load needs most.
    gram = np.empty(len(starts) + len(alone), dtype=np.uint64)
    paired = gram[: len(starts)]
    paired[:] = signs[starts]
    paired <<= _SIGN_BITS
    starts += 1
    paired |= signs[starts]
    gram[len(starts) :] = signs[ends[alone] - 1]
    del signs, breaks, starts, ends
    places = np.arange(len(cores), dtype=np.int32)
    owner = np.concatenate([np.repeat(places, np.maximum(sizes - 1, 0)), places[alone]])
    bits = np.uint64(len(cores).bit_length())
    if 2 * _SIGN_BITS + bits > _WHOLE_BITS:
        order = np.lexsort((owner, gram))
        gram, owner = gram[order], owner[order]
        first = np.concatenate([[True], (gram[1:] != gram[:-1]) | (owner[1:] != owner[:-1])])
        return gram[first], owner[first], sizes
    # Both in one number: sorted in a sixth of the time that an order by two columns takes.
    gram <<= bits
    gram |= owner.astype(np.uint64)
    gram.sort()
    both = gram[np.concatenate([[True], gram[1:] != gram[:-1]])]  # a run counts once a name: 哈哈哈
    del gram
    owner = (both & ((np.uint64(1) << bits) - np.uint64(1))).astype(np.int32)
    both >>= bits
    return both, owner, sizes


def _cross(block: _Numbers, owner: _Numbers, of_legal: Any, blocks: int) -> tuple[_Numbers, _Numbers]:
    """Each press name of a block with each legal one of it; blocks come in order."""
    press_block, press = block[~of_legal], owner[~of_legal]
    legal = owner[of_legal]
    legal_count = np.bincount(block[of_legal], minlength=blocks)
    start = np.cumsum(legal_count) - legal_count
    times = legal_count[press_block]
    a = np.repeat(press, times)
    within = np.arange(len(a)) - np.repeat(np.cumsum(times) - times, times)
    return a, legal[np.repeat(start[press_block], times) + within]
