"""Scores of tags a character -> mentions: the best sequence in which every name has a beginning and one type."""

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from kg.ontology import load_ontology

Floats = NDArray[np.float32]

OUTSIDE = 0
TYPES: tuple[str, ...] = tuple(load_ontology().entities)


def count_tags(types: int) -> int:
    """Tags of so many types: outside, and beginning and inside of each."""
    return 1 + 2 * types


def begin_tag(number: int) -> int:
    return 1 + 2 * number


def inside_tag(number: int) -> int:
    return 2 + 2 * number


def tag_spans(length: int, spans: Sequence[tuple[int, int, int]]) -> NDArray[np.int64]:
    """The tags of `length` characters with the given (start, end, type number)."""
    tags = np.zeros(length, dtype=np.int64)
    for start, end, number in spans:
        tags[start] = begin_tag(number)
        tags[start + 1 : end] = inside_tag(number)
    return tags


def decode_tags(scores: Floats, breaks: NDArray[np.bool_] | None = None) -> list[tuple[int, int, int, float]]:
    """(start, end, type number, probability) of the names in the best allowed sequence (Viterbi) of `scores` [characters, tags].

    `scores` are log-probabilities. `breaks[i]`: character i does not follow on character i - 1, so no name goes across.
    The probability is the mean of its characters'.
    """
    length, tags = scores.shape
    if length == 0:
        return []
    types = (tags - 1) // 2
    begins = 1 + 2 * np.arange(types)
    best = scores[0].copy()
    best[begins + 1] = -np.inf
    came = np.zeros(
        (length, types), dtype=np.int8
    )  # whether the inside of a type goes on from its beginning (0) or inside (1)
    top = np.zeros(length, dtype=np.int64)
    for at in range(1, length):
        highest = int(best.argmax())
        top[at] = highest
        inside = np.maximum(best[begins], best[begins + 1])
        came[at] = best[begins + 1] > best[begins]
        if breaks is not None and breaks[at]:
            inside = np.full(types, -np.inf, dtype=scores.dtype)
        following = scores[at] + best[highest]
        following[begins + 1] = scores[at][begins + 1] + inside
        best = following
    path = np.zeros(length, dtype=np.int64)
    path[-1] = int(best.argmax())
    for at in range(length - 1, 0, -1):
        tag = path[at]
        if tag != OUTSIDE and tag % 2 == 0:
            path[at - 1] = tag if came[at][tag // 2 - 1] else tag - 1
        else:
            path[at - 1] = top[at]
    spans = []
    chances = np.exp(scores[np.arange(length), path])
    at = 0
    while at < length:
        tag = int(path[at])
        end = at + 1
        if tag != OUTSIDE:
            while end < length and path[end] == tag + 1:
                end += 1
            spans.append((at, end, (tag - 1) // 2, float(chances[at:end].mean())))
        at = end
    return spans


def decode_names(scores: Floats, offsets: NDArray[np.int64]) -> Iterator[tuple[int, int, int, float]]:
    """`decode_tags` of a window whose characters stand at `offsets` of a text: start and end are half-open offsets of it.

    A name does not go across what lies between two characters that do not follow on each other.
    """
    breaks = np.diff(offsets, prepend=offsets[:1]) > 1
    for start, end, kind, score in decode_tags(scores[: len(offsets)], breaks):
        yield int(offsets[start]), int(offsets[end - 1]) + 1, kind, score
